"""Runs the benchmarks that are named, or all of them, and ends with 1 when a figure is over its budget. All of them
together are written to RESULTS.md."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from tests.benchmarks.figure import HEADER, Figure

BENCHMARKS = (
    "launching",
    "restarting",
    "answering",
    "training",
    "listening",
    "neighbours",
    "recording",
    "charting",
    "inspecting",
    "graphing",
    "typing_keys",
    "growing",
    "looping",
    "checking",
    "residing",
)
"""In the order of design.md, section 7."""
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(names: list[str]) -> int:
    """Each benchmark is a module here whose `measure()` yields what it finds."""
    if unknown := set(names) - set(BENCHMARKS):
        print(f"There is no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}.")
        return 2
    loads = [os.getloadavg()[0]]
    found: list[tuple[str, Figure]] = []
    for name in names or BENCHMARKS:
        print(f"{name}:")
        for figure in import_module(f"tests.benchmarks.{name}").measure():
            print(figure, flush=True)
            found.append((name, figure))
        loads.append(os.getloadavg()[0])
    if not names:
        RESULTS.write_text(_table(found, loads), "utf-8")
        print(f"written to {RESULTS.name}")
    return 1 if any(figure.kept is False for _, figure in found) else 0


def _table(found: list[tuple[str, Figure]], loads: list[float]) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "textual", "ipykernel"))
    machine = f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
    lines = [
        "# What was measured",
        "",
        "Written by `python -m tests.benchmarks`; the budgets are those of the design. Every comparison was made in",
        "one run on one machine, in turns. In brackets: the least and the most. Others may use the machine.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}: {machine}; load {min(loads):.1f} to {max(loads):.1f}.",
    ]
    for name, figures in groupby(found, key=lambda pair: pair[0]):
        about = (import_module(f"tests.benchmarks.{name}").__doc__ or "").split("\n\n")[0]
        lines += ["", f"## {name}", "", about, "", HEADER, *(figure.row for _, figure in figures)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
