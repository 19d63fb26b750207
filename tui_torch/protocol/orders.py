"""What the session asks of the probe besides running code: prepare a namespace, grade, evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Portion(Protocol):
    """A part of a lesson that later steps stand on."""

    @property
    def step(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def may_raise(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Plot:
    """Expressions whose values are drawn: `x` and `y` as points, and `fit` over `x` as a line."""

    x: str
    y: str
    fit: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the learner's code, and all that it needs."""

    code: str
    standing: tuple[Portion, ...] = ()
    """Replayed before the code, silently and seeded, in a namespace that holds nothing else."""
    pins: tuple[str, ...] = ()
    """Expressions that the inspection puts on top."""
    checks: tuple[tuple[str, str], ...] | None = None
    """(name, code) of an exercise's checks, graded when the code ran without an error; None: nothing to grade."""
    values: tuple[str, ...] = ()
    """Expressions to evaluate after the run, told as `Evaluated`."""
    plot: Plot | None = None
    """What to draw while it runs, and after it; told as `Fitted`."""
    trace: bool = False
    """Record the run line by line, told as `Traced`. It takes longer."""
