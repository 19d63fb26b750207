"""Modules of small tensors from one line to the next: whether they have changed, and what a summary shows of them."""

from __future__ import annotations

from itertools import repeat
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.replay.late_elements import LateElements, WaitingElements
from tui_torch.probe.replay.tensor_states import READ, TOO_LARGE, TensorState, TensorStates, estimated_size
from tui_torch.probe.values.module_tree import module_text, parameters
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain
from tui_torch.probe.values.summary import PARAMETERS
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.events import Change, ParameterSummary, Summary

COMPARED = 1000
"""Maximum number of a module's parameters that are compared."""
DEPTH = 8
"""Maximum depth of layers within layers that are compared."""


class _ParameterFacts:
    """What a summary shows of one parameter; its norms, once they were computed."""

    __slots__ = ("gradient", "path", "shape", "trainable", "weights")

    def __init__(self, path: str, state: TensorState) -> None:
        self.path = path
        self.shape = state.facts.shape
        self.trainable = state.facts.requires_grad
        self.weights: LateElements | None = state.facts.elements
        self.gradient: LateElements | None = None if state.gradient is None else state.gradient.facts.elements

    def summary(self, *, is_read: bool) -> ParameterSummary:
        weights, gradient = (self.weights, self.gradient) if is_read else (None, None)
        return ParameterSummary(
            self.path,
            self.shape,
            self.trainable,
            None if weights is None else weights.norm,
            None if gradient is None else gradient.norm,
        )


class ModuleFacts:
    """What a summary shows of a module at one moment; the norms, once they were computed."""

    __slots__ = ("dtype", "is_read", "numel", "parameters", "requires_grad", "text", "type")

    def __init__(self, module: object, paths: tuple[str, ...], states: tuple[TensorState, ...]) -> None:
        self.type = class_name(module)
        self.dtype: torch.dtype | None = states[0].facts.dtype if states else None
        self.requires_grad = any(state.facts.requires_grad for state in states)
        self.numel = sum(state.facts.numel for state in states)
        self.is_read = self.numel <= READ
        """Whether norms are computed."""
        shown = zip(paths[:PARAMETERS], states[:PARAMETERS], strict=True)
        self.parameters = tuple(_ParameterFacts(path, state) for path, state in shown)
        self.text = module_text(module, LIMIT)

    @property
    def size(self) -> int:
        """About how many bytes the summary will take."""
        return estimated_size(0, has_statistics=False) + min(len(self.text), LIMIT) + 250 * len(self.parameters)

    def summary(self, name: str, change: Change = "same") -> Summary:
        """The summary, once the norms were computed."""
        return Summary(
            name,
            "module",
            self.type,
            dtype=None if self.dtype is None else dtype_text(self.dtype),
            device=None if self.dtype is None else "cpu",
            requires_grad=self.requires_grad,
            numel=self.numel,
            parameters=tuple(parameter.summary(is_read=self.is_read) for parameter in self.parameters),
            text=plain(self.text, LIMIT),
            change=change,
            note=None if self.is_read else TOO_LARGE,
        )


class ModuleState:
    """A module as it was at one look."""

    __slots__ = ("facts", "layers", "reference", "tensors")

    def __init__(
        self, module: torch.nn.Module, layers: list[object], tensors: tuple[TensorState, ...], facts: ModuleFacts
    ) -> None:
        self.reference: ReferenceType[torch.nn.Module] = ref(module)
        self.layers = layers
        """Names and identities of the layers, which differ once one is added, removed or replaced."""
        self.tensors = tensors
        """The states of the parameters."""
        self.facts = facts

    def is_unchanged(self, module: object, look: int) -> bool:
        """Whether a value is this module, and shows what it showed then, as of one look."""
        if self.reference() is not module:
            return False
        layers: list[object] = []
        tensors: list[torch.Tensor] = []
        _collect(module, 0, layers, tensors, set())
        if layers != self.layers or len(tensors) != len(self.tensors):
            return False
        return all(map(TensorState.is_unchanged, self.tensors, tensors, repeat(look)))

    def change_since(self, past: ModuleState) -> Change:
        """What has happened to a name since the state of what it was bound to; "same" if nothing that is shown."""
        if (module := self.reference()) is None or past.reference() is not module:
            return "changed"
        if self.layers != past.layers or len(self.tensors) != len(past.tensors):
            return "changed in place"
        pairs = tuple(zip(self.tensors, past.tensors, strict=True))
        if not all(now is was or (now.reference() is was.reference() and now.is_like(was)) for now, was in pairs):
            return "changed in place"
        filled = [(now.gradient, was.gradient) for now, was in pairs]
        if all(now is was or (now is not None and was is not None and now.is_like(was)) for now, was in filled):
            return "same"
        return "changed in place" if all(now is None for now, _ in filled) else "gradient filled"

    def will_show(self, waiting: WaitingElements) -> None:
        """Have the norms of `facts` computed in time."""
        if not self.facts.is_read:
            return
        for state in self.tensors[:PARAMETERS]:
            for one in (state, state.gradient):
                if one is not None and one.facts.elements is not None:
                    waiting.measure(one.facts.elements, one.data)


def state_of(module: torch.nn.Module, states: TensorStates) -> ModuleState | None:
    """The state of a module; None if it has a parameter that has none, or more than COMPARED."""
    named = list(parameters(module))
    if len(named) > COMPARED:
        return None
    tensors: list[TensorState] = []
    for _, tensor in named:
        state = states.now(tensor)
        if state is None or not state.is_in_place or not (state.gradient is None or state.gradient.is_in_place):
            return None
        tensors.append(state)
    layers: list[object] = []
    _collect(module, 0, layers, [], set())
    facts = ModuleFacts(module, tuple(path for path, _ in named), tuple(tensors))
    return ModuleState(module, layers, tuple(tensors), facts)


def _collect(module: object, depth: int, layers: list[object], tensors: list[torch.Tensor], met: set[int]) -> None:
    """Add a module's layers and its parameters, each once, in the order of `parameters()`."""
    for parameter in registered(module, "parameters").values():
        if parameter is not None and id(parameter) not in met and issubclass(type(parameter), torch.Tensor):
            met.add(id(parameter))
            tensors.append(parameter)
    for name, child in registered(module, "modules").items():
        if child is None:
            continue
        if depth <= DEPTH:
            layers += (depth, name, id(child))
        if id(child) not in met and issubclass(type(child), torch.nn.Module):
            met.add(id(child))
            _collect(child, depth + 1, layers, tensors, met)
