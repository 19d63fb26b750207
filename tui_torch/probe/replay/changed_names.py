"""Which of the names that a line of code can see have changed since the line before, and what they hold now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress, count
from operator import is_not
from typing import Any, NamedTuple, Protocol

import torch

from tui_torch.probe.replay.full_comparison import PLAIN, Opaque, fingerprint_and_summary
from tui_torch.probe.replay.late_elements import WaitingElements
from tui_torch.probe.replay.list_states import ListFacts, ListState
from tui_torch.probe.replay.module_states import ModuleState, state_of
from tui_torch.probe.replay.tensor_states import TensorState, TensorStates, estimated_size
from tui_torch.probe.replay.unchanged import Check, check_of, opaque_check_of
from tui_torch.probe.values.fingerprint import (
    USUAL,
    Fingerprint,
    SameObject,
    change_between,
)
from tui_torch.probe.values.short_repr import class_name, short_repr
from tui_torch.probe.values.summary import without_elements
from tui_torch.protocol.events import Change, Summary

_WITH_GRADIENTS = ("tensor", "parameter", "module")
"""Kinds of values that are tensors or hold them."""
_GONE_SIZE = 400
"""About how many bytes a summary of a name that is gone takes."""


class ShownFacts(Protocol):
    """What a summary will show of a value, copied when it was seen; the summary is made once somebody wants it."""

    @property
    def size(self) -> int:
        """About how many bytes the summary will take."""
        ...

    def summary(self, name: str, change: Change) -> Summary:
        """The summary, once all elements that it shows were described."""
        ...


class _PlainFacts:
    """A number or a short text: a copy of it is all that is needed."""

    __slots__ = ("value",)

    size = 420

    def __init__(self, value: object) -> None:
        self.value = value

    def summary(self, name: str, change: Change) -> Summary:
        return Summary(name, "value", class_name(self.value), text=short_repr(self.value) or "", change=change)


class _MadeFacts:
    """A summary that had to be made at once."""

    __slots__ = ("made", "size")

    def __init__(self, made: Summary) -> None:
        self.made = made
        self.size = size_of(made)

    def summary(self, name: str, change: Change) -> Summary:
        return replace(self.made, change=change)


def size_of(summary: Summary) -> int:
    """About how many bytes a summary takes."""
    size = estimated_size(len(summary.values or ()), has_statistics=summary.statistics is not None)
    size += len(summary.text) + 250 * len(summary.parameters)
    return size + (size_of(summary.gradient) if summary.gradient is not None else 0)


class NameChange(NamedTuple):
    """A name, what has happened to it, and what a summary will show of it."""

    name: str
    facts: ShownFacts
    change: Change

    @property
    def size(self) -> int:
        """About how many bytes the summary will take."""
        return _GONE_SIZE if self.change == "gone" else self.facts.size

    def summary(self) -> Summary:
        """The summary, once all elements that it shows were described."""
        if self.change == "gone":
            return without_elements(self.facts.summary(self.name, "gone"))
        return self.facts.summary(self.name, self.change)


class _NameState:
    """What is remembered of a name from one position to the next; no value is kept alive."""

    __slots__ = ("check", "facts", "is_fixed", "seen")

    def __init__(self, seen: _Seen, check: Check | None, facts: ShownFacts, *, is_fixed: bool = False) -> None:
        self.seen = seen
        """What to compare with."""
        self.check = check
        """A quick check that it is unchanged; None if there is none for its kind."""
        self.facts = facts
        self.is_fixed = is_fixed
        """Whether it is of an object that never changes and holds no other."""


_new_tuple = tuple.__new__
_NOT_FIXED = object()
_TOLD_BY_CHECK = {*PLAIN, str, list}
"""Classes of which everything that a summary shows is copied if there is a quick check."""
_Seen = TensorState | ModuleState | ListState | Fingerprint | tuple[type, object]
"""A value to compare with; of a number or a short text, its class and a text or a copy of it."""


class VisibleNames:
    """The names that could be seen at the last position; no value is kept alive."""

    def __init__(self, states: TensorStates, waiting: WaitingElements) -> None:
        """Begin without a name.

        Args:
            states: The states of tensors, of which `begin_look()` is called before each `look()`.
            waiting: Where what will be shown of tensors waits to be described.
        """
        self._states = states
        self._waiting = waiting
        self._names: tuple[str, ...] | None = None
        self._known: list[_NameState | None] = []
        """The state of each name; None for one that is not shown."""
        self._fixed: list[object] = []
        """The numbers and short texts that names are bound to, which never change; _NOT_FIXED for all else."""

    def look(self, names: tuple[str, ...], values: Sequence[object]) -> list[NameChange]:
        """Return the names that have changed since the last look, in their order. Call it inside `unobserved()`.

        Names that are gone come last. At the first look, it is all names, with the change "same".

        Args:
            names: The names that can be seen; the same tuple as at the last look is the quickest to be looked at.
            values: What they are bound to.
        """
        gone: list[NameChange] = []
        first = self._names is None
        if names is not self._names:
            before = dict(zip(self._names or (), self._known, strict=True))
            self._known = [before.pop(name, None) for name in names]
            self._fixed = [_NOT_FIXED] * len(names)
            self._names = names
            gone = [NameChange(name, past.facts, "gone") for name, past in before.items() if past is not None]
        changes: list[NameChange] = []
        start: Change = "same" if first else "new"
        look = self._states.look
        for at in [*compress(count(), map(is_not, values, self._fixed))]:
            past, value = self._known[at], values[at]
            if past is not None:
                try:
                    if past.check is not None:
                        is_unchanged = past.check(value)
                    elif type(seen := past.seen) is TensorState:
                        is_unchanged = type(value) in USUAL and seen.is_unchanged(value, look)
                    else:
                        is_unchanged = type(seen) is ModuleState and seen.is_unchanged(value, look)
                except RecursionError:
                    raise
                except Exception:  # a value that can no longer be read; its summary will say why
                    is_unchanged = False
                if is_unchanged:
                    if past.is_fixed:
                        self._fixed[at] = value  # another object that is equal
                    continue
                # Most changes are those of tensors: the steps below, without their calls.
                if type(past.seen) is TensorState and (state := self._tensor_now(value)) is not None:
                    was, past.seen, past.facts = past.seen, state, state.facts
                    if (change := state.change_since(was)) != "same":
                        changes.append(_new_tuple(NameChange, (names[at], state.facts, change)))
                        state.will_show(self._waiting)
                    continue
            now = self._described(names[at], value, None if past is None else past.seen)
            self._fixed[at] = _NOT_FIXED
            if now is None:  # not shown, such as a function that a pinned expression leads to
                continue
            self._known[at] = now
            if now.is_fixed:
                self._fixed[at] = value
            change = start if past is None else _change_between(past.seen, now.seen, value)
            if past is None or change != "same":
                changes.append(NameChange(names[at], now.facts, change))
                if isinstance(now.seen, (TensorState, ModuleState)):
                    now.seen.will_show(self._waiting)
        return changes + gone if gone else changes

    def tensor_states(self) -> list[TensorState] | None:
        """The states that all tensors and parameters had at the last look; None if one of them had none."""
        found: list[TensorState] = []
        for one in self._known:
            if one is None:
                continue
            seen = one.seen
            if type(seen) is TensorState:
                found.append(seen)
            elif type(seen) is ModuleState:
                found += seen.tensors
            elif type(one.facts) is _MadeFacts and (one.facts.made.kind in _WITH_GRADIENTS or one.facts.made.note):
                return None
        return found

    def _described(self, name: str, value: Any, past: _Seen | None) -> _NameState | None:
        """Return the state of a value that may have changed since it was `past`; None if it is not shown."""
        check, cls = None, type(value)
        try:
            if cls not in _TOLD_BY_CHECK:
                state = self._state_of(value, past)
                if state is not None:
                    return _NameState(state, None, state.facts)
            check = check_of(value)
        except RecursionError:
            raise
        except Exception:  # a value that cannot be read; its summary says why
            pass
        if check is not None and cls in _TOLD_BY_CHECK:
            if cls is list:
                return _NameState(ListState(value), check, ListFacts(value))
            copy = value * 1.0 if cls is float else value
            return _NameState((cls, repr(value) if cls is float else value), check, _PlainFacts(copy), is_fixed=True)
        fingerprint, summary = fingerprint_and_summary(name, value, past if isinstance(past, Fingerprint) else None)
        if type(fingerprint.identity) is Opaque:
            check = opaque_check_of(value)
        if summary is None:
            return None
        return _NameState(fingerprint, check, _MadeFacts(summary))

    def _tensor_now(self, value: Any) -> TensorState | None:
        """The state of a value; None if it is not a usual tensor or cannot be read."""
        try:
            return self._states.now(value) if type(value) in USUAL else None
        except RecursionError:
            raise
        except Exception:
            return None

    def _state_of(self, value: Any, past: _Seen | None) -> TensorState | ModuleState | None:
        cls = type(value)
        if cls in USUAL:
            return self._states.now(value)
        return state_of(value, self._states, past) if issubclass(cls, torch.nn.Module) else None


def _change_between(past: _Seen, now: _Seen, value: object) -> Change:
    """What has happened to a name; "same" if nothing that a summary shows. `value` is what it is bound to now."""
    if type(now) is tuple and type(past) is tuple:
        return "same" if now == past else "changed"
    if isinstance(now, TensorState) and isinstance(past, TensorState):
        return now.change_since(past)
    if isinstance(now, ModuleState) and isinstance(past, ModuleState):
        return now.change_since(past)
    if isinstance(now, ListState) or isinstance(past, ListState):
        is_same = _list_identity(now) is not None and _list_identity(now) == _list_identity(past)
        return "changed in place" if is_same else "changed"
    if now == past:
        return "same"
    if isinstance(now, Fingerprint) and isinstance(past, Fingerprint):
        change = change_between(past, now, True)
        # Something else that a summary shows has changed: a gradient was cleared, requires_grad set, a parameter added.
        return "changed in place" if change == "same" else change
    return "changed in place" if _is_of(past, value) else "changed"


def _list_identity(seen: _Seen) -> object:
    """The identity of what was seen, as `fingerprint_of()` gives it for a list; None for most of all else."""
    if isinstance(seen, ListState):
        return seen.identity
    return seen.identity if isinstance(seen, Fingerprint) and type(seen.identity) is int else None


def _is_of(seen: _Seen, value: object) -> bool:
    """Whether a tensor or a module is the one that was seen, though it has become one of another kind since."""
    if isinstance(seen, (TensorState, ModuleState)):
        return value is not None and seen.reference() is value  # a dead reference gives None
    try:
        return isinstance(seen, Fingerprint) and seen.identity == SameObject(value)
    except TypeError:  # without weak references
        return False
