"""The run that a chart draws, and the earlier runs of the same step behind it, named by what differs in their code."""

from __future__ import annotations

from dataclasses import dataclass

from tui_torch.drawing.charts.run_names import differences, names_of
from tui_torch.drawing.charts.training_run import TrainingRun

EARLIER = 5
"""How many earlier runs are kept."""


@dataclass(frozen=True, slots=True)
class Named:
    """A run, and what it is called."""

    name: str
    """Empty for a run that stands alone."""
    run: TrainingRun


@dataclass(frozen=True, slots=True)
class _Past:
    run: TrainingRun
    code: str
    number: int


class Runs:
    """The runs of one step."""

    def __init__(self) -> None:
        self._past: list[_Past] = []
        self._code = ""
        self._number = 1
        self._names: tuple[str, ...] = ("",)
        self.current = TrainingRun()

    @property
    def name(self) -> str:
        """What the current run is called; empty when there is no earlier one to tell it from."""
        return self._names[-1]

    @property
    def earlier(self) -> tuple[Named, ...]:
        """The earlier runs, the latest first."""
        return tuple(Named(name, past.run) for name, past in zip(self._names, self._past, strict=False))[::-1]

    def begin(self, code: str) -> None:
        """A run of this code starts. The one before it stays in sight when it was a loop."""
        if self.current.has_loop:
            # The same code, seeded as it is, draws the same curve: one of them will do.
            self._past = [past for past in self._past if differences(past.code, self._code)]
            self._past.append(_Past(self.current.kept(), self._code, self._number))
            del self._past[:-EARLIER]
            self._number += 1
        self._code = code
        self.current = TrainingRun()
        self._name()

    def forget_earlier(self) -> None:
        """Only the current run is left."""
        self._past.clear()
        self._name()

    def _name(self) -> None:
        if not self._past:
            self._names = ("",)
            return
        codes = [past.code for past in self._past]
        numbers = [past.number for past in self._past]
        self._names = names_of([*codes, self._code], [*numbers, self._number])
