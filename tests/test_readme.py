"""The README's table of settings is the settings' own."""

from pathlib import Path

from mcp_core.settings import DEFINITIONS
from policies.secret import Secret

ROOT = Path(__file__).resolve().parents[1]
START = "<!-- settings: made from mcp_core/settings.py, checked by tests/test_readme.py -->\n"
END = "<!-- /settings -->"


def table() -> str:
    rows = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for row in DEFINITIONS:
        shown = f"`{shown_default(row.default)}`" if row.default not in ("", (), Secret()) else ""
        rows.append(f"| `{row.variable}` | {shown} | {row.meaning} |")
    return "\n".join(rows) + "\n"


def shown_default(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def test_the_table_of_settings_is_current() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = text[text.index(START) + len(START) : text.index(END)]
    assert shown == table(), "write it anew with: python -m tests.test_readme"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(text[: text.index(START) + len(START)] + table() + text[text.index(END) :], encoding="utf-8")
