"""What a training pays for being watched by `tui-torch watch`, beside the file in bare Python, by processor time."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figure import Figure, milliseconds
from tests.benchmarks.training import LOOP, REAL, TINY

ROUNDS = 20
"""Pairs of a loop alone and a loop that is watched. Fewer cannot tell 1.01 from 1."""
LOOPS = {"tiny": (LOOP.format(setup=TINY, steps=8_000), 1.05), "a real one": (LOOP.format(setup=REAL, steps=40), 1.02)}
BEGINS = """
import torch
w = torch.ones(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for step in range({steps}):
    loss = w.sum()
    loss.backward()
    optimizer.step()
"""
STARTS = 0.1
"""Seconds of processor time that the recorder may take to start, and to write what there is at the end."""
WATCH = (sys.executable, "-P", "-m", "tui_torch", "watch", "--to", os.devnull)


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name, (code, budget) in LOOPS.items():
            yield _compared(name, code, budget, folder)
        yield _start(folder)
        yield _command(folder)
        yield _grown(folder)


def _run(command: Sequence[str], folder: Path) -> tuple[str, float, float]:
    """What a command printed, and the seconds that it took by the clock and of the processor, with its children's."""
    environment = {**os.environ, "TUI_TORCH_HOME": str(folder / "home")}
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return output, time.perf_counter() - began, used.ru_utime + used.ru_stime


def _compared(name: str, code: str, budget: float, folder: Path) -> Figure:
    (folder / "loop.py").write_text(code)
    pairs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        alone, watched = (
            float(_run((*watch, sys.executable, "loop.py"), folder)[0].split()[1]) for watch in ((), WATCH)
        )
        pairs.append((alone, watched))
    ratios = sorted(watched / alone for alone, watched in pairs)
    ratio, quarter = statistics.median(ratios), len(ratios) // 4
    return Figure(
        f"a step of a watched training, {name}",
        _told([watched for _, watched in pairs]),
        f"the same file in bare `python`: {_told([alone for alone, _ in pairs])}",
        # Half of the pairs lie between the two that stand in brackets.
        f"{ratio:.3f} × of the processor ({ratios[quarter]:.3f} to {ratios[-1 - quarter]:.3f})",
        f"≤ {budget} × of the processor",
        ratio <= budget,
    )


def _told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e6:.0f} µs ({min(seconds) * 1e6:.0f} to {max(seconds) * 1e6:.0f})"


def _start(folder: Path) -> Figure:
    """A program that trains one step, with the recorder and without: in the same Python, and without our command."""
    (folder / "begins.py").write_text(BEGINS.format(steps=1))
    watched = ("env", *_environment(folder), sys.executable, "begins.py")
    pairs = [
        tuple(_run(command, folder)[2] for command in ((sys.executable, "begins.py"), watched)) for _ in range(ROUNDS)
    ]
    more = statistics.median(ours - theirs for theirs, ours in pairs)
    return Figure(
        "the recorder's start and end, of the processor",
        milliseconds(more),
        f"one step in bare `python`: {milliseconds(statistics.median(theirs for theirs, _ in pairs))}",
        milliseconds(more),
        f"≤ {milliseconds(STARTS)}",
        more <= STARTS,
    )


def _environment(folder: Path) -> tuple[str, ...]:
    from tui_torch.watching.child import watched_environment

    run = folder / "run"
    run.mkdir(exist_ok=True)
    watched = watched_environment({"PYTHONPATH": os.environ.get("PYTHONPATH", "")}, run)
    return tuple(f"{name}={value}" for name, value in watched.items())


def _command(folder: Path) -> Figure:
    """By the clock, until a command that does nothing has ended."""
    took = [_run((*WATCH, "true"), folder)[1] for _ in range(ROUNDS)]
    return Figure("`tui-torch watch true`, by the clock", milliseconds(statistics.median(took)))


def _grown(folder: Path) -> Figure:
    """How much longer the record of many steps is than that of fewer, where both are full."""
    sizes = list[int]()
    for steps in (50_000, 500_000):
        (folder / "begins.py").write_text(BEGINS.format(steps=steps))
        home = folder / f"of {steps}"
        _run(("env", f"TUI_TORCH_HOME={home}", *WATCH, sys.executable, "begins.py"), folder)
        sizes.append(sum(path.stat().st_size for path in home.rglob("*.jsonl")))
    few, many = sizes
    most = 2**20 * 1.2
    return Figure(
        "the record of 500,000 steps",
        f"{many / 1024:.0f} KiB",
        f"of 50,000: {few / 1024:.0f} KiB",
        f"{many / 1024:.0f} KiB",
        f"≤ {most / 1024:.0f} KiB, whatever the steps",
        many <= most,
    )
