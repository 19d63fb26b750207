"""A notebook of 200 cells beside one of 10: opened, gone through cell by cell, and its last cell run."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, Sample, milliseconds, ratio_of
from tests.benchmarks.pseudo_terminal import F5, PseudoTerminal
from tui_torch.kernel.session import AHEAD_AFTER

FEW, MANY = 10, 200
TURNS = 5
STEPS = 60
"""Cells that are gone through in each turn."""
BUDGET = 1.25
"""Times of few cells that many may take."""
OPEN = (sys.executable, "-P", "-m", "tui_torch", "open", "--trust")


def measure() -> Iterator[Figure]:
    opened: dict[int, list[float]] = {FEW: [], MANY: []}
    gone, run = {FEW: list[float](), MANY: list[float]()}, {FEW: list[float](), MANY: list[float]()}
    with tempfile.TemporaryDirectory() as folder:
        for cells in opened:
            _write_notebook(Path(folder) / f"{cells}.ipynb", cells)
        for turn in range(TURNS):
            for cells in opened:
                home = Path(folder) / f"{cells}-{turn}"
                command = [*OPEN, str(Path(folder) / f"{cells}.ipynb")]
                with PseudoTerminal(command, {"TUI_TORCH_HOME": str(home)}) as terminal:
                    opened[cells].append(terminal.seen(_title(0), "F5 Run") - terminal.began)
                    terminal.seen("ready")
                    terminal.settle(AHEAD_AFTER + 3)  # a kernel imports some things ahead
                    gone[cells].extend(_go_through(terminal, cells))
                    run[cells].append(_run_last(terminal, cells))
    for what, seconds in (
        ("opening a notebook to its first frame", opened),
        ("from a cell to the next", gone),
        ("F5 in the last cell → result", run),
    ):
        few, many = Sample.of(seconds[FEW]), Sample.of(seconds[MANY])
        ratio = ratio_of(many.seconds, few.seconds) if what != "from a cell to the next" else many.median / few.median
        told = f"{ratio:.2f} ×, p95 {milliseconds(many.p95)}"
        budget = f"≤ {BUDGET} ×"
        yield Figure(f"{what}, {MANY} cells", str(many), f"{FEW} cells: {few}", told, budget, ratio <= BUDGET)


def _title(cell: int) -> str:
    return f"Heading{cell:03}x"


def _write_notebook(path: Path, cells: int) -> None:
    def cell(kind: str, source: str, number: int) -> dict[str, object]:
        runs = {"outputs": [], "execution_count": None} if kind == "code" else {}
        return {"id": f"{kind}{number}", "cell_type": kind, "metadata": {}, "source": source} | runs

    listed: list[dict[str, object]] = []
    for number in range(cells):
        listed.append(cell("markdown", f"# {_title(number)}\n\nWhat the cell below does, in a sentence.", number))
        listed.append(
            cell("code", f"x{number} = [{number}] * 3\nfor value in x{number}:\n    print('ran', value)", number)
        )
    document = {"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document), "utf-8")


def _go_through(terminal: PseudoTerminal, cells: int) -> Iterator[float]:
    """Seconds from each key to the next cell on the screen. Ends in the last cell."""
    at = 0
    for _ in range(cells - STEPS - 1 if cells > STEPS else 0):
        at += 1
        terminal.press("n")
        terminal.seen(f"x{at}")
    for step in range(STEPS):
        forward = cells > STEPS or (step // (cells - 1)) % 2 == 0
        at += 1 if forward else -1
        pressed = terminal.press("n" if forward else "p")
        yield terminal.seen(f"x{at}") - pressed
        terminal.look(0.05)
    while at < cells - 1:
        at += 1
        terminal.press("n")
        terminal.seen(f"x{at}")


def _run_last(terminal: PseudoTerminal, cells: int) -> float:
    terminal.settle()
    pressed = terminal.press(F5)
    return terminal.seen(f"ran {cells - 1}", "Ran in") - pressed
