"""What the app's own process takes of memory, and that PyTorch is not in it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.launching import BARE, OURS, keep_lessons
from tests.benchmarks.pseudo_terminal import ESCAPE, F5, PseudoTerminal

READY_BUDGET, LESSON_BUDGET = 1.45, 1.9
"""Of what a bare Textual app at rest takes."""


def measure() -> Iterator[Figure]:
    with PseudoTerminal(BARE) as terminal:
        terminal.seen("The bare app", "Quit")
        terminal.settle(1)
        bare = _resident(terminal)
    with tempfile.TemporaryDirectory() as home:
        keep_lessons(home)
        yield from _measure_ours(home, bare)


def _measure_ours(home: str, bare: float) -> Iterator[Figure]:
    with PseudoTerminal([*OURS, "linear-regression"], {"TUI_TORCH_HOME": home}) as terminal:
        terminal.seen("F5 Run", "ready")
        terminal.settle(1)
        yield _compared("the app's memory, once it is ready", _resident(terminal), bare, READY_BUDGET)
        for _ in range(8):
            terminal.press(F5)
            terminal.look(1.5)
            for key in ("t", "\x1b[B", "\r", ESCAPE, ESCAPE, ESCAPE, "?", ESCAPE, "l", ESCAPE, "n"):
                terminal.press(key)
                terminal.look(0.3)
        terminal.settle(1)
        yield _compared("the app's memory, after a lesson was played", _resident(terminal), bare, LESSON_BUDGET)
        if sys.platform == "linux":
            has_torch = "libtorch" in Path(f"/proc/{terminal.process.pid}/maps").read_text()
            what = "PyTorch in the app's process"
            yield Figure(what, "yes" if has_torch else "no", budget="never", kept=not has_torch)


def _resident(terminal: PseudoTerminal) -> float:
    return terminal.process.memory_info().rss / 1e6


def _compared(what: str, taken: float, bare: float, budget: float) -> Figure:
    against = f"a bare Textual app at rest: {bare:.0f} MB"
    return Figure(what, f"{taken:.0f} MB", against, f"{taken / bare:.2f} ×", f"≤ {budget} ×", taken <= budget * bare)
