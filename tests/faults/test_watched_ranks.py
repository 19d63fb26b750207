"""Ranks of a real `torchrun` on gloo that go wrong are told, and those that do not are not."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from rich.console import Console

from tests.faults.test_watched_programs import WATCH, environment, records, run, split
from tests.terminal import Terminal
from tui_torch.console.training.event_lines import EventLines
from tui_torch.console.training.runs import runs_json, show_runs
from tui_torch.protocol.events import LAYERS
from tui_torch.protocol.records.ranks import RecordDigest
from tui_torch.watching.child import watched_environment
from tui_torch.watching.kept_runs import kept_runs
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")

TRAINS = """
import os, signal, sys, time, torch, torch.distributed as dist
from contextlib import nullcontext
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(rank)
model = DistributedDataParallel(torch.nn.Sequential(
    torch.nn.Linear(8, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(), torch.nn.Linear(8, 1)
), broadcast_buffers=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

def step(sync=True):
    with nullcontext() if sync else model.no_sync():
        loss = (model(torch.randn(4, 8) * (1 + rank)) ** 2).mean()
        loss.backward()
    if sync:
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()
"""

FINE = f"""{TRAINS}
for _ in range(20):
    loss = step()
for number in range(1, 41):  # four batches for each step of the optimizer
    loss = step(sync=number % 4 == 0)
print("rank", rank, "is", "done", flush=True)
dist.destroy_process_group()
"""

WRONG = f"""{TRAINS}
for number in range(1, 41):
    if rank == 1 and number <= 32:
        time.sleep(0.1)
    step()
if rank == 1:
    with torch.no_grad():
        model.module[3].weight.mul_(1.5)
for number in range(41, 71):
    time.sleep(0.05)
    step()
if rank == 1:
    os.kill(os.getpid(), signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGKILL)
step()
"""

ONE_BY_ONE = f"""{TRAINS}
def is_seen(what):
    return os.path.exists(os.path.join(os.environ["SEEN"], what))

is_changed = False
for number in range(5000):
    time.sleep(0.02)
    if rank == 1 and not is_seen("slow"):
        time.sleep(0.1)
    elif rank == 1 and not is_changed:
        is_changed = True
        with torch.no_grad():
            model.module[3].weight.mul_(1.5)
    if rank == 1 and is_seen("changed"):
        os.kill(os.getpid(), signal.SIGKILL)
    step()
"""

RAISES = """
import torch, torch.distributed as dist

dist.init_process_group("gloo")
w = torch.ones(3, requires_grad=True)
for number in range(21):
    if dist.get_rank() == 1 and number == 20:
        raise KeyError("label")
    (w**2).sum().backward()
    dist.all_reduce(w.grad)
    w = (w - 0.01 * w.grad).detach().requires_grad_()
"""
"""Without an optimizer and its compiler, which take each rank two seconds to import."""

MEANT = """
import torch, torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks.debugging_hooks import noop_hook
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")

def train(model, steps, after=lambda step: None, lr=0.01):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for step in range(steps):
        optimizer.zero_grad()
        (model(torch.randn(4, 8)) ** 2).mean().backward()
        optimizer.step()
        after(step)

def made(seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 8))
    torch.manual_seed(dist.get_rank())
    return model

train(made(dist.get_rank()), 20)  # apart
train(fully_shard(made(0), mesh=init_device_mesh("cpu", (2,))), 20)  # parts of one model

local = made(0)

def brought_together(step):
    if step < 20 or step % 5 == 0:
        for parameter in local.parameters():
            dist.all_reduce(parameter.data)
            parameter.data /= 2

train(local, 100, brought_together)
hooked = DistributedDataParallel(made(0))
hooked.register_comm_hook(None, noop_hook)
train(hooked, 20)
dist.destroy_process_group()
"""

EARLY = f"""
import os
if os.environ["RANK"] == "1":
    import torch
    raise FileNotFoundError("no data here")
{FINE}
"""


def events_of(text: str) -> dict[str, list[dict[str, Any]]]:
    """What we have said of it, by the kind of event."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in split(text)[1]:
        found.setdefault(event["event"], []).append(event)
    return found


@pytest.mark.xdist_group("ranks")
def test_of_ranks_that_train_well_each_has_a_line_and_nothing_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text(FINE)
    watched = run(*WATCH, "--json", *TORCHRUN, "fine.py", cwd=tmp_path)
    assert watched.returncode == 0, watched.stderr
    assert sorted(watched.stdout.splitlines()) == [f"[rank {rank}] rank {rank} is done" for rank in (0, 1)]
    told = events_of(watched.stderr)
    assert set(told) == {"begun", "progress", "ended", "exit"}
    assert {(event["rank"], event["world_size"]) for event in told["begun"]} == {(0, 2), (1, 2)}
    last = {event["rank"]: event for event in told["progress"]}
    assert {(event["step"], event["averaged_over"]) for event in last.values()} == {(60, 2)}
    assert all(event["seconds_waiting"] >= 0 < event["seconds_per_step"] for event in last.values())
    ranks = {reader.begun.rank: reader for reader in records(tmp_path) if reader.begun}
    assert sorted(ranks) == [0, 1] and len(records(tmp_path)) == 2  # torchrun has none
    losses = [ranks[rank].series["loss", "loss"].points() for rank in (0, 1)]
    norms = [ranks[rank].series["gradient norm", "gradient norm"].points() for rank in (0, 1)]
    local = [ranks[rank].local_norms.points() for rank in (0, 1)]
    assert losses[0] != losses[1]  # of the rank's own batch
    assert norms[0][0] == norms[1][0]  # averaged by then
    assert local[0][0] != local[1][0]  # before that
    (digests,), (others,) = (reader.digests.values() for reader in ranks.values())
    assert [digest.groups for digest in digests.values()] == [digest.groups for digest in others.values()]
    assert {digest.replicas for digest in digests.values()} == {(0, 1)}
    assert [digest.count for digest in digests.values()][:5] == [1, 2, 4, 8, 16]


@pytest.mark.xdist_group("ranks")
def test_on_the_screen_each_is_told_and_the_curves_are_whole_though_it_is_left_killed_and_hung_up(
    tmp_path: Path, terminals: list[Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEN", str(tmp_path))
    (tmp_path / "train.py").write_text(ONE_BY_ONE)

    def opened(*arguments: str) -> Terminal:
        terminals.append(Terminal(*arguments, program=WATCH, size=(120, 40)))
        return terminals[-1]

    def in_one_line(terminal: Terminal) -> str:
        return " ".join(terminal.text.replace("│", " ").split())

    left = opened(*TORCHRUN, str(tmp_path / "train.py"))
    left.wait_until(lambda: re.search(r"Ranks.*rank step loss.* 0 \d+ .* 1 \d+ ", in_one_line(left)), "both ranks")
    left.wait_for("rank 0 waits for rank 1: ")
    left.wait_until(lambda: re.search(r"gradient norms of step (?!1 )\d+ ", in_one_line(left)), "norms of one step")
    left.press("q")
    assert left.wait_for_the_end() == 0
    (tmp_path / "slow").touch()

    hung_up = opened("--attach", "latest")
    hung_up.wait_until(
        lambda: "parameters of rank 1 and of rank 0 differ in module 3 since step" in in_one_line(hung_up),
        "a difference",
    )
    hung_up.child.kill(signal.SIGKILL)
    hung_up.hang_up()
    hung_up.child.wait()

    last = opened("--attach", "latest")
    last.wait_for("running 0:", "Detach")
    (tmp_path / "changed").touch()
    last.wait_for("exit code 1 after", "rank 1 was killed by SIGKILL", "Quit")
    last.press("q")
    assert last.wait_for_the_end() == 1

    (run,) = kept_runs()
    assert run.command is not None and run.command.exit_code == 1
    ranks = {record.begun.rank: record for record in run.records if record.begun}
    for rank in (0, 1):
        losses = ranks[rank].series["loss", "loss"]
        steps = [step for step, _ in losses.points()]
        assert losses.stretch > 1 or steps == list(range(1, steps[-1] + 1))
        assert steps[0] == 1 and steps[-1] > 40
    assert abs(ranks[0].step - ranks[1].step) <= 30  # what was not written yet when one was killed
    layers = {name for kind, name in ranks[0].series if kind == LAYERS}
    assert layers == {"model[0]", "model[1]", "model[3]"}


@pytest.mark.slow
@pytest.mark.xdist_group("ranks")
def test_a_slow_rank_a_changed_one_a_stopped_one_and_a_killed_one_are_each_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    (tmp_path / "wrong.py").write_text(WRONG)
    folder = RunFolder.made()
    lines: list[str] = []
    events = EventLines(folder, lines.append, as_json=True, every=0.5, patience=1.0)
    watched = watched_environment(environment(tmp_path), folder.path)
    stopped: dict[str, Any] = {}
    with subprocess.Popen((*TORCHRUN, "wrong.py"), cwd=tmp_path, env=watched, stderr=subprocess.DEVNULL) as torchrun:
        deadline = time.monotonic() + 60
        while torchrun.poll() is None:
            if time.monotonic() > deadline:
                for process in psutil.Process(torchrun.pid).children(recursive=True):
                    process.kill()
            try:
                torchrun.wait(0.2)
            except subprocess.TimeoutExpired:
                events.look()
            told = events_of("\n".join(lines))
            if "stopped" in told and not stopped:
                (stopped,) = told["stopped"]
                pids = {event["rank"]: event["pid"] for event in told["begun"]}
                os.kill(pids[1], signal.SIGCONT)
    events.command_ended(torchrun.returncode)
    told = events_of("\n".join(lines))
    (slow,) = told["straggler"]
    assert slow["ranks"] == [1] and 0.05 < slow["seconds"] <= slow["seconds_per_step"]
    (differing,) = told["differing"]
    assert (differing["groups"], differing["sides"], differing["is_promised"]) == (["3"], [[0], [1]], True)
    assert differing["same_until"] <= 40 < differing["step"]
    assert (stopped["rank"], stopped["how"], stopped["waiting"], stopped["step"]) == (1, "stopped", [0], 70)
    (cause,) = told["root_cause"]
    assert (torchrun.returncode, cause["rank"], cause["exit_code"], cause["echoes"]) == (1, 1, -9, [0])


@pytest.mark.slow
@pytest.mark.xdist_group("ranks")
def test_a_rank_that_raises_is_the_root_cause_and_the_other_is_its_echo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    (tmp_path / "raises.py").write_text(RAISES)
    terminal = Terminal("--plain", *TORCHRUN, str(tmp_path / "raises.py"), size=(200, 60), program=WATCH)
    assert terminal.wait_for_the_end() == 1
    assert "rank 1 failed first: KeyError: 'label' (" in terminal.text and "rank 0 ended because of it" in terminal.text
    (kept,) = runs_json(kept_runs())
    (cause,) = kept["ranks"]["found"]
    assert (cause["event"], cause["rank"], cause["exit_code"]) == ("root_cause", 1, 1)
    assert (cause["error"], cause["message"], cause["echoes"]) == ("KeyError", "'label'", (0,))
    assert (Path(cause["file"]).name, cause["line"]) == (
        "raises.py",
        RAISES.splitlines().index('        raise KeyError("label")') + 1,
    )
    table = io.StringIO()
    show_runs(Console(file=table, width=160), kept_runs())
    assert "exit code 1, rank 1: KeyError" in table.getvalue()


@pytest.mark.slow
@pytest.mark.xdist_group("ranks")
def test_a_rank_that_raises_before_it_trains_is_the_root_cause(tmp_path: Path) -> None:
    (tmp_path / "early.py").write_text(EARLY)
    watched = run(*WATCH, "--json", *TORCHRUN, "early.py", cwd=tmp_path)
    (cause,) = events_of(watched.stderr)["root_cause"]
    assert (cause["rank"], cause["error"], cause["message"]) == (1, "FileNotFoundError", "no data here")
    assert (Path(cause["file"]).name, cause["line"]) == ("early.py", 5)


@pytest.mark.slow
@pytest.mark.xdist_group("ranks")
def test_of_ranks_that_are_meant_to_differ_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "meant.py").write_text(MEANT)
    watched = run(*WATCH, "--json", *TORCHRUN, "meant.py", cwd=tmp_path)
    assert watched.returncode == 0, watched.stderr
    assert set(events_of(watched.stderr)) == {"begun", "progress", "ended", "exit"}
    by_rank = [{digest.optimizer for digest in _digests(reader)} for reader in records(tmp_path)]
    assert by_rank[0] == by_rank[1] and len(by_rank[0]) == 3  # all but the parts of one model


def _digests(reader: RecordReader) -> list[RecordDigest]:
    return [digest for kept in reader.digests.values() for digest in kept.values()]
