"""A .NET pattern in the syntax of the `regex` package.

The rule here: every construct is read and written anew; what has no counterpart, or is no .NET syntax, raises an
ArgumentException in .NET's words, so that nothing of the other dialect (fuzzy matching, possessive quantifiers, `\\K`) shines
through. Source: learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference.
"""

from __future__ import annotations

from typing import Final

from policies.dotnet.exceptions import ArgumentException, RegexParseException
from policies.dotnet.regex.groups import EXPLICIT_CAPTURE, FLAGS, IGNORE_SPACE, Groups, inline_options
from policies.records import Record, field

__all__ = ["ECMA_SCRIPT", "UNSUPPORTED", "Translation", "translate", "unescaped", "unsupported"]

ECMA_SCRIPT: Final = 256
UNSUPPORTED: Final = "regex"
"""The `parameter` of an ArgumentException when .NET could have done it."""

_SPECIAL: Final = frozenset(".^$*+?{}[]\\|()-&~#/'\" \t\n\r\v\f<>!=:,@")
_SAME: Final = frozenset("bBdDsSwWAG")
_CHARACTERS: Final = {"a": "\a", "t": "\t", "r": "\r", "v": "\v", "f": "\f", "n": "\n", "e": "\x1b"}
_ENDS: Final = {"Z": r"(?=\n?\Z)", "z": r"\Z"}


class Translation(Record, frozen=False):
    """`source` is the translated pattern. `numbers` gives each group of it, in its order, its .NET number; `names` gives the
    named ones theirs."""

    source: str = ""
    numbers: list[int] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)


def translate(pattern: str, options: int) -> Translation:
    """The translation. Raises ArgumentException."""
    scout = Groups(pattern, options)
    translator = _Translator(pattern, options, scout)
    source = translator.alternatives(options, depth=0)
    if translator.at < len(pattern):
        raise translator.error("Too many )'s.")
    return Translation(source, translator.numbers, scout.names)


def unsupported(pattern: str, what: object) -> ArgumentException:
    """What .NET has and the engine does not."""
    error = ArgumentException(f"The pattern '{pattern}' cannot be used here: {what}")
    error.parameter = UNSUPPORTED
    return error


def escape(char: str) -> str:
    """A character that stands for itself."""
    if char in _SPECIAL or char < " ":
        return f"\\x{ord(char):02x}"
    return char


def _flag_text(mode: int) -> str:
    on = "".join(letter for letter in "ims" if mode & FLAGS[letter])
    off = "".join(letter for letter in "ims" if not mode & FLAGS[letter])
    return f"{on}-{off}" if off else on


class _Translator:
    """One pass from left to right."""

    def __init__(self, pattern: str, options: int, groups: Groups) -> None:
        self.pattern = pattern
        self.ascii = bool(options & ECMA_SCRIPT)
        self.groups = groups
        self.at = 0
        self.unnamed = iter(groups.unnamed)
        self.numbers: list[int] = []

    def error(self, text: str) -> ArgumentException:
        return RegexParseException(f"Invalid pattern '{self.pattern}' at offset {self.at}. {text}")

    def unsupported(self, what: str) -> ArgumentException:
        """What .NET has and the engine does not."""
        return unsupported(self.pattern, what)

    def peek(self, ahead: int = 0) -> str:
        where = self.at + ahead
        return self.pattern[where] if where < len(self.pattern) else ""

    def take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    # ---- structure

    def alternatives(self, mode: int, depth: int) -> str:
        """Everything up to the end of a group. Options that are switched within it hold to its end, across `|`: each piece
        under changed options is a group of its own in every alternative."""
        if depth > 200:
            raise self.error("The pattern is nested too deeply.")
        base, branches, branch = mode, [], ""
        while self.at < len(self.pattern) and self.peek() != ")":
            if self.take("|"):
                branches.append(branch)
                branch = ""
                continue
            piece, mode = self.piece(mode, depth)
            branch += piece if mode == base or not piece else f"(?{_flag_text(mode)}:{piece})"
        branches.append(branch)
        return "|".join(branches)

    def piece(self, mode: int, depth: int) -> tuple[str, int]:
        """One atom with its quantifier, and the mode after it."""
        char = self.peek()
        if mode & IGNORE_SPACE and (char in " \t\n\r\f\v" or char == "#"):
            self.skip_space()
            return "", mode
        if char == "(":
            if self.take("(?#"):
                end = self.pattern.find(")", self.at)
                if end < 0:
                    raise self.error("Unterminated (?#...) comment.")
                self.at = end + 1
                return "", mode
            switched = self.switch(mode)
            if switched is not None:
                return "", switched
            atom = self.group(mode, depth)
        else:
            atom = self.atom()
        return self.quantified(atom, mode), mode

    def skip_space(self) -> None:
        if self.peek() == "#":
            end = self.pattern.find("\n", self.at)
            self.at = len(self.pattern) if end < 0 else end + 1
        else:
            self.at += 1

    def switch(self, mode: int) -> int | None:
        """`(?imnsx-imnsx)`: the mode from here on; None when it is another group."""
        if not self.pattern.startswith("(?", self.at) or self.peek(2) not in tuple("imnsx-+"):
            return None
        changed, end = inline_options(self.pattern, self.at + 2, mode)
        if end >= len(self.pattern) or self.pattern[end] not in ":)":
            raise self.error("Unrecognized grouping construct.")
        if self.pattern[end] == ":":
            return None
        self.at = end + 1
        return changed

    def group(self, mode: int, depth: int) -> str:
        """A group, from its parenthesis to its parenthesis."""
        opening = self.at
        self.at += 1
        if not self.take("?"):
            if mode & EXPLICIT_CAPTURE:
                return self.close("(?:", self.alternatives(mode, depth + 1), opening)
            self.numbers.append(next(self.unnamed))
            return self.close("(", self.alternatives(mode, depth + 1), opening)
        for start in (":", "=", "!", "<=", "<!", ">"):
            if self.take(start):
                return self.close(f"(?{start}", self.alternatives(mode, depth + 1), opening)
        if self.peek() in ("<", "'"):
            return self.named(mode, depth, opening)
        if self.peek() == "(":
            return self.conditional(mode, depth, opening)
        if self.peek() in tuple("imnsx-+"):
            changed, self.at = inline_options(self.pattern, self.at, mode)
            self.at += 1
            return self.close(f"(?{_flag_text(changed)}:", self.alternatives(changed, depth + 1), opening)
        raise self.error("Unrecognized grouping construct.")

    def close(self, start: str, inner: str, opening: int) -> str:
        if not self.take(")"):
            self.at = opening
            raise self.error("Not enough )'s.")
        return f"{start}{inner})"

    def named(self, mode: int, depth: int, opening: int) -> str:
        """`(?<name>…)`. Groups are told apart by position afterwards, but equal names must stay one group."""
        end_mark = ">" if self.peek() == "<" else "'"
        end = self.pattern.find(end_mark, self.at + 1)
        name = self.pattern[self.at + 1 : end] if end > 0 else ""
        if "-" in name:
            raise self.unsupported("it has a balancing group.")
        if not name or not all(char == "_" or char.isalnum() for char in name) or (name[0].isdigit() and not name.isdigit()):
            raise self.error("Invalid group name: Group names must begin with a word character.")
        self.at = end + 1
        number = int(name) if name.isdigit() else self.groups.names[name]
        if number == 0:
            raise self.error("Capture number cannot be zero.")
        self.numbers.append(number)
        return self.close(f"(?P<g{number}>", self.alternatives(mode, depth + 1), opening)

    def conditional(self, mode: int, depth: int, opening: int) -> str:
        """`(?(name)yes|no)` and `(?(expression)yes|no)`."""
        end = self.pattern.find(")", self.at)
        name = self.pattern[self.at + 1 : end] if end > 0 else ""
        number = int(name) if name.isdigit() else self.groups.names.get(name)
        if number is not None and number in self.groups.all:
            self.at = end + 1
            test = str(self.position(number))
        elif self.pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), self.at):
            test = self.group(mode, depth + 1)[1:-1]
        else:
            self.at += 1
            test = f"?={self.alternatives(mode, depth + 1)}"
            if not self.take(")"):
                raise self.error("Not enough )'s.")
        branches = self.alternatives(mode, depth + 1)
        return self.close(f"(?({test})", branches, opening)

    def position(self, number: int) -> int:
        """Where the group with this number stands in the translation; it must have been opened."""
        if number not in self.numbers:
            raise self.unsupported(f"it refers to group {number} before that is defined.")
        return self.numbers.index(number) + 1

    def quantified(self, atom: str, mode: int) -> str:
        """The atom with the quantifier that follows, if one does."""
        while mode & IGNORE_SPACE and self.peek() and (self.peek() in " \t\n\r\f\v" or self.peek() == "#"):
            self.skip_space()
        quantifier = self.quantifier()
        if not quantifier:
            return atom
        if self.take("?"):
            quantifier += "?"
        if self.peek() in ("*", "+", "?") or self.is_counted():
            raise self.error(f"Nested quantifier '{self.peek()}'.")
        return atom + quantifier

    def is_counted(self) -> bool:
        """Whether `{n}`, `{n,}` or `{n,m}` stands here."""
        end = self.pattern.find("}", self.at)
        if self.peek() != "{" or end < 0:
            return False
        low, _, high = self.pattern[self.at + 1 : end].partition(",")
        return low.isascii() and low.isdigit() and (not high or (high.isascii() and high.isdigit()))

    def quantifier(self) -> str:
        char = self.peek()
        if char and char in "*+?":
            self.at += 1
            return char
        if not self.is_counted():
            return ""
        end = self.pattern.index("}", self.at)
        text = self.pattern[self.at : end + 1]
        low, _, high = text[1:-1].partition(",")
        if high and int(low) > int(high):
            raise self.error("Illegal {x,y} with x > y.")
        if int(low) > 2**31 - 1 or (high and int(high) > 2**31 - 1):
            raise self.error("Capture group numbers must be less than or equal to Int32.MaxValue.")
        self.at = end + 1
        return text

    # ---- atoms

    def atom(self) -> str:
        """A character, a class, an anchor, a reference."""
        char = self.peek()
        if char in "*+?" or self.is_counted():
            raise self.error(f"Quantifier '{char}' following nothing.")
        self.at += 1
        if char in ".^$":
            return char
        if char == "[":
            return self.char_class()
        if char == "\\":
            return self.escaped()
        return escape(char)

    def escaped(self) -> str:
        """What follows a backslash."""
        char = self.peek()
        if not char:
            raise self.error("Illegal \\ at end of pattern.")
        if char in _ENDS:
            self.at += 1
            return _ENDS[char]
        if char in _SAME:
            self.at += 1
            return f"\\{char}"
        if char in "pP":
            return self.category()
        if char == "k" and self.peek(1) in ("<", "'"):
            end = self.pattern.find(">" if self.peek(1) == "<" else "'", self.at + 2)
            name = self.pattern[self.at + 2 : end] if end > 0 else ""
            self.at = end + 1 if end > 0 else len(self.pattern)
            number = int(name) if name.isdigit() else self.groups.names.get(name)
            if number is None or number not in self.groups.all:
                raise self.error(f"Reference to undefined group name {name}.")
            return self.reference(number)
        if char in "123456789":
            return self.number()
        return escape(self.character())

    def number(self) -> str:
        """`\\1`: a reference where there is such a group, else an octal character."""
        digits = ""
        while self.peek(len(digits)).isdigit() and len(digits) < 9:
            digits += self.peek(len(digits))
        if int(digits) in self.groups.all:
            self.at += len(digits)
            return self.reference(int(digits))
        if len(digits) == 1 or digits[0] in "89":
            raise self.error(f"Reference to undefined group number {digits}.")
        return escape(self.octal())

    def reference(self, number: int) -> str:
        """A back reference, kept apart from digits that follow."""
        return f"(?:\\{self.position(number)})"

    def octal(self) -> str:
        digits = ""
        while len(digits) < 3 and self.peek(len(digits)) in tuple("01234567"):
            digits += self.peek(len(digits))
        self.at += len(digits)
        return chr(int(digits, 8) & 0xFF)

    def character(self) -> str:
        """The one character that an escape stands for."""
        char = self.peek()
        if char == "0":
            return self.octal()
        self.at += 1
        if char in _CHARACTERS:
            return _CHARACTERS[char]
        if char in "xu":
            length = 2 if char == "x" else 4
            digits = self.pattern[self.at : self.at + length]
            if len(digits) < length or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise self.error("Insufficient or invalid hexadecimal digits.")
            self.at += length
            return chr(int(digits, 16))
        if char == "c":
            control = self.peek().upper()
            if not control or not "@" <= control <= "_":
                raise self.error("Unrecognized control character.")
            self.at += 1
            return chr(ord(control) - 64)
        if char.isalnum() or char == "_":
            raise self.error(f"Unrecognized escape sequence \\{char}.")
        return char

    def category(self) -> str:
        """`\\p{name}`."""
        letter = self.peek()
        end = self.pattern.find("}", self.at)
        if self.peek(1) != "{" or end < 0:
            raise self.error(f"Incomplete \\{letter}{{X}} character escape.")
        name = self.pattern[self.at + 2 : end]
        self.at = end + 1
        if not name or not all(char.isalnum() or char in "-_" for char in name):
            raise self.error(f"Unknown property '{name}'.")
        if name.startswith("Is") and len(name) > 3:
            return f"\\{letter}{{Block={name[2:]}}}"
        return f"\\{letter}{{{name}}}"

    # ---- classes

    def char_class(self) -> str:
        """`[…]`, with `-[…]` for what is taken out."""
        opening = self.at - 1
        start = "[^" if self.take("^") else "["
        items: list[str] = []
        first = True
        while True:
            char = self.peek()
            if not char:
                self.at = opening
                raise self.error("Unterminated [] set.")
            if char == "]" and not first:
                self.at += 1
                return f"{start}{''.join(items)}]"
            if self.pattern.startswith("-[", self.at) and not first:
                self.at += 2
                taken = self.char_class()
                if not self.take("]"):
                    raise self.error("A subtraction must be the last element in a character class.")
                return f"(?:(?!{taken}){start}{''.join(items)}])"
            first = False
            items.append(self.class_item())

    def class_item(self) -> str:
        """A character, a range, or a named class."""
        low = self.class_character()
        if len(low) > 1:
            return low
        if self.peek() != "-" or self.peek(1) in ("]", "") or self.pattern.startswith("-[", self.at):
            return escape(low)
        self.at += 1
        high = self.class_character()
        if len(high) > 1:
            raise self.error(f"Cannot include class {high} in character range.")
        if low > high:
            raise self.error("[x-y] range in reverse order.")
        return f"{escape(low)}-{escape(high)}"

    def class_character(self) -> str:
        """One character; or, longer than one, a class that is ready to be written."""
        char = self.peek()
        self.at += 1
        if char != "\\":
            return char
        char = self.peek()
        if not char:
            raise self.error("Unterminated [] set.")
        if char in "dDsSwW":
            self.at += 1
            return f"\\{char}"
        if char in "pP":
            return self.category()
        if char == "b":
            self.at += 1
            return "\b"
        if char == "-":
            self.at += 1
            return "-"
        return self.octal() if char in "01234567" else self.character()


def unescaped(text: str) -> str:
    """Regex.Unescape: escapes of characters undone."""
    reader = _Translator(text, 0, Groups("", 0))
    parts: list[str] = []
    while reader.at < len(text):
        char = text[reader.at]
        if char == "\\":
            reader.at += 1
            if reader.at == len(text):
                raise reader.error("Illegal \\ at end of pattern.")
            parts.append(reader.octal() if reader.peek() in "01234567" else reader.character())
        else:
            reader.at += 1
            parts.append(char)
    return "".join(parts)
