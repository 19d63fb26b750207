"""The text and the JSON of `tui-torch practise`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui_torch.course.loader import Course
from tui_torch.refused import FAILED, RefusedError
from tui_torch.tutor.practice.items import GROUPS, items, now, when
from tui_torch.tutor.practice.rounds import nothing_due
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import ARENA

if TYPE_CHECKING:
    from tui_torch.tutor.tutor import Tutor


def practice_json(course: Course, progress: Progress) -> dict[str, Any]:
    """Each exercise and quiz that was tried, and problem that was solved, the most due first, as it is now."""
    at = now()
    return {
        "items": [
            {
                "lesson": item.lesson,
                "step": item.step,
                "kind": item.kind,
                "group": item.group(at),
                "due": datetime.fromtimestamp(item.state.due, UTC).isoformat(),
                "chance": round(item.chance, 3),
                "reviews": item.state.reviews,
                "seconds": round(item.seconds),
            }
            for item in items(course.outlines, course.arena, progress, at)
        ]
    }


def begin_round(tutor: Tutor, minutes: float) -> None:
    """Begin a round of that many minutes. Raises RefusedError where nothing was tried yet, or nothing is due."""
    at = now()
    if said := nothing_due(tutor.practised(at), at):
        raise RefusedError(f"{said}; in the app, the list “Practise” goes over it before", FAILED)
    if not tutor.begin_practice(at, minutes=minutes):
        raise RefusedError("there is nothing to practise yet: try an exercise or a quiz first", FAILED)


def show_practice(console: Console, course: Course, progress: Progress) -> None:
    """Print what is due, fading and known, each with when it is due and the chance of knowing it."""
    at = now()
    found = items(course.outlines, course.arena, progress, at)
    if not found:
        console.print("Nothing to practise yet: an exercise or a quiz comes back after you have tried it.")
        return
    for group, title in GROUPS.items():
        there = [item for item in found if item.group(at) == group]
        if not there:
            continue
        table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for heading in ("lesson", "step", "kind", "due", "known"):
            table.add_column(heading)
        for item in there:
            chance = "" if item.was_wrong else f"{item.chance:.0%}"
            name = (ARENA.rstrip(":"), item.lesson.removeprefix(ARENA)) if item.kind == "problem" else item.name
            row = (*name, item.kind, when(item.state.due, at), chance)
            table.add_row(*map(Text, row))
        console.print(table)
        console.print()
    console.print("`tui-torch practise` begins a round.", style="dim", markup=False)
