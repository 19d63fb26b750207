"""Programs that fail: run, explained, and run again with the suggested fix in the place of the piece that failed."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tui_torch.probe.errors.case import ErrorCase
from tui_torch.probe.errors.failure import describe
from tui_torch.probe.errors.registry import explain_by_rules
from tui_torch.protocol.events import Explanation, Failed

RUN = "<your code>"
IMPORTS = "import copy\nimport numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
DATA = "from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split\n"


def run(code: str) -> BaseException | None:
    names = {"__name__": "__main__"}
    exec(IMPORTS + DATA, names)
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
    piece = result.suggested_fix.replaces
    if piece is None:
        return f"{result.suggested_fix.text}\n{code}"
    assert isinstance(piece, ast.expr | ast.stmt)
    lines = code.splitlines(keepends=True)
    start = sum(map(len, lines[: piece.lineno - 1])) + piece.col_offset
    end = sum(map(len, lines[: (piece.end_lineno or 0) - 1])) + (piece.end_col_offset or 0)
    text = result.suggested_fix.text if isinstance(piece, ast.stmt) else f"({result.suggested_fix.text})"
    return code[:start] + text + code[end:]


@dataclass(frozen=True)
class Met:
    """An error as a beginner meets it."""

    code: str
    facts: tuple[str, ...]
    """What the explanation has to say, in its meaning or of the names."""
    suggested_fix: str | None = None
    gives: str | None = None


def said(explanation: Explanation) -> str:
    return "\n".join([explanation.meaning, *(f"{name}: {text}" for name, text in explanation.names)])
