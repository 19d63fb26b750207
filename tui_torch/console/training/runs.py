"""What is kept of the commands that were watched: a table, or JSON; and its deletion."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui_torch.console.training.event_lines import finite, number
from tui_torch.drawing.charts.loss_plot import PlotSettings, draw_runs
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.training_run import TrainingRun
from tui_torch.drawing.charts.value_axis import asks_for_log
from tui_torch.drawing.text.numbers import duration
from tui_torch.watching.differences import code_hash, names
from tui_torch.watching.kept_runs import KeptRun
from tui_torch.watching.ranks.findings import RanksTogether
from tui_torch.watching.ranks.sentences import in_a_word, rank_events
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder

WIDTH, HEIGHT = 120, 20
"""Maximum width of the chart, and its height, in cells."""


def runs_json(runs: list[KeptRun]) -> list[dict[str, Any]]:
    """The runs as plain data, each with the series of each process."""
    called = names({run.folder.name: run.begun for run in runs})
    return [
        {
            "run": run.folder.name,
            "name": called[run.folder.name],
            "command": list(run.command.command) if run.command else [],
            "folder": run.command.folder if run.command else None,
            "state": run.state,
            "exit_code": run.command.exit_code if run.command else None,
            "code": code_hash(run.begun) if run.begun else "",
            "ranks": _ranks_json(run.ranks),
            "processes": [_process_json(record) for record in run.records],
        }
        for run in runs
    ]


def _ranks_json(ranks: RanksTogether) -> dict[str, Any] | None:
    """One line for each rank and what was found between them; None where no ranks have trained."""
    if not ranks.lines:
        return None
    lines = [
        {key: finite(value) if type(value) is float else value for key, value in asdict(line).items()}
        for line in ranks.lines
    ]
    found = [{"event": event.name, "says": event.sentence, **event.fields} for event in rank_events(ranks)]
    return {"world_size": ranks.world_size, "lines": lines, "found": found}


def _process_json(record: RecordReader) -> dict[str, Any]:
    begun = record.begun
    assert begun is not None
    return {
        "rank": begun.rank,
        "pid": begun.pid,
        "began": begun.began,
        "program": begun.program,
        "arguments": list(begun.arguments),
        "torch": begun.torch,
        "python": begun.python,
        "device": begun.device,
        "files": {file.path: file.sha256 for file in begun.files},
        "steps": record.step,
        "epochs": record.latest.epoch if record.latest else None,
        "series": {
            name: [[step, finite(value)] for step, value in series.points()]
            for (_, name), series in record.series.items()
        },
        "times": [list(point) for point in record.times.points()],
        "error": f"{record.failed.error}: {record.failed.message}" if record.failed else None,
        "ended": record.ended is not None,
        "seconds": record.ended.seconds if record.ended is not None else None,
    }


def running_lines(folders: Sequence[RunFolder]) -> list[str]:
    """A line for each run of some that run: its name, what was called, since when."""
    lines = list[str]()
    for folder in folders:
        command = folder.command()
        if command is not None:
            since = time.strftime("%H:%M:%S on %d %B", time.localtime(command.began))
            lines.append(f"{folder.name}  {shlex.join(command.command)}  in {command.folder}, since {since}")
    return lines


def show_runs(console: Console, runs: list[KeptRun]) -> None:
    """Print a table of the runs."""
    if not runs:
        console.print(Text("Nothing was watched yet: `tui-torch watch python train.py` watches a training."))
        return
    called = names({run.folder.name: run.begun for run in runs})
    table = Table(box=None, pad_edge=False)
    for heading in ("run", "what", "state", "steps", "took", "loss"):
        table.add_column(heading, justify="right" if heading in ("steps", "took") else "left")
    for run in runs:
        record = run.main_record
        what = called[run.folder.name] or (shlex.join(run.command.command) if run.command else "")
        state = run.state if run.state != "failed" or run.command is None else f"exit code {run.command.exit_code}"
        table.add_row(
            Text(run.folder.name),
            Text(what if len(run.records) < 2 else f"{what} ({len(run.records)} processes)"),
            Text(f"{state}, {told}" if (told := in_a_word(run.ranks)) else state),
            Text(f"{record.step:,}" if record else ""),
            Text("" if run.seconds is None or record is None else duration(run.seconds)),
            Text(_losses(record) if record else ""),
        )
    console.print(table)


def show_overlay(console: Console, runs: list[KeptRun], *, ascii_only: bool) -> None:
    """Draw the losses of runs over each other: the first in front, each named by what differs."""
    called = names({run.folder.name: run.begun for run in runs})
    drawn = [
        (TrainingRun.of_whole(run.main_record.whole() if run.main_record else None), called[run.folder.name] or "")
        for run in runs
    ]
    (front, name), *behind = drawn
    history = RunHistory.of(front, name, [(run.thinned(), name) for run, name in reversed(behind)])
    settings = PlotSettings(log=asks_for_log(front.of("loss")), dots="ascii" if ascii_only else "braille")
    for line in draw_runs(history, min(console.width, WIDTH), HEIGHT, settings=settings):
        console.print(line)


def _losses(record: RecordReader) -> str:
    values = [
        f"{name} {number(finite(series.last[1]))}"
        for (kind, name), series in record.series.items()
        if kind in ("loss", "validation") and series.last is not None
    ]
    return ", ".join(values)
