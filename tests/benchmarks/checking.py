"""What `tui-torch check` takes for the whole course: when nothing has changed since it passed, and from the beginning.

Where the variable `BEFORE` names the folder of an earlier checkout, that one's check is measured in turns with ours.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.figure import Figure, Sample, ratio_of

HERE = Path(__file__).parents[2]
UNCHANGED = 5
"""Number of times that an unchanged course is checked."""
FRESH = 3
"""Number of times that all of it is run: a minute of processor time each."""
UNCHANGED_BUDGET = 0.1
FRESH_BUDGET = 0.7


class Cost(NamedTuple):
    """What one command took, its kernels included, in seconds."""

    wall: float
    processor: float


def measure() -> Iterator[Figure]:
    """Yield what a check takes, by the clock and by the processor."""
    before = os.environ.get("BEFORE")
    with TemporaryDirectory() as home:
        earlier: list[Cost] = []
        fresh: list[Cost] = []
        for turn in range(FRESH):
            if before:  # it may remember what passed, too
                earlier.append(_check(Path(before), f"{home}/{turn}"))
            fresh.append(_check(HERE, home, "--fresh"))
        unchanged = [_check(HERE, home) for _ in range(UNCHANGED)]
    for place, name in enumerate(("by the clock", "processor time")):
        from_the_beginning = Sample.of(cost[place] for cost in fresh)
        again = Sample.of(cost[place] for cost in unchanged)
        share = again.median / from_the_beginning.median
        yield Figure(
            f"check, nothing changed, {name}",
            str(again),
            f"fresh {from_the_beginning}",
            f"{share:.3f} ×",
            f"≤ {UNCHANGED_BUDGET} ×",
            share <= UNCHANGED_BUDGET,
        )
        if earlier:
            ratio = ratio_of([cost[place] for cost in fresh], [cost[place] for cost in earlier])
            yield Figure(
                f"check, fresh, {name}",
                str(from_the_beginning),
                f"before {Sample.of(cost[place] for cost in earlier)}",
                f"{ratio:.2f} ×",
                f"≤ {FRESH_BUDGET} ×",
                ratio <= FRESH_BUDGET,
            )
        else:
            yield Figure(f"check, fresh, {name}", str(from_the_beginning))


def _check(checkout: Path, home: str, *options: str) -> Cost:
    environment = os.environ | {"PYTHONPATH": str(checkout), "TUI_TORCH_HOME": home}
    began, used = time.perf_counter(), _processor_time()
    subprocess.run(
        [sys.executable, "-P", "-m", "tui_torch", "check", *options],
        cwd=checkout,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return Cost(time.perf_counter() - began, _processor_time() - used)


def _processor_time() -> float:
    """What the processes that ended used until now, and those that they waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
