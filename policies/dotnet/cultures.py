"""System.Globalization.CultureInfo: the invariant culture, and no other.

The rule here: every culture that can be named is the invariant one, in which the gateway runs. The article does not list the
type, but documents name `CultureInfo.InvariantCulture` where .NET asks for a format provider.
"""

from __future__ import annotations

from typing import Final

from policies.dotnet.types import Class, Const, Inline

__all__ = ["TYPES"]


class Culture:
    """The invariant culture."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""


INVARIANT: Final = Culture()

TYPES = (
    Class(
        "System.Globalization.CultureInfo",
        runtime=Culture,
        bases=("IFormatProvider",),
        members={
            "static System.Globalization.CultureInfo InvariantCulture": Const(INVARIANT),
            "static System.Globalization.CultureInfo CurrentCulture": Const(INVARIANT),
            "static System.Globalization.CultureInfo CurrentUICulture": Const(INVARIANT),
            "string Name": Inline("''"),
        },
    ),
)
