"""What commands print: tables for people, JSON for programs, messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

__all__ = ["complain", "note", "print_json", "print_table"]


def print_json(value: object) -> None:
    """One JSON document, indented, in Unicode."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Columns as wide as their widest cell; `empty` on stderr where there are no rows."""
    if not rows:
        note(empty)
        return
    cells = [list(headings), *([" ".join(str(cell).split()) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """A remark for the person, on stderr."""
    print(text, file=sys.stderr)


def complain(text: str) -> int:
    """An error message on stderr; gives the exit status 1."""
    print(f"error: {text}", file=sys.stderr)
    return 1
