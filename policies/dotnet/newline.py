"""The line end of generated text (Environment.NewLine).

The rule here: one for all families. It is that of Linux, on which this project runs, as does APIM's self-hosted gateway; the
managed gateway runs on Windows and writes "\\r\\n".
"""

from __future__ import annotations

from typing import Final

__all__ = ["NEW_LINE"]

NEW_LINE: Final = "\n"
