"""The enums of Newtonsoft.Json: JTokenType and Formatting."""

from __future__ import annotations

from policies.dotnet.types import Enum

__all__ = ["ENUMS", "FORMATTING", "KIND"]

KIND = Enum(
    "Newtonsoft.Json.Linq.JTokenType",
    "None Object Array Constructor Property Comment Integer Float String Boolean Null Undefined Date Raw Bytes Guid Uri "
    "TimeSpan",
)
FORMATTING = Enum("Newtonsoft.Json.Formatting", "None Indented")
ENUMS = (KIND, FORMATTING)

OBJECT = KIND.values["Object"]
ARRAY = KIND.values["Array"]
CONSTRUCTOR = KIND.values["Constructor"]
PROPERTY = KIND.values["Property"]
COMMENT = KIND.values["Comment"]
INTEGER = KIND.values["Integer"]
FLOAT = KIND.values["Float"]
STRING = KIND.values["String"]
BOOLEAN = KIND.values["Boolean"]
NULL = KIND.values["Null"]
UNDEFINED = KIND.values["Undefined"]
DATE = KIND.values["Date"]
RAW = KIND.values["Raw"]
BYTES = KIND.values["Bytes"]
GUID = KIND.values["Guid"]
URI = KIND.values["Uri"]
TIME_SPAN = KIND.values["TimeSpan"]
