"""Arithmetic with `uint8` images, whose results below 0 and above 255 wrap around."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import Subset

from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, LoaderPass
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

LEAST = 8
"""The least number whose wrapping around is surely not meant: that of 0 minus 1 marks what is to be ignored."""
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

    def _data(self, node: ast.expr, source: Source) -> Any:
        """Return the `uint8` data that an expression takes something of, as it is; None if it does more."""
        function = source.function_around(node.lineno)
        for _ in range(4):
            match node:
                case ast.Subscript(value=inner):
                    node = inner
                case ast.Attribute(value=ast.Name(id="self"), attr=name):
                    return self._attribute(name, function, source)
                case ast.Name(id=name):
                    made = [
                        one
                        for one in source.nodes
                        if isinstance(one, ast.Assign)
                        and source.function_around(one.lineno) is function
                        and any(isinstance(target, ast.Name) and target.id == name for target in one.targets)
                    ]
                    if function is None:
                        # What has a name once is what it was where the name was given.
                        return _as_bytes((self._names or {}).get(name)) if len(made) == 1 else None
                    before = [one for one in made if one.lineno < node.lineno]
                    if len(before) != 1:
                        return None
                    node = before[0].value
                case _:
                    return None
        return None

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


def _as_bytes(value: Any) -> Any:
    """Return a tensor or an array of `uint8`; None of anything else."""
    if type(value) is torch.Tensor and value.dtype == torch.uint8 and value.numel():
        return value.detach().cpu()
    return value if type(value) is np.ndarray and value.dtype == np.uint8 and value.size else None
