"""Errors of `random_split`: parts that do not add up to the whole."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

import torch
from torch.utils.data import Subset, TensorDataset

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.names import MISSING, attribute_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.tensor_facts import shape_of


@rule(r"Sum of input lengths does not equal the length of the input dataset", ValueError)
def split_lengths(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `random_split(dataset, [80, 30])` of 100 samples, and fractions that do not add up to 1."""
    call = case.call("random_split")
    size = _size(case.find(case.argument(call, 0, "dataset")))
    lengths = case.argument(call, 1, "lengths")
    parts = _numbers(case, lengths)
    if lengths is not None and parts and all(0 <= part <= 1 for part in parts) and float in map(type, parts):
        return _of_fractions(case, lengths, parts)
    have = f"the dataset has {size} samples" if size is not None else ""
    given = f"{' + '.join(map(str, parts))} = {sum(parts)}" if parts else ""
    numbers = f": {given}, and {have}" if given and have else f": {given or have}" if given or have else ""
    if lengths is not None and parts and size != 100 and sum(parts) == 100:
        text = f"[{', '.join(f'{part / 100:g}' for part in parts)}]"
        return RuleResult(
            f"The parts of a split are numbers of samples, and must add up to the whole{numbers}.",
            readings=case.possible_fixes(("they are percentages", text), of=lengths, unseen=True),
        )
    return RuleResult(
        f"The parts of a split must add up to the whole{numbers}. Compute the last part (`n - n_train`), or give "
        "fractions: `[0.8, 0.2]`.",
    )


def _size(dataset: Any) -> int | None:
    """Return the number of samples of a dataset that says it without running the learner's code."""
    if type(dataset) is TensorDataset:
        shape = shape_of(dataset.tensors[0])
        return shape[0] if shape else None
    if type(dataset) is Subset:
        dataset = attribute_of(dataset, "indices")
    if issubclass(type(dataset), torch.Tensor):
        shape = shape_of(dataset)
        return shape[0] if shape else None
    return len(dataset) if type(dataset) in (list, tuple, range) else None


def _numbers(case: ErrorCase, lengths: ast.expr | None) -> list[Any]:
    counts = case.find(lengths)
    if counts is MISSING and isinstance(lengths, ast.List | ast.Tuple):
        counts = [_number(case, part) for part in lengths.elts]
    is_plain = type(counts) in (list, tuple) and all(type(count) in (int, float) for count in counts)
    return list(counts) if is_plain else []


def _number(case: ErrorCase, node: ast.expr) -> Any:
    match node:
        case ast.Call(function, [part], []) if (called := case.find(function)) is int or called is round:
            value = case.value(part)
            return called(value) if type(value) in (int, float) else MISSING
        case _:
            return case.value(node)


def _of_fractions(case: ErrorCase, lengths: ast.expr, parts: list[float]) -> RuleResult:
    total = sum(parts)
    given = " + ".join(map(str, parts))
    if math.isclose(total, 1):
        others = list(map(ast.unparse, lengths.elts[:-1])) if isinstance(lengths, ast.List | ast.Tuple) else []
        rest = 1.0
        for part in parts[:-1]:
            rest -= part
        text = f"[{', '.join(others)}, 1 - {' - '.join(others)}]"
        fits = others and rest >= 0 and sum([*parts[:-1], rest]) <= 1
        return RuleResult(
            f"{given} = {total!r}: fractions may add up to 1 at most, and floats round. Take what is left for the last "
            "part.",
            case.working_fix(text, of=lengths, unseen=True, silent=True) if fits else None,
        )
    missing = f"{1 - total:.6g} is missing" if total < 1 else f"that is {total - 1:.6g} too much"
    return RuleResult(f"The fractions of a split must add up to 1, and {given} = {total:.10g}: {missing}.")


@rule(r"randperm\(\).* (?:got \(float|must be int, not float)", TypeError, first=True)
def split_by_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `random_split(dataset, [n * 0.8, n * 0.2])`."""
    call = case.call("random_split")
    size = _size(case.find(case.argument(call, 0, "dataset")))
    lengths = case.argument(call, 1, "lengths")
    parts = _numbers(case, lengths)
    if lengths is not None and size and parts and sum(parts) == size:
        fractions = [round(part / size, 6) for part in parts]
        text = f"[{', '.join(f'{part:g}' for part in fractions)}]"
        if math.isclose(sum(fractions), 1) and sum(fractions) <= 1:
            fix = case.working_fix(text, of=lengths, unseen=True, silent=True)
            return RuleResult(
                f"The parts of a split are whole numbers of samples, or fractions, and {parts[0]} is a float. Give the "
                "fractions themselves, or `int(...)` of each number.",
                fix,
            )
    return RuleResult(
        "The parts of a split are whole numbers of samples, or fractions of 1. Take `int(...)` of the numbers, and the "
        "rest for the last part.",
    )
