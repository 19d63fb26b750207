"""Checks without the tutor: this, `rerun.py` and `slips.py` are put into the first cell of an exported notebook.

There they are one module that imports nothing of ours, so that the notebook runs wherever PyTorch does.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import warnings
from collections.abc import Mapping
from typing import Any, TextIO

import numpy as np
import torch

from tui_torch.probe.lesson.rerun import NotRerunError, rerun_of
from tui_torch.probe.lesson.slips import slip


def seed_all(number: int) -> None:
    """Seed PyTorch, NumPy and Python, as each step of a lesson begins."""
    torch.manual_seed(number)
    random.seed(number)
    np.random.seed(number % 2**32)


class _Copied(io.TextIOBase):
    """Writes on, and keeps what was written."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.kept = stream, io.StringIO()

    def write(self, text: str, /) -> int:
        self.kept.write(text)
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


class CheckedCells:
    """The cells of a notebook: each begins seeded, and what the last one was and printed is kept for its checks."""

    def __init__(self, shell: Any, name: str) -> None:
        """Begin with the next cell of an IPython shell, in which this has a name."""
        self._shell = shell
        self._asking = f"{name}.check("
        self._source, self._output = "", ""
        self._copied: _Copied | None = None
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    def __deepcopy__(self, memo: object) -> CheckedCells:
        return self  # it is among the names of which each run of a cell again gets copies

    def _begin(self, info: Any) -> None:
        seed_all(0)
        if not info.raw_cell.startswith(self._asking):
            self._source, self._output = info.raw_cell, ""
            self._copied = _Copied(sys.stdout)
            sys.stdout = self._copied

    def _end(self, result: Any) -> None:
        if self._copied is not None and sys.stdout is self._copied:
            sys.stdout = self._copied.stream
            self._output = self._copied.kept.getvalue()

    def check(self, *checks: tuple[str, str]) -> None:
        """Try the cell that ran last: print of each check, a name and its code, that it passes, or what it says."""
        # The namespace itself, and no copy: its functions are known by it where they run again on other values.
        for name, said in grade(checks, self._shell.user_ns, self._source, self._output):
            line = f"\N{HEAVY CHECK MARK} {name}" if said is None else f"\N{HEAVY BALLOT X} {name}: {said}"
            sys.stdout.write(f"{line}\n")


def grade(
    checks: tuple[tuple[str, str], ...], namespace: Mapping[str, object], source: str, output: str
) -> list[tuple[str, str | None]]:
    """Each check's name, and what it says against an answer: None if nothing.

    Args:
        checks: (name, code) pairs.
        namespace: What the answer left.
        source: The answer.
        output: What it printed.
    """
    given = {"torch": torch, "np": np, "source": source, "output": output, "slip": slip}
    given["rerun"] = rerun_of(source, namespace)
    said: list[tuple[str, str | None]] = []
    for name, code in checks:
        seed_all(0)
        against: str | None = None
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), torch.enable_grad():
                warnings.simplefilter("ignore")
                exec(compile(code, f"<check {name}>", "exec"), {**namespace, **given})
        except NotRerunError:  # nothing is known against the code
            pass
        except Exception as error:
            against = str(error) or type(error).__name__
        said.append((name, against))
    return said
