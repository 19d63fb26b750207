"""What each part of the probe adds to a step of a tiny loop, and all of it to a step of a real one, in one process, in
turns with the loop alone.

The parts take turns every few milliseconds, and time is counted as the processor's: what else the machine does falls
on all of them alike. Where `training` tells what a learner pays in all, this tells what for.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.modules import module
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

from tests.benchmarks.figure import Figure
from tests.benchmarks.training import REAL
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.inspector.live import LiveView
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.inspector.output_shapes import OutputShapes
from tui_torch.probe.isolation.freed_memory import keep_freed_memory
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol import wire

FILE = "<your code>"
TINY = """
x, y = torch.randn(32, 3), torch.randn(32, 1)
model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
"""
LOOP = """
def train(steps):
    for step in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
"""
WITH_ITEM = LOOP + "        loss.item()\n"
PARTS = ("recorder", "coach", "graphs", "shapes", "live")
TURNS: dict[str, tuple[str, ...]] = {
    "alone": (),
    "its own .item()": (),
    "recorder": ("recorder",),
    "recorder, coach": ("recorder", "coach"),
    "recorder, graphs": ("recorder", "graphs"),
    "recorder, shapes": ("recorder", "shapes"),
    "recorder, live": ("recorder", "live"),
    "all": PARTS,
}
REAL_TURNS: dict[str, tuple[str, ...]] = {"alone": (), "all": PARTS}


@dataclass(frozen=True, slots=True)
class _Course:
    """How a loop is measured."""

    setup: str
    turns: dict[str, tuple[str, ...]]
    rounds: int
    settling: int
    """Steps before the first turn."""
    untimed: int
    """Steps of a turn in which Python gets used to the other hooks."""
    steps: int
    """Steps of a turn that are timed."""


COURSES = {"": _Course(TINY, TURNS, 50, 3_000, 50, 500), ", a real loop": _Course(REAL, REAL_TURNS, 60, 20, 2, 8)}
# Where PyTorch keeps the hooks of all optimizers and of all modules.
_HOOKS: tuple[dict[int, Any], ...] = (
    _global_optimizer_pre_hooks,
    _global_optimizer_post_hooks,
    module._global_forward_hooks,
)


@dataclass
class _Turn:
    """A loop with some of the parts, and the time that passes for them: only while it is their turn."""

    parts: tuple[str, ...]
    train: Callable[[int], None]
    seconds: list[float] = field(default_factory=list)
    _passed: float = 0.0
    _since: float = field(default_factory=time.process_time)
    _backward: Any = torch.Tensor.backward
    _hooks: tuple[dict[int, Any], ...] = ({}, {}, {})

    def clock(self) -> float:
        return self._passed + time.process_time() - self._since

    def take(self, untimed: int, steps: int) -> float:
        """Seconds of the processor that a step takes, after some that are not timed."""
        usual = torch.Tensor.backward
        torch.Tensor.backward = self._backward  # type: ignore[method-assign]
        for there, mine in zip(_HOOKS, self._hooks, strict=True):
            there.update(mine)
        self._since = time.process_time()
        self.train(untimed)
        started = time.process_time()
        self.train(steps)
        taken = (time.process_time() - started) / steps
        self.keep()
        torch.Tensor.backward = usual  # type: ignore[method-assign]
        return taken

    def keep(self) -> None:
        """Put the hooks that there are aside, until the next turn."""
        self._passed, self._since = self.clock(), time.process_time()
        self._backward = torch.Tensor.backward
        self._hooks = tuple(dict(there) for there in _HOOKS)
        for there in _HOOKS:
            there.clear()


def measure() -> Iterator[Figure]:
    keep_freed_memory()  # as a kernel does: or else the system's part of a step depends on what else is in memory
    torch.set_num_threads(1)
    for name, course in COURSES.items():
        yield from _figures(name, course)


def _figures(loop: str, course: _Course) -> Iterator[Figure]:
    turns = {
        name: _turn(parts, course.setup, WITH_ITEM if ".item()" in name else LOOP)
        for name, parts in course.turns.items()
    }
    for turn in turns.values():
        turn.take(0, course.settling)
    for _ in range(course.rounds):
        for turn in turns.values():
            turn.seconds.append(turn.take(course.untimed, course.steps))
    alone = turns.pop("alone").seconds
    usual = statistics.median(alone)
    for name, turn in turns.items():
        differences = sorted(ours - theirs for ours, theirs in zip(turn.seconds, alone, strict=True))
        added, quarter = statistics.median(differences), len(differences) // 4
        least, most = (1 + differences[at] / usual for at in (quarter, -1 - quarter))
        yield Figure(
            f"what listening adds to a step{loop}: {name}",
            f"{statistics.median(turn.seconds) * 1e6:.1f} µs",
            f"the loop alone: {usual * 1e6:.1f} µs",
            # Half of the turns lie between the two that stand in brackets.
            f"{added * 1e6:+.1f} µs ({1 + added / usual:.3f} ×; {least:.3f} to {most:.3f})",
        )


def _turn(parts: tuple[str, ...], setup: str, loop: str) -> _Turn:
    names: dict[str, Any] = {}
    exec(f"import torch\ntorch.manual_seed(0)\n{setup}", names)
    exec(compile(loop, FILE, "exec"), names)
    turn = _Turn(parts, names["train"])
    if not parts:
        return turn
    usual = torch.Tensor.backward
    coach = Coach(FILE, _send, turn.clock)
    shapes = OutputShapes(turn.clock)

    def trained(progress: Any) -> None:
        _send(progress)
        if "coach" in parts:
            coach.trained(progress)
        if "shapes" in parts:
            shapes.rearm()
        graphs.resume()

    recorder = TrainingRecorder(trained, turn.clock)
    graphs = GraphMemory(turn.clock, callers=recorder.before_backward if "graphs" in parts else None)
    if "coach" in parts:
        coach.listen_to(recorder)
    live = LiveView(names, Inspector(), _send, clock=turn.clock)
    if "live" in parts:
        live.prepare(("model", "x", "loss"), None)
        recorder.in_the_loop.append(live.in_the_loop)
    recorder.install()
    recorder.begin(loop)
    if "coach" in parts:
        coach.begin(loop, names)
    if "shapes" in parts:
        shapes.arm(loop)
    live.begin(live=True)
    turn.keep()
    torch.Tensor.backward = usual  # type: ignore[method-assign]
    return turn


def _send(event: Any) -> None:
    """What a kernel does with an event before it goes out."""
    json.dumps(wire.encode(event))
