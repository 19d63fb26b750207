"""Copies of tensors, modules and what holds them: what it takes to make others that look alike, later.

A copy has numbers, names and settings, and no object of the learner's: neither a tensor nor a class of theirs. While
code runs there is no tensor of ours for it to come by, as there would be if the others were made at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from math import prod
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from tui_torch.probe.inspector.output_shapes import LastOutput, OutputOf
from tui_torch.probe.isolation.readable_memory import refuse_unreadable_array
from tui_torch.probe.isolation.torch_internals import is_parameter, own_parts, registered, set_registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base, grad_of, stored
from tui_torch.probe.values.module_tree import is_pytorchs_own
from tui_torch.probe.values.paths import fields, is_container
from tui_torch.probe.values.short_repr import class_name
from tui_torch.probe.values.summary import operation_of
from tui_torch.probe.values.tensor_facts import UNINITIALIZED

ITEMS = 50
"""Maximum number of items of a container."""
DEPTH = 3
"""Levels of containers in each other."""
MODULES = 2000
"""Maximum number of modules in one."""

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_SETTINGS = (bool, int, float, str, type(None))


class NotCopiedError(Exception):
    """A value is too large to be copied, or of a kind that is not."""


@dataclass(frozen=True, slots=True, eq=False)
class CopiedTensor:
    """A tensor, as a view of a copied storage on the CPU."""

    storage: torch.UntypedStorage
    dtype: torch.dtype
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    requires_grad: bool
    is_parameter: bool
    operation: str | None
    """The class of the operation that made it; None for a leaf."""
    gradient: CopiedTensor | None


@dataclass(frozen=True, slots=True, eq=False)
class CopiedModule:
    """A module: its parts, and the settings by which PyTorch describes one of its own."""

    cls: type[nn.Module]
    """Its class if that is PyTorch's own, or else the class of PyTorch's that stands in for it."""
    name: str
    """The name of its class."""
    settings: Mapping[str, object]
    parameters: Mapping[str, CopiedTensor | None]
    buffers: Mapping[str, CopiedTensor | None]
    modules: Mapping[str, CopiedModule | None]
    output: LastOutput | None
    """The shape of what it returned last."""


@dataclass(frozen=True, slots=True, eq=False)
class CopiedContainer:
    """A list, tuple, dict or dataclass instance, with its first items."""

    kind: Literal["list", "tuple", "dict", "fields"]
    name: str
    items: tuple[tuple[Any, Copy], ...]
    """(index, key or field, item) pairs."""


Copy = CopiedTensor | CopiedModule | CopiedContainer | np.ndarray | int | float | bool | str | None


class Copier:
    """Copies values until they take a number of bytes. Call it inside `unobserved()`.

    Tensors that share memory are copied as tensors that do.
    """

    def __init__(self, room: int, output_of: OutputOf, *, waits: bool) -> None:
        """Begin.

        Args:
            room: Maximum number of bytes.
            output_of: Returns what is known of a module's last result.
            waits: Whether what is on another device is copied, too, which takes the time until that is done.
        """
        self._room = room
        self._waits = waits
        self._output_of = output_of
        self._storages: dict[tuple[str, int], torch.UntypedStorage] = {}
        self._tensors: dict[int, CopiedTensor] = {}
        self._modules: dict[int, CopiedModule] = {}

    def copy(self, value: Any, depth: int = DEPTH) -> Copy:
        """Copy a value.

        Raises:
            NotCopiedError: There is no room for it, or it is of no kind that is copied.
        """
        cls = type(value)
        before = self._room, dict(self._storages)
        try:
            if issubclass(cls, torch.Tensor):
                return self._tensor(value)
            if issubclass(cls, nn.Module):
                return self._module(value)
            if issubclass(cls, np.ndarray):
                return self._array(value)
            if cls in _SETTINGS:
                return value
            if depth and is_container(value):
                return self._container(value, depth)
        except NotCopiedError:
            self._room, self._storages = before
            raise
        except Exception as error:  # a rare kind of tensor, a module that was taken apart
            self._room, self._storages = before
            raise NotCopiedError(str(error)) from None
        raise NotCopiedError(class_name(value))

    def _tensor(self, tensor: torch.Tensor) -> CopiedTensor:
        known = self._tensors.get(id(tensor))
        if known is not None and self._has(known):
            return known
        if issubclass(type(tensor), UNINITIALIZED):
            raise NotCopiedError("not initialized")
        gradient = grad_of(tensor)
        copied = self._elements(tensor, None if gradient is None else self._elements(gradient, None))
        self._tensors[id(tensor)] = copied
        return copied

    def _has(self, copied: CopiedTensor) -> bool:
        """Whether a copy is still among those that count: one of a value that there was no room for is not."""
        return any(copied.storage is storage for storage in self._storages.values())

    def _elements(self, tensor: torch.Tensor, gradient: CopiedTensor | None) -> CopiedTensor:
        if not self._waits and not Base.is_cpu.__get__(tensor):
            raise NotCopiedError("on another device")
        held, note = stored(tensor)
        if note is not None or Base.is_quantized.__get__(held):
            raise NotCopiedError(note)
        if Base.is_conj(held) or Base.is_neg(held):
            self._take(Base.numel(held) * Base.element_size(held))
            held = Base.resolve_neg(Base.resolve_conj(held))
        source = Base.untyped_storage(held)
        key = str(Base.device.__get__(held)), source.data_ptr()
        bytes_needed = Base.numel(held) * Base.element_size(held)
        if key not in self._storages and source.nbytes() > max(2 * bytes_needed, 4096):
            self._take(bytes_needed)  # a small part of a large memory
            held = Base.clone(held, memory_format=torch.contiguous_format).cpu()
            copied = Base.untyped_storage(held)
            self._storages[f"part of {key}", len(self._storages)] = copied
        elif (found := self._storages.get(key)) is not None:
            copied = found
        else:
            self._take(source.nbytes())
            copied = torch.UntypedStorage(source.nbytes())
            copied.copy_(source)
            self._storages[key] = copied
        return CopiedTensor(
            copied,
            Base.dtype.__get__(held),
            Base.storage_offset(held),
            tuple(Base.shape.__get__(held)),
            tuple(Base.stride(held)),
            Base.requires_grad.__get__(tensor),
            is_parameter(tensor),
            None if Base.is_leaf.__get__(tensor) else operation_of(tensor),
            gradient,
        )

    def _take(self, count: int) -> None:
        if count > self._room:
            raise NotCopiedError("too large")
        self._room -= count

    def _array(self, array: Any) -> np.ndarray:
        plain = np.ndarray.view(array, np.ndarray)
        refuse_unreadable_array(plain)
        if plain.dtype.hasobject:
            raise NotCopiedError("objects")
        self._take(plain.nbytes)
        return np.array(plain)

    def _module(self, module: Any) -> CopiedModule:
        known = self._modules.get(id(module))
        if known is not None:
            return known
        if len(self._modules) >= MODULES:
            raise NotCopiedError("too many modules")
        cls = type(module)
        own = is_pytorchs_own(cls)
        stand_in = cls if own else next((base for base in _CONTAINERS if issubclass(cls, base)), nn.Module)
        parameters, modules = own_parts(module)
        held = object.__getattribute__(module, "__dict__")
        settings = {name: value for name, value in held.items() if _is_setting(value)} if own else {}
        copied = CopiedModule(
            stand_in,
            class_name(module),
            settings,
            dict(self._parts(parameters)),
            dict(self._parts(registered(module, "buffers"))),
            {name: self._module(child) for name, child in [*modules.items()] if issubclass(type(child), nn.Module)},
            self._output_of(module),
        )
        self._modules[id(module)] = copied
        return copied

    def _parts(self, parts: dict[str, Any]) -> Iterator[tuple[str, CopiedTensor | None]]:
        for name, part in [*parts.items()]:
            yield name, self._tensor(part) if issubclass(type(part), torch.Tensor) else None

    def _container(self, value: Any, depth: int) -> CopiedContainer:
        cls = type(value)
        if issubclass(cls, dict):
            kind, pairs = "dict", dict.items(value)
        elif issubclass(cls, (list, tuple)):
            base: Any = list if issubclass(cls, list) else tuple
            kind, pairs = "list" if base is list else "tuple", enumerate(base.__iter__(value))
        else:
            kind, pairs = "fields", fields(value)
        items: list[tuple[Any, Copy]] = []
        for key, item in islice(pairs, ITEMS):
            if type(key) not in _SETTINGS:
                raise NotCopiedError("a key of a class of its own")
            items.append((key, self.copy(item, depth - 1)))
        return CopiedContainer(kind, class_name(value), tuple(items))


def scalar_like(copied: CopiedTensor, value: float) -> CopiedTensor | None:
    """The copy of a tensor of one element, with another value; None of what has more, or has no fractions."""
    if prod(copied.size) != 1 or not copied.dtype.is_floating_point:
        return None
    with unobserved():
        storage = torch.tensor([value], dtype=copied.dtype, device="cpu").untyped_storage()
    return replace(copied, storage=storage, offset=0, stride=(1,) * len(copied.size), gradient=None)


def _is_setting(value: object) -> bool:
    return type(value) in _SETTINGS or (
        type(value) in (tuple, torch.Size) and all(type(part) in _SETTINGS for part in value)  # type: ignore[union-attr]
    )


class CopiesAgain:
    """Makes values that look like those that were copied."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._outputs: dict[int, tuple[object, LastOutput]] = {}
        self._operations: dict[int, tuple[object, str]] = {}

    def of(self, copied: Copy) -> Any:
        """The value that stands in for a copied one, the same one each time."""
        if not isinstance(copied, CopiedTensor | CopiedModule | CopiedContainer):
            return copied
        if id(copied) not in self._made:
            match copied:
                case CopiedTensor():
                    made = self._tensor(copied)
                case CopiedModule():
                    made = self._module(copied)
                case CopiedContainer():
                    made = self._container(copied)
            self._made[id(copied)] = made
        return self._made[id(copied)]

    def output_of(self, module: object) -> LastOutput | None:
        """What is known of the last result of the module that one stands in for."""
        found = self._outputs.get(id(module))
        return found[1] if found is not None and found[0] is module else None

    def operation_of(self, value: object) -> str | None:
        """The operation that made the tensor that one stands in for; None for a leaf, and for no tensor."""
        found = self._operations.get(id(value))
        return found[1] if found is not None and found[0] is value else None

    def holder(self, name: str, attributes: Mapping[str, object]) -> object:
        """An object with some attributes, of a class of that name, which pages read as they read a dataclass."""
        made: Any = type(name, (), {"__dataclass_fields__": dict.fromkeys(attributes)})()
        vars(made).update(attributes)
        return made

    def _tensor(self, copied: CopiedTensor) -> torch.Tensor:
        with torch.no_grad():
            made = torch.empty(0, dtype=copied.dtype, device="cpu")
            made.set_(copied.storage, copied.offset, copied.size, copied.stride)  # type: ignore[call-overload]
            is_differentiable = made.is_floating_point() or made.is_complex()
            if copied.is_parameter:
                made = nn.Parameter(made, copied.requires_grad and is_differentiable)
            elif copied.requires_grad and is_differentiable:
                made.requires_grad_()
            if copied.gradient is not None:
                made.grad = self._tensor(copied.gradient)
        if copied.operation is not None:
            self._operations[id(made)] = made, copied.operation
        return made

    def _module(self, copied: CopiedModule) -> nn.Module:
        is_own = is_pytorchs_own(copied.cls) and copied.cls.__name__ == copied.name
        cls = copied.cls if is_own else type(copied.name, (copied.cls,), {"__module__": "__main__"})
        made = cls.__new__(cls)
        nn.Module.__init__(made)
        made.__dict__.update(copied.settings)
        set_registered(made, "parameters", {name: self.of(part) for name, part in copied.parameters.items()})
        set_registered(made, "buffers", {name: self.of(part) for name, part in copied.buffers.items()})
        set_registered(made, "modules", {name: self.of(part) for name, part in copied.modules.items()})
        if copied.output is not None:
            self._outputs[id(made)] = made, copied.output
        return made

    def _container(self, copied: CopiedContainer) -> object:
        pairs = [(key, self.of(item)) for key, item in copied.items]
        match copied.kind:
            case "list":
                return [item for _, item in pairs]
            case "tuple":
                return tuple(item for _, item in pairs)
            case "dict":
                return dict(pairs)
            case "fields":
                return self.holder(copied.name, dict(pairs))
