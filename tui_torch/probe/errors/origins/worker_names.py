"""The names that code in a worker process could use, as far as this process holds the same values."""

from __future__ import annotations

import ast
from typing import Any

from tui_torch.probe.errors.failing_code import innermost_in
from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.origins.history import CodeHistory
from tui_torch.probe.errors.origins.samples import dataset_of

_MRO = type.__dict__["__mro__"]


def names_in_worker(error: BaseException, filename: str, history: CodeHistory) -> FrameNames:
    """Return the names at the statement that failed in a worker: the dataset as `self`, and the module's.

    A worker begins as a copy of this process. What its function has assigned is known there alone, and so hidden.

    Args:
        error: The error, as this process raised it again.
        filename: The name under which the code was compiled.
        history: The code, seen from the statement that failed.
    """
    names = FrameNames(None)
    entry = innermost_in(error.__traceback__, filename)
    function = history.scope_of(history.statement)
    if entry is None or not isinstance(function, ast.FunctionDef):
        return names
    names.scopes = [entry.tb_frame.f_globals, entry.tb_frame.f_builtins]
    arguments = [one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)]
    own: dict[str, Any] = dict.fromkeys(arguments, MISSING)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own[node.id] = MISSING
    home, dataset = history.scope_of(function), dataset_of(error)
    classes = [cls.__name__ for cls in _MRO.__get__(type(dataset))] if dataset is not MISSING else []
    if isinstance(home, ast.ClassDef) and home.name in classes and arguments:
        own[arguments[0]] = dataset
    return names.with_names(own)
