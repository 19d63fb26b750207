"""The namespace after a run: the values in it, and what the run did to each name."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.inspector.not_made_yet import NOT_MADE_YET, is_not_made_yet
from tui_torch.probe.isolation.looking import look_at
from tui_torch.probe.isolation.readable_memory import refuse_unreadable_array
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.evaluate import evaluate_quietly
from tui_torch.probe.values.fingerprint import (
    Fingerprint,
    SameObject,
    change_between,
    checksum_in_place,
    memory_of,
)
from tui_torch.probe.values.learner_names import learner_variables
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.probe.values.module_tree import KnownNorms, parameters
from tui_torch.probe.values.paths import is_container, items, size
from tui_torch.probe.values.shared_storage import StorageRange, groups_in_one_storage, storage_of
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain
from tui_torch.probe.values.stamp import ValueStamp, are_alike, holds_still, stamp_of, still_at_once
from tui_torch.probe.values.summary import summarize, without_elements
from tui_torch.protocol.events import Change, Inspection, Summary
from tui_torch.protocol.inspection_updates import NOT_READ

VARIABLES = 500
"""Maximum number of names that are described."""
SECONDS = 0.020
"""Seconds of work after which the remaining values are described without reading their elements."""

SHARERS = 4
"""Maximum number of names that a summary says share the value's memory."""
_WEIGHED = 1000
"""Maximum number of a module's parameters, or of a container's items, that are compared."""


@dataclass(slots=True)
class _KnownValue:
    """What an inspection found of a value, for the next one to compare with."""

    fingerprint: Fingerprint
    summary: Summary
    """As it was made: the change, and the names that share the memory, are found out again each time."""
    region: StorageRange | None
    stamp: ValueStamp | None
    """Tells whether the summary can be used again; None if the value has to be described each time."""
    shown: Summary
    """The summary as it was shown last, with the change and the names that share the memory."""


@dataclass(slots=True)
class _InspectedValue:
    """A value of an inspection that is being made."""

    known: _KnownValue
    change: Change
    is_pin: bool
    shares: tuple[str, ...] = ()

    def as_summary(self) -> Summary:
        """The summary with the change and the names that share the memory; the same object as long as it is equal."""
        shown = self.known.shown
        if self.change != shown.change or self.shares != shown.shares:
            shown = self.known.shown = replace(self.known.summary, change=self.change, shares=self.shares)
        return shown


@dataclass(frozen=True, slots=True)
class _KnownValues:
    """What an inspection found."""

    variables: dict[str, _KnownValue]
    """By name."""
    pins: dict[str, _KnownValue]
    """By expression."""


_NOTHING = _KnownValues({}, {})


class Inspector:
    """Summarizes namespaces, and says of each name what has changed since the call before."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        """Keep nothing yet. `clock` returns seconds, of which an inspection reads elements for SECONDS at most.

        They are those of this thread on a processor: what else the machine does leaves no value undescribed.
        """
        self._clock = clock
        self._last = _NOTHING
        """What the last inspection found; nothing at the start."""
        self._watched: dict[str, _KnownValue] = {}
        self._norms = KnownNorms()
        self._first = _NOTHING
        """What was there when the run began."""
        self._shown = Inspection((), ())
        """The last inspection."""
        self._unread: list[tuple[bool, str]] = []
        """What it had no time for: whether it is a pin, and its name."""
        self._earlier: tuple[_KnownValues, ...] = ()
        """What was there when the run before ended, and when it began."""

    def begin(self, namespace: Mapping[str, object], pins: Sequence[str]) -> None:
        """Start over from what a run begins with: the next inspection says what has changed since.

        What is as it was at the beginning or at the end of the run before, such as that which the same code makes from
        the same random numbers, is not described again.
        """
        self._earlier = (self._last, self._first)
        self._last = _NOTHING
        self._note(namespace, pins)
        self._first = self._last

    def inspect(self, namespace: Mapping[str, object], pins: Sequence[str]) -> Inspection:
        """Summaries of the pins, which are expressions, and of the namespace's first VARIABLES names.

        Keeps no reference to any value.
        """
        before = self._last.variables
        pinned, variables, names = self._note(namespace, pins)
        _join([*pinned, *variables])
        living = set(names)
        gone = [without_elements(past.summary) for name, past in before.items() if name not in living]
        self._shown = Inspection(
            tuple(row.as_summary() for row in pinned),
            (*(row.as_summary() for row in variables), *gone[:VARIABLES]),
            max(0, len(names) - VARIABLES),
        )
        # Not those that are gone.
        unread = (row for row in (*pinned, *variables) if row.known.summary.note == NOT_READ)
        self._unread = [(row.is_pin, row.known.summary.name) for row in unread]
        return self._shown

    def read_on(self, namespace: Mapping[str, object]) -> Inspection | None:
        """Read for SECONDS what the last inspection had no time for, one value at least.

        What it said of changes and of shared memory stays.

        Returns:
            The inspection with what has been read by now; None if nothing was left to read.
        """
        if not self._unread:
            return None
        deadline = self._clock() + SECONDS
        read: dict[tuple[bool, str], Summary] = {}
        while self._unread and (not read or self._clock() < deadline):
            is_pin, name = place = self._unread.pop(0)
            if not is_pin and name not in namespace:
                continue
            known = self._last.pins if is_pin else self._last.variables
            look_at(name)
            value, error = evaluate_quietly(name, namespace) if is_pin else (namespace[name], None)
            before, seen = known[name].shown, dict[str, _KnownValue]()
            with unobserved():
                row = None if error is not None else _inspected(name, value, {}, seen, True, self._norms, is_pin=is_pin)
            if row is not None:
                row.change, row.shares = before.change, before.shares
                known[name] = row.known
                read[place] = row.as_summary()
        look_at("")
        shown = self._shown
        self._shown = replace(
            shown,
            pinned=tuple(read.get((True, summary.name), summary) for summary in shown.pinned),
            variables=tuple(read.get((False, summary.name), summary) for summary in shown.variables),
        )
        return self._shown

    def _note(
        self, namespace: Mapping[str, object], pins: Sequence[str]
    ) -> tuple[list[_InspectedValue], list[_InspectedValue], list[str]]:
        """Look at the pins and at the first VARIABLES names; the rows of both, and all names."""
        deadline = self._clock() + SECONDS
        pinned, seen_pins = self._pinned(namespace, pins, deadline)
        names = list(learner_variables(namespace))
        before = self._last.variables
        earlier = [known.variables for known in self._earlier]
        seen: dict[str, _KnownValue] = {}
        rows: dict[str, _InspectedValue] = {}
        others: list[tuple[str, object]] = []
        with unobserved():
            for name, value in names[:VARIABLES]:
                past = before.get(name)
                if past is not None and past.stamp is not None and still_at_once(past.stamp, value):
                    seen[name], rows[name] = past, _InspectedValue(past, "same", False)
                else:
                    others.append((name, value))
            # The small ones first: should time run out, it is the slowest that go unread.
            for name, value in sorted(others, key=lambda entry: _size(entry[1])):
                row = _inspected(name, value, before, seen, self._clock() < deadline, self._norms, earlier)
                if row is not None:
                    rows[name] = row
        look_at("")
        self._last, self._watched = _KnownValues(seen, seen_pins), {}
        variables = [rows[name] for name, _ in names[:VARIABLES] if name in rows]
        return pinned, variables, [name for name, _ in names]

    def inspect_expressions(self, names: Mapping[str, object], expressions: Sequence[str]) -> tuple[Summary, ...]:
        """Summaries of a few expressions while code runs, without those that cannot be evaluated (yet).

        Changes are those since the call before, or since the last `inspect()`, whose next call does not notice this
        one. Keeps no reference to any value.
        """
        deadline = self._clock() + SECONDS
        summaries: list[Summary] = []
        seen = dict(self._watched)
        for expression in expressions:
            look_at(expression)
            with buffers_kept(names if "(" in expression else {}):
                value, error = evaluate_quietly(expression, names)
            if error is not None:
                continue
            last = self._last.pins if expression in self._last.pins else self._last.variables
            past = self._watched if expression in self._watched else last
            with unobserved():
                in_time = self._clock() < deadline
                row = _inspected(expression, value, past, seen, in_time, self._norms, is_pin=expression not in names)
            if row is not None:
                summaries.append(row.as_summary())
        look_at("")
        self._watched = seen
        return tuple(summaries)

    def _pinned(
        self, namespace: Mapping[str, object], pins: Sequence[str], deadline: float
    ) -> tuple[list[_InspectedValue], dict[str, _KnownValue]]:
        rows: list[_InspectedValue] = []
        seen: dict[str, _KnownValue] = {}
        earlier = [known.pins for known in self._earlier]
        for pin in pins:
            row = None
            look_at(pin)
            value, error = evaluate_quietly(pin, namespace)
            if error is not None and is_not_made_yet(pin, namespace):
                summary = Summary(pin, "value", "", text=NOT_MADE_YET)
            elif error is not None:
                summary = Summary(pin, "value", error.split(":")[0], note=error)
            else:
                with unobserved():
                    in_time = self._clock() < deadline
                    row = _inspected(pin, value, self._last.pins, seen, in_time, self._norms, earlier, is_pin=True)
                summary = Summary(pin, "value", class_name(value), text=plain(f"<{class_name(value)}>", LIMIT))
            if row is None:
                unknown = _KnownValue(Fingerprint(None), summary, None, None, summary)
                row = _InspectedValue(unknown, summary.change, True)
            rows.append(row)
        return rows, seen


def _join(rows: Sequence[_InspectedValue]) -> None:
    """Note at each row which other names share its memory, and what changed in place with them.

    Where one changed in place, the others whose elements were not all read have changed too.
    """
    for together in groups_in_one_storage([(row, found) for row in rows if (found := row.known.region) is not None]):
        touched = any(row.change == "changed in place" for row in together)
        names = tuple(islice((row.known.summary.name for row in together if not row.is_pin), SHARERS + 1))
        first = names[:SHARERS]
        for row in together:
            summary = row.known.summary
            is_named = summary.name in names
            row.shares = tuple([name for name in names if name != summary.name][:SHARERS]) if is_named else first
            if touched and row.change == "same":
                statistics = summary.statistics
                if statistics is None or statistics.seen < summary.numel:
                    row.change = "changed in place"


def _size(value: Any) -> int:
    if issubclass(type(value), torch.Tensor):
        return Base.numel(value)
    return np.ndarray.size.__get__(value) if issubclass(type(value), np.ndarray) else 0


def _inspected(
    name: str,
    value: object,
    last: Mapping[str, _KnownValue],
    seen: dict[str, _KnownValue],
    in_time: bool,
    norms: KnownNorms,
    earlier: Sequence[Mapping[str, _KnownValue]] = (),
    *,
    is_pin: bool = False,
) -> _InspectedValue | None:
    """A value of the inspection, noted in `seen`; None if it is not shown. Call it inside `unobserved()`.

    The change is that since `last`. Unless `in_time`, the elements are not read. A value that reads as that of this
    name did in `last` or in one of `earlier` is not described again.
    """
    look_at(name)
    past = last.get(name)
    if past is not None and past.stamp is not None and holds_still(past.stamp, value, in_time):
        seen[name] = past
        return _InspectedValue(past, "same", is_pin)
    stamp = stamp_of(value, in_time) if in_time else None
    alike = None if stamp is None else _alike(stamp, name, (last, *earlier))
    summary = alike.summary if alike else summarize(name, value, statistics=in_time, norm_of=norms.norm_of)
    if summary is None:
        return None
    if not in_time and summary.numel and summary.note is None:
        summary = replace(summary, note=NOT_READ)
    try:
        fingerprint = fingerprint_of(value, summary) if alike is None else _fingerprint_of_alike(value, alike)
    except Exception:  # a value that summarize() could not read either
        fingerprint = Fingerprint(id(value))
    shown = summary if alike is None else alike.shown
    now = seen[name] = _KnownValue(fingerprint, summary, storage_of(value), stamp, shown)
    change = "new" if past is None else change_between(past.fingerprint, fingerprint, not is_pin)
    return _InspectedValue(now, change, is_pin)


def _alike(stamp: ValueStamp, name: str, among: Sequence[Mapping[str, _KnownValue]]) -> _KnownValue | None:
    for inspection in among:
        known = inspection.get(name)
        if known is not None and known.stamp is not None and are_alike(known.stamp, stamp):
            return known
    return None


def fingerprint_of(value: Any, summary: Summary) -> Fingerprint:
    """What to compare a value with next time, once it has been summarized. Call it inside `unobserved()`."""
    cls = type(value)
    if issubclass(cls, torch.Tensor):
        return _of_tensor(value, summary)
    if issubclass(cls, np.ndarray):
        return Fingerprint(SameObject(value), None, _checksum(np.ndarray.view(value, np.ndarray)))
    if issubclass(cls, torch.nn.Module):
        return _module_fingerprint(value, summary)
    if summary.kind == "container":
        held = [(id(item), _held(item)) for _, item in items("", value, 0, _WEIGHED)]
        return Fingerprint(id(value), (size(value), held), summary.text)
    if summary.kind in ("optimizer", "loader", "dataset"):
        return Fingerprint(SameObject(value), None, (summary.text, summary.facts))
    if cls in (list, dict, set, bytearray):
        first = [id(item) for item in islice(value.values() if cls is dict else value, _WEIGHED)]
        last = [id(item) for item in value[-_WEIGHED:]] if cls is list else []
        return Fingerprint(id(value), (len(value), first, last), summary.text)
    if summary.text:
        # A value that cannot change is the same as long as it reads the same.
        return Fingerprint((cls.__name__, summary.text, len(value) if cls in (str, bytes, tuple, frozenset) else None))
    return Fingerprint(id(value))


def _fingerprint_of_alike(value: Any, known: _KnownValue) -> Fingerprint:
    """The fingerprint of a value that reads as a known one does. The elements of a tensor are not read once more."""
    if not issubclass(type(value), torch.Tensor):
        return fingerprint_of(value, known.summary)
    found, filled = known.fingerprint, None
    if found.gradient is not None and (gradient := grad_of(value)) is not None:
        filled = Fingerprint(None, (id(gradient), memory_of(gradient)), found.gradient.content)
    return Fingerprint(SameObject(value), memory_of(value), found.content, filled)


def _of_tensor(tensor: torch.Tensor, summary: Summary) -> Fingerprint:
    """Compare the elements in memory where they can be read there, else what the summary says."""
    gradient = grad_of(tensor)
    filled = None
    if gradient is not None:
        content = _content(gradient, summary.gradient)
        filled = Fingerprint(None, (id(gradient), memory_of(gradient)), content)
    return Fingerprint(SameObject(tensor), memory_of(tensor), _content(tensor, summary), filled)


def _held(item: Any, depth: int = 3) -> object:
    """What differs after something in a container was changed in place."""
    if issubclass(type(item), torch.Tensor):
        return memory_of(item)
    if depth and is_container(item):
        return [(id(part), _held(part, depth - 1)) for _, part in items("", item, 0, 50)]
    return None


def _module_fingerprint(module: object, summary: Summary) -> Fingerprint:
    tensors = [tensor for _, tensor in islice(parameters(module), _WEIGHED)]
    gradients = [gradient for tensor in tensors if (gradient := grad_of(tensor)) is not None]
    filled = None
    if gradients:
        norms = [parameter.gradient_norm for parameter in summary.parameters]
        places = [(id(gradient), memory_of(gradient)) for gradient in gradients]
        filled = Fingerprint(None, places, norms if any(norm is not None for norm in norms) else None)
    norms = [parameter.norm for parameter in summary.parameters]
    return Fingerprint(
        SameObject(module),
        [(id(tensor), memory_of(tensor)) for tensor in tensors],
        norms if any(norm is not None for norm in norms) else None,
        filled,
    )


def _content(tensor: torch.Tensor, summary: Summary | None) -> object:
    found = checksum_in_place(tensor, elements.EXACT * Base.element_size(tensor))
    if found is not None:
        return tuple(Base.shape.__get__(tensor)), found
    if summary is None or summary.statistics is None:
        return None
    return hash((summary.statistics, summary.values, summary.shape))


def _checksum(array: np.ndarray) -> object:
    refuse_unreadable_array(array)
    some = array.reshape(-1) if array.size <= elements.SAMPLE else array[elements.sampled_indices(array.shape)]
    if array.dtype.hasobject:
        return array.shape, [id(item) for item in some[:_WEIGHED].tolist()]
    return array.shape, zlib.crc32(some.tobytes())
