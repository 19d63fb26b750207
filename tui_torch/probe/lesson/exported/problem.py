"""Holding an answer in a notebook or in a script to what a problem asks: the last cell of an exported problem."""

from __future__ import annotations

import base64
import re
import sys
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from tui_torch.probe.lesson.arena.answers import graded_by
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.lesson.rerun import NotRerunError, rerun_of
from tui_torch.probe.lesson.slips import slip
from tui_torch.protocol.grading.asked import SECONDS, GradedBy
from tui_torch.protocol.grading.results import CheckResult, Counterexample, Measured

PATIENCE = 6.0
"""How many times as long a check may take as in the app: what PyTorch imports when it is first used counts here."""
OURS = "portable_checks"
"""What is in each cell that is not the learner's."""


class Words(Protocol):
    """How what checks found is said: the module that the app has for that."""

    def of_counterexample(self, example: Counterexample, *, ascii_only: bool) -> Iterator[list[tuple[str, str]]]:
        """The lines about the smallest input that fails."""
        ...

    def said_of_hidden(self, checks: Sequence[CheckResult]) -> str:
        """A sentence about the hidden checks that passed."""
        ...

    def said_of_measured(self, measured: Measured) -> str:
        """A sentence about the time that a right answer takes."""
        ...


class PortableChecks:
    """What an exported problem calls `checks`."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __deepcopy__(self, memo: object) -> PortableChecks:
        return self  # it is among the names of which each run of an answer again gets copies

    @staticmethod
    def decoded(text: str) -> str:
        """Code that is encoded so that nobody reads it by accident."""
        return zlib.decompress(base64.b64decode(text)).decode()

    def hold(self, names: dict[str, Any], made: Sequence[str], checks: Sequence[tuple[str, str]], by: GradedBy) -> None:
        """Try an answer, and print of each check that it passes, or what was expected.

        Args:
            names: What there is: `globals()`.
            made: The names that the answer makes.
            checks: (name, code) pairs; a check with drawn inputs may have no code.
            by: What the answer is held to.

        Raises AssertionError if a check fails.
        """
        source = answer_in(list(_pieces(names)), made)
        given = {"torch": torch, "np": np, "source": source, "slip": slip, "rerun": rerun_of(source, names)}
        own = dict(by.limits)
        limits = tuple((name, PATIENCE * own.get(name, SECONDS)) for name, _ in checks)
        graded = graded_by(checks, {**names, **given}, source, replace(by, limits=limits), run_check)
        for check in graded.checks:
            if not (check.hidden and check.passed):
                self._print(check)
        hidden = self._words.said_of_hidden(graded.checks)
        measured = self._words.said_of_measured(graded.measured) if graded.measured is not None else ""
        for line in filter(None, (hidden, measured)):
            sys.stdout.write(f"{line}\n")
        failed = [check.name for check in graded.checks if not check.passed]
        assert not failed, f"{len(failed)} of {len(graded.checks)} checks fail: {', '.join(failed)}"

    def _print(self, check: CheckResult) -> None:
        mark = "\N{HEAVY CHECK MARK}" if check.passed else "\N{HEAVY BALLOT X}"
        sys.stdout.write(f"{mark} {check.name}{f': {check.message}' if check.message else ''}\n")
        if check.counterexample is not None:
            for pieces in self._words.of_counterexample(check.counterexample, ascii_only=False):
                sys.stdout.write(f"    {''.join(text for text, _ in pieces)}\n")


def answer_in(pieces: Sequence[str], made: Sequence[str]) -> str:
    """The last piece of code that makes one of the names; the last of all where none does, empty without any."""
    own = [piece for piece in pieces if OURS not in piece]
    pattern = re.compile(rf"^(?:def|class)\s+(?:{'|'.join(made)})\b|^(?:{'|'.join(made)})\s*[:=]", re.MULTILINE)
    return next((piece for piece in reversed(own) if made and pattern.search(piece)), own[-1] if own else "")


def _pieces(names: Mapping[str, Any]) -> Iterator[str]:
    """The cells that have run; of a script those of its file, each with as many lines before it as there."""
    if "get_ipython" in names:
        yield from names.get("In", ())
    elif "__file__" in names:
        cell: list[str] = []
        lines = Path(names["__file__"]).read_text("utf-8").splitlines(keepends=True)
        for number, line in enumerate(lines):
            if line.startswith("# %%"):
                yield "".join(cell)
                cell = ["\n"] * number
            cell.append(line)
        yield "".join(cell)


def run_check(name: str, code: str, names: dict[str, Any]) -> CheckResult:
    """Run the code of a check."""
    seed(0)
    try:
        with redirect_stdout(StringIO()), warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")
            exec(compile(code, f"<check {name}>", "exec", dont_inherit=True), names)
    except NotRerunError:  # nothing is known against the code
        pass
    except Exception as error:
        said = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        return CheckResult(name, False, said or "it does not hold")
    return CheckResult(name, True)
