"""What the app's own process takes of memory, and that PyTorch is not in it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.launching import OURS
from tests.benchmarks.pseudo_terminal import ESCAPE, F5, PseudoTerminal

BUDGET = 120
"""MB."""


def measure() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as home,
        PseudoTerminal([*OURS, "linear-regression"], {"TUI_TORCH_HOME": home}) as terminal,
    ):
        terminal.seen("F5 Run", "ready")
        terminal.settle(1)
        yield _resident(terminal, "the app's memory, once it is ready")
        for _ in range(8):
            terminal.press(F5)
            terminal.look(1.5)
            for key in ("t", "\x1b[B", "\r", ESCAPE, ESCAPE, ESCAPE, "?", ESCAPE, "l", ESCAPE, "n"):
                terminal.press(key)
                terminal.look(0.3)
        terminal.settle(1)
        yield _resident(terminal, "the app's memory, after a lesson was played")
        if sys.platform == "linux":
            has_torch = "libtorch" in Path(f"/proc/{terminal.process.pid}/maps").read_text()
            what = "PyTorch in the app's process"
            yield Figure(what, "yes" if has_torch else "no", budget="never", kept=not has_torch)


def _resident(terminal: PseudoTerminal, what: str) -> Figure:
    taken = terminal.process.memory_info().rss / 1e6
    return Figure(what, f"{taken:.0f} MB", "", "", f"≤ {BUDGET} MB", taken <= BUDGET)
