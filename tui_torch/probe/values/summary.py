"""Describing one value of the learner's namespace in a few words and numbers."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from tui_torch.probe.isolation.torch_internals import is_parameter
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.data_loaders import dataset_facts, loader_facts
from tui_torch.probe.values.elements import SHOWN, Base, UnreadableError, grad_of
from tui_torch.probe.values.module_tree import module_text, norm, parameter_summary, parameters
from tui_torch.probe.values.paths import holds_tensors, is_container, items, size
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain, short_repr
from tui_torch.probe.values.tensor_facts import UNINITIALIZED, dtype_of, shape_within
from tui_torch.protocol.events import Kind, Summary

PARAMETERS = 32
"""Maximum number of a module's parameters, an optimizer's groups, or a dataclass's fields."""
ELEMENT_TEXT = 40
"""Maximum characters of an array's element that is not a number."""
FACTS = 24
"""Maximum number of facts of an optimizer, a loader or a dataset."""
_UNSET = (None, "None", "False")
"""Values of an optimizer's settings that are off, which are left out."""

_MACHINERY = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.GenericAlias,
    types.UnionType,
    functools.partial,
    torch.jit.ScriptFunction,
    type(annotations),  # what `from __future__ import` binds
)


ALWAYS_SHOWN = frozenset(
    {torch.Tensor, torch.nn.Parameter, np.ndarray, int, float, bool, type(None), str, list, dict, tuple, set}
)
"""Classes of most of what is shown, to tell it in a tenth of the time: a namespace may have ten thousand names."""
_HIDDEN = frozenset({type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType})


def is_shown(value: object) -> bool:
    """Whether a value is shown: functions, classes, Python's modules, generators and their like are not."""
    cls = type(value)
    return cls in ALWAYS_SHOWN or (cls not in _HIDDEN and not issubclass(cls, _MACHINERY))


def summarize(
    name: str, value: object, *, statistics: bool = True, norm_of: Callable[[torch.Tensor], float | None] = norm
) -> Summary | None:
    """Describe a value; None if `is_shown()` is false.

    Statistics are exact up to `elements.EXACT` elements, and come from a deterministic sample beyond. Those of a
    complex tensor are of its magnitudes; those of a sparse one, of the elements it stores. Nothing is left behind: no
    autograd history, no copy of a large tensor, no warning. No random number is drawn, and no code of the learner's
    classes runs. Raises nothing.

    Args:
        name: The expression that the summary is named by.
        value: Any object.
        statistics: Read the elements. False leaves out everything that reads many of them.
        norm_of: Returns the norm of a module's parameter or gradient.
    """
    if not is_shown(value):
        return None
    cls = type(value)
    try:
        if issubclass(cls, torch.Tensor):
            with unobserved():
                return _tensor(name, value, statistics)  # type: ignore[arg-type]
        if issubclass(cls, np.ndarray):
            return _array(name, np.ndarray.view(value, np.ndarray), class_name(value), statistics)  # type: ignore[call-overload]
        if issubclass(cls, torch.nn.Module):
            with unobserved():
                return _module(name, value, statistics, norm_of)  # type: ignore[arg-type]
        if issubclass(cls, torch.optim.Optimizer):
            return _optimizer(name, value)
        if issubclass(cls, DataLoader):
            return _feed(name, "loader", value, loader_facts(value))
        if issubclass(cls, Dataset):
            return _feed(name, "dataset", value, dataset_facts(value))
        text = short_repr(value) or ""
        if is_container(value) and holds_tensors(value):
            text = text or _fields_text(value)
            return Summary(name, "container", class_name(value), numel=size(value), text=text)
        return Summary(name, "value", class_name(value), text=text)
    except Exception as error:
        return Summary(name, "value", class_name(value), note=_cannot(error))


def _cannot(error: Exception) -> str:
    reason = str(error) if isinstance(error, UnreadableError) else f"cannot be read: {error}"
    return plain(reason.split("\n")[0], LIMIT)


def _tensor(name: str, tensor: torch.Tensor, statistics: bool, with_gradient: bool = True) -> Summary:
    cls = type(tensor)
    dtype = dtype_of(tensor)
    device = str(Base.device.__get__(tensor))
    requires_grad, is_leaf, grad_fn = _history(tensor)
    kind = "parameter" if is_parameter(tensor) else "tensor"
    if issubclass(cls, UNINITIALIZED):
        note = "not initialized: it gets its shape when its module is first called"
        return Summary(name, kind, class_name(tensor), None, dtype, device, requires_grad, note=note)
    numel = Base.numel(tensor)
    numbers = values = described = note = None
    try:
        held, note = elements.stored(tensor)
        if statistics:
            numbers = elements.read(held)
            described = elements.statistics(numbers)
        if numel <= SHOWN and note is None:
            values = elements.values(held, numbers)
        elif numel <= SHOWN and not Base.is_nested.__get__(tensor):
            values = elements.values(elements.dense(tensor))
        if Base.dtype.__get__(tensor).is_complex:
            note = f"{note}; " if note else ""
            note += "complex: the statistics are of the magnitudes"
    except Exception as error:  # a rare dtype, layout or backend lacks a kernel for it
        note = _cannot(error)
    return Summary(
        name,
        kind,
        class_name(tensor),
        shape_within(tensor),
        dtype,
        device,
        requires_grad,
        is_leaf,
        grad_fn,
        numel,
        described,
        values,
        _gradient(name, tensor, statistics) if with_gradient else None,
        note=note,
    )


def without_reading(name: str, tensor: Any) -> Summary:
    """The summary of a tensor on another device, whose elements code would have to wait for.

    Call it inside `unobserved()`.
    """
    requires_grad, is_leaf, grad_fn = _history(tensor)
    return Summary(
        name,
        "parameter" if is_parameter(tensor) else "tensor",
        class_name(tensor),
        shape_within(tensor),
        dtype_of(tensor),
        str(Base.device.__get__(tensor)),
        requires_grad,
        is_leaf,
        grad_fn,
        Base.numel(tensor),
        note="not read: the loop would have to wait for its device",
    )


def _history(tensor: torch.Tensor) -> tuple[bool, bool, str | None]:
    """Whether a tensor requires gradients, whether it is a leaf, and the class of the operation that made it if not."""
    try:
        requires_grad = Base.requires_grad.__get__(tensor)
        if Base.is_leaf.__get__(tensor):
            return requires_grad, True, None
        return requires_grad, False, operation_of(tensor)
    except RuntimeError:  # a view that was changed in a way autograd forbids; it raises once it is used
        return True, False, None


def operation_of(tensor: torch.Tensor) -> str:
    """The class of the operation that made a tensor other than a leaf: `MulBackward0`. Call it inside `unobserved()`.

    Raises RuntimeError for a view that was changed in a way autograd forbids.
    """
    node: Any = Base.grad_fn.__get__(tensor)
    name = class_name(node)
    return node.name() if name == "CppFunction" else name


def _gradient(name: str, tensor: torch.Tensor, statistics: bool) -> Summary | None:
    gradient = grad_of(tensor)
    return None if gradient is None else _tensor(f"{name}.grad", gradient, statistics, with_gradient=False)


def _array(name: str, array: np.ndarray, type_name: str, statistics: bool) -> Summary:
    described = note = values = None
    try:
        if array.dtype.kind in "biufc":
            if statistics:
                with np.errstate(all="ignore"):
                    some = elements.sample(array)
                    some = np.abs(some) if array.dtype.kind == "c" else some
                    described = elements.statistics(some.astype(np.float64))
            if array.dtype.kind == "c":
                note = "complex: the statistics are of the magnitudes"
        if array.size <= SHOWN:
            values = elements.array_values(array, _element_text)
    except UnreadableError as error:
        note = _cannot(error)
    return Summary(
        name,
        "array",
        type_name,
        array.shape,
        plain(str(array.dtype), 60),
        numel=array.size,
        statistics=described,
        values=values,
        note=note,
    )


def _element_text(item: object) -> str:
    return short_repr(item, ELEMENT_TEXT) or f"<{class_name(item)}>"


def _optimizer(name: str, optimizer: object) -> Summary:
    groups: Any = object.__getattribute__(optimizer, "__dict__").get("param_groups", [])
    facts: list[tuple[str, str]] = []
    parameters = 0
    for number, group in enumerate(groups[:PARAMETERS], start=1):
        prefix = f"group {number} " if len(groups) > 1 else ""
        tensors = [tensor for tensor in group["params"] if issubclass(type(tensor), torch.Tensor)]
        parameters += sum(Base.numel(tensor) for tensor in tensors if not issubclass(type(tensor), UNINITIALIZED))
        settings = ((key, short_repr(value, ELEMENT_TEXT)) for key, value in group.items() if key != "params")
        facts += [(f"{prefix}{key}", text) for key, text in settings if type(key) is str and text not in _UNSET]
    rates = {_rate(group.get("lr")) for group in groups[:PARAMETERS]} - {""}
    text = f"lr={', '.join(sorted(rates))}" if rates else ""
    return Summary(name, "optimizer", class_name(optimizer), numel=parameters, text=text, facts=tuple(facts[:FACTS]))


def _fields_text(value: object) -> str:
    """The fields of a dataclass: `x=tensor([1., 1.]), y=3`."""
    parts: list[str] = []
    for path, item in items("", value, 0, PARAMETERS):
        parts.append(f"{path.removeprefix('.')}={_element_text(item)}")
        if sum(map(len, parts)) > LIMIT:
            break
    return plain(", ".join(parts), LIMIT)


def _rate(rate: object) -> str:
    return str(rate) if type(rate) is float else short_repr(rate, ELEMENT_TEXT) or ""


def _feed(name: str, kind: Kind, value: object, facts: list[tuple[str, str]]) -> Summary:
    text = ", ".join(f"{what} {much}" for what, much in facts)
    return Summary(name, kind, class_name(value), text=plain(text, LIMIT), facts=tuple(facts[:FACTS]))


def _module(name: str, module: object, statistics: bool, norm_of: Callable[[torch.Tensor], float | None]) -> Summary:
    named = list(parameters(module))
    shown = tuple(parameter_summary(path, tensor, statistics, norm_of) for path, tensor in named[:PARAMETERS])
    note = None
    if statistics and any(Base.numel(tensor) > elements.EXACT for _, tensor in named[:PARAMETERS]):
        note = f"norms of more than {elements.EXACT:,} elements are estimated from a sample"
    first = named[0][1] if named else None
    return Summary(
        name,
        "module",
        class_name(module),
        dtype=None if first is None else dtype_of(first),
        device=None if first is None else str(Base.device.__get__(first)),
        requires_grad=any(Base.requires_grad.__get__(tensor) for _, tensor in named),
        numel=sum(Base.numel(tensor) for _, tensor in named if not issubclass(type(tensor), UNINITIALIZED)),
        parameters=shown,
        text=plain(module_text(module, LIMIT), LIMIT),
        note=note,
    )


def without_elements(summary: Summary) -> Summary:
    """The summary of a value that is gone: its kind, type and shape."""
    name, kind, shape, numel = summary.name, summary.kind, summary.shape, summary.numel
    return Summary(name, kind, summary.type, shape, summary.dtype, summary.device, numel=numel, change="gone")
