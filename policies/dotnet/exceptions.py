"""The .NET exceptions that expressions throw and catch, as Python exceptions of the same tree.

The rule here: library code raises these, never Python's own; `as_dotnet` turns what Python itself raised inside emitted
code (an attribute of None, above all) into its .NET counterpart. Only `Exception` may be named in an expression, as the
article's list has it; the others exist to be thrown, and to name themselves in a trace.
"""

from __future__ import annotations

from policies.dotnet.newline import NEW_LINE
from policies.dotnet.types import Class, Inline, TypeDefinition

__all__ = [
    "ArgumentException",
    "ArgumentNullException",
    "ArgumentOutOfRangeException",
    "ArithmeticException",
    "ArrayTypeMismatchException",
    "CryptographicException",
    "DecoderFallbackException",
    "DivideByZeroException",
    "FormatException",
    "IndexOutOfRangeException",
    "InvalidCastException",
    "InvalidOperationException",
    "JsonException",
    "JsonReaderException",
    "JsonSerializationException",
    "KeyNotFoundException",
    "NetException",
    "NotImplementedException",
    "NotSupportedException",
    "NullReferenceException",
    "OverflowException",
    "RankException",
    "RegexMatchTimeoutException",
    "SystemException",
    "TimeZoneNotFoundException",
    "TimeoutException",
    "UriFormatException",
    "XmlException",
    "as_dotnet",
    "class_of",
    "full_name",
]


class NetException(Exception):
    """System.Exception."""

    text = "Exception of type 'System.Exception' was thrown."

    def __init__(self, message: str | None = None, inner: NetException | None = None) -> None:
        super().__init__(message)
        self.message: str = self.text if message is None else message
        self.inner = inner

    def __str__(self) -> str:
        """Exception.ToString(): the type's full name and the message, then the inner one's."""
        own = f"{full_name(self)}: {self.message}"
        if self.inner is None:
            return own
        return NEW_LINE.join((own, f" ---> {self.inner}", "   --- End of inner exception stack trace ---"))


class SystemException(NetException):
    text = "System error."


class ArgumentException(SystemException):
    text = "Value does not fall within the expected range."

    def __init__(self, message: str | None = None, parameter: str | None = None, inner: NetException | None = None) -> None:
        text = self.text if message is None else message
        super().__init__(f"{text} (Parameter '{parameter}')" if parameter else text, inner)
        self.parameter = parameter


class ArgumentNullException(ArgumentException):
    text = "Value cannot be null."

    def __init__(self, parameter: str | None = None, message: str | None = None) -> None:
        super().__init__(message, parameter)


class ArgumentOutOfRangeException(ArgumentException):
    text = "Specified argument was out of the range of valid values."

    def __init__(self, parameter: str | None = None, message: str | None = None) -> None:
        super().__init__(message, parameter)


class FormatException(SystemException):
    text = "One of the identified items was in an invalid format."


class UriFormatException(FormatException):
    text = "Invalid URI: The format of the URI could not be determined."


class ArithmeticException(SystemException):
    text = "Overflow or underflow in the arithmetic operation."


class OverflowException(ArithmeticException):
    text = "Arithmetic operation resulted in an overflow."


class DivideByZeroException(ArithmeticException):
    text = "Attempted to divide by zero."


class InvalidCastException(SystemException):
    text = "Specified cast is not valid."


class InvalidOperationException(SystemException):
    text = "Operation is not valid due to the current state of the object."


class NullReferenceException(SystemException):
    text = "Object reference not set to an instance of an object."


class IndexOutOfRangeException(SystemException):
    text = "Index was outside the bounds of the array."


class ArrayTypeMismatchException(SystemException):
    text = "Attempted to access an element as a type incompatible with the array."


class NotSupportedException(SystemException):
    text = "Specified method is not supported."


class NotImplementedException(SystemException):
    text = "The method or operation is not implemented."


class RankException(SystemException):
    text = "Attempted to operate on an array with the incorrect number of dimensions."


class TimeoutException(SystemException):
    text = "The operation has timed out."


class KeyNotFoundException(SystemException):
    text = "The given key was not present in the dictionary."


class CryptographicException(SystemException):
    text = "Error occurred during a cryptographic operation."


class XmlException(SystemException):
    text = "An XML error has occurred."


class DecoderFallbackException(ArgumentException):
    text = "Unable to translate bytes to characters."


class RegexParseException(ArgumentException):
    text = "The pattern is not valid."


class PlatformNotSupportedException(NotSupportedException):
    text = "Operation is not supported on this platform."


class RegexMatchTimeoutException(TimeoutException):
    text = "The Regex engine has timed out while trying to match a pattern to an input string."


class TimeZoneNotFoundException(NetException):
    text = "The time zone was not found."


class JsonException(NetException):
    text = "JSON error."


class JsonReaderException(JsonException):
    text = "JSON could not be read."


class JsonSerializationException(JsonException):
    text = "JSON could not be serialized."


def as_dotnet(error: Exception) -> NetException:
    """The .NET exception for what was raised inside an expression; RecursionError and MemoryError are not for expressions
    to catch and are raised again as they are."""
    if isinstance(error, NetException):
        return error
    if isinstance(error, RecursionError | MemoryError):
        raise error
    if isinstance(error, AttributeError) and error.obj is None:
        return NullReferenceException()
    if isinstance(error, ZeroDivisionError):
        return DivideByZeroException()
    return SystemException(f"{type(error).__name__}: {error}")


def full_name(error: NetException) -> str:
    """ "System.FormatException" for a FormatException."""
    return _NAMES[type(error)]


def class_of(name: str) -> type[NetException]:
    """The Python class of the .NET exception with this full name."""
    return next(python for python, own in _NAMES.items() if own == name)


_SPACES = {
    KeyNotFoundException: "System.Collections.Generic",
    CryptographicException: "System.Security.Cryptography",
    XmlException: "System.Xml",
    DecoderFallbackException: "System.Text",
    RegexMatchTimeoutException: "System.Text.RegularExpressions",
    RegexParseException: "System.Text.RegularExpressions",
    JsonException: "Newtonsoft.Json",
    JsonReaderException: "Newtonsoft.Json",
    JsonSerializationException: "Newtonsoft.Json",
}


def _tree(root: type[NetException]) -> list[type[NetException]]:
    return [root, *(deeper for direct in root.__subclasses__() for deeper in _tree(direct))]


_NAMES: dict[type[NetException], str] = {
    python: f"{_SPACES.get(python, 'System')}.{python.__name__}" for python in _tree(SystemException) + _tree(JsonException)
}
_NAMES |= {NetException: "System.Exception", TimeZoneNotFoundException: "System.TimeZoneNotFoundException"}


def _declare(python: type[NetException], name: str) -> TypeDefinition:
    if python is NetException:
        return Class(
            name,
            runtime=python,
            members={
                "new(string message = null, Exception innerException = null)": NetException,
                "string Message": Inline("self.message"),
                "Exception InnerException": Inline("self.inner"),
                "string StackTrace": Inline("''"),
                "string Source": Inline("'expression'"),
                "string HelpLink": Inline("None"),
                "int HResult": Inline("-2146233088"),
                "Exception GetBaseException()": _innermost,
            },
        )
    return Class(name, runtime=python, bases=(_NAMES[python.__bases__[0]],), nameable=False)


def _innermost(error: NetException) -> NetException:
    while error.inner is not None:
        error = error.inner
    return error


TYPES = tuple(_declare(python, name) for python, name in _NAMES.items())
