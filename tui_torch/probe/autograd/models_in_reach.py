"""The models that own a graph's parameters, wherever they are held, and what their modules are called.

Nothing of a learner's class is called: modules are read by their registries.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import is_parameter
from tui_torch.probe.values.module_tree import members
from tui_torch.probe.values.short_repr import class_name

ITEMS = 64
"""Maximum number of items of a container, or attributes of an object, that are searched for models."""
_WRAPPERS = ("_orig_mod",)
"""Children that are left out of paths: `torch.compile` puts the module itself into one."""
_LOOPS = (torch.nn.RNNBase,)
"""Modules of PyTorch's whose one call uses its parameters once for each time step."""

ModulePath = tuple[str, ...]
"""The name of a model, then the names of children: `("model", "layer1", "0")`."""


@dataclass(slots=True)
class Models:
    """The modules found, by path, and the parameters' places in them."""

    modules: dict[ModulePath, Any] = field(default_factory=dict)
    owners: dict[int, list[tuple[ModulePath, str]]] = field(default_factory=dict)
    """For the id() of a parameter the modules that have it, and its name in each: several where weights are tied."""
    unnamed: set[str] = field(default_factory=set)
    """Those models' names that are the names of their classes, since no expression reaches them."""

    def class_of(self, path: ModulePath) -> str:
        """The name of a module's class; empty for a path without a module."""
        return class_name(self.modules[path]) if path in self.modules else ""

    def is_of_pytorch(self, path: ModulePath) -> bool:
        """Whether a module is one of PyTorch's layers or containers, which run nothing but what they are known for."""
        module = self.modules.get(path)
        return module is not None and type(module).__module__.startswith("torch.nn.")

    def loops(self, path: ModulePath) -> bool:
        """Whether one call of a module uses the same parameters several times."""
        return issubclass(type(self.modules.get(path)), _LOOPS)


def models_in_reach(namespace: Mapping[str, object], leaves: Sequence[Any]) -> Models:
    """Return the models that the namespace holds, and those that hold a parameter among the leaves of a graph.

    A model is found in a variable, in a container or in an attribute of an object. Where parameters are left without
    a model, such as one in a closure, every living module is looked at.

    Args:
        namespace: The learner's names.
        leaves: The tensors that the graph leads to.
    """
    found = Models()
    _add_outermost(found, list(_named(namespace)))
    missing = {id(leaf) for leaf in leaves if is_parameter(leaf)} - found.owners.keys()
    if missing:
        _add_living(found, missing)
    return found


def _named(namespace: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    """Yield the modules that a variable, an item or an attribute reaches, with the expression."""
    shown = [
        (name, value)
        for name, value in tuple(namespace.items())
        if type(name) is str and not name.startswith("_") and name not in ("In", "Out")
    ]
    for name, value in shown:
        if issubclass(type(value), torch.nn.Module):
            yield name, value
    for name, value in shown:
        for text, item in _parts(name, value):
            if issubclass(type(item), torch.nn.Module):
                yield text, item


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    kind: type = type(value)
    if kind in (list, tuple):
        yield from ((f"{name}[{at}]", item) for at, item in enumerate(islice(value, ITEMS)))
    elif kind is dict:
        keys = islice(value.items(), ITEMS)
        yield from ((f"{name}[{key!r}]", item) for key, item in keys if type(key) in (str, int))
    elif not issubclass(kind, torch.nn.Module | torch.Tensor | type | types.ModuleType | types.FunctionType):
        with suppress(AttributeError):  # an object with slots
            # To ask the object itself might run code of the learner's.
            held = object.__getattribute__(value, "__dict__")
            if type(held) is dict:
                yield from ((f"{name}.{key}", item) for key, item in islice(held.items(), ITEMS) if type(key) is str)


def _add_outermost(found: Models, candidates: list[tuple[str, Any]]) -> None:
    """Add the modules that are no part of another one among the candidates."""
    inner: set[int] = set()
    for _, module in candidates:
        if id(module) not in inner:
            inner.update(id(child) for child in _descendants(module))
    met: set[int] = set()
    for name, module in candidates:
        if id(module) not in inner and id(module) not in met:
            met.add(id(module))
            _add(found, (name,), module, set())


def _descendants(module: Any) -> Iterator[Any]:
    met = {id(module)}
    waiting = [module]
    while waiting:
        for _, child in members(waiting.pop(), "modules"):
            if issubclass(type(child), torch.nn.Module) and id(child) not in met:
                met.add(id(child))
                waiting.append(child)
                yield child


def _add(found: Models, path: ModulePath, module: Any, within: set[int]) -> None:
    if id(module) in within or path in found.modules:
        return
    found.modules[path] = module
    for name, parameter in members(module, "parameters"):
        if issubclass(type(parameter), torch.Tensor):
            found.owners.setdefault(id(parameter), []).append((path, name))
    for name, child in members(module, "modules"):
        if issubclass(type(child), torch.nn.Module):
            if name in _WRAPPERS:
                del found.modules[path]
                _add(found, path, child, within | {id(module)})
            else:
                _add(found, (*path, name), child, within | {id(module)})


def _add_living(found: Models, missing: set[int]) -> None:
    """Add every model that lives somewhere and has one of these parameters."""
    known = {id(module) for module in found.modules.values()}
    living = [held for held in gc.get_objects() if issubclass(type(held), torch.nn.Module) and id(held) not in known]
    holders = {id(held) for held in living if any(id(own) in missing for _, own in members(held, "parameters"))}
    wanted = [
        (class_name(held), held)
        for held in living
        if id(held) in holders or any(id(child) in holders for child in _descendants(held))
    ]
    inner = {id(child) for _, held in wanted for child in _descendants(held)}
    taken = {path[0] for path in found.modules}
    for name, module in wanted:
        if id(module) in inner:
            continue
        number, free = 2, name
        while free in taken:
            free, number = f"{name} {number}", number + 1
        taken.add(free)
        found.unnamed.add(free)
        _add(found, (free,), module, set())
