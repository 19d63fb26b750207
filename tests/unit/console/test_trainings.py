"""What the plain face tells of watched trainings: lines while they run, and the list of those that are kept."""

from __future__ import annotations

import io
import json
import math
import os
import platform
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.probe.watch.records import BEGUN, progress
from tui_torch.console.training.event_lines import EventLines
from tui_torch.console.training.runs import runs_json, show_overlay, show_runs
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.protocol.events import LAYERS, Failed, Frame, SeriesKind, SeriesPoints
from tui_torch.protocol.records.lines import GpuMemory
from tui_torch.watching.kept_runs import kept_runs
from tui_torch.watching.run_folders import NoRunError, RunFolder, as_called, began, begun, ended, run_named, runs_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    return tmp_path


def kept(*arguments: str, exit_code: int | None = 0, pid: int = 2**22 + 1) -> RunFolder:
    """A run that has trained."""
    run = RunFolder.made()
    command = begun(("python", "train.py", *arguments), pid)
    run.write_command(command if exit_code is None else ended(command, exit_code))
    writer = RecordWriter(replace(BEGUN, arguments=arguments), run.path)
    writer.add_progress(progress(1, 3.0, 0.5))
    return run


@pytest.mark.parametrize("as_json", [False, True])
def test_each_event_is_one_line_once_and_the_progress_now_and_then(as_json: bool) -> None:
    now, lines = 0.0, list[str]()
    run = RunFolder.made()
    events = EventLines(run, lines.append, as_json=as_json, every=10.0, clock=lambda: now)
    events.look()
    writers = [RecordWriter(replace(BEGUN, pid=rank, rank=rank), run.path) for rank in (0, 1)]
    for step in range(1, 40):
        for writer in writers:
            writer.add_progress(progress(step, math.nan if step == 39 else 1 / step))
        now += 1
        events.look()
    writers[1].add_failure(Failed("ValueError", "two\nlines", (Frame(7, "train", "raise", "/home/me/train.py"),)))
    writers[1].end()
    for _ in range(2):
        events.look()
    events.command_ended(1)
    if as_json:
        told = [json.loads(line) for line in lines]
        of_1 = [event for event in told if event.get("rank") == 1]
        assert [event["event"] for event in of_1] == ["begun", *["progress"] * 5, "failed", "ended"]
        assert [event["step"] for event in of_1 if event["event"] == "progress"] == [3, 13, 23, 33, 39]
        assert (of_1[5]["values"], of_1[5]["earlier"]) == ({"loss": "nan"}, {})
        assert [event["event"] for event in told if event.get("rank") == 0][-1] == "progress"
        assert told[-1] == {"event": "exit", "code": 1, "run": run.name}
    else:
        assert lines[3].startswith("rank 1: step 3 · loss 0.3333 · lr 0.1")
        assert "rank 1: ValueError: two lines (train.py, line 7)" in lines
        assert run.name in lines[-1]


@pytest.mark.parametrize(
    ("series", "told"),
    [
        pytest.param({"loss": (9, 0.5), "gradient norm": (9, 2.0)}, "loss 0.5 · gradient norm 2", id="now"),
        pytest.param({"loss": (9, 0.5), "gradient norm": (1, 5.0)}, "loss 0.5 · gradient norm 5 (step 1)", id="before"),
        pytest.param({"loss": (9, 0.5), "accuracy": (8, 0.9)}, "loss 0.5 · accuracy 0.9 (step 8)", id="a step before"),
        pytest.param({"loss_d": (8, 0.5), "loss_g": (9, 0.7)}, "loss_d 0.5 · loss_g 0.7", id="two losses in turn"),
        pytest.param({"loss_d": (7, 0.5), "loss_g": (9, 0.7)}, "loss_d 0.5 (step 7) · loss_g 0.7", id="one in two"),
    ],
)
def test_a_value_that_is_older_than_the_step_says_of_which_step_it_is(
    series: dict[str, tuple[int, float]], told: str
) -> None:
    kinds: dict[str, SeriesKind] = {"gradient norm": "gradient norm", "accuracy": "logged"}
    points = tuple(SeriesPoints(name, kinds.get(name, "loss"), (point,)) for name, point in series.items())
    run = RunFolder.made()
    RecordWriter(replace(BEGUN, rank=None), run.path).add_progress(replace(progress(9, 0.5), series=points))
    lines: list[str] = []
    events = EventLines(run, lines.append, as_json=False)
    events.look()
    events.command_ended(0)
    assert lines[1].startswith(f"step 9 · {told} · lr 0.1")


def test_layers_and_a_gpus_memory_are_told_apart_from_the_other_numbers() -> None:
    run = RunFolder.made()
    layers = [SeriesPoints(name, LAYERS, ((9, norm),)) for name, norm in (("loss", 3.0), ("net[0]", math.nan))]
    told = replace(progress(9, 0.5), series=(*progress(9, 0.5).series, *layers))
    ours = replace(BEGUN, rank=None, pid=os.getpid(), host=platform.node(), began=time.time())
    writer = RecordWriter(ours, run.path)
    writer.add_progress(told, gpu_memory=GpuMemory(412_000_000, 1_200_000_000, 80 * 10**9))
    writer.end()
    lines: list[str] = []
    for as_json in (True, False):
        EventLines(run, lines.append, as_json=as_json).look()
    event = json.loads(lines[1])
    assert (event["event"], event["values"]) == ("progress", {"loss": 0.5})
    assert event["gradient_norms_by_layer"] == {"loss": 3.0, "net[0]": "nan"}
    assert event["gpu_memory"] == {"allocated": 412_000_000, "peak": 1_200_000_000, "total": 80 * 10**9}
    assert event["memory"] > 10**7
    assert lines[4].startswith("step 9 · loss 0.5 · lr 0.1 · ")
    assert lines[4].endswith("B · 412 MB of the GPU, at most 1.20 GB")
    (kept,) = runs_json(kept_runs())
    (process,) = kept["processes"]
    assert process["series"] == {"loss": [[9, 0.5]]}
    assert process["gradient_norms_by_layer"] == {"loss": [[9, 3.0]], "net[0]": [[9, "nan"]]}
    assert process["gpu_memory"] == {"allocated": 412_000_000, "peak": 1_200_000_000, "total": 80 * 10**9}


def test_runs_are_listed_by_what_differs_with_their_state_and_their_last_losses() -> None:
    kept("--lr", "0.1")
    kept("--lr", "0.3", exit_code=1)
    kept("--lr", "0.5", exit_code=137)
    kept("--lr", "0.7", exit_code=None)
    kept("--lr", "0.9", exit_code=130)
    output = io.StringIO()
    show_runs(Console(file=output, width=120), kept_runs())
    heading, *rows = output.getvalue().splitlines()
    assert heading.split() == ["run", "started", "what", "state", "steps", "took", "loss"]
    told = {tuple(row.split()[2:5]) for row in rows}
    assert told == {
        ("train.py", "lr=0.1", "ended"),
        ("train.py", "lr=0.3", "exit"),
        ("train.py", "lr=0.5", "killed"),
        ("train.py", "lr=0.7", "unknown"),
        ("train.py", "lr=0.9", "interrupted"),
    }
    assert all(row.endswith("loss 0.5") for row in rows)


def test_a_module_is_listed_by_its_name_wherever_its_python_is() -> None:
    run = RunFolder.made()
    run.write_command(ended(begun(("/opt/a folder/bin/python", "-m", "pkg.train", "a b"), 2**22 + 1), 130))
    RecordWriter(BEGUN, run.path).add_progress(progress(1, 3.0, 0.5))
    (kept_one,) = kept_runs()
    assert kept_one.command is not None and as_called(kept_one.command) == "python -m pkg.train 'a b'"
    assert kept_one.state == "interrupted"


@pytest.mark.parametrize("width", [120, 80, 60, 48])
def test_a_name_is_listed_whole_on_one_line_however_narrow_the_terminal(width: int) -> None:
    names = [kept("--lr", lr, exit_code=1).name for lr in ("0.1", "0.3")]
    output = io.StringIO()
    show_runs(Console(file=output, width=width, force_terminal=True, color_system=None), kept_runs())
    lines = output.getvalue().splitlines()
    assert sorted(line.split()[0] for line in lines if line.startswith("20")) == sorted(names)
    assert max(map(len, lines)) <= width
    assert lines[0].split()[-1] == ("loss" if width > 48 else "state")
    assert "known by the end of its name" in " ".join(lines)


def test_a_run_of_today_has_the_time_of_day_and_an_earlier_one_the_day() -> None:
    command = begun(("python", "train.py"), 2**22 + 1)
    noon = time.mktime((2026, 11, 28, 12, 0, 0, 0, 0, -1))
    assert began(replace(command, began=noon), noon + 3600) == "12:00"
    assert began(replace(command, began=noon), noon + 24 * 3600) == "28 Nov"


@pytest.mark.parametrize(("seconds", "told"), [(3.21, "0:00:03"), (75.2, "0:01:15")])
def test_the_list_and_the_lines_write_alike_how_long_something_took(seconds: float, told: str) -> None:
    run, now, lines = RunFolder.made(), 0.0, list[str]()
    over = ended(begun(("python", "train.py"), 2**22 + 1), 0)
    run.write_command(replace(over, began=(over.ended or 0.0) - seconds))
    writer = RecordWriter(replace(BEGUN, rank=None), run.path, clock=lambda: now)
    writer.add_progress(progress(1, 3.0))
    now = seconds
    writer.end()
    events = EventLines(run, lines.append, as_json=False)
    events.look()
    assert lines[-1] == f"ended after 1 step, {told}"
    output = io.StringIO()
    show_runs(Console(file=output, width=120), kept_runs())
    assert f" {told}  " in output.getvalue()
    (shown,) = runs_json(kept_runs())
    assert shown["processes"][0]["seconds"] == seconds


def test_json_has_the_series_of_each_process() -> None:
    run = kept("--lr", "0.1")
    RecordWriter(replace(BEGUN, pid=78, rank=1), run.path).add_progress(progress(1, math.inf))
    (told,) = runs_json(kept_runs())
    assert told["run"] == run.name
    assert [process["series"] for process in told["processes"]] == [
        {"loss": [[1, 3.0], [2, 0.5]]},
        {"loss": [[1, "inf"]]},
    ]
    json.dumps(told, allow_nan=False)


def test_a_damaged_run_keeps_no_other_from_being_listed() -> None:
    run = kept()
    (run.path / "command.json").write_text("[" * 10_000)
    (runs_folder() / "nonsense").mkdir()
    (runs_folder() / "file").touch()
    other = kept()
    (other.path / "77-0.jsonl").write_bytes(b"\xff\n")
    assert {one.folder.name: one.state for one in kept_runs()} == {run.name: "unknown", other.name: "ended"}


def test_a_run_is_known_by_a_part_of_its_name_that_only_it_has() -> None:
    with pytest.raises(NoRunError, match="there is no run `latest`"):
        run_named("latest")
    first, second = kept(), kept()
    assert run_named(first.name).path == first.path
    assert run_named(second.name[-4:]).path == second.path
    with pytest.raises(NoRunError, match="2 runs are called like `20`"):
        run_named("20")
    for outside in ("..", "../..", "", "nonsense"):
        with pytest.raises(NoRunError):
            run_named(outside)
    run_named("latest").delete()
    assert len(kept_runs()) == 1


def test_runs_are_drawn_over_each_other_as_text_each_under_what_differs() -> None:
    kept("--lr", "0.1")
    kept("--lr", "0.3")
    output = io.StringIO()
    show_overlay(Console(file=output, width=80), list(reversed(kept_runs())), ascii_only=True)
    drawn = output.getvalue()
    assert drawn.isascii()
    assert {"lr=0.1", "lr=0.3"} <= set(drawn.split())
    assert max(map(len, drawn.splitlines())) <= 80
