"""A replay on the lesson's panes: each shows what there was at the moment that the cursor is at, and then again the
result of the run."""

from __future__ import annotations

from tui_torch.protocol.events import Inspection
from tui_torch.tutor.replay.replay import Moment, Replay
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.output import OutputPane
from tui_torch.ui.lesson.replay_bar import ReplayBar

LONGEST = 4
"""Digits of the number of a pass."""


class Replaying:
    """A replay in progress. `result`: the inspection after the run, which comes back when the replay is left."""

    def __init__(
        self,
        replay: Replay,
        result: Inspection | None,
        *,
        bar: ReplayBar,
        editor: CodeEditor,
        inspector: TensorInspector,
        output: OutputPane,
    ) -> None:
        self._replay = replay
        self._result = result
        self._bar = bar
        self._editor = editor
        self._inspector = inspector
        self._output = output
        self._show(replay.moment)

    def scrub(self, by: int) -> None:
        """Go so many positions on, or back."""
        self._show(self._replay.forward(by))

    def go(self, index: int) -> None:
        """Go to a position, 0 being the first."""
        self._show(self._replay.go(index))

    def change(self, direction: int) -> str:
        """Go to the next (1) or previous (-1) change of the name that the learner chose among the tensors, of any name
        before that; says what was looked for, when it never changes."""
        name = self._inspector.chosen
        moment = self._replay.next_change(name) if direction > 0 else self._replay.previous_change(name)
        self._show(moment)
        return "" if moment is not None else f"{name or 'A name'} does not change in this run."

    def turn(self, direction: int, *, outermost: bool) -> str:
        """Go to where the next (1) or previous (-1) pass of the loop begins, or to the pass whose number was typed;
        says so, when there is none."""
        if self.is_typing:
            return self.to_typed(outermost=outermost)
        move = self._replay.next_pass if direction > 0 else self._replay.previous_pass
        moment = move(outermost=outermost)
        self._show(moment)
        if moment is not None:
            return ""
        return "No further pass was recorded." if direction > 0 else "No pass of a loop comes before this."

    @property
    def is_typing(self) -> bool:
        """Whether the number of a pass has been begun."""
        return bool(self._bar.typed)

    def type(self, digit: str) -> None:
        """Add a digit to the number of the pass to go to."""
        self._bar.typed = (self._bar.typed + digit).lstrip("0")[-LONGEST:]

    def erase(self) -> None:
        """Forget the number that was being typed."""
        self._bar.typed = ""

    def to_typed(self, *, outermost: bool = False) -> str:
        """Go to the pass whose number was typed; says so, when there is none."""
        number = int(self._bar.typed)
        self.erase()
        moment = self._replay.to_pass(number, outermost=outermost)
        self._show(moment)
        return "" if moment is not None else f"No pass {number:,} was recorded here."

    def leave(self) -> None:
        """Bring the result of the run back to the panes."""
        self.erase()
        self._bar.moment = None
        self._editor.light(None)
        self._output.show_all()
        if self._result is not None:
            self._inspector.show(self._result)

    def _show(self, moment: Moment | None) -> None:
        if moment is None:
            return
        self._bar.moment = moment
        self._editor.light(moment.position.line)
        self._inspector.show(moment.inspection)
        if moment.position.changed:
            self._inspector.point_at(moment.position.changed[0])
        if moment.is_end and moment.stopped is None:
            self._output.show_all()
        else:
            self._output.show_until(moment.output, moment.output_cut)
