"""The breaks of answers that no input can tell, as `equivalent.toml` lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

LISTED = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class EquivalentAnswer:
    """One of them."""

    problem: str
    before: str
    """The lines of the solution that differ, as `ast.unparse` writes them."""
    after: str
    """What the break makes of them."""
    reason: str
    """Why no input can tell."""


def equivalents() -> list[EquivalentAnswer]:
    """All of them. Raises TypeError for an entry that lacks something, or has more."""
    return [EquivalentAnswer(**one) for one in tomllib.loads(LISTED.read_text("utf-8"))["equivalent"]]


def excused() -> dict[tuple[str, tuple[str, str]], str]:
    """The reasons, by the problem and the lines before and after."""
    return {(one.problem, (one.before, one.after)): one.reason for one in equivalents()}
