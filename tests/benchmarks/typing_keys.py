"""From a key in the editor to its letter on the screen: at rest, while the kernel trains on every core, and while a
million lines are printed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.benchmarks.figure import Figure, Sample, milliseconds
from tests.benchmarks.lesson_of import app_at
from tests.benchmarks.pseudo_terminal import END, F5, PseudoTerminal

TIMES = 60
PAUSE = 0.12
"""Seconds from one key to the next: somebody who types fast."""
TRAINING_BUDGET = 0.060
STALL_BUDGET = 0.100
GROWN = 16
"""MB that the app may grow by in a flood of output."""

# Letters that stand nowhere else on the screen: one that is new there was typed. (Cyrillic, Greek, Armenian, Georgian.)
LETTERS = tuple(map(chr, chain(range(0x410, 0x460), range(0x3B1, 0x3CA), range(0x561, 0x587), range(0x10D0, 0x10F1))))
LINE = 30
"""Letters in a line."""

TRAINING = """\
# typed:
import torch

model = torch.nn.Sequential(torch.nn.Linear(512, 1024), torch.nn.ReLU(), torch.nn.Linear(1024, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
x, y = torch.randn(2048, 512), torch.randn(2048, 1)
for step in range(10**6):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
"""
LINES = 1_000_000
FLOOD = f"""\
# typed:
for number in range({LINES}):
    print("line", number)
"""


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home:
        rest, training = _training(Path(home))
    told = f"p95 {milliseconds(training.p95)}"
    what = "key → frame while the kernel trains on every core"
    budget = f"p95 ≤ {milliseconds(TRAINING_BUDGET)}"
    yield Figure(what, str(training), f"at rest: {rest}", told, budget, training.p95 <= TRAINING_BUDGET)
    with tempfile.TemporaryDirectory() as home:
        flood, took, before, after = _flood(Path(home))
    what = f"{LINES:,} printed lines"
    told = f"longest wait for a key {milliseconds(flood.most)}"
    budget = f"no stall over {milliseconds(STALL_BUDGET)}"
    yield Figure(what, f"a key: {flood}", f"{took:.1f} s in all", told, budget, flood.most <= STALL_BUDGET)
    grown = after - before
    yield Figure(
        what, f"{after:.0f} MB", f"before: {before:.0f} MB", f"{grown:+.1f} MB", f"≤ +{GROWN} MB", grown <= GROWN
    )


def _training(home: Path) -> tuple[Sample, Sample]:
    """At rest, and while it trains."""
    with app_at(TRAINING, home) as terminal:
        letters = _in_the_editor(terminal)
        rest = [_typed(terminal, next(letters)) for _ in range(TIMES)]
        terminal.press(F5)
        terminal.seen("running")
        terminal.look(3)
        return Sample.of(rest), Sample.of(_typed(terminal, next(letters)) for _ in range(TIMES))


def _flood(home: Path) -> tuple[Sample, float, float, float]:
    """Keys in a flood of lines; how long it took in all; MB of the app before and after."""
    with app_at(FLOOD, home) as terminal:
        letters = _in_the_editor(terminal)
        _typed(terminal, next(letters))
        before = terminal.process.memory_info().rss / 1e6
        seconds: list[float] = []
        pressed = terminal.press(F5)
        # Where a new line is begun, the end of the run may come before the next letter.
        while "Ran in" not in terminal.text_before + terminal.text:
            # On a slow machine the letters may run out; what was typed until then tells enough.
            if letter := next(letters, None):
                seconds.append(_typed(terminal, letter))
            else:
                terminal.look(PAUSE)
        took = time.perf_counter() - pressed
        terminal.look(1)
        return Sample.of(seconds), took, before, terminal.process.memory_info().rss / 1e6


def _in_the_editor(terminal: PseudoTerminal) -> Iterator[str]:
    """Go to the end of the first line, which is a comment; the letters to type there."""
    terminal.press("e")
    terminal.seen("Leave the editor")
    terminal.press(END)
    terminal.settle()
    for number, letter in enumerate(LETTERS):
        if number % LINE == LINE - 1:
            terminal.press("\r# ")
            terminal.look(PAUSE)
        yield letter


def _typed(terminal: PseudoTerminal, letter: str) -> float:
    """Seconds until the letter is on the screen."""
    pressed = terminal.press(letter)
    seconds = terminal.until(lambda: letter in terminal.text, letter) - pressed
    terminal.look(PAUSE)
    return seconds
