"""Each problem as one mark, by what it is about and how hard it is, and a cursor among the marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.drawing.text.mark_grid import MarkGrid, mark_grid, marks
from tui_torch.tutor.arena.standing import DIFFICULTIES, ProblemStanding, TopicRow, by_topic
from tui_torch.ui.keys.declared import ARENA_GRID
from tui_torch.ui.screens.arena.rows import MARK_STYLES

_HEADING = 1
"""Lines above the marks."""
_LEGEND = 2
"""Lines below them."""


class ProblemGrid(Widget, can_focus=True):
    """The marks of problems in rows of topics; how many are solved of each stands beside it."""

    BINDINGS: ClassVar[list[BindingType]] = ARENA_GRID.bindings()
    DEFAULT_CSS = "ProblemGrid { height: auto; padding: 0 1; }"

    chosen: reactive[str] = reactive("")
    """The id of the problem that the cursor is on; empty for none."""

    class Moved(Message):
        """The cursor is on another problem."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    class Clicked(Moved):
        """A problem was clicked at."""

    def __init__(self, standings: Iterable[ProblemStanding], nothing: str, *, ascii_only: bool) -> None:
        """`nothing` is what to say where there is no problem to show."""
        super().__init__()
        self._ascii_only = ascii_only
        self._nothing = nothing
        self._rows: Sequence[TopicRow] = by_topic(standings)

    def show(self, standings: Iterable[ProblemStanding]) -> None:
        """Show other problems."""
        self._rows = by_topic(standings)
        self.refresh(layout=True)

    @property
    def _every(self) -> list[ProblemStanding]:
        """The problems in the order of their places."""
        return [standing for row in self._rows for cell in row.cells for standing in cell]

    def _laid_out(self, width: int) -> MarkGrid:
        counts = [[len(cell) for cell in row.cells] for row in self._rows]
        room = width - 2 - max((len(_said_of(row)) for row in self._rows), default=0)
        return mark_grid([row.topic for row in self._rows], DIFFICULTIES, counts, room)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return _HEADING + self._laid_out(width).lines + _LEGEND if self._rows else 1

    def render(self) -> Content:
        if not self._rows:
            return Content(self._nothing)
        grid = self._laid_out(self.content_size.width)
        heading = Content(" " * grid.starts[0])
        for start, difficulty in zip(grid.starts, DIFFICULTIES, strict=True):
            heading = _up_to(heading, start) + Content.styled(difficulty, "bold")
        lines = [Content() for _ in range(grid.lines)]
        for row, top in zip(self._rows, grid.tops, strict=True):
            lines[top] = Content.styled(row.topic, "bold $primary")
        for standing, (line, start) in zip(self._every, grid.places, strict=True):
            lines[line] = _up_to(lines[line], start) + self._mark(standing)
        for row, top in zip(self._rows, grid.tops, strict=True):
            said = Content.styled(_said_of(row), "$success" if row.solved == row.count else "$text-muted")
            lines[top] = _up_to(lines[top], grid.end + 2) + said
        drawn = marks(ascii_only=self._ascii_only)
        legend = [Content.styled(f"{drawn[mark]} {mark}  ", style) for mark, style in MARK_STYLES.items()]
        return Content("\n").join([heading, *lines, Content(), Content(" " * grid.starts[0]) + Content().join(legend)])

    def _mark(self, standing: ProblemStanding) -> Content:
        style = MARK_STYLES[standing.mark]
        if standing.problem.id == self.chosen:
            style = "$accent bold reverse"
        return Content.styled(marks(ascii_only=self._ascii_only)[standing.mark], style)

    def watch_chosen(self) -> None:
        self.scroll_to_cursor()

    def scroll_to_cursor(self) -> None:
        """Scroll as far as it takes for the cursor to be in sight."""
        at = self._index()
        if at is not None and self.is_attached and isinstance(self.parent, VerticalScroll):
            line, start = self._laid_out(self.content_size.width).places[at]
            above = _HEADING if line == 0 else 0
            there = Region(start, line + _HEADING - above, 1, 1 + above)
            self.parent.scroll_to_region(there, animate=False, immediate=True)

    def _index(self) -> int | None:
        return next((at for at, one in enumerate(self._every) if one.problem.id == self.chosen), None)

    def action_go(self, by: int) -> None:
        """Go to the next problem, or to the one before."""
        every = self._every
        at = self._index()
        if every:
            self._choose(0 if at is None else max(0, min(at + by, len(every) - 1)))

    def action_climb(self, by: int) -> None:
        """Go to the nearest problem in the next line that has one, or in the line before."""
        at = self._index()
        if at is None:
            self.action_go(0)
            return
        places = self._laid_out(self.content_size.width).places
        line, start = places[at]
        beyond = [one for one, _ in places if (one - line) * by > 0]
        if beyond:
            target = min(beyond) if by > 0 else max(beyond)
            there = [one for one, place in enumerate(places) if place[0] == target]
            self._choose(min(there, key=lambda one: abs(places[one][1] - start)))

    def _choose(self, at: int) -> None:
        self.chosen = self._every[at].problem.id
        self.post_message(self.Moved(self.chosen))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self._rows:
            return
        places = self._laid_out(self.content_size.width).places
        there = (offset.y - _HEADING, offset.x)
        if there in places:
            event.stop()
            self.post_message(self.Clicked(self._every[places.index(there)].problem.id))


def _said_of(row: TopicRow) -> str:
    return f"{row.solved} of {row.count}"


def _up_to(line: Content, width: int) -> Content:
    """A line with spaces up to a cell."""
    return line + Content(" " * (width - line.cell_length))
