"""The current run of a step and the earlier ones, each named by what differs in its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui_torch.drawing.charts.run_names import differences, names_of
from tui_torch.drawing.charts.training_run import TrainingRun
from tui_torch.protocol.events import Outcome
from tui_torch.protocol.late_dataclass import dataclass

MAX_EARLIER_RUNS = 5
"""Maximum number of earlier runs kept."""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that is over, thinned."""

    run: TrainingRun
    code: str
    number: int
    """The number of the run among those of the step; the first is 1."""
    name: str = ""
    """What differs in its code from the other runs: `lr=0.1`."""


class RunHistory:
    """The runs of one step."""

    def __init__(self) -> None:
        self._earlier: list[EarlierRun] = []
        self._code = ""
        self._number = 1
        self.current = TrainingRun()
        self.name = ""
        """The name of the current run; empty if there is no earlier one to distinguish it from."""
        self.outcome: Outcome | None = None
        """How the current run ended; None while it goes on."""

    @classmethod
    def of(cls, current: TrainingRun, name: str, earlier: Sequence[tuple[TrainingRun, str]]) -> RunHistory:
        """A run with others behind it, each with its name; the last of these is drawn in front of the others."""
        history = cls()
        history.current, history.name = current, name if earlier else ""
        history._earlier = [EarlierRun(run, "", number, name) for number, (run, name) in enumerate(earlier, start=1)]
        return history

    @property
    def earlier(self) -> tuple[EarlierRun, ...]:
        """The earlier runs, the latest first."""
        return tuple(reversed(self._earlier))

    def begin(self, code: str) -> None:
        """Start a run of this code, and keep the one before it if it was a loop."""
        if self.current.has_loop:
            # The same code, seeded as it is, draws the same curve: one of them is enough.
            self._earlier = [past for past in self._earlier if differences(past.code, self._code)]
            self._earlier.append(EarlierRun(self.current.thinned(), self._code, self._number))
            del self._earlier[:-MAX_EARLIER_RUNS]
            self._number += 1
        self._code, self.outcome = code, None
        self.current = TrainingRun()
        self._name_runs()

    def forget_earlier(self) -> None:
        """Keep only the current run."""
        self._earlier.clear()
        self._name_runs()

    def _name_runs(self) -> None:
        if not self._earlier:
            self.name = ""
            return
        codes = [past.code for past in self._earlier]
        numbers = [past.number for past in self._earlier]
        *names, self.name = names_of([*codes, self._code], [*numbers, self._number])
        self._earlier = [replace(past, name=name) for past, name in zip(self._earlier, names, strict=True)]
