"""What can go wrong on the management side: importing, exporting, storing.

    CatalogError             something a user asked for cannot be done; `str()` says what, where and what to do
    ├── InvalidInput         the input is wrong (CLI exit 1)
    ├── NotFound             no such api, server, tool, scope …
    └── Conflict             somebody else changed or created it meanwhile

`policies.ports.StoreUnavailable` is raised by stores; `policies.errors.DocumentError` by policy documents.
"""

from __future__ import annotations

__all__ = ["CatalogError", "Conflict", "InvalidInput", "NotFound"]


class CatalogError(Exception):
    """`message` says what is wrong and where; `hint` what the user can do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}\n  {hint}" if hint else message)
        self.message = message
        self.hint = hint


class InvalidInput(CatalogError):
    """The input cannot be used as it is."""


class NotFound(CatalogError):
    """The named thing does not exist."""


class Conflict(CatalogError):
    """The thing exists already, or was changed by somebody else since it was read."""
