"""What was typed into a program and is not in its file yet, kept in the progress file from key to key."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tui_torch.programs.cell_runs import same_cells
from tui_torch.programs.program import CodeCell
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.progress import Progress

KEY = "program:"
"""Prefix of the path of a program in the key under which its drafts are kept; the id of a lesson contains no colon."""
_STEP = "drafts"


@dataclass(frozen=True, slots=True)
class FoundDrafts:
    """The drafts of an earlier session, for the cells that the file has now."""

    codes: Mapping[str, str]
    """By the ids of the cells."""
    lost: tuple[str, ...] = ()
    """Code of cells that the file has no longer."""


class ProgramDrafts:
    """Keeps the drafts of one program, all in one row: they are saved together, or not at all.

    Args:
        progress: Where they are kept.
        path: The file, by which they are found again.
    """

    def __init__(self, progress: Progress, path: Path) -> None:
        self._progress = progress
        self.key = KEY + os.path.realpath(path)
        """The key of the program in the progress file."""
        self._last: str | None = None
        """The row as this window has read or written it last; another window may write its own."""

    def found(self, cells: Sequence[CodeCell]) -> FoundDrafts:
        """The drafts that are kept, by the cells of the file as it is now."""
        self._last = self._progress.draft(self.key, _STEP)
        kept = _read(self._last)
        if kept is None:
            return FoundDrafts({})
        before, codes = kept
        old_of = same_cells(before, [_fingerprint(cell) for cell in cells])
        found = {new: codes[old] for new, old in old_of.items() if old in codes}
        original = {cell.id: cell.code for cell in cells}
        lost = tuple(code for old, code in codes.items() if old not in old_of.values())
        return FoundDrafts({name: code for name, code in found.items() if code != original[name]}, lost)

    def keep(self, cells: Sequence[CodeCell], codes: Mapping[str, str]) -> None:
        """Keep the drafts in place of those that are kept.

        Args:
            cells: The cells of the file, as it was read.
            codes: The drafts by their ids; empty where all that was typed is in the file.
        """
        row = _written(cells, codes) if codes else None
        if row != self._last:
            self._progress.save_draft(self.key, _STEP, row, known=self._last, kind="program")
            self._last = row


def _fingerprint(cell: CodeCell) -> CodeCell:
    """A cell with a short word in place of its code, by which the same code is known again."""
    digest = hashlib.sha256(cell.code.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return CodeCell(cell.id, digest, is_numbered=cell.is_numbered)


def _written(cells: Sequence[CodeCell], codes: Mapping[str, str]) -> str:
    known = [[cell.id, _fingerprint(cell).code, cell.is_numbered] for cell in cells]
    return json.dumps({"cells": known, "codes": dict(codes)})


def _read(row: str | None) -> tuple[list[CodeCell], dict[str, str]] | None:
    if row is None:
        return None
    try:
        kept = cast("dict[str, Any]", json.loads(row))
        cells = [CodeCell(str(name), str(code), is_numbered=bool(is_own)) for name, code, is_own in kept["cells"]]
        return cells, {str(name): str(code) for name, code in kept["codes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):  # of a later version
        return None


def carried(before: Sequence[CodeCell], after: Sequence[CodeCell], codes: Mapping[str, str]) -> dict[str, str] | None:
    """The drafts by the cells of a file that was read again; None where one is of a cell that is another now, or gone.

    Args:
        before: The cells that the drafts are of.
        after: The cells as they are now.
        codes: The drafts by their ids in `before`.
    """
    old_of = same_cells(before, after)
    unchanged = {cell.id: cell.code for cell in before}
    found: dict[str, str] = {}
    for cell in after:
        old = old_of.get(cell.id)
        if old is not None and old in codes and (cell.code == unchanged[old] or cell.code == codes[old]):
            found[cell.id] = codes[old]
    kept = {old_of[new] for new in found}
    if any(name not in kept for name in codes):
        return None
    originals = {cell.id: cell.code for cell in after}
    return {name: code for name, code in found.items() if code != originals[name]}


def edited(cells: Sequence[CodeCell], codes: Mapping[str, str]) -> tuple[CodeCell, ...]:
    """The cells with the drafts as their code."""
    return tuple(replace(cell, code=codes[cell.id]) if cell.id in codes else cell for cell in cells)
