"""Finding the value that an expression names, without running a line of the learner's own classes on the way."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.evaluate import evaluate_quietly
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain, short_repr

KEY = 60
"""Maximum characters of a dict's key."""


_ATOMS = frozenset({int, float, complex, bool, str, bytes, type(None)})
"""Classes of what most lists hold, to tell in a tenth of the time that nothing is in it."""
_mro = type.__dict__["__mro__"].__get__
"""A class's bases in order, without asking a metaclass of the learner's."""


class UnreachableError(Exception):
    """The expression has no value; the message says why, in one line."""


def reach(expression: str, namespace: Mapping[str, object]) -> object:
    """The value of a name, of a path into a container as `items()` names it, or of an expression that a lesson pins.

    Raises:
        UnreachableError: The expression has no value.
    """
    if expression in namespace:
        return namespace[expression]
    try:
        path = ast.parse(expression.strip(), mode="eval").body
        with unobserved():
            return _walk(path, namespace)
    except (_NoPathError, SyntaxError, ValueError, RecursionError):
        value, error = evaluate_quietly(expression, namespace)
    if error is not None:
        raise UnreachableError(error)
    return value


class _NoPathError(Exception):
    """The expression is more than a path, or leads where only the learner's own code can go."""


class Route(NamedTuple):
    """A path of names, attributes and items, taken apart once to be followed many times."""

    name: str
    """Where it begins."""
    steps: tuple[tuple[bool, Any], ...]
    """(whether it is an item, its key or the attribute's name), in the order in which they are taken."""

    def end(self, namespace: Mapping[str, object]) -> object:
        """The value at its end, found without running any code. Call it inside `unobserved()`.

        Raises:
            UnreachableError: The route leads nowhere.
        """
        try:
            return _end(self, namespace)
        except _NoPathError:
            raise UnreachableError("nothing but the learner's own code leads there") from None


def route_of(path: ast.expr) -> Route | None:
    """The route of a path; None if the expression is not one."""
    try:
        return _taken_apart(path)
    except _NoPathError:
        return None


def _taken_apart(node: ast.expr) -> Route:
    steps: list[tuple[bool, Any]] = []
    while True:
        match node:
            case ast.Name(id=name):
                return Route(name, tuple(reversed(steps)))
            case ast.Subscript(value=within, slice=ast.Constant(value=key)):
                steps.append((True, key))
            case ast.Subscript(value=within, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(key)))):
                steps.append((True, -key))
            case ast.Attribute(value=within, attr=name):
                steps.append((False, name))
            case _:
                raise _NoPathError
        node = within


def _walk(node: ast.expr, namespace: Mapping[str, object]) -> object:
    return _end(_taken_apart(node), namespace)


def _end(route: Route, namespace: Mapping[str, object]) -> object:
    if route.name not in namespace:
        raise _NoPathError
    value = namespace[route.name]
    for is_item, key in route.steps:
        value = _item(value, key) if is_item else _attribute(value, key)
    return value


def _attribute(holder: object, name: str) -> object:
    cls = type(holder)
    if issubclass(cls, torch.Tensor):
        return _of_tensor(holder, name)
    if is_dataclass_instance(holder):
        for field, value in fields(holder):
            if field == name:
                return value
    if issubclass(cls, torch.nn.Module):
        for kind in ("parameters", "buffers", "modules"):
            if name in (held := registered(holder, kind)):
                return held[name]
    raise _NoPathError


def _of_tensor(tensor: Any, name: str) -> object:
    if name == "grad":
        return grad_of(tensor)
    if name in ("shape", "dtype", "device", "requires_grad", "is_leaf"):
        return getattr(Base, name).__get__(tensor)
    raise _NoPathError


def _item(holder: object, key: object) -> object:
    cls = type(holder)
    try:
        if issubclass(cls, dict) and type(key) in (str, int, float, bool, bytes, type(None)):
            return dict.__getitem__(holder, key)  # type: ignore[arg-type]
        if issubclass(cls, (list, tuple)) and type(key) is int:
            return (list if issubclass(cls, list) else tuple).__getitem__(holder, key)  # type: ignore[arg-type]
        if cls in (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict) and type(key) in (int, str):
            return registered(holder, "modules")[str(key)]
    except LookupError as error:
        raise UnreachableError(f"{type(error).__name__}: {key!r}") from None
    raise _NoPathError


def is_dataclass_instance(value: object) -> bool:
    """Whether a value's class was made by `@dataclass`; a `__getattr__` of the class is not called."""
    return any("__dataclass_fields__" in vars(base) for base in _mro(type(value)))


def fields(value: object) -> Iterator[tuple[str, object]]:
    """Names and values of a dataclass's fields, read where they are stored, so that no property is evaluated."""
    cls: Any = type(value)
    for base in _mro(cls):
        if "__dataclass_fields__" in vars(base):
            try:
                held: Any = object.__getattribute__(value, "__dict__")
            except AttributeError:  # a class with slots
                held = {}
            for name in vars(base)["__dataclass_fields__"]:
                if type(held) is dict and name in held:
                    yield name, held[name]
                else:
                    found = _slot(value, name)
                    if found is not _ABSENT:
                        yield name, found
            return


_ABSENT = object()


def _slot(value: object, name: str) -> object:
    for base in _mro(type(value)):
        member = vars(base).get(name)
        if class_name(member) == "member_descriptor":
            try:
                return member.__get__(value)  # type: ignore[union-attr]
            except AttributeError:  # never assigned
                return _ABSENT
    return _ABSENT


def is_container(value: object) -> bool:
    """Whether a value is of a kind that holds others."""
    return issubclass(type(value), (list, tuple, dict)) or is_dataclass_instance(value)


def size(container: object) -> int:
    """The number of items of a container; a `__len__` of the learner's is not called."""
    cls = type(container)
    for base in (list, tuple, dict):
        if issubclass(cls, base):
            return base.__len__(container)  # type: ignore[arg-type]
    return sum(1 for _ in fields(container))


def items(expression: str, container: object, start: int = 0, stop: int | None = None) -> Iterator[tuple[str, object]]:
    """(expression that reaches it, item) of a container's items number `start` to `stop` - 1."""
    cls = type(container)
    if issubclass(cls, dict):
        for key, value in islice(dict.items(container), start, stop):  # type: ignore[arg-type]
            # A key that cannot be written is shown, but does not lead anywhere.
            text = repr(key) if type(key) in (str, int, float, bool) else short_repr(key, KEY) or f"<{class_name(key)}>"
            yield f"{expression}[{plain(text, LIMIT)}]", value
    elif issubclass(cls, (list, tuple)):
        base: Any = list if issubclass(cls, list) else tuple
        for at, value in enumerate(islice(base.__iter__(container), start, stop), start):
            yield f"{expression}[{at}]", value
    else:
        for name, value in islice(fields(container), start, stop):
            yield f"{expression}.{name}", value


def holds_tensors(container: object, depth: int = 3, weighed: int = 1000) -> bool:
    """Whether a container, or a container in it, has a tensor, an array or a module.

    Args:
        container: A list, tuple, dict or dataclass instance.
        depth: Levels of containers to look into.
        weighed: Maximum number of items to look at in the first one; 50 in those within.
    """
    if type(container) in (list, tuple) and _ATOMS.issuperset(map(type, islice(container, weighed))):  # type: ignore[call-overload]
        return False
    for _, item in items("", container, 0, weighed):
        if issubclass(type(item), (torch.Tensor, np.ndarray, torch.nn.Module)):
            return True
        if depth > 1 and is_container(item) and holds_tensors(item, depth - 1, 50):
            return True
    return False
