"""What Textual does for each message, attribute and line of an app is done in less, to the same end.

Until the first frame of an app stands, its widgets have had a thousand messages, read ten thousand attributes and made
a thousand lines. None of the three takes long, but together they took an eighth of what a test of an app takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import pytest
from textual import _callback
from textual.message import Message
from textual.message_pump import MessagePump
from textual.reactive import Reactive

find_handlers, read = MessagePump._get_dispatch_methods, Reactive.__get__
count = _callback._count_parameters

_counted: dict[CodeType, int] = {}
"""The number of parameters of functions, by their code: many are made again for each app."""

_named: dict[tuple[type, str, type], tuple[tuple[type, str], ...] | None] = {}
"""The handlers, by name, of a kind of message in a kind of widget; None where there are others, by decorators."""


class NothingKept:
    """Stands for each of the seven caches that a line has of what was cut from it. Few are cut twice."""

    def get(self, key: object) -> None:
        return None

    def __setitem__(self, key: object, value: object) -> None:
        pass


NOTHING_KEPT = NothingKept()
MISSING = object()


def handlers(pump: MessagePump, method_name: str, message: Message) -> Iterable[tuple[type, Any]]:
    """Stands for what looks, for each message, through all classes of a widget, a dozen, for handlers of it."""
    key = (type(pump), method_name, type(message))
    if key not in _named:
        _named[key] = _find(*key)
    named = _named[key]
    return find_handlers(pump, method_name, message) if named is None else _bound(named, pump, message)


def _find(pump: type, method_name: str, message: type) -> tuple[tuple[type, str], ...] | None:
    if any(one in vars(cls).get("_decorated_handlers", ()) for cls in pump.__mro__ for one in message.__mro__):
        return None
    found = ((cls, name) for cls in pump.__mro__ for name in (f"_{method_name}", method_name) if vars(cls).get(name))
    one_each = dict(reversed([*found]))
    return tuple((cls, one_each[cls]) for cls in pump.__mro__ if cls in one_each)


def _bound(named: tuple[tuple[type, str], ...], pump: MessagePump, message: Message) -> Iterator[tuple[type, Any]]:
    for cls, name in named:
        if message._no_default_action:
            break
        method = vars(cls)[name]
        if not getattr(method, "_textual_on", None):
            yield cls, method.__get__(pump, cls)


def reactive(self: Reactive[Any], widget: Any, kind: type) -> Any:
    """Stands for what reads a reactive attribute, and looks first whether it may be read, is set and is computed."""
    if widget is not None and not hasattr(widget, self.compute_name):
        value = widget.__dict__.get(self.internal_name, MISSING)
        if value is not MISSING:
            return value
    return read(self, widget, kind)


def count_parameters(function: Callable[..., object]) -> int:
    """Stands for what asks each callback for its signature."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or hasattr(function, "__wrapped__") or hasattr(function, "__signature__"):
        return count(function)
    if code not in _counted:
        _counted[code] = count(function)
    return _counted[code]


@contextmanager
def sooner_done() -> Iterator[None]:
    """Meanwhile, it is done so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.strip.FIFOCache", lambda maxsize: NOTHING_KEPT)
        patch.setattr(MessagePump, "_get_dispatch_methods", handlers)
        patch.setattr(Reactive, "__get__", reactive)
        patch.setattr(_callback, "_count_parameters", count_parameters)
        yield
