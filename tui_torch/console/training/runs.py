"""What is kept of the commands that were watched: a table, or JSON; and its deletion."""

from __future__ import annotations

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
from tui_torch.protocol.events import LAYERS
from tui_torch.protocol.records.bounded_series import BoundedSeries
from tui_torch.watching.differences import code_hash, names
from tui_torch.watching.kept_runs import KeptRun
from tui_torch.watching.ranks.findings import RanksTogether
from tui_torch.watching.ranks.sentences import in_a_word, rank_events
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder, as_called, began

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
        "series": {name: _points_json(kept) for (kind, name), kept in record.series.items() if kind != LAYERS},
        "gradient_norms_by_layer": {
            name: _points_json(kept) for (kind, name), kept in record.series.items() if kind == LAYERS
        },
        "times": [list(point) for point in record.times.points()],
        "gpu_memory": asdict(record.gpu_memory) if record.gpu_memory else None,
        "error": f"{record.failed.error}: {record.failed.message}" if record.failed else None,
        "ended": record.ended is not None,
        "seconds": record.ended.seconds if record.ended is not None else None,
    }


def _points_json(series: BoundedSeries) -> list[list[Any]]:
    return [[step, finite(value)] for step, value in series.points()]


def running_lines(folders: Sequence[RunFolder]) -> list[str]:
    """A line for each run of some that run: its name, what was called, since when."""
    lines = list[str]()
    for folder in folders:
        command = folder.command()
        if command is not None:
            since = time.strftime("%H:%M:%S on %d %B", time.localtime(command.began))
            lines.append(f"{folder.name}  {as_called(command)}  in {command.folder}, since {since}")
    return lines


def show_runs(console: Console, runs: list[KeptRun]) -> None:
    """Print a table of the runs."""
    if not runs:
        console.print(Text("Nothing was watched yet: `tui-torch watch python train.py` watches a training."))
        return
    called = names({run.folder.name: run.begun for run in runs})
    rows = [_row(run, called[run.folder.name]) for run in runs]
    kept = _columns(rows, console.width)
    if len(kept) < len(_COLUMNS):
        rows = [{**row, "loss": row["loss"].replace(", ", ",\n")} for row in rows]
        kept = _columns(rows, console.width)
    table = Table(box=None, pad_edge=False)
    for heading in kept:
        is_number = heading in ("steps", "took")
        table.add_column(
            heading, justify="right" if is_number else "left", no_wrap=heading not in _FOLDED, overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(row[heading]) for heading in kept))
    console.print(table)
    if console.is_terminal:
        console.print(Text(f"Each is known by the end of its name, too, as `{runs[-1].folder.short_name}`."))


_COLUMNS = ("run", "started", "what", "state", "steps", "took", "loss")
_FOLDED = {"what": 18, "state": 12}
"""The columns whose texts go on in the next line, and their minimum width."""
_DROPPED = ("took", "steps", "started", "loss")
"""The columns that a narrow terminal does not show, the first to go first: a name is to be copied whole."""


def _row(run: KeptRun, called: str | None) -> dict[str, str]:
    """The texts of a run, by column."""
    record = run.main_record
    what = called or (as_called(run.command) if run.command else "")
    state = run.state if run.state != "failed" or run.command is None else f"exit code {run.command.exit_code}"
    return {
        "run": run.folder.name,
        "started": began(run.command, time.time()) if run.command is not None else "",
        "what": what if len(run.records) < 2 else f"{what} ({len(run.records)} processes)",
        "state": f"{state}, {told}" if (told := in_a_word(run.ranks)) else state,
        "steps": f"{record.step:,}" if record else "",
        "took": "" if run.seconds is None or record is None else duration(run.seconds),
        "loss": _losses(record) if record else "",
    }


def _columns(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    """The columns that have room."""
    lines = {heading: [heading, *(line for row in rows for line in row[heading].split("\n"))] for heading in _COLUMNS}
    longest = {heading: max(map(len, lines[heading])) for heading in _COLUMNS}
    least = {heading: min(length, _FOLDED.get(heading, length)) for heading, length in longest.items()}
    kept: list[str] = list(_COLUMNS)
    for heading in _DROPPED:
        if sum(least[one] + 2 for one in kept) - 2 <= width:
            break
        kept.remove(heading)
    return kept


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
