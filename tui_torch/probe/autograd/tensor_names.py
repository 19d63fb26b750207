"""The names of the tensors that the learner's names reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import torch

from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import as_python, parameters
from tui_torch.probe.values.short_repr import plain

ITEMS = 16
"""Maximum number of items of a container that are named."""
NAMED = 20_000
"""Maximum number of tensors of the namespace that are recognized by their names."""
NAME = 60
"""Maximum number of characters of a name."""


class TensorNames:
    """The names of the namespace's tensors, found by the tensor or by the operation that computed it."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._by_id: dict[int, str] = {}
        self._results: dict[Any, tuple[int, str, Any]] = {}
        for name, tensor in islice(_tensors(namespace), NAMED):
            if id(tensor) in self._by_id:
                continue
            self._by_id[id(tensor)] = plain(name, NAME)
            try:
                node = None if Base.is_leaf.__get__(tensor) else Base.grad_fn.__get__(tensor)
                if node is not None:
                    self._results.setdefault(node, (Base.output_nr.__get__(tensor), plain(name, NAME), tensor))
            except RuntimeError:  # a view that was changed in a way that autograd forbids
                continue

    def of(self, tensor: object) -> str | None:
        """Return the expression that reaches a tensor; None if none does."""
        return self._by_id.get(id(tensor))

    def result(self, node: Any) -> tuple[str, Any] | None:
        """Return the name of an operation's first result, and the tensor; None if it has no name."""
        found = self._results.get(node)
        return None if found is None or found[0] else found[1:]


def _tensors(namespace: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    """Yield every tensor that can be reached by a name: variables, then items of containers, then parameters."""
    shown = [
        (name, value)
        for name, value in tuple(namespace.items())
        if type(name) is str and not name.startswith("_") and name not in ("In", "Out")
    ]
    for name, value in shown:
        if issubclass(type(value), torch.Tensor):
            yield name, value
    for name, value in shown:
        if type(value) in (list, tuple):
            items: Any = enumerate(islice(value, ITEMS))  # type: ignore[arg-type]
        elif type(value) is dict:
            items = [(key, item) for key, item in islice(value.items(), ITEMS) if type(key) in (str, int)]  # type: ignore[attr-defined]
        else:
            continue
        for key, item in items:
            if issubclass(type(item), torch.Tensor):
                yield f"{name}[{key!r}]", item
    for name, value in shown:
        if issubclass(type(value), torch.nn.Module):
            for path, tensor in parameters(value):
                yield as_python(f"{name}.{path}"), tensor
