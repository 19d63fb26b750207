"""Images whose channels `view()` or `reshape()` was to move on the way into a convolution: it moves no axis."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_graph import saved
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.isolation.torch_internals import base_of
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, reachable
from tui_torch.protocol.notes import Note

_LOOKS = 2
"""The number of `backward()` calls that are looked at."""
_EXAMPLES = 3
"""The number of examples of a batch that are looked for in the data."""
_COMPARED = 64
"""The number of elements of an example that are compared first."""
_MOST = 1 << 16
"""Maximum number of examples of the data, and of elements of one."""
_SAME = 1e-3
"""How far standardized numbers may be apart."""
_SHAPING = ("view", "reshape")
_TENSORS = ("from_numpy", "tensor", "as_tensor", "Tensor", "FloatTensor")


@dataclass(frozen=True, slots=True)
class _Stored:
    """Data of examples of shape [*spatial, channels]."""

    name: str | None
    values: Any
    """A tensor or an array."""


class ViewedAxes(CoachRule):
    """Looks whether what a convolution gets lies in the order of data whose last axis is that of the channels."""

    def __init__(self) -> None:
        self._looks = 0
        self._note: Note | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._note is not None or self._looks >= _LOOKS:
            return
        self._looks += 1
        calls = [call for call in snapshot.source.calls(*_SHAPING) if _sizes(call)]
        for operation in snapshot.graph.operations if calls else ():
            if operation.kind != "ConvolutionBackward0":
                continue
            given = saved(operation.of, "input")
            if isinstance(given, torch.Tensor) and not given.requires_grad and _has_orders(given):
                self._note = _note_on(given, calls, snapshot)

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None:
            yield self._note


def _sizes(call: ast.Call) -> list[ast.expr]:
    """Return the sizes that `x.view(…)` is given, one by one; none if they are not told apart."""
    if not isinstance(call.func, ast.Attribute) or call.keywords or _is_of_a_library(call):
        return []
    sizes = call.args
    if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List):
        sizes = sizes[0].elts
    return [] if len(sizes) < 2 or any(isinstance(size, ast.Starred) for size in sizes) else sizes


def _is_of_a_library(call: ast.Call) -> bool:
    """Return whether it is `torch.reshape(x, …)` or `np.reshape(x, …)`."""
    func = call.func
    return isinstance(func, ast.Attribute) and ast.unparse(func.value) in ("torch", "np", "numpy")


def _has_orders(given: torch.Tensor) -> bool:
    """Return whether a batch has channels in front that could have been last, by its sizes."""
    shape = tuple(given.shape[1:])
    is_small = 1 < math.prod(shape) <= _MOST and given.layout is torch.strided and given.is_floating_point()
    return is_small and len(shape) > 1 and shape[0] > 1 and shape != _last(shape)


def _last(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[1:], shape[0])


def _note_on(given: torch.Tensor, calls: list[ast.Call], snapshot: BackwardSnapshot) -> Note | None:
    shape, source, names = tuple(given.shape[1:]), snapshot.source, snapshot.names
    if any(_fits(call, _last(shape), names, is_certain=True) for call in calls):
        # The code gives other data that shape, so the names do not say which order is the data's own.
        return None
    places = [call for call in calls if _fits(call, shape, names) and _may_be_of(call, shape, names)]
    if len(places) != 1:
        return None
    [place] = places
    for stored in _data(given, names):
        if _is_its_own(stored, _last(shape), source) and _lies_as_in(given, stored.values):
            return _noted(place, stored, shape, snapshot)
    return None


def _fits(call: ast.Call, shape: tuple[int, ...], names: NamedValues, *, is_certain: bool = False) -> bool:
    """Return whether a call makes examples of a shape, as far as its sizes are known; if certain, they all are."""
    sizes = _sizes(call)
    if len(sizes) not in (len(shape), len(shape) + 1):
        return False
    known = [_number(size, names) for size in sizes[-len(shape) :]]
    told = sum(size is not None and size > 0 for size in known)
    # `view(n, -1)` may be of anything.
    is_enough = told >= len(shape) - 1 if is_certain else told > 0 or len(sizes) > len(shape)
    return is_enough and all(size in (None, -1, wanted) for size, wanted in zip(known, shape, strict=True))


def _number(node: ast.expr, names: NamedValues) -> int | None:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return -1
        case ast.Constant(value=int() as value):
            return value
        case ast.Name(id=name):
            value = names.get(name)
            return value if type(value) is int else None
        case _:
            return None


def _root(node: ast.expr) -> ast.expr:
    """Return what an expression is computed from: `raw` of `torch.from_numpy(raw).float()[:600]`."""
    while True:
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[inner, *_]) if name in _TENSORS:
                node = inner
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Subscript(value=inner):
                node = inner
            case _:
                return node


def _operand(call: ast.Call) -> ast.expr:
    assert isinstance(call.func, ast.Attribute)
    return call.func.value


def _may_be_of(call: ast.Call, shape: tuple[int, ...], names: NamedValues) -> bool:
    """Return whether a call may be one of data with its channels last."""
    root = _root(_operand(call))
    value = names.get(root.id) if isinstance(root, ast.Name) else None
    if not isinstance(value, torch.Tensor | np.ndarray):
        return True
    # It may be given its own name again.
    return any(tuple(value.shape)[-len(shape) :] == one for one in (shape, _last(shape)))


def _data(given: torch.Tensor, names: NamedValues) -> Iterator[_Stored]:
    """Yield the tensors and arrays that a batch may come from."""
    base = base_of(given)
    if base is not None:
        yield _Stored(None, base)
    for name, value in _held(names):
        if type(value) is torch.Tensor:
            yield _Stored(name, value)
            base = base_of(value)
            if base is not None:
                yield _Stored(None, base)
        elif type(value) is np.ndarray:
            yield _Stored(name, value)
            if type(value.base) is np.ndarray:
                yield _Stored(None, value.base)


def _held(names: NamedValues) -> Iterator[tuple[str, Any]]:
    """Yield the values that have a name, and those that datasets hold."""
    for name, value in reachable(names):
        yield name, value
        dataset = value.dataset if type(value) is DataLoader else value
        while type(dataset) is Subset:
            dataset = dataset.dataset
        if type(dataset) is TensorDataset:
            yield from ((name, tensor) for tensor in dataset.tensors)
        elif isinstance(dataset, Dataset):
            for attribute, held in list(object.__getattribute__(dataset, "__dict__").items()):
                yield f"self.{attribute}", held


def _is_its_own(stored: _Stored, shape: tuple[int, ...], source: Source) -> bool:
    """Return whether data has a shape, and was not given it afterwards."""
    values = stored.values
    if tuple(values.shape)[1:] != shape or not 0 < values.shape[0] <= _MOST:
        return False
    base = base_of(values) if isinstance(values, torch.Tensor) else values.base
    if isinstance(base, torch.Tensor | np.ndarray) and tuple(base.shape)[1:] != shape:
        return False
    made = None if stored.name is None else source.assigned(stored.name)
    shaped = () if made is None else ast.walk(made.value)
    return not any(isinstance(node, ast.Call) and called(node) in (*_SHAPING, "unflatten") for node in shaped)


def _lies_as_in(given: torch.Tensor, values: Any) -> bool:
    """Return whether examples of a batch have the numbers of the data in the order they are stored in.

    They may be scaled and shifted.
    """
    if isinstance(values, torch.Tensor):
        if values.layout is not torch.strided or not values.is_contiguous() or values.is_complex():
            return False
    elif not values.flags.c_contiguous or values.dtype.kind not in "fiu":
        return False
    size = math.prod(values.shape[1:])
    some = torch.arange(_COMPARED) * size // _COMPARED
    flat = values.reshape(len(values), size)
    rows = _standard(_numbers(flat[:, some if isinstance(flat, torch.Tensor) else some.numpy()]))
    for example in given.detach()[:_EXAMPLES]:
        numbers = _numbers(example.reshape(-1))
        wanted = _standard(numbers[some])
        index = int((rows - wanted).abs().amax(1).argmin())
        stored = _numbers(values[index])
        moved = stored.movedim(-1, 0).reshape(-1)
        numbers = _standard(numbers)
        if _are_same(numbers, _standard(stored.reshape(-1))) and not _are_same(numbers, _standard(moved)):
            return True
    return False


def _numbers(values: Any) -> torch.Tensor:
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().double()
    return torch.tensor(values.astype("float64"))


def _standard(numbers: torch.Tensor) -> torch.Tensor:
    """Return numbers, row by row, with mean 0 and deviation 1; NaN where all are the same."""
    return (numbers - numbers.mean(-1, keepdim=True)) / numbers.std(-1, keepdim=True)


def _are_same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool(((one - other).abs() < _SAME).all())


def _noted(place: ast.Call, stored: _Stored, shape: tuple[int, ...], snapshot: BackwardSnapshot) -> Note:
    what, size = called(place), math.prod(shape)
    each = size // shape[0]
    says = (
        f"`{what}` moves no axis: it deals the numbers out in the order that they are stored in. Examples of "
        f"{list(_last(shape))} become {list(shape)}, and channel 0 of each is its first {each:,} of {size:,} numbers, "
        f"of all {shape[0]} channels in turn. `permute` moves an axis."
    )
    return noted("viewed-axes", says, place.lineno, _moved(place, stored, shape, snapshot))


def _moved(place: ast.Call, stored: _Stored, shape: tuple[int, ...], snapshot: BackwardSnapshot) -> Fix | None:
    """Return code that moves the channels; None if it cannot be told of what kind the data is there."""
    sizes, source, names = _sizes(place), snapshot.source, snapshot.names
    has_batch = len(sizes) == len(shape) + 1
    if has_batch and _number(sizes[0], names) == 1:
        return None
    count = len(sizes)
    order = [0, count - 1, *range(1, count - 1)] if has_batch else [count - 1, *range(count - 1)]
    axes, text = ", ".join(map(str, order)), source.named(_operand(place))
    root = _root(_operand(place))
    is_made = any(isinstance(node, ast.Call) and called(node) in _TENSORS for node in ast.walk(_operand(place)))
    value = names.get(root.id) if isinstance(root, ast.Name) else None
    is_array = isinstance(value, np.ndarray) or (
        isinstance(stored.values, np.ndarray) and stored.name is not None and ast.unparse(root) == stored.name
    )
    if is_array and not is_made:
        return replaced(source, place, f"{text}.transpose({axes}).copy()")
    if isinstance(stored.values, np.ndarray) and not is_made and called(place) != "view" and value is None:
        return None
    # What is viewed later has to lie in its own order.
    others = [call for call in source.calls("view") if call is not place]
    return replaced(source, place, f"{text}.permute({axes}){'.contiguous()' if others else ''}")
