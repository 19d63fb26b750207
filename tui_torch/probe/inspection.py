"""The namespace after a run: what is in it, and what the run did to each name."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import torch

from tui_torch.kernel.events import Change, Inspection, Summary
from tui_torch.probe import elements
from tui_torch.probe.elements import Base
from tui_torch.probe.expression import evaluate_quietly
from tui_torch.probe.glimpse import LIMIT, class_name, plain
from tui_torch.probe.names import listed
from tui_torch.probe.reach import is_container, items, size
from tui_torch.probe.sharing import Place, groups, place_of
from tui_torch.probe.summary import grad_of, parameters, summarize, without_elements
from tui_torch.probe.undisturbed import unobserved

VARIABLES = 500
SECONDS = 0.020
"""Once so much work is done, the rest is described without reading elements."""

SHARERS = 4
"""A row carries so many names that share its memory."""
_WEIGHED = 1000
"""So many of a module's parameters, or of a container's items, are compared."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells a value from the one that had its name before, without keeping it alive."""

    identity: object
    """Which object it is: a weak reference where there can be one, since a new object may get a dead one's id()."""
    place: object = None
    """What differs after a change in place that PyTorch knows of: memory, version."""
    content: object = None
    """What its elements were; None when they were not read."""
    gradient: Fingerprint | None = None
    """Of its gradient; None for none."""


@dataclass(frozen=True, slots=True)
class _Seen:
    fingerprint: Fingerprint
    summary: Summary


class Inspector:
    """Summarizes namespaces, and says of each name what has changed since the call before."""

    def __init__(self) -> None:
        self._variables: dict[str, _Seen] = {}
        self._pins: dict[str, _Seen] = {}

    def forget(self) -> None:
        """Start over: at the next inspection, every name is new."""
        self._variables = {}
        self._pins = {}

    def inspect(self, namespace: Mapping[str, object], pins: Sequence[str]) -> Inspection:
        """Summaries of the `pins`, expressions over the namespace, and of its first VARIABLES names. Holds no reference
        to any value afterwards."""
        deadline = time.perf_counter() + SECONDS
        pinned, seen_pins = self._pinned(namespace, pins, deadline)
        names = list(listed(namespace))
        seen: dict[str, _Seen] = {}
        summaries: dict[str, Summary] = {}
        # The small ones first: should time run out, it is the slowest that go unread.
        with unobserved():
            for name, value in sorted(names[:VARIABLES], key=lambda entry: _size(entry[1])):
                summary = _described(name, value, self._variables.get(name), seen, deadline)
                if summary is not None:
                    summaries[name] = summary
            _join(summaries, names[:VARIABLES])
        variables = [summaries[name] for name, _ in names[:VARIABLES] if name in summaries]
        living = {name for name, _ in names}
        gone = [without_elements(past.summary) for name, past in self._variables.items() if name not in living]
        self._variables, self._pins = seen, seen_pins
        return Inspection(tuple(pinned), (*variables, *gone[:VARIABLES]), max(0, len(names) - VARIABLES))

    def _pinned(
        self, namespace: Mapping[str, object], pins: Sequence[str], deadline: float
    ) -> tuple[list[Summary], dict[str, _Seen]]:
        summaries: list[Summary] = []
        seen: dict[str, _Seen] = {}
        for pin in pins:
            value, error = evaluate_quietly(pin, namespace)
            if error is not None:
                summary = Summary(pin, "value", error.split(":")[0], note=error)
            else:
                summary = _described(pin, value, self._pins.get(pin), seen, deadline, bound=False)
            if summary is None:
                summary = Summary(pin, "value", class_name(value), text=plain(f"<{class_name(value)}>", LIMIT))
            summaries.append(summary)
        return summaries, seen


def _join(summaries: dict[str, Summary], names: Sequence[tuple[str, object]]) -> None:
    """Tell each name which others share its memory; and where one of them changed in place, those whose elements were
    not all read have changed, too."""
    places: list[tuple[str, Place]] = []
    for name, value in names:
        place = place_of(value)
        if place is not None and name in summaries:
            places.append((name, place))
    for together in groups(places):
        touched = any(summaries[name].change == "changed in place" for name in together)
        for name in together:
            summary = summaries[name]
            others = tuple(islice((other for other in together if other != name), SHARERS))
            unread = summary.statistics is None or summary.statistics.seen < summary.numel
            changed = touched and unread and summary.change == "same"
            summaries[name] = replace(summary, shares=others, change="changed in place" if changed else summary.change)


def _size(value: Any) -> int:
    if issubclass(type(value), torch.Tensor):
        return Base.numel(value)
    return np.ndarray.size.__get__(value) if issubclass(type(value), np.ndarray) else 0


def _described(
    name: str, value: object, past: _Seen | None, seen: dict[str, _Seen], deadline: float, *, bound: bool = True
) -> Summary | None:
    in_time = time.perf_counter() < deadline
    summary = summarize(name, value, statistics=in_time)
    if summary is None:
        return None
    if not in_time and summary.numel and summary.note is None:
        summary = replace(summary, note="not read: there was too much to read at once")
    try:
        with unobserved():
            fingerprint = fingerprint_of(value, summary)
    except Exception:  # a value that summarize() could not read either
        fingerprint = Fingerprint(id(value))
    seen[name] = _Seen(fingerprint, summary)
    change = "new" if past is None else change_between(past.fingerprint, fingerprint, bound)
    return summary if change == summary.change else replace(summary, change=change)


def change_between(before: Fingerprint, now: Fingerprint, bound: bool) -> Change:
    if before.identity != now.identity:
        # An expression makes a new object each time it is evaluated; what it says may be the same all the while.
        return "changed" if bound or now.content is None or now.content != before.content else "same"
    if _touched(before, now):
        return "changed in place"
    if now.gradient is not None and (before.gradient is None or _touched(before.gradient, now.gradient)):
        return "gradient filled"
    return "same"


def _touched(before: Fingerprint, now: Fingerprint) -> bool:
    read_twice = before.content is not None and now.content is not None
    return before.place != now.place or (read_twice and before.content != now.content)


class Same:
    """Equal to another one only while the object that both were made of is alive."""

    __slots__ = ("_reference",)

    def __init__(self, value: object) -> None:
        self._reference: ReferenceType[Any] = ref(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and (mine := self._reference()) is not None and mine is other._reference()

    __hash__ = None  # type: ignore[assignment]


def fingerprint_of(value: Any, summary: Summary) -> Fingerprint:
    cls = type(value)
    if issubclass(cls, torch.Tensor):
        gradient = grad_of(value)
        filled = None
        if gradient is not None:
            filled = Fingerprint(None, (id(gradient), _place(gradient)), _content(summary.gradient))
        return Fingerprint(Same(value), _place(value), _content(summary), filled)
    if issubclass(cls, np.ndarray):
        return Fingerprint(Same(value), None, _checksum(np.ndarray.view(value, np.ndarray)))
    if issubclass(cls, torch.nn.Module):
        return _module_fingerprint(value, summary)
    if summary.kind == "container":
        held = [(id(item), _held(item)) for _, item in items("", value, 0, _WEIGHED)]
        return Fingerprint(id(value), (size(value), held), summary.text)
    if summary.kind in ("optimizer", "loader", "dataset"):
        return Fingerprint(Same(value), None, (summary.text, summary.facts))
    if cls in (list, dict, set, bytearray):
        first = [id(item) for item in islice(value.values() if cls is dict else value, _WEIGHED)]
        last = [id(item) for item in value[-_WEIGHED:]] if cls is list else []
        return Fingerprint(id(value), (len(value), first, last), summary.text)
    if summary.text:
        # A value that cannot change is the same as long as it reads the same.
        return Fingerprint((cls.__name__, summary.text, len(value) if cls in (str, bytes, tuple, frozenset) else None))
    return Fingerprint(id(value))


def _held(item: Any, depth: int = 3) -> object:
    """What differs after a change in place of something in a container."""
    if issubclass(type(item), torch.Tensor):
        return _place(item)
    if depth and is_container(item):
        return [(id(part), _held(part, depth - 1)) for _, part in items("", item, 0, 50)]
    return None


def _module_fingerprint(module: object, summary: Summary) -> Fingerprint:
    tensors = [tensor for _, tensor in islice(parameters(module), _WEIGHED)]
    gradients = [gradient for tensor in tensors if (gradient := grad_of(tensor)) is not None]
    filled = None
    if gradients:
        norms = [parameter.gradient_norm for parameter in summary.parameters]
        places = [(id(gradient), _place(gradient)) for gradient in gradients]
        filled = Fingerprint(None, places, norms if any(norm is not None for norm in norms) else None)
    norms = [parameter.norm for parameter in summary.parameters]
    return Fingerprint(
        Same(module),
        [(id(tensor), _place(tensor)) for tensor in tensors],
        norms if any(norm is not None for norm in norms) else None,
        filled,
    )


def _place(tensor: torch.Tensor) -> object:
    version = None if Base.is_inference(tensor) else Base._version.__get__(tensor)
    try:
        return Base.data_ptr(tensor), version
    except RuntimeError:  # sparse, or a subclass without memory of its own
        return version


def _content(summary: Summary | None) -> object:
    if summary is None or summary.statistics is None:
        return None
    return hash((summary.statistics, summary.values, summary.shape))


def _checksum(array: np.ndarray) -> object:
    some = array.reshape(-1) if array.size <= elements.SAMPLE else array[elements.sampled_indices(array.shape)]
    if array.dtype.hasobject:
        return array.shape, [id(item) for item in some[:_WEIGHED].tolist()]
    return array.shape, zlib.crc32(some.tobytes())
