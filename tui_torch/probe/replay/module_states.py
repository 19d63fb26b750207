"""Modules of small tensors from one line to the next: whether they have changed, and what a summary shows of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice, repeat
from operator import is_
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.isolation.torch_internals import own_parts
from tui_torch.probe.replay.late_elements import WaitingElements
from tui_torch.probe.replay.module_texts import are_same, settings_of
from tui_torch.probe.replay.tensor_states import READ, TOO_LARGE, TensorForm, TensorState, TensorStates, estimated_size
from tui_torch.probe.values.module_tree import module_text, parameters
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain
from tui_torch.probe.values.summary import PARAMETERS
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.events import Change, ParameterSummary, Summary

COMPARED = 1000
"""Maximum number of a module's parameters that are compared."""
DEPTH = 8
"""Maximum depth of layers within layers that are compared."""


class _Parts:
    """The layers and parameters of a module, as they are registered at one moment."""

    __slots__ = ("layers", "modules", "names", "tensors")

    def __init__(self, module: object) -> None:
        self.layers: list[object] = []
        """Depths, names and identities of the layers, which differ once one is added, removed or replaced."""
        self.names: list[str] = []
        """The name of each parameter within its layer."""
        self.tensors: list[torch.Tensor] = []
        """The parameters, each once, in the order of `parameters()`."""
        self.modules: list[object] = [module]
        """The module and all layers, each once."""
        self._collect(module, 0, set())

    def _collect(self, module: object, depth: int, met: set[int]) -> None:
        own, children = own_parts(module)
        for name, parameter in own.items():
            if parameter is not None and id(parameter) not in met and issubclass(type(parameter), torch.Tensor):
                met.add(id(parameter))
                self.names.append(name)
                self.tensors.append(parameter)
        for name, child in children.items():
            if child is None:
                continue
            if depth <= DEPTH:
                self.layers += (depth, name, id(child))
            if id(child) not in met and issubclass(type(child), torch.nn.Module):
                met.add(id(child))
                self.modules.append(child)
                self._collect(child, depth + 1, met)


class _ModuleForm:
    """What a module is, but for the elements of its parameters. States of one module share it while it is the same."""

    __slots__ = ("dtype", "forms", "is_read", "names", "numel", "paths", "requires_grad", "settings", "text", "type")

    def __init__(self, module: object, parts: _Parts, forms: list[TensorForm], settings: list[object] | None) -> None:
        self.type = class_name(module)
        self.names = parts.names
        self.forms = forms
        """What the parameters are."""
        self.settings = settings
        """What `text` is made of; None if it has to be made again each time."""
        self.paths = [path for path, _ in islice(parameters(module), PARAMETERS)]
        self.dtype: torch.dtype | None = forms[0].dtype if forms else None
        self.requires_grad = any(form.requires_grad for form in forms)
        self.numel = sum(form.numel for form in forms)
        self.is_read = self.numel <= READ
        """Whether norms are computed."""
        self.text = module_text(module, LIMIT)

    def fits(self, parts: _Parts, forms: list[TensorForm], settings: list[object] | None) -> bool:
        """Whether a module with the same layers as this one's is of this form."""
        return (
            are_same(settings, self.settings)
            and parts.names == self.names
            and len(forms) == len(self.forms)
            and all(map(is_, forms, self.forms))
        )


class ModuleFacts:
    """What a summary shows of a module at one moment; the norms, once they were computed."""

    __slots__ = ("_tensors", "form")

    def __init__(self, form: _ModuleForm, states: list[TensorState]) -> None:
        self.form = form
        self._tensors = [state.facts for state in states[:PARAMETERS]]
        """Those of the parameters and their gradients."""

    @property
    def size(self) -> int:
        """About how many bytes the summary will take."""
        form = self.form
        return estimated_size(0, has_statistics=False) + min(len(form.text), LIMIT) + 250 * len(form.paths)

    def summary(self, name: str, change: Change = "same") -> Summary:
        """The summary, once the norms were computed."""
        form = self.form
        return Summary(
            name,
            "module",
            form.type,
            dtype=None if form.dtype is None else dtype_text(form.dtype),
            device=None if form.dtype is None else "cpu",
            requires_grad=form.requires_grad,
            numel=form.numel,
            parameters=tuple(self._parameters()),
            text=plain(form.text, LIMIT),
            change=change,
            note=None if form.is_read else TOO_LARGE,
        )

    def _parameters(self) -> Iterator[ParameterSummary]:
        form = self.form
        for path, parameter, facts in zip(form.paths, form.forms, self._tensors, strict=False):
            both = facts.elements, None if facts.gradient is None else facts.gradient.elements
            norms = [late.norm if late is not None and form.is_read else None for late in both]
            yield ParameterSummary(path, parameter.shape, parameter.requires_grad, *norms)


class ModuleState:
    """A module as it was at one look."""

    __slots__ = ("_form", "facts", "layers", "reference", "tensors")

    def __init__(
        self, module: torch.nn.Module, layers: list[object], tensors: list[TensorState], form: _ModuleForm
    ) -> None:
        self.reference: ReferenceType[torch.nn.Module] = ref(module)
        self.layers = layers
        """Depths, names and identities of the layers, which differ once one is added, removed or replaced."""
        self.tensors = tensors
        """The states of the parameters."""
        self._form = form
        self.facts = ModuleFacts(form, tensors)

    def is_unchanged(self, module: object, look: int) -> bool:
        """Whether a value is this module, and shows what it showed then, as of one look."""
        if self.reference() is not module:
            return False
        own, children = own_parts(module)
        if children:
            parts = _Parts(module)
            if parts.layers != self.layers:
                return False
            tensors = parts.tensors
        elif self.layers:
            return False
        else:  # where each is there once, as most often, what it is is told by which one it is
            tensors = own.values() if len(own) == len(self.tensors) else _each_once(own.values())
        if len(tensors) != len(self.tensors):
            return False
        return all(map(TensorState.is_unchanged, self.tensors, tensors, repeat(look)))

    def again(self, module: torch.nn.Module, states: TensorStates) -> ModuleState | None:
        """The state of the same layer, once its parameters have other elements; None if anything else may differ."""
        form = self._form
        if self.layers or self.reference() is not module or form.settings is None:
            return None
        own, children = own_parts(module)
        if children or [*own] != form.names:
            return None
        tensors: list[TensorState] = []
        for past, form_of_past, tensor in zip(self.tensors, form.forms, own.values(), strict=True):
            if past.reference() is not tensor:
                return None
            state = states.now(tensor)
            if state is None or state.form is not form_of_past or not _is_read_in_place(state):
                return None
            tensors.append(state)
        if not are_same(settings_of((module,)), form.settings):
            return None
        state = object.__new__(ModuleState)
        state.reference, state.layers, state.tensors, state._form = self.reference, self.layers, tensors, form
        state.facts = ModuleFacts(form, tensors)
        return state

    def form_of(
        self, module: object, parts: _Parts, forms: list[TensorForm], settings: list[object] | None
    ) -> _ModuleForm | None:
        """The form of this state, if a value is this module and is still of it."""
        is_same = self.reference() is module and self.layers == parts.layers and self._form.fits(parts, forms, settings)
        return self._form if is_same else None

    def change_since(self, past: ModuleState) -> Change:
        """What has happened to a name since the state of what it was bound to; "same" if nothing that is shown."""
        if (module := self.reference()) is None or past.reference() is not module:
            return "changed"
        if self.layers != past.layers or len(self.tensors) != len(past.tensors):
            return "changed in place"
        pairs = [(now, was) for now, was in zip(self.tensors, past.tensors, strict=True) if now is not was]
        if not all(now.reference() is was.reference() and now.is_like(was) for now, was in pairs):
            return "changed in place"
        filled = [(now.gradient, was.gradient) for now, was in pairs]
        if all(now is was or (now is not None and was is not None and now.is_like(was)) for now, was in filled):
            return "same"
        return "changed in place" if all(state.gradient is None for state in self.tensors) else "gradient filled"

    def will_show(self, waiting: WaitingElements) -> None:
        """Have the norms of `facts` computed in time."""
        if not self._form.is_read:
            return
        for state in self.tensors[:PARAMETERS]:
            for one in (state, state.gradient):
                if one is not None and one.facts.elements is not None:
                    waiting.measure(one.facts.elements, one.data)


def _each_once(parameters: Collection[object]) -> list[torch.Tensor]:
    """The parameters of one layer, each once."""
    found, met = list[torch.Tensor](), set[int]()
    for one in parameters:
        if one is not None and issubclass(type(one), torch.Tensor) and id(one) not in met:
            met.add(id(one))
            found.append(one)  # type: ignore[arg-type]
    return found


def state_of(module: torch.nn.Module, states: TensorStates, past: object = None) -> ModuleState | None:
    """The state of a module; None if it has a parameter that has none, or more than COMPARED.

    Args:
        module: The module.
        states: Those of its parameters.
        past: Its last state, or anything else.
    """
    if isinstance(past, ModuleState) and (again := past.again(module, states)) is not None:
        return again
    parts = _Parts(module)
    if len(parts.tensors) > COMPARED:
        return None
    tensors: list[TensorState] = []
    for tensor in parts.tensors:
        state = states.now(tensor)
        if state is None or not _is_read_in_place(state):
            return None
        tensors.append(state)
    forms, settings = [state.form for state in tensors], settings_of(parts.modules)
    form = past.form_of(module, parts, forms, settings) if isinstance(past, ModuleState) else None
    return ModuleState(module, parts.layers, tensors, form or _ModuleForm(module, parts, forms, settings))


def _is_read_in_place(state: TensorState) -> bool:
    return state.memory is not None and (state.gradient is None or state.gradient.memory is not None)
