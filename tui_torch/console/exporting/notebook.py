"""A handout as a notebook that runs wherever PyTorch does, with the checks of its exercises as cells."""

from __future__ import annotations

from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tui_torch.console.exporting.handout import Handout, Listing, Passage
from tui_torch.console.exporting.portable import NAME, first_cell
from tui_torch.console.exporting.problem_cells import checking, machinery
from tui_torch.course.lesson import Check

_ID = 64
"""Maximum characters of a cell's id, by the notebook format."""
_HIDDEN = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}


def as_notebook(handout: Handout) -> str:
    """The notebook's JSON. The same handout makes the same text."""
    listings = [part for part in handout.parts if isinstance(part, Listing)]
    has_checks = any(part.checks for part in listings)
    logs = any("tui_torch import log" in part.code for part in listings)
    cells: list[Any] = []
    for number, part in enumerate(handout.parts):
        match part:
            case Passage(markdown):
                cells.append(new_markdown_cell(markdown, id=f"text-{number}"))
                if number == 0 and has_checks:
                    needed = machinery() if handout.is_problem else first_cell(logs=logs)
                    cells.append(new_code_cell(needed.rstrip("\n"), id="what-checks-need", metadata=_HIDDEN))
            case Listing():
                # nbclient and Jupyter go on after a cell with that tag.
                metadata = {"tags": ["raises-exception"]} if part.raises else {}
                cells.append(new_code_cell(part.code, id=f"code-{part.name}"[:_ID], metadata=metadata))
                if part.checks:
                    cells.append(new_code_cell(_checking(part), id=f"check-{part.name}"[:_ID], metadata=_HIDDEN))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "title": handout.title})
    return nbformat.writes(notebook) + "\n"


def _checking(part: Listing) -> str:
    if part.problem is not None:
        return checking(part.problem.exercise, part.problem.by).rstrip("\n")
    return _asking(part.checks)


def _asking(checks: tuple[Check, ...]) -> str:
    lines = [f"    ({check.name!r}, {_literal(check.code)}),\n" for check in checks if check.drawn is None]
    drawn = len(checks) - len(lines)
    left_out = [f"    # left out: {drawn} that draw their inputs, which takes tui-torch\n"] if drawn else []
    return "".join([f"{NAME}.check(\n", *lines, *left_out, ")"])


def _literal(code: str) -> str:
    code = code.rstrip("\n")
    is_plain = "\\" not in code and '"""' not in code and not code.endswith('"') and code.isprintable() is False
    return f'"""\n{code}\n"""' if is_plain else repr(code)
