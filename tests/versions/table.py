"""TABLE.md: a row for each release that was tried, and below the table what does not hold there, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).parent / "TABLE.md"

_HEAD = """\
# The course and the probe on other releases

Written by `python -m tests.versions`, a row for each release of PyTorch and of Python that was tried: how many lessons
are proved, and how many of the tests pass that meet PyTorch, and when that was tried (UTC). Those with `+cu` are built
for CUDA, and had no GPU. Each environment was made from nothing for it, but for `*`: one that was there (`--in`).
An empty cell was not run.
"""
_BELOW = "## What does not hold"


@dataclass(frozen=True, slots=True)
class Row:
    """One environment. All is text for people."""

    torch: str
    """PyTorch's own word for itself: `2.15.0+cu130`."""
    python: str
    cells: dict[str, str] = field(default_factory=dict[str, str])
    """By the name of the part; a part that was not run has none."""
    failures: tuple[tuple[str, str], ...] = ()
    """(part, what fails)."""

    @property
    def name(self) -> str:
        return f"PyTorch {self.torch}, Python {self.python}"

    def joined(self, later: Row) -> Row:
        """This row with the parts of a later run of the same environment."""
        kept = tuple(one for one in self.failures if one[0] not in later.cells)
        return Row(self.torch, self.python, {**self.cells, **later.cells}, (*kept, *later.failures))


def with_row(rows: list[Row], row: Row) -> list[Row]:
    """The rows with one more, or with what is new of one of them, oldest release first."""
    earlier = next((one for one in rows if one.name == row.name), None)
    others = [one for one in rows if one.name != row.name]
    return sorted([*others, row if earlier is None else earlier.joined(row)], key=_order)


def _order(row: Row) -> tuple[list[int], list[int], str]:
    release, python = ([int(number) for number in re.findall(r"\d+", text)] for text in (row.torch, row.python))
    return release[:3], python, row.torch


def written(rows: list[Row], parts: tuple[str, ...]) -> str:
    """The text of TABLE.md."""
    lines = [_HEAD, f"| PyTorch | Python | {' | '.join(parts)} |", f"|{' --- |' * (len(parts) + 2)}"]
    lines += [
        f"| {' | '.join([row.torch, row.python, *(row.cells.get(part, '') for part in parts)])} |" for row in rows
    ]
    failures = [f"- {row.name}, {part}: {_line(what)}" for row in rows for part, what in row.failures]
    return "\n".join([*lines, "", *([_BELOW, "", *failures, ""] if failures else [])])


def _line(text: str) -> str:
    return " ".join(text.split())


def read(text: str) -> list[Row]:
    """The rows of TABLE.md, as `written` wrote it."""
    table, _, below = text.partition(_BELOW)
    header, *lines = [line for line in table.splitlines() if line.startswith("|") and not line.startswith("| ---")] or [
        ""
    ]
    parts = [cell.strip() for cell in header.split("|")[3:-1]]
    failures = re.findall(r"^- (PyTorch \S+, Python \S+), ([^:]+): (.*)$", below, re.MULTILINE)
    rows: list[Row] = []
    for line in lines:
        torch, python, *cells = (cell.strip() for cell in line.split("|")[1:-1])
        row = Row(torch, python, {part: cell for part, cell in zip(parts, cells, strict=True) if cell})
        own = tuple((part, what) for name, part, what in failures if name == row.name)
        rows.append(Row(torch, python, row.cells, own))
    return rows
