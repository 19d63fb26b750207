"""From the key that runs code to its result on the screen, warm, beside other ways to run Python in a terminal."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, Sample, milliseconds
from tests.benchmarks.launching import PROMPTS
from tests.benchmarks.lesson_of import app_at
from tests.benchmarks.pseudo_terminal import F5, PseudoTerminal

TIMES, WARM = 60, 10
LAUNCHES = 3
"""The times come from so many apps, since they differ between launches more than within one."""
PAUSE = 0.15
"""Seconds from one result to the next key: nobody presses sooner."""
P50_BUDGET, P95_BUDGET = 0.015, 0.040

CODE = """\
import time
import torch

mark = torch.tensor(time.time_ns() // 1000 % 900_000 + 100_000)
print("marked", mark.item())
"""
TYPED = 'import time; print("marked", time.time_ns() // 1000 % 900_000 + 100_000)'
_MARK = re.compile(r"marked (\d{6})")


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home:
        ours = _ours(Path(home))
    told = f"p50 {milliseconds(ours.median)}, p95 {milliseconds(ours.p95)}"
    budget = f"p50 ≤ {milliseconds(P50_BUDGET)}, p95 ≤ {milliseconds(P95_BUDGET)}"
    kept = ours.median <= P50_BUDGET and ours.p95 <= P95_BUDGET
    yield Figure("F5 → result on the screen, warm", str(ours), "", told, budget, kept)
    for name, (command, prompt) in PROMPTS.items():
        theirs = _theirs(command, prompt)
        ratio = f"{ours.median / theirs.median:.2f} ×"
        yield Figure("F5 → result on the screen, warm", str(ours), f"enter in {name}: {theirs}", ratio)


def _ours(home: Path) -> Sample:
    """Until both the output and the tensor in the inspector show the new number."""
    seconds: list[float] = []

    def is_shown() -> bool:
        text = terminal.text
        found = _MARK.search(text)
        return found is not None and text.count(found[1]) >= 2

    for _ in range(LAUNCHES):
        with app_at(CODE, home) as terminal:
            for number in range(WARM + TIMES // LAUNCHES):
                pressed = terminal.press(F5)
                took = terminal.until(is_shown, "the new number, twice") - pressed
                terminal.look(PAUSE)
                if number >= WARM:
                    seconds.append(took)
    return Sample.of(seconds)


def _theirs(command: list[str], prompt: str) -> Sample:
    seconds: list[float] = []
    with PseudoTerminal(command) as terminal:
        terminal.seen(prompt)
        terminal.settle(1)
        for _ in range(WARM + TIMES):
            terminal.press(TYPED)
            terminal.settle()
            pressed = terminal.press("\r")
            seconds.append(terminal.until(lambda: _MARK.search(terminal.text) is not None, "a number") - pressed)
            terminal.look(PAUSE)
    return Sample.of(seconds[WARM:])
