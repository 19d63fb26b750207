"""What the last steps that were left showed of their runs, for whoever comes back to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.ui.inspector.legend import RAN_BEFORE

if TYPE_CHECKING:
    from tui_torch.course.lesson import AnyStep
    from tui_torch.drawing.charts.run_history import RunHistory
    from tui_torch.protocol.events import Inspection
    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.charts.loss_chart import LossChart
    from tui_torch.ui.inspector.pane import TensorInspector
    from tui_torch.ui.lesson.output.left import LeftOutput
    from tui_torch.ui.lesson.output.pane import OutputPane

MOST = 4
"""Number of steps that are remembered."""


@dataclass(frozen=True, slots=True)
class _Left:
    step: AnyStep
    code: str | None
    output: LeftOutput
    training: RunHistory | None
    inspection: Inspection


class LeftSteps:
    """Takes what a run left on the panes, and puts it back there."""

    def __init__(self, tutor: Tutor, output: OutputPane, inspector: TensorInspector, chart: LossChart) -> None:
        self._tutor = tutor
        self._output = output
        self._inspector = inspector
        self._chart = chart
        self._left: dict[tuple[str, str], _Left] = {}
        """By the key of the lesson and the id of the step, the one that was left last at the end."""
        self._here: tuple[str, AnyStep] | None = None
        """The step on the panes; None in practice, where each round begins with the starters."""
        self.ran_code: str | None = None
        """The code whose output is on the panes; None if there is none."""
        self._ran_last: tuple[str, AnyStep] | None = None
        """The step whose values the kernel has."""

    def ran(self, code: str) -> None:
        """The step on the panes is run, with this code."""
        self._ran_last, self.ran_code = self._here, code

    def change(self, invitation: str) -> bool:
        """Take the panes' output, values and chart, and show those of the tutor's step; whether there were any.

        Args:
            invitation: What stands in place of values before a run of the step.
        """
        output = self._output.leave()
        if output is not None and self._here is not None:
            key, step = self._here
            training = self._chart.runs if self._chart.has_loop else None
            self._left[key, step.id] = _Left(step, self.ran_code, output, training, self._inspector.inspection)
            while len(self._left) > MOST:
                del self._left[next(iter(self._left))]
        self.ran_code = None
        self._inspector.clear(invitation)
        self._chart.clear()
        key, step = self._tutor.key, self._tutor.step
        self._here = None if self._tutor.kind == "practice" else (key, step)
        left = self._left.pop((key, step.id), None)
        # What its lesson's file has otherwise now is another step.
        if left is None or self._here is None or left.step != step:
            return False
        self.ran_code = left.code
        self._output.come_back(left.output)
        if left.training is not None:
            self._chart.show(left.training)
        if self._here == self._ran_last:
            self._inspector.show(left.inspection)
        elif left.inspection.pinned or left.inspection.variables:
            self._inspector.clear(RAN_BEFORE)
        return True
