"""Programs that fail: run, explained, and run again with the suggested fix in the place of the piece that failed."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import torch

from tui_torch.probe.errors.case import ErrorCase, SuggestedFix
from tui_torch.probe.errors.failure import describe
from tui_torch.probe.errors.registry import explain_by_rules
from tui_torch.protocol.events import Explanation, Failed

RUN = "<your code>"
IMPORTS = "import copy\nimport numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
DATA = "from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split\n"


def run(code: str) -> BaseException | None:
    names = {"__name__": "__main__"}
    exec(IMPORTS + DATA, names)
    # A test before this one may have compiled a function, which turns the checks of distributions off in the process.
    torch.distributions.Distribution.set_default_validate_args(True)
    try:
        exec(compile(code, RUN, "exec", dont_inherit=True), names)
    except BaseException as error:
        return error
    return None


def failed(code: str) -> Failed:
    error = run(code)
    assert error is not None, "the code did not fail"
    return describe(error, RUN, code)


def explained(code: str) -> Explanation:
    explanation = failed(code).explanation
    assert explanation is not None, failed(code).message
    return explanation


def fixed(code: str) -> str:
    """The program with the piece that failed replaced by the suggested fix."""
    error = run(code)
    assert error is not None
    result = explain_by_rules(ErrorCase(error, RUN, code), describe(error, RUN, code).message)
    assert result is not None and result.suggested_fix is not None
    return with_fix(code, result.suggested_fix)


def with_fix(code: str, fix: SuggestedFix) -> str:
    """The program with a fix in the place of the piece that it replaces, or before it all."""
    piece = fix.replaces
    if piece is None:
        return f"{fix.text}\n{code}"
    assert isinstance(piece, ast.expr | ast.stmt)
    lines = code.splitlines(keepends=True)
    start = sum(map(len, lines[: piece.lineno - 1])) + piece.col_offset
    end = sum(map(len, lines[: (piece.end_lineno or 0) - 1])) + (piece.end_col_offset or 0)
    text = fix.text if isinstance(piece, ast.stmt) else f"({fix.text})"
    return code[:start] + text + code[end:]


def mended(code: str) -> list[str]:
    """The programs in which each fix that is offered stands in the place of the piece that failed."""
    error = run(code)
    assert error is not None, "the code did not fail"
    result = explain_by_rules(ErrorCase(error, RUN, code), describe(error, RUN, code).message)
    if result is None:
        return []
    fixes = [result.suggested_fix, *(one.fix for one in result.readings)]
    return [with_fix(code, fix) for fix in fixes if fix is not None]


@dataclass(frozen=True)
class Met:
    """An error as a beginner meets it."""

    code: str
    facts: tuple[str, ...]
    """What the explanation has to say, in its meaning or of the names."""
    suggested_fix: str | None = None
    gives: str | None = None
    readings: tuple[str, ...] = ()
    """The code for each meaning, where several are offered."""
    never: tuple[str, ...] = ()
    """What would be wrong to say."""


def assert_explained(met: Met) -> None:
    """Hold an explanation against what it has to say, and run the program with each fix that it offers."""
    explanation = explained(met.code)
    for fact in met.facts:
        assert fact in said(explanation), said(explanation)
    for wrong in met.never:
        assert wrong not in said(explanation), said(explanation)
    assert explanation.suggested_fix == met.suggested_fix
    assert tuple(reading.code for reading in explanation.readings) == met.readings
    if met.gives is not None:
        assert explanation.suggested_fix_gives == met.gives
    assert len(explanation.meaning) < 450 and len(explanation.names) <= 6
    for program in mended(met.code):
        assert run(program) is None, program


def said(explanation: Explanation) -> str:
    return "\n".join([explanation.meaning, *(f"{name}: {text}" for name, text in explanation.names)])
