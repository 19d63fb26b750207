"""What a module's text in a summary is made of, to tell in a fraction of the time that it is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import is_

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_module, class_name

_FIXED = frozenset({int, float, bool, type(None), str})
"""Classes whose objects never change, and hold nothing."""
_OTHERS = frozenset({"torch.nn.modules.container"})
"""Homes of PyTorch's modules that tell of more than their settings, such as of what they hold."""


def settings_of(modules: Sequence[object]) -> list[object] | None:
    """All that `module_text()` depends on beside the layers and parameters; None if there is more.

    PyTorch's own modules tell of their public attributes, and of whether they have a bias. A learner's is a name.

    Args:
        modules: A module and all that are within it, each once.
    """
    found: list[object] = []
    for module in modules:
        cls, home = type(module), class_module(module)
        found += cls, class_name(module), home
        children = registered(module, "modules")
        if children:
            if None in children.values():
                return None
            continue
        if not home.startswith("torch.nn."):
            continue
        if home in _OTHERS:
            return None
        found.append(cls.extra_repr)  # type: ignore[attr-defined]
        if buffers := registered(module, "buffers"):
            found += [name for name, buffer in buffers.items() if buffer is not None]
        held = object.__getattribute__(module, "__dict__")
        names = _public(tuple(held))
        values = [held[name] for name in names]
        if not _FIXED.issuperset(map(type, values)) and not all(map(_is_fixed, values)):
            return None
        found.append(names)
        found += values
    return found


@lru_cache(500)
def _public(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of an object's attributes that are public; the very same tuple each time."""
    return tuple(name for name in names if name[:1] != "_")


def _is_fixed(value: object) -> bool:
    return type(value) in _FIXED or (type(value) is tuple and _FIXED.issuperset(map(type, value)))


def are_same(now: list[object] | None, then: list[object] | None) -> bool:
    """Whether two results of `settings_of()` give the same text."""
    return now is not None and then is not None and len(now) == len(then) and all(map(is_, now, then))
