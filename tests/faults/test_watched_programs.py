"""Programs that `tui-torch watch` runs do what they do without it, whatever they do and whatever fails of ours."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from tui_torch.watching.record_reader import RecordReader

WATCH = (sys.executable, "-P", "-m", "tui_torch", "watch")

TRAINS = """
import os, sys, torch

def train(steps):
    w = torch.ones(3, requires_grad=True)
    for step in range(steps):
        loss = (w**2).sum()
        loss.backward()
        w = (w - 0.25 * w.grad).detach().requires_grad_()
    return loss.item()
"""
"""Without an optimizer: the first that a process makes imports PyTorch's compiler, which takes seconds. All its numbers
are exact: the loss is 3, and a quarter of the last one from then on."""


def environment(tmp_path: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "TUI_TORCH_HOME": str(tmp_path / "home"), **(more or {})}


def run(*command: str, cwd: Path, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(cwd, more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def records(tmp_path: Path) -> list[RecordReader]:
    readers = [RecordReader(path) for path in sorted((tmp_path / "home" / "runs").glob("*/*.jsonl"))]
    for reader in readers:
        reader.read()
    return sorted(readers, key=lambda reader: reader.step)


def split(text: str) -> tuple[str, list[dict[str, Any]]]:
    """What a program wrote to standard error, and the events that we did."""
    lines = text.splitlines(keepends=True)
    events = [json.loads(line) for line in lines if line.startswith('{"event"')]
    return "".join(line for line in lines if not line.startswith('{"event"')), events


BREAKS = """
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.watch import watched_process

def broken(*args, **kwargs):
    raise RuntimeError("broken")

for name, value in vars(TrainingRecorder).items():
    if callable(value) and not name.startswith("__"):
        setattr(TrainingRecorder, name, broken)
watched_process.RecordWriter = watched_process.record_begun = broken
print(train(5), flush=True)
"""

ODD = f"""
import sys
print(sys.argv, flush=True)
print(sorted(sys.modules))
{TRAINS}
print(sorted(sys.modules), sys.path, sys.meta_path, sys.modules["sitecustomize"].__file__, __file__, flush=True)
if sys.argv[1] == "first":
    train(3)
    os.chdir("/")
    if (child := os.fork()) == 0:
        train(5)
        sys.exit(0)
    os.waitpid(child, 0)
    if (child := os.fork()) == 0:
        train(1)
        exec({BREAKS!r})
        sys.exit(0)
    print(os.waitpid(child, 0)[1])
    os.closerange(3, 4096)
    print(train(3))
    print(torch.Tensor.__name__, torch.Tensor.backward.__qualname__, os.open("/", os.O_RDONLY), flush=True)
    os.execv(sys.executable, [sys.executable, __file__, "again"])
if sys.argv[1] == "again":
    print(train(4))
raise ValueError("on purpose")
"""
"""All that a program may do to whoever is in its process; "alone" imports torch and fails as it does at the end."""


class Odd:
    """That program as it is watched, and what Python does of it without."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        theirs = folder / "theirs"
        theirs.mkdir()
        (theirs / "sitecustomize.py").write_text("print('theirs', __file__)\n")
        (folder / "odd.py").write_text(ODD)
        more = {"PYTHONPATH": os.pathsep.join((str(theirs), os.environ.get("PYTHONPATH", "")))}
        self.bare = run(sys.executable, str(folder / "odd.py"), "alone", cwd=folder, more=more)
        self.watched = run(*WATCH, "--json", sys.executable, "odd.py", "first", cwd=folder, more=more)
        self.said, self.events = split(self.watched.stderr)
        # What it writes to standard output goes there. Ours runs under their `sitecustomize`, too.
        ours = run(sys.executable, "-c", "", cwd=folder, more=more).stdout
        self.rows = without_addresses(self.watched.stdout.removeprefix(ours))


def without_addresses(text: str) -> list[str]:
    return re.sub("0x[0-9a-f]+", "", text).splitlines()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Odd:
    return Odd(tmp_path_factory.mktemp("odd"))


@pytest.mark.xdist_group("odd program")
def test_a_program_that_forks_closes_all_descriptors_changes_folder_execs_and_fails_does_so(odd: Odd) -> None:
    theirs, arguments, *imports = without_addresses(odd.bare.stdout)
    assert (theirs, arguments) == (
        f"theirs {odd.folder}/theirs/sitecustomize.py",
        f"['{odd.folder}/odd.py', 'alone']",
    )
    assert odd.rows[:8] == [
        *(theirs, "['odd.py', 'first']", *imports, "0.01171875", "0", "0.1875", "Tensor Tensor.backward 3"),
    ]
    assert (odd.rows[8:10], odd.rows[12:]) == ([theirs, f"['{odd.folder}/odd.py', 'again']"], ["0.046875"])
    assert "tui_torch" not in re.sub(r"\], \[.*", "", "".join(odd.rows[10:12]))
    assert (odd.watched.returncode, odd.said) == (odd.bare.returncode, odd.bare.stderr) and odd.bare.returncode == 1
    assert "ValueError: on purpose" in odd.said
    ends = {reader.step: reader for reader in records(odd.folder) if reader.ended}
    again, child = ends[4], ends[5]
    started = [reader for reader in records(odd.folder) if reader.begun and reader.begun.arguments == ("first",)]
    (first,) = (
        reader for reader in started if not reader.ended and again.begun and reader.begun.pid == again.begun.pid
    )
    assert first.step <= 6  # what came last was not written when the process became another program
    assert (again.failed and again.failed.error, child.failed, first.failed) == ("ValueError", None, None)
    line = len(ODD.splitlines())
    assert again.failed and [(frame.line, frame.code) for frame in again.failed.frames] == [
        (line, 'raise ValueError("on purpose")')
    ]
    assert again.begun and first.begun and child.begun
    assert (again.begun.arguments, first.begun.arguments) == (("again",), ("first",))
    assert again.begun.pid == first.begun.pid != child.begun.pid
    assert [file.path for file in again.begun.files] == ["odd.py", "theirs/sitecustomize.py"]
    losses = [value for _, value in child.series["loss", "loss"].points()]
    assert losses == [value for _, value in again.series["loss", "loss"].points()] + losses[4:]
    assert {event["event"] for event in odd.events} == {"begun", "progress", "failed", "ended", "exit"}
    assert odd.events[-1]["code"] == 1


@pytest.mark.xdist_group("odd program")
def test_a_python_that_has_only_imported_torch_has_nothing_of_ours(odd: Odd) -> None:
    before, after = without_addresses(odd.bare.stdout)[2:]
    assert odd.rows[2:4] == [before, after]
    assert "'torch'" in after and "'torch'" not in before and "tui_torch" not in re.sub(r"\], \[.*", "", after)


@pytest.mark.xdist_group("odd program")
def test_a_recorder_that_raises_everywhere_is_not_noticed(odd: Odd) -> None:
    assert odd.rows[4:6] == [str(3 / 4**4), "0"]
    assert "broken" not in odd.said


def test_a_python_without_torch_has_nothing_of_ours(tmp_path: Path) -> None:
    code = "import sys; print(sorted(sys.modules), sys.path)"
    bare = run(sys.executable, "-c", code, cwd=tmp_path)
    watched = run(*WATCH, sys.executable, "-c", code, cwd=tmp_path)
    assert watched.stdout == bare.stdout != ""
    assert watched.stderr == "tui-torch: exit code 0; no Python of it has trained with PyTorch\n"
    assert not list((tmp_path / "home" / "runs").iterdir())


def test_a_training_outlives_us_and_its_record_is_whole(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(f"""{TRAINS}
train(50)
print("ready", flush=True)
input()
print(train(50), flush=True)
""")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    command = [*WATCH, sys.executable, "long.py"]
    watch = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), text=True, **pipes)  # type: ignore[call-overload]
    assert watch.stdout.readline() == "ready\n"
    (training,) = psutil.Process(watch.pid).children()
    watch.send_signal(signal.SIGKILL)
    watch.wait()
    watch.stdin.write("\n")
    watch.stdin.close()
    assert re.fullmatch(r"\d\S+\n", watch.stdout.read())
    psutil.wait_procs([training], timeout=60)
    (record,) = records(tmp_path)
    assert (record.step, record.ended is not None) == (100, True)
    runs = json.loads(run(*WATCH[:-1], "runs", "--json", cwd=tmp_path).stdout)
    assert [(one["name"], one["state"], one["exit_code"]) for one in runs] == [("long.py", "unknown", None)]


BY_GRAD = """
import torch
from torch.autograd import grad

@torch.jit.script
def scripted(x: torch.Tensor):
    return torch.autograd.grad([x.square().sum()], [x])

w = torch.ones(3, requires_grad=True)
for step in range(4):
    mse = (w**2).sum()
    (found,) = grad(mse, w)
    with torch.no_grad():
        w -= 0.25 * found
print(scripted(torch.ones(1, requires_grad=True))[0].item(), flush=True)
grad(mse, w)
"""
"""The script is compiled while a function of ours waits for the training: it finds PyTorch's in it."""


def test_a_training_by_autograd_grad_alone_is_recorded_and_its_traceback_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(BY_GRAD)
    watched = run(*WATCH, "--json", sys.executable, "-W", "ignore", "train.py", cwd=tmp_path)
    said, events = split(watched.stderr)
    assert watched.stdout == "2.0\n"
    assert [event["step"] for event in events if event["event"] == "ended"] == [4]
    (record,) = records(tmp_path)
    assert record.series["loss", "mse"].points() == ((1, 3.0), (2, 0.75), (3, 0.1875), (4, 0.046875))
    assert "second time" in said and "tui_torch" not in said
