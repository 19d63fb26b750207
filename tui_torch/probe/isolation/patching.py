"""Wrapping a method or a function of PyTorch's for a while, and putting the original back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

Uninstall = Callable[[], None]
"""Undoes what an installation did. A second call changes nothing."""


def leave_out_this_frame(error: BaseException) -> None:
    """Take the frame that caught an exception out of its traceback, where a bare `raise` follows.

    For a wrapper: what it wraps failed, and the traceback is the same as without it.
    """
    if error.__traceback__ is not None:
        error.__traceback__ = error.__traceback__.tb_next


def wrap_method(
    cls: type[Any] | ModuleType,
    name: str,
    wrapper_of: Callable[[Callable[..., Any]], Callable[..., Any]],
    made: Callable[[Callable[..., Any], Callable[..., Any]], None] | None = None,
) -> Uninstall:
    """Replace a method of a class, or a function of a module, by `wrapper_of(original)` until the result is called.

    The wrapper gets the name, the docstring and the signature of the original. If somebody else has replaced the method
    since, it is left as it is: their wrapper calls ours, which calls the original.

    Args:
        cls: What has the method or function.
        name: Its name.
        wrapper_of: Makes the wrapper.
        made: Is called with the wrapper and the original, before anybody else can call the wrapper.
    """
    original = getattr(cls, name)
    wrapper = functools.wraps(original)(wrapper_of(original))
    if made is not None:
        made(wrapper, original)
    setattr(cls, name, wrapper)

    def restore() -> None:
        if getattr(cls, name) is wrapper:
            setattr(cls, name, original)

    return restore
