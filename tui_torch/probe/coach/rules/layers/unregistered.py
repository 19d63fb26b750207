"""Weights that a module has and does not count among its parameters: in a plain list, for example."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tui_torch.probe.coach.fixes import Fix, replaced
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues, modules
from tui_torch.probe.values.module_tree import as_python

_OWN = frozenset(nn.Module().__dict__)
"""Where a module keeps what it has registered, and its hooks."""
_DEPTH = 4
"""Maximum number of containers, one in another, that are looked into."""
_MOST = 1000
"""Maximum number of values that a search looks at."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Where a weight is that its module does not count among its parameters."""

    root: str
    """The name of the module that the learner's code uses."""
    module: str
    """The code for the module that has it, which may be a part of the root: `model.body`."""
    attribute: str
    cls: str
    """The name of the module's class."""
    kind: str
    """`list`, `tuple`, `dict`, `tensor`, or the name of the learner's class."""
    container: str | None
    """The name of the class of `torch.nn` that counts what it holds; None if there is none of that kind."""
    is_nested: bool
    """Whether it is in a list or tuple in that list."""
    beside: frozenset[int]
    """The ids of the parameters of the root."""


def unregistered(weight: torch.Tensor, names: NamedValues) -> Unregistered | None:
    """Return where a weight is hidden from the parameters of a module that trains; None if it is hidden in none."""
    for root, module in modules(names):
        for path, part in module.named_modules():
            for attribute, value in list(object.__getattribute__(part, "__dict__").items()):
                if attribute in _OWN or not _holds(value, weight):
                    continue
                name = as_python(f"{root}.{path}" if path else root)
                kind = type(value)
                found = kind.__name__ if kind in (list, tuple, dict) or not issubclass(kind, torch.Tensor) else "tensor"
                beside = frozenset(map(id, module.parameters()))
                container, nested = _container(value)
                return Unregistered(root, name, attribute, type(part).__name__, found, container, nested, beside)
    return None


def _holds(value: Any, weight: torch.Tensor) -> bool:
    return any(held is weight for held in _weights(value, [_MOST], _DEPTH))


def _weights(value: Any, left: list[int], depth: int) -> Iterator[torch.Tensor]:
    """Yield the tensors in a value, and the parameters of the modules in it that train."""
    left[0] -= 1
    if left[0] < 0 or not depth:
        return
    kind = type(value)
    if issubclass(kind, torch.Tensor):
        yield value
    elif issubclass(kind, nn.Module):
        if value.training:
            yield from value.parameters()
    else:
        for item in _items(value):
            yield from _weights(item, left, depth - 1)


def _items(value: Any) -> list[Any]:
    kind = type(value)
    if kind in (list, tuple):
        return list(value)
    if kind is dict:
        return list(value.values())
    # An object of a class of the learner's own. Others may have a whole world behind them.
    if kind.__module__ == "__main__":
        with suppress(AttributeError):  # one that has slots
            return list(object.__getattribute__(value, "__dict__").values())
    return []


def _container(value: Any) -> tuple[str | None, bool]:
    """Return the class of `torch.nn` for what a value holds, and whether its items are to be such ones themselves."""
    kind, items = type(value), _items(value)
    if issubclass(kind, torch.Tensor):
        return "Parameter", False
    of_dict = kind is dict
    if (kind not in (list, tuple) and not of_dict) or not items:
        return None, False
    if of_dict and not all(type(key) is str and "." not in key for key in value):
        return None, False
    if all(issubclass(type(item), nn.Module) for item in items):
        return "ModuleDict" if of_dict else "ModuleList", False
    if all(issubclass(type(item), torch.Tensor) for item in items):
        return "ParameterDict" if of_dict else "ParameterList", False
    nested = [part for item in items if type(item) in (list, tuple) for part in item]
    all_are = all(type(item) in (list, tuple) for item in items) and nested
    if not of_dict and all_are and all(issubclass(type(part), nn.Module) for part in nested):
        return "ModuleList", True
    return None, False


def assignment(place: Unregistered, source: Source) -> ast.Assign | None:
    """Return the only assignment to what holds the weight; None if there is none, or if there are several."""
    classes = [node for node in source.nodes if isinstance(node, ast.ClassDef) and node.name == place.cls]
    inside = [
        node
        for cls in classes
        for node in ast.walk(cls)
        if isinstance(node, ast.Assign) and _targets(node) == [f"self.{place.attribute}"]
    ]
    outside = [
        node
        for node in source.nodes
        if isinstance(node, ast.Assign) and _targets(node) == [f"{place.module}.{place.attribute}"]
    ]
    found = [*inside, *outside]
    return found[0] if len(found) == 1 else None


def _targets(node: ast.Assign) -> list[str]:
    return [ast.unparse(target) for target in node.targets]


def says(place: Unregistered, count: int, steps: str) -> str:
    """Return the sentence on `count` weights that `steps`, as in `20 steps of opt`, have left as they were."""
    one, name = count == 1, f"`{place.module}.{place.attribute}`"
    what = f"a plain {place.kind}"
    if place.kind == "tensor":
        what = "a plain tensor and no `nn.Parameter`"
    elif place.kind not in ("list", "tuple", "dict"):
        what = f"of the class `{place.kind}`, which is no `nn.Module`"
    whose = "it is" if place.kind == "tensor" else f"its {times(count, 'parameter')} {'is' if one else 'are'}"
    return (
        f"{name} is {what}, so {whose} not among `{place.root}.parameters()`: "
        f"{'it gets a gradient' if one else 'they get gradients'}, and {steps} left {'it' if one else 'them'} as "
        f"before."
    )


def registered(place: Unregistered, source: Source, names: NamedValues) -> Fix | None:
    """Return the code in which the module counts what it holds; None if that takes more than another container."""
    made = assignment(place, source)
    if made is None or place.container is None:
        return None
    name = spelled(names, f"torch.nn.{place.container}")
    if name is None:
        return None
    text = source.named(made.value)
    if place.is_nested:
        match made.value:
            case ast.ListComp(elt=ast.Tuple() | ast.List() as inner):
                item = source.named(inner)
                text = text.replace(item, f"{name}({_as_list(item)})", 1)
            case _:
                return None
    is_empty = isinstance(made.value, ast.List | ast.Dict) and ast.unparse(made.value) in ("[]", "{}")
    return replaced(source, made.value, f"{name}({'' if is_empty else text})")


def _as_list(text: str) -> str:
    return f"[{text[1:-1].rstrip(',')}]" if text.startswith("(") else text
