"""What keys and clicks do in a replay."""

from __future__ import annotations

from textual import on

from tui_torch.ui.lesson.keys.pane_screen import PaneScreen
from tui_torch.ui.lesson.replay_bar import ReplayBar
from tui_torch.ui.lesson.replaying import LessonReplay
from tui_torch.ui.lesson.value_search import ValueSearch


class ReplayScreen(PaneScreen):
    """A screen of panes in which a run can be gone through line by line."""

    replay: LessonReplay

    def action_home(self) -> None:
        """Go back to the lesson."""
        raise NotImplementedError

    def action_scrub(self, by: int) -> None:
        self.replay.move(by)

    def action_change(self, direction: int) -> None:
        self.replay.go_to_change(direction)

    def action_turn(self, direction: int, outermost: bool) -> None:
        self.replay.go_to_pass(direction, outermost=outermost)

    def action_digit(self, digit: str) -> None:
        self.replay.type(digit)

    def action_to_pass(self) -> None:
        self.replay.go_to_typed_pass()

    def action_find_value(self) -> None:
        self.replay.ask_for_value()

    @on(ValueSearch.Searched)
    def _find_value(self, message: ValueSearch.Searched) -> None:
        self.replay.find(message.text)

    @on(ValueSearch.Abandoned)
    def _find_nothing(self) -> None:
        self.replay.stop_asking()

    def action_leave_replay(self) -> None:
        if self.replay.is_typing:
            self.replay.erase()
            return
        if self.replay.is_active:
            self.replay.leave()
            self.panes.say(self.replay.how_it_ended)
        self.action_home()

    @on(ReplayBar.Scrolled)
    def _scrub_by(self, message: ReplayBar.Scrolled) -> None:
        self.replay.move(message.by)

    @on(ReplayBar.PositionClicked)
    def _scrub_to(self, message: ReplayBar.PositionClicked) -> None:
        self.replay.go(message.index)
