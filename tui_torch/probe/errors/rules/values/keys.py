"""Errors of keys that a dict does not have: of samples, of batches, of a dataset's own dict."""

from __future__ import annotations

import ast
import difflib
import re
from typing import Any

import torch
from torch.utils.data import DataLoader

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import paths, rewritten
from tui_torch.probe.errors.origins.frames import frames_of
from tui_torch.probe.errors.origins.messages import worker_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered

_SHOWN = 6
"""Maximum number of keys that are named."""


@rule(r"^'?([^'\n]*)'?$", KeyError)
def key_not_there(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `rows[i]` of a dict without such a key."""
    if _is_of_collate(case):
        return RuleResult(
            f"The first sample of this batch has the key '{found[1]}', and another has not: a loader puts dicts "
            "together key by key. Give every sample the same keys."
        )
    if not isinstance(case.node, ast.Subscript):
        # In a worker the line is known, and not which piece of it failed.
        pieces = [one for one in ast.walk(case.statement or ast.Pass()) if isinstance(one, ast.Subscript)]
        pieces = [one for one in pieces if type(case.find(one.value)) is dict]
        if worker_of(case.error) is None or len(pieces) != 1:
            return None
        return _of_a_dict(case, pieces[0], found[1])
    return _of_a_dict(case, case.node, found[1])


def _is_of_collate(case: ErrorCase) -> bool:
    """Whether the loader's own function that makes batches of samples has raised it."""
    worker = worker_of(case.error)
    if worker is not None:
        return "collate" in worker.places[-1][0]
    if case.is_own or not isinstance(case.statement, ast.For):
        return False
    iterated = [case.find(piece) for piece in paths(case.statement.iter)]
    is_loader = any(issubclass(type(one), DataLoader) for one in iterated)
    last = [frame.f_code.co_filename for frame in frames_of(case.error)][-1:]
    return (is_loader or "DataLoader(" in ast.unparse(case.statement.iter)) and "collate" in "".join(last)


def _of_a_dict(case: ErrorCase, piece: ast.Subscript, message: str) -> RuleResult | None:
    held = case.find(piece.value)
    if type(held) in (torch.nn.ModuleDict, torch.nn.ParameterDict):
        kind = "modules" if type(held) is torch.nn.ModuleDict else "parameters"
        held = dict.fromkeys(registered(held, kind))
    if type(held) is not dict or not all(type(key) in (str, int) for key in held):
        return None
    who, keys = case.quoted(piece.value), list(held)
    if not keys:
        return RuleResult(f"{who} is an empty dict, and has no key {message}. Look at where it is filled.")
    named = ", ".join(repr(key) for key in keys[:_SHOWN]) + (f", … ({len(keys)})" if len(keys) > _SHOWN else "")
    asked = _asked(case, piece, message)
    if asked is None:
        return None
    if type(asked) is int and all(type(key) is str for key in keys):
        return RuleResult(f"{who} is a dict, whose parts have names and no numbers: {named}.")
    if type(asked) is int:
        return _of_numbers(case, piece, asked, named)
    if type(asked) is not str or not any(type(key) is str for key in keys):
        return RuleResult(f"{who} has the keys {named}, and none is {asked!r}: a number and its text are two keys.")
    if len(keys) > 50:
        return RuleResult(
            f"{who} has {len(keys)} keys, and none is '{asked}'. What is looked up has to be among them; a key for all "
            "that is unknown is usual for words (`.get(word, unknown)`)."
        )
    close = difflib.get_close_matches(asked, [key for key in keys if type(key) is str], 1, 0.75)
    if not close:
        return RuleResult(f"{who} has the keys {named}, and none is '{asked}'.")
    fix = None
    if isinstance(piece.slice, ast.Constant) and worker_of(case.error) is None:
        fix = SuggestedFix(rewritten(piece, {piece.slice: repr(close[0])}), None, piece)
    return RuleResult(f"{who} has no key '{asked}'; it has '{close[0]}'.", fix)


def _asked(case: ErrorCase, piece: ast.Subscript, message: str) -> Any:
    """Return the key that was asked for, a number or text; None for others."""
    key = case.error.args[0] if worker_of(case.error) is None and case.error.args else None
    if type(key) in (int, str):
        return key
    if worker_of(case.error) is None:
        return None
    worker = worker_of(case.error)
    text = worker.message if worker is not None else message
    return int(text) if re.fullmatch(r"-?\d+", text) else text.strip("'\"")


def _of_numbers(case: ErrorCase, piece: ast.Subscript, asked: int, named: str) -> RuleResult:
    who = case.quoted(piece.value)
    function = case.history.scope_of(case.statement)
    if not isinstance(function, ast.FunctionDef) or function.name != "__getitem__" or len(function.args.args) != 2:
        return RuleResult(f"{who} has the keys {named}, and none is {asked}.")
    meaning = (
        f"{who} has the keys {named}, and {asked} was asked for: a loader asks a dataset for positions, from 0 to its "
        "length less 1, whatever keys there are."
    )
    index = function.args.args[1].arg
    if not isinstance(piece.slice, ast.Name) or piece.slice.id != index:
        return RuleResult(meaning)
    text = rewritten(piece, {piece.slice: f"list({ast.unparse(piece.value)})[{{}}]"})
    return RuleResult(f"{meaning} `list(...)[{index}]` is the key at a position.", SuggestedFix(text, None, piece))
