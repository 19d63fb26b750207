"""The problems of the arena, by how hard they are, and what is solved of them; the same as a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.graded import said_of_best
from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.arena.standing import ProblemStanding, by_difficulty
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.keys.declared import ARENA_SCREEN
from tui_torch.ui.screens.arena.grid import ProblemGrid
from tui_torch.ui.screens.arena.rows import ProblemRow, row_widths
from tui_torch.ui.screens.filtered_list import FilteredList


class ArenaScreen(FilteredList):
    """Shows the problems; its result is the id of the chosen one, or None to go back."""

    KEYS = ARENA_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = ARENA_SCREEN.bindings()
    NOTHING_LEFT = "No problem has that."

    def __init__(
        self,
        standings: Sequence[ProblemStanding],
        here: str = "",
        *,
        streak: int | None = None,
        ascii_only: bool = False,
    ) -> None:
        """`here` is the id of the problem that the learner is at.

        `streak`: days in a row on which something was solved or practised; None for who does not want to know.
        """
        super().__init__(
            "a part of the title, a tag, easy, medium or hard, solved, tried or open", ascii_only=ascii_only
        )
        self._standings = {standing.problem.id: standing for standing in standings}
        self._widths = row_widths(standings, ascii_only=ascii_only)
        self._here = here
        self._streak = streak
        self._grid = ProblemGrid(standings, self.NOTHING_LEFT, ascii_only=ascii_only)
        self._grid_view = VerticalScroll(self._grid, can_focus=False)
        self._grid_view.display = False

    def other_views(self) -> Iterable[Widget]:
        yield self._grid_view

    def on_mount(self) -> None:
        box = self.query_one(".filtered-list")
        box.border_title = "Arena"
        solved = sum(standing.is_solved for standing in self._standings.values())
        said = f"{solved} of {len(self._standings)} solved"
        box.border_subtitle = f"{said}, {numbers.counted(self._streak, 'day')} in a row" if self._streak else said
        options = self.query_one(OptionList)
        if self._here in self._standings:
            options.highlighted = options.get_option_index(self._here)
        self.call_after_refresh(self._keep_in_sight)

    @property
    def _left(self) -> list[ProblemStanding]:
        """The problems that have the words that were typed."""
        return [standing for standing in self._standings.values() if standing.has(self.typed)]

    def groups(self) -> list[tuple[str, list[Option]]]:
        return [(group.capitalize(), [self._entry(one) for one in there]) for group, there in by_difficulty(self._left)]

    def _entry(self, standing: ProblemStanding) -> Option:
        return Option(ProblemRow(standing, self._widths, ascii_only=self.ascii_only), id=standing.problem.id)

    def about(self, entry: str) -> Content:
        standing = self._standings.get(entry)
        if standing is None:
            return Content("")
        problem = standing.problem
        done = [numbers.counted(standing.runs, "run")] if standing.runs else []
        done += [said_of_best(*standing.best)] if standing.best is not None else []
        lines = [
            inline(problem.summary, ascii_only=self.ascii_only),
            Content.styled(". ".join([problem.id, *done]), "$text-muted"),
        ]
        if self.shows_grid:
            # The list has it in the row.
            title = Content.styled(visible(problem.title, self.ascii_only), "bold")
            lines.insert(0, Content.assemble(title, f"  {problem.difficulty}, about {problem.minutes} minutes"))
        return Content("\n").join(lines)

    # The grid, whose cursor is that of the list: it shows the same problems in another way

    @property
    def shows_grid(self) -> bool:
        """Whether the problems are shown as a grid."""
        return bool(self._grid_view.display)

    def action_grid(self) -> None:
        """Show the problems as a grid."""
        self._show(grid=True)

    def action_list(self) -> None:
        """Show the problems as a list again."""
        self._show(grid=False)

    def _show(self, *, grid: bool) -> None:
        self.query_one(OptionList).display = not grid
        self._grid_view.display = grid
        self._focus_view()
        self._say_about(self.highlighted or "")
        self.refresh_bindings()
        self.call_after_refresh(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        """Scroll to the problem under the cursor, once what is said of it has taken its lines."""
        if self.shows_grid:
            self._grid.scroll_to_cursor()
        else:
            self.query_one(OptionList).scroll_to_highlight()

    def _focus_view(self) -> None:
        focus_at_once(self._grid if self.shows_grid else self.query_one(OptionList))

    def action_leave(self) -> None:
        if self.is_filtered or not self.shows_grid:
            super().action_leave()
            if self.is_attached:
                self._focus_view()
        else:
            self.action_list()

    @on(Input.Changed)
    def _show_what_is_left_in_the_grid(self) -> None:
        self._grid.show(self._left)

    @on(OptionList.OptionHighlighted)
    def _follow_the_list(self, event: OptionList.OptionHighlighted) -> None:
        self._grid.chosen = event.option_id or ""
        self.call_after_refresh(self._keep_in_sight)

    @on(ProblemGrid.Moved)
    def _follow_the_grid(self, message: ProblemGrid.Moved) -> None:
        message.stop()
        options = self.query_one(OptionList)
        options.highlighted = options.get_option_index(message.problem)
        if isinstance(message, ProblemGrid.Clicked):
            options.action_select()
