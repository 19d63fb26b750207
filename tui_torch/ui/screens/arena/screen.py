"""The problems of the arena, by how hard they are, and what is solved of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_torch.drawing.text.cells import clipped
from tui_torch.drawing.text.graded import said_of_best
from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.arena.standing import ProblemStanding, by_difficulty
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.keys.declared import ARENA_SCREEN
from tui_torch.ui.screens.filtered_list import FilteredList

TAGS = 25
"""Maximum cells of an entry's tags: the list fits 80 columns."""


class ArenaScreen(FilteredList):
    """Lists the problems; its result is the id of the chosen one, or None to go back."""

    KEYS = ARENA_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = ARENA_SCREEN.bindings()
    NOTHING_LEFT = "No problem has that."

    def __init__(self, standings: Sequence[ProblemStanding], here: str = "", *, ascii_only: bool = False) -> None:
        """`here` is the id of the problem that the learner is at."""
        super().__init__("a part of the title, a tag, easy, medium or hard, solved or open", ascii_only=ascii_only)
        self._standings = {standing.problem.id: standing for standing in standings}
        self._here = here

    def on_mount(self) -> None:
        box = self.query_one(".filtered-list")
        box.border_title = "Arena"
        solved = sum(standing.is_solved for standing in self._standings.values())
        box.border_subtitle = f"{solved} of {len(self._standings)} solved"
        options = self.query_one(OptionList)
        if self._here in self._standings:
            options.highlighted = options.get_option_index(self._here)

    def groups(self) -> list[tuple[str, list[Option]]]:
        left = [standing for standing in self._standings.values() if standing.has(self.typed)]
        return [(group.capitalize(), [self._entry(one) for one in there]) for group, there in by_difficulty(left)]

    def _entry(self, standing: ProblemStanding) -> Option:
        problem = standing.problem
        solved, tried = ("x", "~") if self.ascii_only else ("✓", "·")
        mark = (solved, "$success") if standing.is_solved else (tried if standing.runs else " ", "$text-muted")
        title = f" {visible(problem.title, self.ascii_only):<38}"
        said = f"{problem.minutes:>3} min  {clipped(', '.join(problem.tags), TAGS, self.ascii_only)}"
        return Option(Content.assemble(mark, title, (said, "$text-muted")), id=problem.id)

    def about(self, entry: str) -> Content:
        standing = self._standings.get(entry)
        if standing is None:
            return Content("")
        said: list[Content | str | tuple[str, str]] = [inline(standing.problem.summary, ascii_only=self.ascii_only)]
        if standing.best is not None:
            said.append((f"\n{said_of_best(*standing.best)}", "$text-muted"))
        return Content.assemble(*said)
