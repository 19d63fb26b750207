"""Any value in one short line, without running a line of the learner's code and without walking what is huge."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.shapes import nested

LIMIT = 200
"""Maximum characters of a text that nothing else bounds."""
DEPTH = 4
"""Maximum number of containers within containers that are written out."""
SMALL = 10
"""Maximum number of elements of a tensor that is written out."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_PLAIN = {type(None), bool, float, complex, type(Ellipsis), range, slice, torch.device, torch.layout}
_BRACKETS = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    deque: ("deque([", "])"),
}
_DICTS = {
    dict: ("{", "}"),
    OrderedDict: ("OrderedDict({", "})"),
    defaultdict: ("defaultdict({", "})"),
    Counter: ("Counter({", "})"),
}
_NAME = type.__dict__["__name__"]
_MODULE = type.__dict__["__module__"]


def class_name(value: object) -> str:
    """The name of a value's class; a metaclass of the learner's is not asked."""
    return _NAME.__get__(type(value))


def class_module(value: object) -> str:
    """The name of the module that a value's class is from; empty if it has none."""
    module = _MODULE.__get__(type(value))
    return module if type(module) is str else ""


def plain(text: str, limit: int) -> str:
    """Text without terminal escapes and lone surrogates, cut to `limit` characters."""
    text = _ANSI.sub("", text[: 4 * limit]).encode("utf-8", "replace").decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def short_repr(value: object, limit: int = LIMIT) -> str | None:
    """A value's repr in one line of at most `limit` characters.

    None for an instance of a class that is not one of Python's, NumPy's or PyTorch's own, since its `__repr__` is the
    learner's code.
    """
    try:
        text = _text(value, limit, 0)
    except Exception:  # a container that another thread changes while it is read
        return None
    if text is None:
        return None
    return plain(text, limit)


def list_repr(first: Sequence[object], count: int, limit: int = LIMIT) -> str:
    """The `short_repr()` of a list of `count` numbers and texts, of which the first `limit` are enough."""
    return plain(_sequence(first, count, _BRACKETS[list], limit, 0), limit)


def _text(value: object, room: int, depth: int) -> str | None:
    cls = type(value)
    if cls in _PLAIN:
        return repr(value)
    if cls is int:
        # Writing out a number of that size is slow, and Python refuses to.
        return repr(value) if value.bit_length() <= 4 * room else f"an int of {value.bit_length():,} bits"  # type: ignore[attr-defined]
    if cls is str or cls is bytes or cls is bytearray:
        return repr(value) if len(value) <= room else repr(value[:room]) + "…"  # type: ignore[index,arg-type]
    if cls is torch.Size:
        return f"torch.Size([{', '.join(map(str, value))}])"  # type: ignore[arg-type]
    if cls is torch.dtype or cls is torch.memory_format:
        return str(value)
    if cls in _BRACKETS:
        return _sequence(value, len(value), _BRACKETS[cls], room, depth)  # type: ignore[arg-type]
    if cls in _DICTS:
        return _dict(value, _DICTS[cls], room, depth)  # type: ignore[arg-type]
    if issubclass(cls, torch.Tensor):
        return _tensor(value)  # type: ignore[arg-type]
    if issubclass(cls, np.ndarray):
        return _array(value)  # type: ignore[arg-type]
    if issubclass(cls, np.generic) and class_module(value) == "numpy":
        return repr(value)
    if issubclass(cls, tuple) and class_module(value) == "torch.return_types":
        return _return_type(value, room, depth)  # type: ignore[arg-type]
    return None


def _inner(value: object, room: int, depth: int) -> str:
    elided = depth >= DEPTH and (type(value) in _BRACKETS or type(value) in _DICTS)
    text = None if elided else _text(value, max(room, 0), depth + 1)
    return f"<{class_name(value)}>" if text is None else text


def _sequence(items: Iterable[object], count: int, brackets: tuple[str, str], room: int, depth: int) -> str:
    opening, closing = brackets
    if not count and opening == "{":
        return "set()"
    room -= len(opening) + len(closing) + 20
    parts: list[str] = []
    for item in items:
        part = _inner(item, room, depth)
        if parts and room < len(part):
            break
        parts.append(part)
        room -= len(part) + 2
    if len(parts) < count:
        parts.append(f"… {count:,} items")
    elif count == 1 and opening == "(":
        closing = ",)"
    return opening + ", ".join(parts) + closing


def _dict(items: dict[object, object], brackets: tuple[str, str], room: int, depth: int) -> str:
    room -= 24
    parts: list[str] = []
    for key, value in items.items():
        start = _inner(key, min(room, 60), depth) + ": "
        part = start + _inner(value, room - len(start), depth)
        if parts and room < len(part):
            break
        parts.append(part)
        room -= len(part) + 2
    if len(parts) < len(items):
        parts.append(f"… {len(items):,} items")
    return brackets[0] + ", ".join(parts) + brackets[1]


def _return_type(value: tuple[object, ...], room: int, depth: int) -> str:
    names = [name for name, member in vars(type(value)).items() if class_name(member) == "member_descriptor"]
    fields = (f"{name}={_inner(item, room // 2, depth)}" for name, item in zip(names, value, strict=False))
    return f"{class_name(value)}({', '.join(islice(fields, 8))})"


def _tensor(tensor: torch.Tensor) -> str:
    with unobserved():
        shape = None if Base.is_nested.__get__(tensor) else tuple(Base.shape.__get__(tensor))
        dtype = Base.dtype.__get__(tensor)
        if shape is not None and Base.numel(tensor) <= SMALL and Base.layout.__get__(tensor) is torch.strided:
            try:
                items = elements.values(elements.stored(tensor)[0])
            except Exception:  # no elements to write out: its shape says enough
                pass
            else:
                usual = dtype in (torch.float32, torch.int64, torch.bool, torch.complex64)
                return f"tensor({_rows(items, shape)}{'' if usual else f', dtype={dtype}'})"
    return f"tensor{'' if shape is None else list(shape)} {dtype_text(dtype)}"


def _array(array: np.ndarray) -> str:
    array = np.ndarray.view(array, np.ndarray)
    if array.size > SMALL or array.dtype.kind not in "biufc":
        return f"array{list(array.shape)} {str(array.dtype)[:40]}"
    try:
        rows = _rows(elements.array_values(array, repr), array.shape)
    except elements.UnreadableError:  # its shape says enough
        return f"array{list(array.shape)} {str(array.dtype)[:40]}"
    usual = array.dtype in (np.float64, np.int64, np.bool_, np.complex128)
    return f"array({rows}{'' if usual else f', dtype={array.dtype}'})"


def _rows(items: tuple[elements.Element, ...], shape: tuple[int, ...]) -> str:
    return _bracketed(nested(items, shape)) if items else "[]"


def _bracketed(part: Any) -> str:
    return f"[{', '.join(map(_bracketed, part))}]" if type(part) is list else _number(part)


def _number(item: elements.Element) -> str:
    """A number as PyTorch writes it: `6.` is a float, `6` an integer."""
    if not isinstance(item, float):
        return str(item)
    text = f"{item:.6g}"
    return text if "." in text or "e" in text else f"{text}."
