"""The list of lessons by track, with the steps done of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_torch.course.lesson import Track
from tui_torch.course.lesson_error import LessonError
from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.progress.standing import Standing
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.step_dots import step_dots
from tui_torch.ui.keys.declared import LESSONS_SCREEN
from tui_torch.ui.screens.filtered_list import FilteredList

PRACTICE, PLAYGROUND, MAP, ARENA = "free:practice", "free:playground", "free:map", "free:arena"
COURSES = "free:courses"
"""The ids of what else the list offers; no lesson can have one, since an id of a lesson has no colon."""

FREE_TRACK = "Free"
FREE = {COURSES: "Courses", MAP: "Where next", PRACTICE: "Practise", ARENA: "Arena", PLAYGROUND: "Playground"}
"""What each of them is called; together they are listed like a track."""
ABOUT = {
    PRACTICE: "Exercises, quizzes and solved problems that you begin to forget: what is due, and a round of it.",
    ARENA: "Problems from scratch, whose checks look for the smallest input that your answer fails on.",
    PLAYGROUND: "An empty editor, with the tensors and the chart beside it.",
    COURSES: "Other courses: packages that are installed, folders and repositories that were opened.",
    MAP: "What people do with PyTorch, and which lessons lead there.",
}


class LessonsScreen(FilteredList):
    """Lists the lessons; its result is the id of the chosen one, an id of `FREE`, or None to go back."""

    KEYS = LESSONS_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = LESSONS_SCREEN.bindings()
    NOTHING_LEFT = "No lesson has that."

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
        super().__init__("a part of the title, of the track or of what it is about", ascii_only=ascii_only)
        self.course_title = title
        self.tracks = tracks
        self.standings = {standing.lesson.id: standing for standing in standings}
        self.here = here
        self.step = step
        """The id of the step of that lesson that the learner is at; None outside the course."""
        self.due = due
        """The number of exercises and quizzes that are due for practice."""
        self.errors = errors
        """The errors of the lessons that cannot be read, and so are not in the list."""

    def on_mount(self) -> None:
        box = self.query_one(".filtered-list")
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

    def groups(self) -> list[tuple[str, list[Option]]]:
        free = [
            Option(self._free(id), id=id) for id, title in FREE.items() if self.has_typed(FREE_TRACK, title, ABOUT[id])
        ]
        return [
            *((visible(track.title, self.ascii_only), self._left_of(track)) for track in self.tracks),
            (FREE_TRACK, free),
        ]

    def _left_of(self, track: Track) -> list[Option]:
        standings = [self.standings[id] for id in track.lessons if id in self.standings]
        return [
            Option(self._line(standing), id=standing.lesson.id)
            for standing in standings
            if self.has_typed(standing.lesson.id, standing.lesson.title, standing.lesson.summary, track.title)
        ]

    def _free(self, id: str) -> Content:
        waiting = (f"  {self.due} due", "$warning") if id == PRACTICE and self.due else ""
        return Content.assemble(f"  {FREE[id]}", waiting)

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

    def about(self, entry: str) -> Content:
        standing = self.standings.get(entry)
        said = standing.lesson.summary if standing is not None else ABOUT.get(entry, "")
        return inline(said, ascii_only=self.ascii_only)
