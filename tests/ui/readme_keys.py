"""The README's section about keys, which is made from their declarations.

`python -m tests.ui.readme_keys` writes it again.
"""

from __future__ import annotations

from pathlib import Path

from tui_torch.ui.keys.help import readme

README = Path(__file__).parents[2] / "README.md"

BEGIN, END = "<!-- keys: written by `python -m tests.ui.readme_keys` -->\n\n", "\n\n<!-- keys end -->"


def section() -> str:
    """What stands between the two marks now."""
    return README.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    """Put what is declared between the two marks."""
    before, begin, rest = README.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, "the README has lost the two marks around its keys"
    README.write_text(f"{before}{begin}{readme()}{end}{after}", "utf-8")


if __name__ == "__main__":
    write()
