"""The courses that there are: the tutor's own, those that are installed, and those that were opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_torch.course.packages.found import OURS, FoundCourse
from tui_torch.drawing.text.visible import visible
from tui_torch.ui.keys.declared import COURSES_SCREEN
from tui_torch.ui.screens.filtered_list import FilteredList

_ABOUT_OURS = "The course that comes with tui-torch."
_MORE = "`pip install` of a course, or `tui-torch launch --course FOLDER` or `URL`, brings another one here."


class CoursesScreen(FilteredList):
    """Lists the courses; its result is `OURS` for the tutor's own, what `found_by` knows, or None to go back."""

    KEYS = COURSES_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = COURSES_SCREEN.bindings()
    NOTHING_LEFT = "No course has that."

    def __init__(self, own_title: str, found: Sequence[FoundCourse], here: str, *, ascii_only: bool = False) -> None:
        """`here` is the name of the course that the learner is in; empty for the tutor's own."""
        super().__init__("a part of the title, of the name or of where it is from", ascii_only=ascii_only)
        self._own_title = own_title
        self._found = {str(at): one for at, one in enumerate(found)}
        self._here = here

    def on_mount(self) -> None:
        box = self.query_one(".filtered-list")
        box.border_title = "Courses"
        count = 1 + len(self._found)
        box.border_subtitle = "1 course" if count == 1 else f"{count} courses"
        here = next((id for id, one in self._found.items() if one.name == self._here and one.problem is None), OURS)
        options = self.query_one(OptionList)
        options.highlighted = options.get_option_index(here)

    def groups(self) -> list[tuple[str, list[Option]]]:
        ours = [self._entry(OURS, self._own_title, "", not self._here)] if self.has_typed(self._own_title) else []
        return [
            ("With tui-torch", ours),
            ("Installed", self._entries(lambda one: one.problem is None and one.origin == "package")),
            ("Opened", self._entries(lambda one: one.problem is None and one.origin != "package")),
            ("Cannot be opened", self._entries(lambda one: one.problem is not None)),
        ]

    def _entries(self, belongs: Callable[[FoundCourse], bool]) -> list[Option]:
        return [
            self._entry(id, _title(one), one.name, one.name == self._here and one.problem is None)
            for id, one in self._found.items()
            if belongs(one) and self.has_typed(_title(one), one.name, one.where)
        ]

    def _entry(self, id: str, title: str, name: str, is_here: bool) -> Option:
        mark = (">" if self.ascii_only else "▸") if is_here else " "
        shown = f"{mark} {visible(title, self.ascii_only):<40}"
        return Option(Content.assemble(shown, (f"  {visible(name, self.ascii_only)}", "$text-muted")), id=id)

    def about(self, entry: str) -> Content:
        if entry == OURS:
            return Content.assemble(_ABOUT_OURS, "\n", (_MORE, "$text-muted"))
        one = self._found.get(entry)
        if one is None:
            return Content("")
        if one.problem is not None or one.contents is None:
            problem = str(one.problem)
            return Content.assemble((visible(f"{problem[:1].upper()}{problem[1:]}.", self.ascii_only), "$warning"))
        lessons = sum(len(track.lessons) for track in one.contents.tracks)
        said = f"{lessons} {'lesson' if lessons == 1 else 'lessons'}, from {one.where}"
        if one.origin == "repository":
            said += f"\n`git -C {one.folder} pull` updates it."
        return Content("\n".join(visible(line, self.ascii_only) for line in said.split("\n")))

    def found_by(self, chosen: str) -> FoundCourse | None:
        """The course of a result; None for the tutor's own."""
        return self._found.get(chosen)


def _title(found: FoundCourse) -> str:
    return found.name if found.contents is None else found.contents.title
