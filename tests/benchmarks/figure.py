"""What a benchmark found: one line on the screen, and one row of RESULTS.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured. All but `kept` is text for people."""

    what: str
    ours: str
    against: str = ""
    """What it is compared with, and that one's own figure."""
    result: str = ""
    """What the budget is about: a ratio, a percentile."""
    budget: str = ""
    kept: bool | None = None
    """Whether the result is within the budget; None where there is none."""

    def __str__(self) -> str:
        verdict = {None: "", True: "kept", False: "MISSED"}[self.kept]
        budget = f"budget {self.budget}" if self.budget else ""
        rest = "   ".join(part for part in (self.ours, self.against, self.result, budget, verdict) if part)
        return f"  {self.what:44} {rest}"

    @property
    def row(self) -> str:
        """The figure in Markdown; see HEADER."""
        verdict = {None: "", True: "yes", False: "**no**"}[self.kept]
        cells = (self.what, self.ours, self.against, self.result, self.budget, verdict)
        return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"


HEADER = "| what | here | against | result | budget | kept |\n| --- | --- | --- | --- | --- | --- |"


@dataclass(frozen=True, slots=True)
class Sample:
    """The same thing measured several times, in seconds."""

    seconds: tuple[float, ...]

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Sample:
        return cls(tuple(seconds))

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[min(int(len(self.seconds) * 0.95), len(self.seconds) - 1)]

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def most(self) -> float:
        return max(self.seconds)

    def __str__(self) -> str:
        return f"{milliseconds(self.median)} ({self.least * 1e3:.0f} to {self.most * 1e3:.0f})"


def milliseconds(seconds: float) -> str:
    """For people: three digits of it."""
    if abs(seconds) < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.{0 if abs(seconds) >= 0.1 else 1}f} ms"


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of what was measured in turns: what else the machine did falls on both."""
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))


def is_linear(counts: tuple[int, int], seconds: tuple[float, float]) -> bool:
    """Whether many take no longer than so many times few, with a quarter to spare."""
    return seconds[1] / seconds[0] <= counts[1] / counts[0] * 1.25
