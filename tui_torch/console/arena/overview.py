"""The text and the JSON of `tui-torch arena`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui_torch.drawing.text.graded import short_time
from tui_torch.tutor.arena.standing import ProblemStanding, by_difficulty


def arena_json(standings: Sequence[ProblemStanding]) -> dict[str, Any]:
    """The problems, the easy ones first, each with what is done of it. Times are in seconds."""
    return {"problems": [_problem_json(standing) for standing in standings]}


def _problem_json(standing: ProblemStanding) -> dict[str, Any]:
    problem, best = standing.problem, standing.best
    return {
        "id": problem.id,
        "title": problem.title,
        "summary": problem.summary,
        "difficulty": problem.difficulty,
        "tags": list(problem.tags),
        "minutes": problem.minutes,
        "solved": standing.is_solved,
        "runs": standing.runs,
        "best": None if best is None else {"seconds": best[0], "reference_seconds": best[1]},
    }


def show_arena(console: Console, standings: Sequence[ProblemStanding], *, ascii_only: bool) -> None:
    """Print the problems by how hard they are: id, title, tags, minutes, whether it is solved, the best time."""
    if not standings:
        console.print("No problem has all of these words; `tui-torch arena` lists every problem.", markup=False)
        return
    solved = "x" if ascii_only else "✓"
    table = Table(box=None, pad_edge=False)
    table.add_column("", width=1)
    table.add_column("problem", no_wrap=True)
    table.add_column("about")
    table.add_column("tags", style="dim")
    table.add_column("min", justify="right")
    table.add_column("best", justify="right", no_wrap=True)
    for difficulty, there in by_difficulty(standings):
        table.add_row("", Text(difficulty, "bold"))
        for standing in there:
            problem = standing.problem
            best = short_time(standing.best[0]) if standing.best is not None else ""
            mark = Text(solved, "green") if standing.is_solved else Text("")
            table.add_row(mark, problem.id, problem.title, ", ".join(problem.tags), str(problem.minutes), best)
    console.print(table)
    count = sum(standing.is_solved for standing in standings)
    console.print(
        f"\n{count} of {len(standings)} solved. `tui-torch arena PROBLEM` opens one.", style="dim", markup=False
    )
