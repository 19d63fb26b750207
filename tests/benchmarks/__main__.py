"""Runs the benchmarks that are named, or all of them, and ends with 1 when a figure is over its budget. All of them,
and those named beside `--write`, are written to RESULTS.md, each as soon as it was measured."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.figure import HEADER, Figure

BENCHMARKS = (
    "launching",
    "restarting",
    "answering",
    "opening",
    "training",
    "watching",
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
WRITE = "--write"
TITLE = """\
# What was measured

Written by `python -m tests.benchmarks`; the budgets are those of the design. Every comparison was made in
one run on one machine, in turns. In brackets: the least and the most. Others may use the machine.
"""


def main(arguments: list[str]) -> int:
    """Each benchmark is a module here whose `measure()` yields what it finds."""
    names = [argument for argument in arguments if argument != WRITE]
    if unknown := set(names) - set(BENCHMARKS):
        print(f"There is no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}.")
        return 2
    is_written, all_kept = not names or WRITE in arguments, True
    for name in names or BENCHMARKS:
        print(f"{name}:")
        figures, loads = list[Figure](), [os.getloadavg()[0]]
        for figure in import_module(f"tests.benchmarks.{name}").measure():
            print(figure, flush=True)
            figures.append(figure)
            loads.append(os.getloadavg()[0])
        all_kept = all_kept and all(figure.kept is not False for figure in figures)
        if is_written:
            write(name, figures, loads)
            print(f"  written to {RESULTS.name}")
    return 0 if all_kept else 1


def write(name: str, figures: Sequence[Figure], loads: Sequence[float]) -> None:
    """Put what a benchmark has found in the place of what it found before; the others' stays."""
    sections: dict[str, str] = dict.fromkeys(BENCHMARKS, "")
    if RESULTS.exists():
        for section in re.split(r"^## ", RESULTS.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            sections[section.partition("\n")[0]] = f"## {section.strip()}\n"
    sections[name] = _section(name, figures, loads)
    written = [sections[benchmark] for benchmark in BENCHMARKS if sections[benchmark]]
    RESULTS.write_text("\n".join([TITLE, *written]), "utf-8")


def _section(name: str, figures: Sequence[Figure], loads: Sequence[float]) -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in ("torch", "textual", "ipykernel"))
    machine = f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
    when = f"{datetime.now(UTC):%Y-%m-%d}: {machine}; load {min(loads):.1f} to {max(loads):.1f}."
    about = (import_module(f"tests.benchmarks.{name}").__doc__ or "").split("\n\n")[0]
    return "\n".join([f"## {name}", "", about, "", when, "", HEADER, *(figure.row for figure in figures)]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
