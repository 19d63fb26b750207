"""Small tensors in CPU memory from one line to the next: which have changed, and copies of what a summary shows."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import Any
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.isolation.readable_memory import can_be_read, owns_memory
from tui_torch.probe.isolation.torch_internals import TensorBase, counted_version, is_parameter
from tui_torch.probe.replay.late_elements import READABLE, LateElements, WaitingElements
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import SHOWN
from tui_torch.probe.values.fingerprint import USUAL
from tui_torch.probe.values.short_repr import class_name
from tui_torch.probe.values.summary import operation_of
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.events import Change, Kind, Summary

READ = 10_000
"""Maximum number of elements of a tensor, or of a module's parameters together, that are described at every line."""
COPIED = 256 * 1024
"""Maximum number of bytes of a tensor of which a copy is held, to compare it with at the next line."""
HELD = 8 * 1024 * 1024
"""Maximum number of bytes of all copies that are held, beside those that wait to be described."""

_Base: Any = TensorBase
# Looked up once: they are called for each tensor at each line.
_data_ptr, _is_contiguous, _untyped_storage = _Base.data_ptr, _Base.is_contiguous, _Base.untyped_storage
_requires_grad, _is_leaf, _retains_grad = _Base.requires_grad.__get__, _Base.is_leaf.__get__, _Base.retains_grad.__get__
_is_neg = _Base.is_neg
_shape, _dtype, _grad = _Base.shape.__get__, _Base.dtype.__get__, _Base.grad.__get__
_is_cpu, _layout, _is_nested = _Base.is_cpu.__get__, _Base.layout.__get__, _Base.is_nested.__get__
_numel, _element_size, _storage_offset = _Base.numel, _Base.element_size, _Base.storage_offset
_c_char = ctypes.c_char

TOO_LARGE = f"more than {READ:,} elements: not described at every line"
"""The note on a tensor that is compared, and not described."""
_SWEPT = 64
"""Tensors that may be gone and still have a state, beside as many as are there."""
_EMPTY = (ctypes.c_char * 0)()


def estimated_size(values: int, *, has_statistics: bool) -> int:
    """About how many bytes a summary takes that has so many values, but for its gradient and its text."""
    return 400 + 40 * values + (700 if has_statistics else 0)


class TensorForm:
    """What a tensor is, but for its elements and its gradient. States of one tensor share it while it is the same."""

    __slots__ = (
        "cls",
        "dtype",
        "estimate",
        "grad_fn",
        "is_leaf",
        "kind",
        "numel",
        "requires_grad",
        "shape",
        "size",
        "type",
    )

    def __init__(self, tensor: torch.Tensor, numel: int) -> None:
        """Read it. Raises RuntimeError as the tensor's `grad_fn` does."""
        self.cls = type(tensor)
        self.kind: Kind = "parameter" if is_parameter(tensor) else "tensor"
        self.type = class_name(tensor)
        self.size: torch.Size = _shape(tensor)
        """The shape as PyTorch gives it, which is quicker to compare with another one."""
        self.shape: tuple[int, ...] = tuple(self.size)
        self.dtype: torch.dtype = _dtype(tensor)
        self.numel = numel
        self.estimate = estimated_size(numel if numel <= SHOWN else 0, has_statistics=numel <= READ)
        """About how many bytes the summary will take, but for the gradient's."""
        self.requires_grad: bool = _requires_grad(tensor)
        self.is_leaf, self.grad_fn = True, None
        if not _is_leaf(tensor):
            self.is_leaf, self.grad_fn = False, operation_of(tensor)


class TensorFacts:
    """What a summary shows of a tensor at one moment; of its elements, once they were described."""

    __slots__ = ("elements", "form", "gradient")

    def __init__(self, form: TensorForm, elements: LateElements | None) -> None:
        self.form = form
        self.elements = elements
        """None for more than READ elements."""
        self.gradient: TensorFacts | None = None

    @property
    def size(self) -> int:
        """About how many bytes the summary will take."""
        return self.form.estimate + (0 if self.gradient is None else self.gradient.size)

    def summary(self, name: str, change: Change = "same") -> Summary:
        """The summary, once the elements were described."""
        form, late, gradient = self.form, self.elements, self.gradient
        return Summary(
            name,
            form.kind,
            form.type,
            form.shape,
            dtype_text(form.dtype),
            "cpu",
            form.requires_grad,
            form.is_leaf,
            form.grad_fn,
            form.numel,
            None if late is None else late.statistics,
            None if late is None else late.values,
            None if gradient is None else replace(gradient.summary(f"{name}.grad"), note=None),
            change=change,
            note=TOO_LARGE if late is None else None,
        )


class TensorState:
    """A tensor as it was at one look. Two states are the same object if nothing has changed in between."""

    __slots__ = (
        "address",
        "data",
        "extent",
        "facts",
        "form",
        "gradient",
        "is_kept",
        "look",
        "memory",
        "reference",
        "version",
    )

    def __init__(
        self,
        tensor: torch.Tensor,
        facts: TensorFacts,
        data: bytes,
        memory: Any,
        place: tuple[int, int],
        is_kept: bool,
    ) -> None:
        self.reference: ReferenceType[torch.Tensor] = ref(tensor)
        self.facts = facts
        self.form = facts.form
        self.data = data
        """A copy of the elements in row-major order."""
        self.memory = memory
        """The tensor's own memory as a ctypes array; None if its elements do not lie one after the other."""
        self.address, self.extent = place
        """Where the elements begin, and how many bytes the storage must have for `memory` to lie in it."""
        self.is_kept = is_kept
        """Whether `memory` stays while the tensor lies there. That of a file may be cut."""
        self.look = 0
        """The last look at which this was the state."""
        self.version = counted_version(tensor)
        self.gradient: TensorState | None = None

    def again(self, data: bytes, version: int) -> TensorState:
        """The state of the same tensor, without a gradient, once it has such elements; only these may differ."""
        state = object.__new__(TensorState)
        late = self.facts.elements
        if data == self.data:
            data = self.data  # described once, though other things have changed
        elif late is not None:
            late = LateElements(self.form.dtype, self.form.numel)
        state.data, state.facts = data, TensorFacts(self.form, late)
        state.version, state.look, state.gradient = version, 0, None
        state.reference, state.memory, state.form = self.reference, self.memory, self.form
        state.address, state.extent, state.is_kept = self.address, self.extent, self.is_kept
        return state

    def is_unchanged(self, tensor: object, look: int) -> bool:
        """Whether a value is this tensor, and shows what it showed then, its gradient included, as of one look.

        Raises RuntimeError for a view that was changed in a forbidden way.
        """
        if self.reference() is not tensor:
            return False
        if self.look == look:
            return True
        if not self.has_same_elements(tensor):
            return False
        filled = self.gradient
        gradient = _grad(tensor) if self.form.is_leaf or _retains_grad(tensor) else None
        if gradient is None or filled is None:
            if gradient is not filled:
                return False
        elif filled.reference() is not gradient:
            return False
        elif filled.look != look:
            if not filled.has_same_elements(gradient):
                return False
            filled.look = look
        self.look = look
        return True

    def has_same_elements(self, tensor: Any) -> bool:
        """Whether the tensor of this state shows what it showed then, but for its gradient."""
        return counted_version(tensor) == self.version and self.elements_now(tensor) == self.data

    def elements_now(self, tensor: Any) -> bytes | None:
        """The elements that the tensor of this state has now; None if anything may differ but them and its gradient."""
        # Where a tensor lies and what it is comes first: only then may the memory that was its own be read.
        form = self.form
        if (
            self.memory is not None
            and _data_ptr(tensor) == self.address
            and _requires_grad(tensor) == form.requires_grad
            and _shape(tensor) == form.size
            and _dtype(tensor) is form.dtype
            and _is_contiguous(tensor)
            and _untyped_storage(tensor).nbytes() >= self.extent
            and (self.is_kept or can_be_read(self.address, len(self.data)))
        ):
            return self.memory.raw
        return None

    def will_show(self, waiting: WaitingElements) -> None:
        """Have the elements of `facts` described in time."""
        for state in (self, self.gradient):
            if state is not None and state.facts.elements is not None:
                waiting.describe(state.facts.elements, state.data)

    def copy(self) -> torch.Tensor:
        """A tensor with the elements that there were, without the rest."""
        if not self.data:
            return torch.empty(self.form.shape, dtype=self.form.dtype, device="cpu")
        return torch.frombuffer(bytearray(self.data), dtype=self.form.dtype).reshape(self.form.shape)

    def is_like(self, other: TensorState) -> bool:
        """Whether two states show the same, but for their gradients."""
        mine, its = self.form, other.form
        return self.data == other.data and (
            mine is its
            or (
                mine.shape == its.shape
                and mine.dtype is its.dtype
                and mine.requires_grad == its.requires_grad
                and mine.grad_fn == its.grad_fn
            )
        )

    def change_since(self, past: TensorState) -> Change:
        """What has happened to a name since the state of what it was bound to; "same" if nothing that is shown."""
        if (tensor := self.reference()) is None or past.reference() is not tensor:
            return "changed"
        if not self.is_like(past):
            return "changed in place"
        if self.gradient is None:
            return "same" if past.gradient is None else "changed in place"
        was_filled = past.gradient is None or not self.gradient.is_like(past.gradient)
        return "gradient filled" if was_filled else "same"


class TensorStates:
    """The states of the tensors that can be seen; none of them is kept alive. Call it inside `unobserved()`."""

    def __init__(self) -> None:
        self.look = 0
        """The number of the look, which `begin_look()` counts."""
        self._tensors: dict[int, TensorState] = {}
        self._gradients: dict[int, TensorState] = {}
        """Apart, since a gradient may have a name too, and then its own gradient is looked at."""
        self._sweep_at = _SWEPT
        self._held = 0

    def begin_look(self) -> None:
        """Take what was found before as out of date."""
        self.look += 1
        if len(self._tensors) + len(self._gradients) > self._sweep_at:
            self._sweep()

    def now(self, tensor: torch.Tensor) -> TensorState | None:
        """The state of a tensor; None if it is not of the usual kind, or too large."""
        past = self._tensors.get(id(tensor))
        try:
            state = None
            if past is not None and past.reference() is tensor:
                if past.look == self.look:
                    return past
                state = self._seen_again(tensor, past)
            if state is None:
                state = self._taken(tensor, past)
            if state is None:
                return None
            filled = None
            gradient = _grad(tensor) if state.form.is_leaf or _retains_grad(tensor) else None
            if gradient is not None:
                filled = self._now_of_gradient(gradient)
                if filled is None:
                    return None
            if past is not None and state is past:
                if filled is past.gradient:
                    past.look = self.look
                    return past
                state = past.again(past.data, past.version)
            if filled is not None:
                state.gradient, state.facts.gradient = filled, filled.facts
            state.look = self.look
        except RecursionError:
            raise
        except RuntimeError:  # an inference tensor, one of a vmap(), a view that was changed in a forbidden way
            return None
        self._tensors[id(tensor)] = state
        return state

    def of_gradient(self, tensor: torch.Tensor) -> TensorState | None:
        """The state of a gradient, of which no gradient is looked at; None as for `now()`."""
        try:
            return self._now_of_gradient(tensor)
        except RecursionError:
            raise
        except RuntimeError:
            return None

    def _now_of_gradient(self, tensor: torch.Tensor) -> TensorState | None:
        past, state = self._gradients.get(id(tensor)), None
        if past is not None and past.reference() is tensor:
            if past.look == self.look:
                return past
            state = self._seen_again(tensor, past)
        if state is None:
            state = self._taken(tensor, past)
        if state is not None:
            state.look = self.look
            self._gradients[id(tensor)] = state
        return state

    def _seen_again(self, tensor: torch.Tensor, past: TensorState) -> TensorState | None:
        """The state of a tensor that was seen before: `past` if it is the same but for its gradient.

        A new one of a leaf that has other elements; None if anything else may differ.
        """
        data = past.elements_now(tensor)
        if data is None:
            return None
        version = counted_version(tensor)
        if version == past.version and data == past.data:
            return past
        form = past.form
        if not form.is_leaf or not _is_leaf(tensor) or type(tensor) is not form.cls or _is_neg(tensor):
            return None
        self._held += len(data)
        if self._held > HELD:
            return None
        return past.again(data, version)

    def _taken(self, tensor: torch.Tensor, past: TensorState | None) -> TensorState | None:
        """Copy a tensor, whose last state may be `past`; None if it is not of the usual kind, or too large."""
        dtype = _dtype(tensor)
        if type(tensor) not in USUAL or not _is_cpu(tensor) or dtype not in READABLE:
            return None
        if _layout(tensor) is not torch.strided or _is_nested(tensor) or _is_neg(tensor):
            return None
        numel, itemsize = _numel(tensor), _element_size(tensor)
        size = numel * itemsize
        if size > COPIED:
            return None
        storage = _untyped_storage(tensor)
        address, extent, is_kept = _data_ptr(tensor), size + _storage_offset(tensor) * itemsize, owns_memory(storage)
        if _is_contiguous(tensor):
            if size and extent > storage.nbytes():  # freed, though the tensor is there
                return None
            if not (is_kept or can_be_read(address, size)):
                return None
            memory = (_c_char * size).from_address(address) if size else _EMPTY
            data = memory.raw
        elif numel <= READ:
            memory, data = None, _copied(tensor)
        else:
            return None
        self._held += size
        if self._held > HELD:
            self._sweep()
            if self._held + size > HELD:
                return None
        late = None
        if past is not None and past.data == data and past.form.dtype is dtype and past.form.numel == numel:
            data, late = past.data, past.facts.elements  # described once, though other things have changed
        elif numel <= READ:
            late = LateElements(dtype, numel)
        facts = TensorFacts(TensorForm(tensor, numel), late)
        return TensorState(tensor, facts, data, memory, (address, extent), is_kept)

    def _sweep(self) -> None:
        """Forget the tensors that are gone."""
        for table in (self._tensors, self._gradients):
            for key in [key for key, state in table.items() if state.reference() is None]:
                del table[key]
        states = (*self._tensors.values(), *self._gradients.values())
        self._held = sum(len(state.data) for state in states)
        self._sweep_at = 2 * len(states) + _SWEPT


def _copied(tensor: torch.Tensor) -> bytes:
    """The elements of a tensor that is not contiguous, in row-major order. Raises RuntimeError if they were freed."""
    try:
        held, _ = elements.stored(tensor)
    except elements.UnreadableError as error:
        raise RuntimeError from error
    copy = _Base.clone(held, memory_format=torch.contiguous_format)
    size = _Base.numel(copy) * _Base.element_size(copy)
    return ctypes.string_at(_data_ptr(copy), size) if size else b""
