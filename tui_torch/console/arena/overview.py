"""The text and the JSON of `tui-torch arena`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import as_many_as_fit, clipped
from tui_torch.drawing.text.graded import short_time
from tui_torch.drawing.text.mark_grid import mark_grid, marks
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.arena.standing import DIFFICULTIES, Mark, ProblemStanding, by_difficulty, by_topic

_GAP = 2
"""Cells between two columns of the list."""
_STYLES: dict[Mark, str] = {"solved": "green", "tried": "yellow", "open": "dim"}


def arena_json(standings: Sequence[ProblemStanding], streak: int | None = None) -> dict[str, Any]:
    """The problems, the easy ones first, each with what is done of it. Times are in seconds.

    `streak` is the number of days in a row on which something was solved or practised; None leaves it out.
    """
    problems = {"problems": [_problem_json(standing) for standing in standings]}
    return problems if streak is None else problems | {"streak": streak}


def _problem_json(standing: ProblemStanding) -> dict[str, Any]:
    problem, best = standing.problem, standing.best
    return {
        "id": problem.id,
        "title": problem.title,
        "summary": problem.summary,
        "topic": standing.topic,
        "difficulty": problem.difficulty,
        "tags": list(problem.tags),
        "minutes": problem.minutes,
        "solved": standing.is_solved,
        "attempts": standing.runs,
        "best": None if best is None else {"seconds": best[0], "reference_seconds": best[1]},
    }


def show_arena(
    console: Console,
    standings: Sequence[ProblemStanding],
    *,
    with_grid: bool,
    streak: int | None = None,
    ascii_only: bool,
) -> None:
    """Print the problems, one a line, by how hard they are, and the grid of them; `streak` as in `arena_json`."""
    if not standings:
        console.print("No problem is all of that; `tui-torch arena` lists every problem.", markup=False)
        return
    columns = _columns(standings, console.width)
    _print(console, columns.heading())
    for difficulty, there in by_difficulty(standings):
        _print(console, Text(f"  {difficulty}", "bold"))
        for standing in there:
            _print(console, columns.line(standing, ascii_only=ascii_only))
    if with_grid:
        console.print()
        for line in _grid(standings, console.width, ascii_only=ascii_only):
            _print(console, line)
    said = f"{sum(standing.is_solved for standing in standings)} of {len(standings)} solved."
    if streak:
        said += f" {numbers.counted(streak, 'day')} in a row."
    console.print(f"\n{said} `tui-torch arena PROBLEM` opens one.", style="dim", markup=False)


def _print(console: Console, line: Text) -> None:
    line.rstrip()
    console.print(line, no_wrap=True, overflow="ignore", crop=False)


@dataclass(frozen=True, slots=True)
class _ArenaColumns:
    """The cells of each column of the list; a column of 0 cells is left out."""

    id: int
    title: int
    runs: int
    best: int
    minutes: int
    tags: int

    def heading(self) -> Text:
        """What the columns are called."""
        return self._row(Text("  "), "problem", "about", "runs", "best", "min", Text("tags"), style="bold")

    def line(self, standing: ProblemStanding, *, ascii_only: bool) -> Text:
        """A problem, in one line: of its tags as many as fit."""
        problem = standing.problem
        mark = Text(f"{marks(ascii_only=ascii_only)[standing.mark]} ", _STYLES[standing.mark])
        return self._row(
            mark,
            problem.id,
            clipped(problem.title, self.title, ascii_only),
            str(standing.runs or ""),
            short_time(standing.best[0]) if standing.best is not None else "",
            str(problem.minutes),
            Text(as_many_as_fit(problem.tags, self.tags), "dim"),
        )

    def _row(
        self, mark: Text, id: str, title: str, runs: str, best: str, minutes: str, tags: Text, style: str = ""
    ) -> Text:
        row = Text.assemble(mark, (set_cell_size(id, self.id), style), " " * _GAP)
        row.append(set_cell_size(title, self.title), style)
        for text, width in ((runs, self.runs), (best, self.best), (minutes, self.minutes)):
            row.append(f"{text:>{width + _GAP}}" if width else "", style)
        if self.tags:
            row.append(" " * _GAP).append(tags)
        return row


def _columns(standings: Sequence[ProblemStanding], width: int) -> _ArenaColumns:
    """The columns for a width in cells: first what a problem is called and what was done of it, then what is left."""
    id = max(len(standing.problem.id) for standing in standings)
    title = max(cell_len(standing.problem.title) for standing in standings)
    runs = len("runs") if any(standing.runs for standing in standings) else 0
    best = max((len(short_time(standing.best[0])) for standing in standings if standing.best is not None), default=0)
    left = width - 2 - id - _GAP - sum(cells + _GAP for cells in (runs, best) if cells)
    title = max(min(title, left), 1)
    left -= title
    minutes = len("min") if left >= len("min") + _GAP else 0
    left -= minutes + _GAP
    return _ArenaColumns(id, title, runs, best, minutes, tags=left - _GAP if minutes and left > _GAP else 0)


def _grid(standings: Sequence[ProblemStanding], width: int, *, ascii_only: bool) -> list[Text]:
    """The lines of the grid: a mark for each problem, by what it is about and how hard it is."""
    rows = by_topic(standings)
    counts = [[len(cell) for cell in row.cells] for row in rows]
    solved = [f"{row.solved} of {row.count}" for row in rows]
    room = width - max(map(len, solved)) - _GAP
    grid = mark_grid([row.topic for row in rows], DIFFICULTIES, counts, room)
    drawn = marks(ascii_only=ascii_only)
    heading = Text(" " * grid.starts[0])
    for start, difficulty in zip(grid.starts, DIFFICULTIES, strict=True):
        _fill(heading, start).append(difficulty, "bold")
    lines = [Text() for _ in range(grid.lines)]
    for row, top in zip(rows, grid.tops, strict=True):
        lines[top].append(row.topic)
    every = [standing for row in rows for cell in row.cells for standing in cell]
    for standing, (line, start) in zip(every, grid.places, strict=True):
        _fill(lines[line], start).append(drawn[standing.mark], _STYLES[standing.mark])
    for row, top, said in zip(rows, grid.tops, solved, strict=True):
        _fill(lines[top], grid.end + _GAP).append(said, "green" if row.solved == row.count else "dim")
    legend = Text("  ").join(Text(f"{drawn[mark]} {mark}", style) for mark, style in _STYLES.items())
    return [heading, *lines, Text(" " * grid.starts[0]) + legend]


def _fill(line: Text, width: int) -> Text:
    """A line with spaces up to a cell."""
    return line.append(" " * (width - line.cell_len))
