"""One thing that is wrong with a lesson or a course, and where in its data."""

from __future__ import annotations

from tui_torch.protocol.late_dataclass import dataclass

Loc = tuple[str | int, ...]
"""A path into nested data: keys of mappings and indices of lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in some data: a broken rule of the format, or a claim that a run does not bear out."""

    loc: Loc
    """Where the data says it, such as `("steps", 2, "expect", "output")`, or relative to a step."""
    sentence: str
    """What is wrong, and what was expected."""
    at_key: bool = False
    """The key at `loc` is wrong, rather than its value."""
    line: int = 0
    """The line of the snippet at `loc` that is wrong, from 1; 0 when no single line is."""
    column: int = 0
    """The column in that line, from 1; 0 when no single line is wrong."""
