"""Arithmetic with `uint8` images, whose results below 0 and above 255 wrap around."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset, default_collate

from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, LoaderPass
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

LEAST = 8
"""The least number whose wrapping around is surely not meant: that of 0 minus 1 marks what is to be ignored."""
_ASKING = ("dtype", "is_floating_point")
_MOST = 1 << 22
"""Maximum number of elements that are looked through."""


class WrappedAround(CoachRule):
    """Looks for code that adds whole numbers to `uint8` data, or takes them away, beyond what that can hold."""

    def __init__(self) -> None:
        self._note: Note | None = None
        self._datasets: list[Any] = []
        self._names: NamedValues | None = None

    def pass_begun(self, begun: LoaderPass) -> None:
        dataset = getattr(begun.loader, "dataset", None)
        while type(dataset) is Subset:
            dataset = dataset.dataset
        if len(self._datasets) < 4 and not any(one is dataset for one in self._datasets):
            self._datasets.append(dataset)

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._names is not None:
            return
        self._names = snapshot.names
        for node in snapshot.source.nodes:
            if self._note is None and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Add):
                self._look_at(node, snapshot.source)

    def _look_at(self, node: ast.BinOp, source: Source) -> None:
        constant = node.right.value if isinstance(node.right, ast.Constant) else None
        if type(constant) is not int or constant < LEAST:
            return
        data = self._data(node.left, source)
        if data is None:
            return
        values = data.reshape(-1)[:_MOST]
        beyond = int((values < constant).sum() if isinstance(node.op, ast.Sub) else (values > 255 - constant).sum())
        if not beyond:
            return
        low, many = isinstance(node.op, ast.Sub), len(values)
        text, left = source.named(node), source.named(node.left)
        first = int(values[values < constant][0] if low else values[values > 255 - constant][0])
        result = first - constant if low else first + constant
        says = (
            f"`{text}` is computed in `uint8`, which has 0 to 255 and wraps around: {first} becomes {result % 256}, "
            f"not {result}. So do {beyond:,} of {times(many, 'value')}. Make floats of them first."
        )
        as_floats = f"{left}.float()" if isinstance(data, torch.Tensor) else f"{left}.astype('float32')"
        self._note = noted("wraps-around", says, node.lineno, replaced(source, node.left, as_floats))

    def _data(self, node: ast.expr, source: Source, depth: int = 0) -> Any:
        """Return the `uint8` data that an expression takes something of, as it is; None if it does more."""
        function = source.function_around(node.lineno)
        for _ in range(4):
            match node:
                case ast.Subscript(value=inner):
                    node = inner
                case ast.Attribute(value=ast.Name(id="self"), attr=name):
                    return self._attribute(name, function, source)
                case ast.Name(id=name):
                    bound = _bindings(name, function, source)
                    before = [one for one in bound if one.lineno < node.lineno]
                    loop = before[0] if len(before) == 1 else None
                    if isinstance(loop, ast.For) and loop in source.loops_around(node.lineno):
                        return self._of_loader(name, loop)
                    if function is None:
                        # What has a name once is what it was where the name was given.
                        return _as_bytes((self._names or {}).get(name)) if bound == before and len(bound) == 1 else None
                    if not before:
                        return self._given(name, function, source, depth)
                    if not isinstance(loop, ast.Assign) or not all(isinstance(one, ast.Name) for one in loop.targets):
                        return None
                    node = loop.value
                case _:
                    return None
        return None

    def _given(self, name: str, function: ast.FunctionDef, source: Source, depth: int) -> Any:
        """Return what the calls of a function give for a parameter, if there are some and each gives `uint8` data."""
        names = [argument.arg for argument in function.args.args]
        is_method = any(isinstance(one, ast.ClassDef) and function in one.body for one in source.nodes)
        same = [one for one in source.nodes if isinstance(one, ast.FunctionDef) and one.name == function.name]
        if name not in names or is_method or len(same) > 1 or function.decorator_list or depth > 2:
            return None
        # Code that asks for the type does one thing with bytes, and another with floats.
        if any(isinstance(part, ast.Attribute) and part.attr in _ASKING for part in ast.walk(function)):
            return None
        found: list[Any] = []
        for call in source.calls(function.name):
            given = [keyword.value for keyword in call.keywords if keyword.arg == name]
            given += call.args[names.index(name) : names.index(name) + 1]
            is_plain = isinstance(call.func, ast.Name) and not any(isinstance(one, ast.Starred) for one in call.args)
            found.append(self._data(given[0], source, depth + 1) if len(given) == 1 and is_plain else None)
        return found[0] if found and all(one is not None for one in found) else None

    def _of_loader(self, name: str, loop: ast.For) -> Any:
        """Return the tensor of a dataset that a loop over its loader gives batches of under a name."""
        if not isinstance(loop.target, ast.Tuple) or not isinstance(loop.iter, ast.Name):
            return None
        loader = (self._names or {}).get(loop.iter.id)
        if type(loader) is not DataLoader or loader.collate_fn is not default_collate:
            return None
        places = [place for place, one in enumerate(loop.target.elts) if isinstance(one, ast.Name) and one.id == name]
        dataset = loader.dataset
        tensors = dataset.tensors if type(dataset) is TensorDataset else ()
        return _as_bytes(tensors[places[0]]) if len(places) == 1 and places[0] < len(tensors) else None

    def _attribute(self, name: str, function: ast.FunctionDef | None, source: Source) -> Any:
        if function is None or function.name == "__init__":
            return None
        around = [
            one
            for one in source.nodes
            if isinstance(one, ast.ClassDef) and any(part is function for part in ast.walk(one))
        ]
        for dataset in self._datasets:
            if around and type(dataset).__name__ == around[-1].name:
                return _as_bytes(object.__getattribute__(dataset, "__dict__").get(name))
        return None

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None:
            yield self._note


def _bindings(name: str, function: ast.FunctionDef | None, source: Source) -> list[ast.stmt]:
    """Return the statements of a function, or of the module, that give something a name."""
    return [
        one
        for one in source.nodes
        if isinstance(one, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.With)
        and source.function_around(one.lineno) is function
        and any(
            isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store)
            for target in _targets(one)
            for part in ast.walk(target)
        )
    ]


def _targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.With) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return targets
        case ast.With(items=items):
            return [item.optional_vars for item in items if item.optional_vars is not None]
        case _:
            return [node.target]


def _as_bytes(value: Any) -> Any:
    """Return a tensor or an array of `uint8`; None of anything else."""
    if type(value) is torch.Tensor and value.dtype == torch.uint8 and value.numel():
        return value.detach().cpu()
    return value if type(value) is np.ndarray and value.dtype == np.uint8 and value.size else None
