"""The breaks that change nothing a person could see, as `equivalent.toml` lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.areas import AREAS, ROOT

LISTED = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Equivalent:
    """One of them."""

    module: str
    """Its path from the root."""
    before: str
    """The lines that it changes, with the blanks at their ends removed and single ones in between."""
    after: str
    """What it makes of them."""
    reason: str

    @property
    def is_about_what_is_there(self) -> bool:
        """Whether its module is one that is broken, and has its lines."""
        if not any(self.module in area.paths() for area in AREAS.values()):
            return False
        lines = without_blanks((ROOT / self.module).read_text("utf-8"))
        return f"\n{self.before}\n" in f"\n{lines}\n"


def equivalents() -> list[Equivalent]:
    """All of them. Raises TypeError for an entry that lacks something, or has more."""
    return [Equivalent(**one) for one in tomllib.loads(LISTED.read_text("utf-8"))["equivalent"]]


def without_blanks(code: str) -> str:
    """The code's lines with the blanks at their ends removed, and single ones in between."""
    return "\n".join(" ".join(line.split()) for line in code.splitlines())
