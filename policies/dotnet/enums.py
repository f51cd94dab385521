"""Enums that members of listed types take or give, without being listed themselves.

The rule here: the numbers are .NET's.
"""

from __future__ import annotations

from typing import Final

from policies.dotnet.types import Enum, Inline

__all__ = ["CATEGORY", "FORM", "STYLES", "TYPES", "TYPE_CODE", "type_code"]

TYPE_CODE = Enum(
    "System.TypeCode",
    {
        **{"Empty": 0, "Object": 1, "DBNull": 2, "Boolean": 3, "Char": 4, "SByte": 5, "Byte": 6, "Int16": 7, "UInt16": 8},
        **{"Int32": 9, "UInt32": 10, "Int64": 11, "UInt64": 12, "Single": 13, "Double": 14, "Decimal": 15},
        **{"DateTime": 16, "String": 18},
    },
)
STYLES = Enum(
    "System.Globalization.NumberStyles",
    {
        **{"None": 0, "AllowLeadingWhite": 1, "AllowTrailingWhite": 2, "AllowLeadingSign": 4, "Integer": 7},
        **{"AllowTrailingSign": 8, "AllowParentheses": 16, "AllowDecimalPoint": 32, "AllowThousands": 64, "Number": 111},
        **{"AllowExponent": 128, "Float": 167, "AllowCurrencySymbol": 256, "Currency": 383, "Any": 511},
        **{"AllowHexSpecifier": 512, "HexNumber": 515},
    },
)
FORM = Enum("System.Text.NormalizationForm", {"FormC": 1, "FormD": 2, "FormKC": 5, "FormKD": 6})
CATEGORY = Enum(
    "System.Globalization.UnicodeCategory",
    "UppercaseLetter LowercaseLetter TitlecaseLetter ModifierLetter OtherLetter NonSpacingMark SpacingCombiningMark "
    "EnclosingMark DecimalDigitNumber LetterNumber OtherNumber SpaceSeparator LineSeparator ParagraphSeparator Control "
    "Format Surrogate PrivateUse ConnectorPunctuation DashPunctuation OpenPunctuation ClosePunctuation "
    "InitialQuotePunctuation FinalQuotePunctuation OtherPunctuation MathSymbol CurrencySymbol ModifierSymbol OtherSymbol "
    "OtherNotAssigned",
)
_SHORT = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn"
CATEGORIES: Final = {short: CATEGORY.values[name] for short, name in zip(_SHORT.split(" "), CATEGORY.values, strict=True)}
"""Unicode's short name of a category → the value."""


def type_code(name: str) -> Inline:
    """`GetTypeCode()` of the type with this short name."""
    return Inline("code", code=TYPE_CODE.values[name])


TYPES = (TYPE_CODE, STYLES, FORM, CATEGORY)
