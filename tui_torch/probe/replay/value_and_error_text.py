"""Values that are returned and errors that are raised, as text that runs none of the learner's code."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from tui_torch.probe.articles import an
from tui_torch.probe.errors.origins.messages import message_of
from tui_torch.probe.values.short_repr import class_name, short_repr

_PLAIN_KINDS = (str, int, float, bool, type(None))
_ARGUMENTS: Any = BaseException.args


def value_text(value: object) -> str:
    """Return a value in one line; the name of its class if showing it would run the learner's code."""
    text = short_repr(value)
    return an(class_name(value)) if text is None else text


def error_text(error: BaseException) -> str:
    """Return an exception as `ValueError: message`; the class alone if its text is the learner's code."""
    cls = type(error)
    arguments: tuple[object, ...] = _ARGUMENTS.__get__(error)
    speaks = not isinstance(cls.__str__, FunctionType) and all(type(argument) in _PLAIN_KINDS for argument in arguments)
    message = message_of(error) if speaks else ""
    return f"{class_name(error)}: {message}" if message else class_name(error)
