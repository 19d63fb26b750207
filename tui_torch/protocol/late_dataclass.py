"""`dataclass` as in the standard library, whose methods are compiled when the first of them is needed.

A dataclass with slots takes 0.3 ms to make, nearly all of it for compiling its methods. Both processes import a hundred
such classes before the learner sees anything of them, and use ten. Here a class gets its slots at once, which is cheap,
and the rest from `dataclasses.dataclass` as soon as somebody makes an instance or asks for its fields.
"""

from __future__ import annotations

import dataclasses
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots: bool, **options: Any):
        """Make a class a dataclass with slots, with the options that the standard library's takes.

        Raises TypeError for one without slots: it has nothing to gain here.
        """
        if not slots:
            raise TypeError("a late dataclass has slots")
        return lambda cls: _slotted(cls, options)


_COMPILED = (
    "__init__",
    "__repr__",
    "__eq__",
    "__hash__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__getstate__",
    "__setstate__",
    "__replace__",
    "__match_args__",
    "__dataclass_fields__",
    "__dataclass_params__",
)
"""What the standard library adds to a class, of which each may be what completes it."""

_lock = RLock()
"""Two threads may make the first instances of a class."""


class _Late:
    """Stands for an attribute of a class that is not complete, and completes it when somebody looks."""

    def __init__(self, name: str, incomplete: _Incomplete) -> None:
        self._name = name
        self._incomplete = incomplete

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        self._incomplete.complete()
        return getattr(owner if instance is None else instance, self._name)


class _Incomplete:
    """A class with its slots, and the one as written, from which the rest is made."""

    def __init__(self, slotted: type[Any], written: type[Any], options: dict[str, Any]) -> None:
        self._slotted = slotted
        self._written = written
        self._options = options
        # Python gives every class with an `__eq__` of its own a `__hash__` that is None.
        self._late = [name for name in _COMPILED if vars(slotted).get(name) is None]
        self._is_complete = False
        for name in self._late:
            setattr(slotted, name, _Late(name, self))

    def complete(self) -> None:
        """Make what is missing, once."""
        with _lock:
            if self._is_complete:
                return
            made: Any = dataclasses.dataclass(slots=True, **self._options)(self._written)
            for name in self._late:
                if name in vars(made):
                    setattr(self._slotted, name, vars(made)[name])
                else:
                    delattr(self._slotted, name)
            self._is_complete = True


def _slotted(written: type[Any], options: dict[str, Any]) -> type[Any]:
    names = [
        name
        for name, hint in written.__annotations__.items()
        if hint != "KW_ONLY" and not str(hint).startswith(("ClassVar", "typing.ClassVar"))
    ]
    # What is inherited has its slot there.
    inherited = {name for base in written.__mro__[1:] for name in vars(base).get("__slots__", ())}
    namespace = {name: value for name, value in vars(written).items() if name not in names}
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    namespace["__slots__"] = tuple(name for name in names if name not in inherited)
    if options.get("frozen"):
        namespace |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    metaclass: Any = type(written)
    slotted = metaclass(written.__name__, written.__bases__, namespace)
    slotted.__qualname__ = written.__qualname__
    _Incomplete(slotted, written, options)
    return slotted


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
