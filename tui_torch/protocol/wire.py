"""Writes the protocol's dataclasses as strict JSON and reads them back: both processes, in both directions.

`encode` makes of a dataclass an object of its fields, without those that have their default. A tuple becomes a list,
`bytes` become base64, and NaN and infinities, which JSON lacks, become the texts `nan`, `inf` and `-inf`. Where the
reader cannot know the class, `encode_tagged` adds its name.

`decode` guesses nothing: a payload that is not what the type hints say is a `WireError`. The hints that it knows are
`str`, `int`, `float` (an int will do), `bool`, `bytes`, `None`, `object` (any JSON), `Literal` of texts,
`tuple[X, ...]`, `tuple[X, Y]`, unions of which only one member is not a scalar, and frozen dataclasses with slots.
"""

from __future__ import annotations

import base64
import math
import sys
import types
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from itertools import chain
from operator import itemgetter
from threading import RLock
from typing import Any, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_AS_THEY_ARE = {int, str, bool, type(None)}
"""Types whose every value JSON has."""
_FLOAT = frozenset({float})

_PAIRS = tuple[tuple[int, float], ...]
"""The type of the points of a series: (step, value)."""
_PAIRS_READABLE = 50
"""Pairs of a field of that type that are written as numbers; more of them are packed."""

_TAG = "class"
"""The key of a tagged payload that names its class. A keyword, so no field is called the same."""

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

_first, _second = itemgetter(0), itemgetter(1)


class WireError(ValueError):
    """A payload is not what was expected. The message gives the class, the path of the field, and what it should be."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(problem, path)
        self.problem = problem
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def encode(value: object) -> Any:
    """Turn a dataclass, or the value of a field, into strict JSON. Raises TypeError for what has no place there."""
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case float():
            return value if math.isfinite(value) else str(value)
        case int() | str():
            return value
        case tuple() if _are_finite_pairs(cast("tuple[object, ...]", value)):
            return cast("tuple[object, ...]", value)
        case list() | tuple():
            items = cast("Sequence[Any]", value)
            if _FLOAT.issuperset(map(type, items)) and math.isfinite(sum(items)):
                return list(items)
            # Counts, shapes and names are most of what is sent, and need no call each.
            return [item if type(item) in _AS_THEY_ARE else encode(item) for item in items]
        case dict():
            return {str(key): encode(item) for key, item in cast("dict[object, object]", value).items()}
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case _ if is_dataclass(value):
            payload: dict[str, Any] = {}
            for name, default, is_pairs in _written_fields(type(value)):
                found = getattr(value, name)
                # Fields with their default are most of a summary.
                if found is not default:
                    if is_pairs and len(found) > _PAIRS_READABLE:
                        payload[name] = _packed(found)
                    else:
                        payload[name] = found if type(found) in _AS_THEY_ARE else encode(found)
            return payload
        case _:
            raise TypeError(f"a {type(value).__name__} does not cross between the processes")


def decode(cls: type[T], payload: object) -> T:
    """Build a `cls` from what `encode` made. Raises WireError when the payload is anything else."""
    try:
        return _dataclass_reader(cls)(payload)
    except WireError as error:
        raise WireError(error.problem, cls.__name__ + error.path) from None
    except RecursionError:
        raise WireError("nested too deeply", cls.__name__) from None


def encode_tagged(value: object) -> dict[str, Any]:
    """Turn a dataclass into strict JSON that says which class it is of."""
    return {_TAG: type(value).__name__, **encode(value)}


def decode_tagged(classes: Sequence[type[T]], payload: object) -> T:
    """Build one of the classes from what `encode_tagged` made. Raises WireError when the payload is none of them."""
    name = cast("dict[object, object]", payload).get(_TAG) if type(payload) is dict else None
    for cls in classes:
        if cls.__name__ == name:
            content = dict(cast("dict[object, object]", payload))
            del content[_TAG]
            return decode(cls, content)
    raise WireError(f"expected one of {', '.join(cls.__name__ for cls in classes)}", _TAG)


def _are_finite_pairs(items: tuple[object, ...]) -> bool:
    """Whether these are (number, number) pairs that JSON takes as they are: the points of a plot."""
    if not items or type(items[0]) is not tuple:
        return False
    pairs = cast("tuple[tuple[float, float], ...]", items)
    try:
        total = sum(map(_first, pairs)) + sum(map(_second, pairs))
        return math.isfinite(total) and {2}.issuperset(map(len, pairs))
    except (TypeError, IndexError, OverflowError):
        return False


def _packed(pairs: Sequence[tuple[int, float]]) -> str:
    """Pairs as base64 of little-endian doubles, step and value in turn.

    It takes a tenth of the time of writing the numbers: a fast loop adds 20,000 a second, and waits for it.
    """
    numbers = array("d", chain.from_iterable(pairs))
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers).decode("ascii")


def _unpacked(text: str) -> tuple[tuple[int, float], ...]:
    numbers = array("d")
    try:
        numbers.frombytes(base64.b64decode(text, validate=True))
        if sys.byteorder == "big":
            numbers.byteswap()
        return tuple(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    except (ValueError, OverflowError):
        raise WireError("expected packed pairs") from None


@cache
def _written_fields(cls: type[Any]) -> tuple[tuple[str, object, bool], ...]:
    """(name, default, whether it holds pairs) of a dataclass's fields."""
    hints = get_type_hints(cls)
    return tuple((field.name, field.default, hints[field.name] == _PAIRS) for field in fields(cls))


# Reading: each type hint is compiled to a reader once.


class _Reader(NamedTuple):
    """Reads the payloads of one type hint.

    A trace of 2,000 positions has 30,000 fields: those that stay as they are should not take a call each.
    """

    read: Callable[[Any], Any]
    """Turns a payload into a value, or raises WireError."""
    kept: frozenset[type] = frozenset()
    """Types whose values `read` returns as they are."""
    kept_texts: frozenset[str] = frozenset()
    """Texts that `read` returns as they are."""


def _reader(hint: Any) -> _Reader:
    """The reader of a type hint. Raises TypeError for a hint that has no place on the wire."""
    return _Reader(_dataclass_reader(cast("type[Any]", hint))) if is_dataclass(hint) else _reader_of_field(hint)


@cache
def _reader_of_field(hint: Any) -> _Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is object:
        return _Reader(_read_anything)
    if hint in (str, int, bool, type(None)):
        return _Reader(_read_exactly(hint), frozenset({hint}))
    if hint is float:
        return _Reader(_read_float, frozenset({float}))
    if hint is bytes:
        return _Reader(_read_bytes)
    if hint == _PAIRS:
        return _Reader(_read_pairs)
    if origin is Literal:
        return _Reader(_read_choice(arguments), kept_texts=frozenset(arguments))
    if origin is tuple and arguments[-1:] == (...,):
        return _Reader(_read_items(_reader(arguments[0])))
    if origin is tuple:
        return _Reader(_read_fixed(tuple(map(_reader, arguments))))
    if origin in (types.UnionType, Union):
        return _union(tuple(map(_reader, arguments)))
    raise TypeError(f"{hint} does not cross between the processes")


def _read_anything(payload: object) -> object:
    return payload


def _kind(payload: object) -> str:
    """A payload's kind for a message: never its value, which may be of any size."""
    match payload:
        case None:
            return "null"
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return type(payload).__name__


def _read_exactly(cls: type[Any]) -> Callable[[Any], Any]:
    expected = "null" if cls is type(None) else cls.__name__

    def read(payload: object) -> object:
        if type(payload) is cls:
            return payload
        raise WireError(f"expected {expected}, not {_kind(payload)}")

    return read


def _read_float(payload: object) -> float:
    if type(payload) is float:
        return payload
    if type(payload) is int:
        try:
            return float(payload)
        except OverflowError:
            raise WireError("expected float, not an int as large as this") from None
    if type(payload) is str and payload in _NOT_FINITE:
        return _NOT_FINITE[payload]
    raise WireError(f"expected float, not {_kind(payload)}")


def _read_bytes(payload: object) -> bytes:
    if type(payload) is str:
        with suppress(ValueError):
            return base64.b64decode(payload, validate=True)
    raise WireError("expected bytes as base64")


def _read_choice(choices: tuple[object, ...]) -> Callable[[Any], Any]:
    def read(payload: object) -> object:
        if type(payload) is str and payload in choices:
            return payload
        raise WireError(f"expected {' or '.join(map(repr, choices))}")

    return read


_LISTS = (list, tuple)
"""The types that a list on the wire may have: a payload need not have been JSON yet."""


def _list(payload: Any) -> Sequence[Any]:
    if type(payload) in _LISTS:
        return payload
    raise WireError(f"expected a list, not {_kind(payload)}")


def _read_items(item: _Reader) -> Callable[[Any], Any]:
    read_item, kept = item.read, item.kept

    def read(payload: Any) -> tuple[Any, ...]:
        items: Sequence[Any] = payload if type(payload) in _LISTS else _list(payload)
        if kept and kept.issuperset(map(type, items)):
            return tuple(items)
        try:
            return tuple(map(read_item, items))
        except WireError:
            return _read_one_by_one(items, (read_item,) * len(items))

    return read


def _read_fixed(readers: tuple[_Reader, ...]) -> Callable[[Any], Any]:
    reads = tuple(reader.read for reader in readers)

    def read(payload: object) -> tuple[Any, ...]:
        items = _list(payload)
        if len(items) != len(reads):
            raise WireError(f"expected {len(reads)} items, not {len(items)}")
        return _read_one_by_one(items, reads)

    if len(readers) != 2:
        return read
    (read_first, keep_first, _), (read_second, keep_second, _) = readers

    def read_pair(payload: Any) -> tuple[Any, ...]:
        try:
            first, second = payload if type(payload) in _LISTS else _list(payload)
            return (
                first if type(first) in keep_first else read_first(first),
                second if type(second) in keep_second else read_second(second),
            )
        except ValueError:  # WireError is one
            return read(payload)

    return read_pair


def _read_one_by_one(items: Sequence[Any], reads: Sequence[Callable[[Any], Any]]) -> tuple[Any, ...]:
    """Read items so that an error says which one is wrong."""
    values: list[Any] = []
    for index, (item, read) in enumerate(zip(items, reads, strict=True)):
        try:
            values.append(read(item))
        except WireError as error:
            raise WireError(error.problem, f"[{index}]{error.path}") from None
    return tuple(values)


def _read_pairs(payload: object) -> tuple[tuple[int, float], ...]:
    return _unpacked(payload) if type(payload) is str else _read_readable_pairs(payload)


_read_readable_pairs = _read_items(_Reader(_read_fixed((_reader(int), _reader(float)))))


def _union(members: tuple[_Reader, ...]) -> _Reader:
    """The reader of a union, in which a text stays a text where one is allowed: `nan` of `float | str` too.

    Raises TypeError when two members would have to be told apart by trying.
    """
    kept = frozenset[type]().union(*(member.kept for member in members))
    # Scalars other than float read nothing but what they keep.
    others = [member.read for member in members if member.kept in (frozenset(), frozenset({float}))]
    if len(others) > 1:
        raise TypeError("members of a union that only trying tells apart: see encode_tagged()")
    read_other = others[0] if others else None

    def read(payload: object) -> object:
        if type(payload) in kept:
            return payload
        if read_other is not None:
            return read_other(payload)
        raise WireError(f"expected {' or '.join(sorted(cls.__name__ for cls in kept))}, not {_kind(payload)}")

    return _Reader(read, kept)


_READERS: dict[type[Any], Callable[[Any], Any]] = {}
"""The compiled readers of dataclasses."""
_COMPILING: set[type[Any]] = set()
"""Classes that are being compiled: a field may hold another value of the same class."""
_COMPILE_LOCK = RLock()
"""A recording is read in a thread of its own, while other events come."""


def _dataclass_reader(cls: type[Any]) -> Callable[[Any], Any]:
    """The compiled reader of a class; within itself, one that looks it up."""
    reader = _READERS.get(cls)
    if reader is not None:
        return reader
    with _COMPILE_LOCK:
        if cls in _COMPILING:
            return lambda payload: _dataclass_reader(cls)(payload)
        if cls not in _READERS:
            _COMPILING.add(cls)
            try:
                _READERS[cls] = _compiled(cls)
            finally:
                _COMPILING.remove(cls)
        return _READERS[cls]


def _compiled(cls: type[Any]) -> Callable[[Any], Any]:
    """Generate code that reads the fields of one class without a loop, as `dataclasses` generates an `__init__`.

    A frozen dataclass sets each field by a call, which takes longer than reading it. So the fields are set on an object
    of a class that is not frozen and has the same `__slots__`: its `__class__` may be assigned
    (https://docs.python.org/3/reference/datamodel.html#slots). Payloads with an error, or with a default written out,
    are left to `_read_field_by_field`.
    """
    hints = get_type_hints(cls)
    readers = {field.name: _reader(hints[field.name]) for field in fields(cls)}
    required = [field.name for field in fields(cls) if field.default is MISSING]

    def read_otherwise(payload: object) -> object:
        return _read_field_by_field(cls, readers, frozenset(required), payload)

    scope: dict[str, Any] = {
        "cls": cls,
        "Unfrozen": type("Unfrozen", (), {"__slots__": cls.__slots__}),
        "read_otherwise": read_otherwise,
        "WireError": WireError,
    }
    reading, setting = list[str](), list[str]()
    for field in fields(cls):
        name, local = field.name, f"field_{field.name}"
        read, kept, kept_texts = readers[name]
        scope |= {f"read_{name}": read, f"kept_{name}": kept_texts or kept, f"default_{name}": field.default}
        read_it = f"{local} = read_{name}({local})"
        if kept_texts:
            read_it = f"if type({local}) is not str or {local} not in kept_{name}: {read_it}"
        elif kept:
            read_it = f"if type({local}) not in kept_{name}: {read_it}"
        if name in required:
            reading += [f"    {local} = payload[{name!r}]", f"    {read_it}"]
        else:
            reading += [
                f"    {local} = get({name!r}, default_{name})",
                f"    if {local} is not default_{name}:",
                "      count += 1",
                f"      {read_it}",
            ]
        setting.append(f"  value.{name} = {local}")
    source = [
        "def read(payload):",
        "  if type(payload) is not dict: return read_otherwise(payload)",
        "  get = payload.get",
        f"  count = {len(required)}",
        "  try:",
        *reading,
        "    if len(payload) != count: return read_otherwise(payload)",
        "  except (WireError, KeyError): return read_otherwise(payload)",
        "  value = Unfrozen()",
        *setting,
        "  value.__class__ = cls",
        "  return value",
    ]
    exec("\n".join(source), scope)
    return scope["read"]


def _read_field_by_field(
    cls: type[Any], readers: Mapping[str, _Reader], required: frozenset[str], payload: object
) -> object:
    """Read a dataclass so that an error says which field is wrong."""
    if type(payload) is not dict:
        raise WireError(f"expected an object, not {_kind(payload)}")
    values: dict[str, Any] = {}
    for name, item in cast("dict[object, Any]", payload).items():
        if type(name) is not str or name not in readers:
            raise WireError(f"unknown field {name[:40]!r}" if type(name) is str else "expected texts as keys")
        try:
            values[name] = readers[name].read(item)
        except WireError as error:
            raise WireError(error.problem, f".{name}{error.path}") from None
    if missing := required - values.keys():
        raise WireError(f"missing field {min(missing)!r}")
    return cls(**values)
