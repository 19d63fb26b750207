"""The list of lessons by track, with the steps done of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui_torch.course.lesson import Track
from tui_torch.course.lesson_error import LessonError
from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.tutor import Standing
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.keys_in_order import LineInput, focus_at_once
from tui_torch.ui.common.selectable import SelectableOptions
from tui_torch.ui.common.step_dots import step_dots
from tui_torch.ui.keys.declared import LESSONS_SCREEN
from tui_torch.ui.screens.closes_once import ClosesOnce

PRACTICE, PLAYGROUND = "free:practice", "free:playground"
"""The ids of what else the list offers; no lesson can have one, since an id of a lesson has no colon."""

FREE_TRACK = "Free"
FREE = {PRACTICE: "Practise", PLAYGROUND: "Playground"}
"""What each of them is called; together they are listed like a track."""
ABOUT = {
    PRACTICE: "Exercises that you got wrong, or have not seen for long, to be solved anew.",
    PLAYGROUND: "An empty editor, with the tensors and the chart beside it.",
}


class LessonsScreen(ClosesOnce, ModalScreen[str | None]):
    """Lists the lessons; its result is the id of the chosen one, PRACTICE or PLAYGROUND, or None to go back."""

    AUTO_FOCUS = "OptionList"

    class SelectAsked(Message):
        """A key asks for the lesson that is highlighted. It takes the way of the keys before it."""

    BINDINGS: ClassVar[list[BindingType]] = LESSONS_SCREEN.bindings()

    def __init__(
        self,
        title: str,
        tracks: Sequence[Track],
        standings: Sequence[Standing],
        here: str,
        due: int,
        errors: Sequence[LessonError] = (),
        *,
        step: str | None = None,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self.course_title = title
        self.tracks = tracks
        self.standings = {standing.lesson.id: standing for standing in standings}
        self.here = here
        self.step = step
        """The id of the step of that lesson that the learner is at; None outside the course."""
        self.due = due
        """The number of exercises that are due for practice."""
        self.errors = errors
        """The errors of the lessons that cannot be read, and so are not in the list."""
        self.ascii_only = ascii_only
        self._filter = LineInput(placeholder="a part of the title, of the track or of what it is about", compact=True)
        self._filter.display = False

    def compose(self) -> ComposeResult:
        with Vertical(id="lessons"):
            yield self._filter
            yield SelectableOptions(*self._options())
            yield Static(id="summary")
        yield KeyBar()

    def on_mount(self) -> None:
        box = self.query_one("#lessons")
        box.border_title = visible(self.course_title, self.ascii_only)
        total = sum(len(standing.lesson.steps) for standing in self.standings.values())
        done = sum(len(standing.done) for standing in self.standings.values())
        box.border_subtitle = f"{done} of {total} steps done"
        options = self.query_one(OptionList)
        if self.here in self.standings:
            options.highlighted = options.get_option_index(self.here)
        if self.errors:
            # With its whole path the sentence would not fit.
            wrong = replace(self.errors[0], path=Path(self.errors[0].path.name))
            self.notify(f"Not in this list: {wrong}", severity="error", markup=False)

    def action_filter(self) -> None:
        """Let the learner type what a lesson has to have."""
        self._filter.display = True
        focus_at_once(self._filter)

    def action_leave(self) -> None:
        """Show all lessons again; with all of them, close the list."""
        if not self._filter.display:
            self.dismiss(None)
            return
        self._filter.value = ""
        self._filter.display = False
        focus_at_once(self.query_one(OptionList))

    def action_move(self, by: int) -> None:
        """Move among the lessons that are left, from where what they have is typed."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()

    @property
    def types_text(self) -> bool:
        """Whether letters are text."""
        return self._filter.has_focus

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return LESSONS_SCREEN.works(action, self)

    @on(Input.Changed)
    def _show_what_is_left(self) -> None:
        options = self.query_one(OptionList)
        before = options.highlighted_option
        options.set_options(self._options())
        left = [at for at, option in enumerate(options.options) if not option.disabled]
        same = [at for at in left if before is not None and options.options[at].id == before.id]
        options.highlighted = next(iter(same or left), None)

    def _is_left(self, track: Track, lesson_id: str) -> bool:
        """Whether a lesson has every word that was typed."""
        lesson = self.standings[lesson_id].lesson
        return self._has_typed(lesson_id, lesson.title, lesson.summary, track.title)

    def _has_typed(self, *texts: str) -> bool:
        """Whether every word that was typed is in one of the texts."""
        text = " ".join(texts).lower()
        return all(word in text for word in self._filter.value.lower().split())

    def _options(self) -> list[Option]:
        options: list[Option] = []
        for track in self.tracks:
            left = [id for id in track.lessons if id in self.standings and self._is_left(track, id)]
            if not left:
                continue
            title = visible(track.title, self.ascii_only)
            heading = Content.assemble("\n" if options else "", (title, "bold $primary"))
            options.append(Option(heading, disabled=True))
            options += [Option(self._line(self.standings[id]), id=id) for id in left]
        free = [id for id, title in FREE.items() if self._has_typed(FREE_TRACK, title, ABOUT[id])]
        if free:
            heading = Content.assemble("\n" if options else "", (FREE_TRACK, "bold $primary"))
            options.append(Option(heading, disabled=True))
        for id in free:
            waiting = (f"  {self.due} due", "$warning") if id == PRACTICE and self.due else ""
            options.append(Option(Content.assemble(f"  {FREE[id]}", waiting), id=id))
        return options or [Option("No lesson has that.", disabled=True)]

    def _line(self, standing: Standing) -> Content:
        lesson = standing.lesson
        count = len(lesson.steps)
        done = len(standing.done)
        # A file of the course that was edited meanwhile may have lost the step.
        at_step = self.step if lesson.id == self.here else None
        current = lesson.steps.index(at_step) if at_step in lesson.steps else None
        dots = step_dots((step in standing.done for step in lesson.steps), current, ascii_only=self.ascii_only)
        title = f"{visible(lesson.title, self.ascii_only):<40}"
        return Content.assemble(
            "  ", title, "  ", *dots, (f"  {done}/{count}", ""), (f"  {lesson.minutes} min", "$text-muted")
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        standing = self.standings.get(event.option_id or "")
        said = standing.lesson.summary if standing is not None else ABOUT.get(event.option_id or "", "")
        self.query_one("#summary", Static).update(inline(said, ascii_only=self.ascii_only))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_select(self) -> None:
        # The key's binding has priority, and overtakes the letters before it, which narrow the list down.
        (self.focused or self).post_message(self.SelectAsked())

    @on(SelectAsked)
    def _select_in_turn(self, message: SelectAsked) -> None:
        message.stop()
        self.app.call_later(self._filter.call_later, self._select)

    def _select(self) -> None:
        if self.is_attached:
            if self._filter.value:
                self._show_what_is_left()
            self.query_one(OptionList).action_select()
