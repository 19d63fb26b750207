"""The overview of a class as tables, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui_torch.console.classroom.handed_in import HandedIn
from tui_torch.console.classroom.overview import Overview

MOST = 10
"""Maximum number of rows of a table about steps."""
_COLUMNS = ("learner", "lesson", "step", "kind", "done", "runs", "passed at run", "failed at", "hints", "solution seen")
_LEARNER = ("learner", "steps", "exercises", "runs each", "hints", "solutions", "minutes", "last")
_FORMULA = ("=", "+", "-", "@", "\t")
"""How a cell begins that a spreadsheet would compute."""


def overview_json(overview: Overview) -> dict[str, Any]:
    """The whole overview."""
    return asdict(overview)


def show_overview(console: Console, overview: Overview) -> None:
    """Print who has done what, where many fail, which wrong answers recur, and which steps take long."""
    learners = _table(
        "Who has done what", ("learner", "steps", "exercises", "runs each", "hints", "solutions", "minutes", "last")
    )
    for row in overview.learners:
        runs = "" if row.runs is None else f"{row.runs:.1f}"
        last = datetime.fromtimestamp(row.last, UTC).date().isoformat() if row.last else ""
        counts = (row.steps, row.exercises, runs, row.hints, row.solutions, row.minutes)
        learners.add_row(Text(row.learner), *map(str, counts), last)
    console.print(learners)
    hard = [row for row in overview.steps if row.wrong_first or row.open][:MOST]
    _print_steps(
        console,
        "Where many fail",
        ("lesson", "step", "tried by", "first try wrong", "not done"),
        [(row.lesson, row.step, str(row.learners), str(row.wrong_first), str(row.open)) for row in hard],
    )
    _print_steps(
        console,
        "Wrong answers that recur",
        ("lesson", "step", "check, error or choice", "learners", "times"),
        [
            (one.lesson, one.step, one.answer, str(one.learners), str(one.times))
            for one in overview.wrong_answers
            if one.times > 1
        ][:MOST],
    )
    slow = sorted((row for row in overview.steps if row.minutes >= 1), key=lambda row: -row.minutes)[:MOST]
    _print_steps(
        console,
        "Steps that take long",
        ("lesson", "step", "minutes", "learners"),
        [(row.lesson, row.step, f"{row.minutes:.0f}", str(row.learners)) for row in slow],
    )


def _print_steps(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        table = _table(title, headings)
        for row in rows:
            table.add_row(*map(Text, row))
        console.print()
        console.print(table)


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in headings:
        is_text = heading in ("learner", "lesson", "step", "last", "check, error or choice")
        table.add_column(heading, justify="left" if is_text else "right", overflow="fold")
    return table


def as_csv(handed_in: Sequence[HandedIn]) -> str:
    """A row for each step of each learner. What a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for one in handed_in:
        for step in one.steps:
            outcomes = [run.outcome for run in step.runs]
            passed_at = outcomes.index("passed") + 1 if "passed" in outcomes else ""
            wrong = [reply.choice for reply in step.replies if not reply.correct]
            failed = dict.fromkeys([run.failed for run in step.runs if run.failed] + wrong)
            cells = (
                one.learner,
                step.lesson,
                step.step,
                step.kind,
                "yes" if step.done else "no",
                len(step.runs) + len(step.replies),
                passed_at,
                "; ".join(failed),
                step.hints,
                "yes" if step.solution_seen else "no",
            )
            rows.writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
