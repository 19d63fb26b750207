"""A recorded run, replayed on the lesson's panes: each shows what there was at the line that the replay is at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.protocol.events import FrameLocals, Inspection, Trace
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.lesson.status_line import pressed

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from tui_torch.tutor.replay.replay import Moment, Replay
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.panes import CodePanes

MOST_DIGITS = 5
"""Maximum number of digits of a pass's number that is typed."""


class LessonReplay:
    """Enters a replay after a recorded run, moves in it by the keys' actions, and leaves it again.

    Every action does nothing while no replay is on show. What an action has to say goes to the status line.
    """

    def __init__(self, screen: Screen[None], panes: CodePanes, layout: PaneLayout) -> None:
        self._screen = screen
        self._panes = panes
        self._layout = layout
        self._replay: Replay | None = None
        self._focused: Widget | None = None
        """What had the focus before a value was asked for."""
        self._result: Inspection | None = None
        """What the run left; the inspector shows it again when the replay is left."""
        self._locals: tuple[FrameLocals, ...] = ()
        """The locals of the functions that the run trained in, and the last loss, which come back with it."""
        self._loss = ""
        self.how_it_ended = ""
        """What is to be said of the run when the learner leaves the replay."""

    @property
    def is_active(self) -> bool:
        """Whether a replay is on show."""
        return self._replay is not None

    @property
    def is_typing(self) -> bool:
        """Whether the number of a pass has been begun."""
        return bool(self._panes.replay_bar.typed)

    def enter(self, trace: Trace, result: Inspection | None, pins: tuple[str, ...]) -> None:
        """Go to the first line of a recorded run.

        Args:
            trace: The recording.
            result: What the run left, if it got that far.
            pins: The step's pinned expressions, in the order in which they are shown.
        """
        panes = self._panes
        if not trace.positions:
            panes.say("There is nothing to replay: no line of the code ran.")
            return
        from tui_torch.tutor.replay.replay import Replay

        self._screen.add_class("-replaying")
        self._loss, panes.status.loss = panes.status.loss, ""  # that of the last line
        self._locals = panes.inspector.locals
        panes.inspector.show_locals(())
        self._replay = Replay(trace, pins)
        self._result = result
        self.show_moment(self._replay.moment)
        self._layout.show_tab("lesson")
        if self._layout.one_column:
            self._layout.focus_lesson()
        else:
            panes.inspector.focus()
        both = "{replay.back} and {replay.forward}"
        both = pressed(both, typing=both)
        panes.say(trace.stopped or f"Recorded: {both} go through it line by line.")

    def keep_result(self, result: Inspection) -> None:
        """Have the inspector show this of the run when the replay is left."""
        self._result = result

    def leave(self) -> None:
        """Show the result of the run again."""
        if self._replay is None:
            return
        panes, self._replay = self._panes, None
        self.erase()
        self.stop_asking()
        panes.replay_bar.moment = None
        panes.say("")  # how to go through it
        panes.editor.light(None)
        panes.output.show_all()
        panes.status.loss = self._loss
        panes.inspector.show_locals(self._locals)
        if self._result is not None:
            panes.inspector.show(self._result)
            self._result = None
        self._screen.remove_class("-replaying")
        self._screen.refresh_bindings()

    def move(self, by: int) -> None:
        """Go `by` positions forward, or back if it is negative."""
        if self._replay is not None:
            self.show_moment(self._replay.forward(by))

    def go(self, index: int) -> None:
        """Go to a position, 0 being the first."""
        if self._replay is not None:
            self.show_moment(self._replay.go(index))

    def go_to_change(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) change, or say that there is none.

        It is a change of the name that the learner chose among the tensors, or of any name if they chose none.
        """
        if self._replay is None:
            return
        name = self._panes.inspector.chosen
        moment = self._replay.next_change(name) if direction > 0 else self._replay.previous_change(name)
        self.show_moment(moment)
        if moment is None:
            self._panes.remark(f"{name or 'A name'} does not change in this run.")

    def go_to_pass(self, direction: int, *, outermost: bool) -> None:
        """Go to the beginning of the next (1) or previous (-1) pass of the loop, or say that there is none.

        If the number of a pass was typed, go to that one.
        """
        if self._replay is None:
            return
        if self.is_typing:
            self.go_to_typed_pass(outermost=outermost)
            return
        move = self._replay.next_pass if direction > 0 else self._replay.previous_pass
        moment = move(outermost=outermost)
        self.show_moment(moment)
        if moment is None:
            further, before = "No further pass was recorded.", "No pass of a loop comes before this."
            self._panes.remark(further if direction > 0 else before)

    def type(self, digit: str) -> None:
        """Add a digit to the number of the pass to go to."""
        if self._replay is not None:
            bar = self._panes.replay_bar
            bar.typed = (bar.typed + digit).lstrip("0")[-MOST_DIGITS:]
            self._screen.refresh_bindings()

    def erase(self) -> None:
        """Forget the number that was being typed."""
        if self.is_typing:
            self._panes.replay_bar.typed = ""
            self._screen.refresh_bindings()

    def go_to_typed_pass(self, *, outermost: bool = False) -> None:
        """Go to the pass whose number was typed; say so if it was not recorded."""
        if self._replay is None or not self.is_typing:
            return
        number = int(self._panes.replay_bar.typed)
        self.erase()
        moment = self._replay.to_pass(number, outermost=outermost)
        self.show_moment(moment)
        if moment is None:
            self._panes.remark(f"No pass {number:,} was recorded here.")

    def ask_for_value(self) -> None:
        """Let the learner write what value to search for."""
        if self._replay is not None:
            self.erase()
            self._focused = self._screen.focused
            self._panes.value_search.open()

    def stop_asking(self) -> None:
        """Give the focus back to where it was before a value was asked for."""
        search = self._panes.value_search
        if search.has_class("-open"):
            search.close()
            focused, self._focused = self._focused, None
            if focused is not None and focused.is_attached:
                focus_at_once(focused)

    def find(self, text: str) -> None:
        """Go to the next position at which a value is as the learner wrote, or say why there is none."""
        if self._replay is None:
            return
        from tui_torch.tutor.replay.value_search import UnreadableConditionError

        try:
            moment = self._replay.find(text, self._panes.inspector.chosen)
        except UnreadableConditionError as error:
            self._panes.remark(str(error))  # the line stays, with what was typed
            return
        self.stop_asking()
        self.show_moment(moment)
        if moment is None:
            self._panes.remark(f"Nowhere in this run: {text.strip()}")

    def show_moment(self, moment: Moment | None) -> None:
        """Show a moment of the run in all panes; None changes nothing."""
        if moment is None:
            return
        panes = self._panes
        panes.replay_bar.moment = moment
        panes.editor.light(moment.position.line)
        panes.inspector.show(moment.inspection)
        if moment.position.changed:
            panes.inspector.point_at(moment.position.changed[0])
        if moment.is_end and moment.stopped is None:
            panes.output.show_all()
        else:
            position = moment.position
            panes.output.show_until(
                moment.output, moment.output_cut, printed=position.printed, figures=position.figures
            )
