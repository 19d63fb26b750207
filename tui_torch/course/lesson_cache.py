"""Keeps lessons that were found right, so that the next start need not read and validate their files again.

For the course's own lessons alone. A kept lesson stands for its file only while that file is the very same one: its
path, size, time, inode and device; and only for the version of the product and of Python that validated it. Whatever is
damaged, foreign or out of date is not believed: the file is read, and kept again.

It is JSON, which can hold nothing that runs by being read; every value is checked to be of its field's type. It is as
trustworthy as the progress file beside it, so it is believed only where the learner alone can write it.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast, get_args
from zlib import crc32

from tui_torch import __version__
from tui_torch.course.lesson import (
    Check,
    Choice,
    Contents,
    Difficulty,
    Example,
    Exercise,
    Expect,
    Lesson,
    Link,
    Mistake,
    Quiz,
    Track,
    VersionExpect,
)
from tui_torch.protocol.grading.asked import AnswerRules, DrawnCheck, DrawnInput, Measure
from tui_torch.protocol.orders import Plot, PlotAxis, PlotMatrix, PlotSeries

LARGEST_KEPT = 1 << 23
"""Maximum size of a kept lesson, in bytes. The largest file of a lesson is 1 MiB, and JSON may take six for one."""
YOUNGEST = 2.0
"""Seconds for which a saved file is not kept: it may change again within the tick of a file system's clock."""

T = TypeVar("T", Lesson, Contents)

_Stamp = list[str | int]
"""What a file is known by, as JSON has it."""


class LessonCache:
    """A folder of kept lessons, which need not exist. Nothing here raises: what cannot be kept is read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maker = ""

    def get(self, file: Path, kind: type[T], is_sound: Callable[[T], bool], read: Callable[[], T]) -> T:
        """What is in a file of the course: as it was kept, else as `read` returns it, which is kept.

        Args:
            file: The file, at an absolute path.
            kind: The class of what is in it.
            is_sound: Whether what was kept is right still, beside the files around it.
            read: Reads and validates the file. What it raises is raised.
        """
        stamp = _stamp(file)
        if stamp is not None and (kept := self._kept(file, stamp, kind)) is not None and is_sound(kept):
            return kept
        found = read()
        if stamp is not None and time.time_ns() - cast("int", stamp[2]) > YOUNGEST * 1e9:
            with suppress(OSError, ValueError, RecursionError):
                self._keep(file, stamp, found)
        return found

    def _kept(self, file: Path, stamp: _Stamp, kind: type[T]) -> T | None:
        try:
            match json.loads(_own_content(self._place(file))):
                case [maker, kept_stamp, content] if maker == self._made_by() and kept_stamp == stamp:
                    return _part(kind)(content)
                case _:
                    return None
        except (OSError, ValueError, RecursionError):  # of which a text that is not JSON is one
            return None

    def _keep(self, file: Path, stamp: _Stamp, found: Lesson | Contents) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self._place(file)
        # Two windows may write the same lesson, and neither may see half of one.
        unfinished = place.with_name(f"{place.name}.{os.getpid()}")
        descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as written:
                json.dump([self._made_by(), stamp, _row(found)], written, separators=(",", ":"))
            unfinished.replace(place)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _place(self, file: Path) -> Path:
        # Ids have no dots, so that no lesson's place is `course.yaml`'s, and no two are the same.
        return self._folder / f"{file.parent.name}.{file.name}.json"

    def _made_by(self) -> str:
        """The product that validates: its version, in a checkout the state of its modules too, and Python's version."""
        if not self._maker:
            here = Path(__file__).parent
            modules = [entry for folder in (here, here / "format") for entry in os.scandir(folder) if entry.is_file()]
            states = sorted((one.name, (state := one.stat()).st_size, state.st_mtime_ns) for one in modules)
            self._maker = f"{__version__} {sys.hexversion:x} {crc32(repr(states).encode()):x}"
        return self._maker


def _stamp(file: Path) -> _Stamp | None:
    """What says that a file is still the same one; None for what is none."""
    try:
        state = file.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(state.st_mode):
        return None
    return [str(file), state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev]


def _own_content(path: Path) -> bytes:
    """The content of a regular file that only the learner can have written. Raises OSError for another."""
    # Neither waits for a pipe that lies there, nor follows a link.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_KEPT:
            raise OSError(f"{path} is not a kept lesson")
        if sys.platform != "win32" and (state.st_uid != os.geteuid() or state.st_mode & 0o022):
            raise OSError(f"{path} can be written by others")
        return file.read()


# Writing: a part is the list of its fields' values.


def _row(value: Any) -> Any:
    if type(value) in _PARTS:
        return [_row(getattr(value, name)) for name in value.__slots__]
    return [_row(item) for item in cast("tuple[Any, ...]", value)] if isinstance(value, tuple) else value


# Reading: a reader for each type that a field has, which returns the value or raises ValueError.


def _part(cls: type[Any]) -> Callable[[Any], Any]:
    """Read a part without `__init__`, which would have to be compiled first, at a hundred times the cost."""
    slots = tuple(cls.__slots__)
    put = tuple(vars(cls)[name].__set__ for name in slots)

    def read(row: Any) -> Any:
        if type(row) is not list or len(cast("list[Any]", row)) != len(slots):
            raise ValueError(f"not a {cls.__name__}")
        hints = cls.__annotations__
        part: Any = object.__new__(cls)
        for name, put_value, value in zip(slots, put, cast("list[Any]", row), strict=True):
            put_value(part, _READERS[hints[name]](value))
        return part

    return read


def _exactly(cls: type[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not cls:
            raise ValueError(f"not a {cls.__name__}")
        return value

    return read


def _the_text(text: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value != text:
            raise ValueError(f"not {text}")
        return text

    return read


def _or_none(read_value: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read_value(value)


def _items(read_item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise ValueError("not a list")
        return tuple(map(read_item, cast("list[Any]", value)))

    return read


def _limits_by_name(value: Any) -> Any:
    match value:
        case dict():
            return {name: _limits(pair) for name, pair in cast("dict[str, Any]", value).items()}
        case _:
            raise ValueError("not limits by name")


def _limits(pair: Any) -> tuple[float, float]:
    match pair:
        case [float(low), float(high)]:
            return low, high
        case _:
            raise ValueError("not limits")


def _axis_scale(value: Any) -> Any:
    if value not in ("linear", "log"):
        raise ValueError("not the scale of an axis")
    return value


def _difficulty(value: Any) -> Any:
    if value not in get_args(Difficulty):
        raise ValueError("not a difficulty")
    return value


def _plot_axis(value: Any) -> PlotAxis:
    if value not in ("left", "right"):
        raise ValueError("not an axis")
    return value


def _whole_range(pair: Any) -> tuple[int, int]:
    match pair:
        case [int(low), int(high)]:
            return low, high
        case _:
            raise ValueError("not a range of whole numbers")


def _named_text(pair: Any) -> tuple[str, str]:
    match pair:
        case [str(name), str(text)]:
            return name, text
        case _:
            raise ValueError("not a name and a text")


def _step(row: Any) -> Any:
    match row:
        case [_, str(kind), *_] if kind in _STEPS:
            return _STEPS[kind](row)
        case _:
            raise ValueError("not a step")


_text = _exactly(str)
_STEPS = {"example": _part(Example), "quiz": _part(Quiz), "exercise": _part(Exercise)}
_READERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "int": _exactly(int),
    "bool": _exactly(bool),
    "str | None": _or_none(_text),
    "tuple[str, ...]": _items(_text),
    "dict[str, JsonValue]": _exactly(dict),
    "dict[str, Limits]": _limits_by_name,
    "Literal['example']": _the_text("example"),
    "Literal['quiz']": _the_text("quiz"),
    "Literal['exercise']": _the_text("exercise"),
    "Expect | None": _or_none(_part(Expect)),
    "tuple[VersionExpect, ...]": _items(_part(VersionExpect)),
    "Plot | None": _or_none(_part(Plot)),
    "tuple[PlotSeries, ...]": _items(_part(PlotSeries)),
    "tuple[float, float] | None": _or_none(_limits),
    "AxisScale": _axis_scale,
    "PlotAxis | None": _or_none(_plot_axis),
    "PlotMatrix | None": _or_none(_part(PlotMatrix)),
    "tuple[Choice, ...]": _items(_part(Choice)),
    "tuple[Check, ...]": _items(_part(Check)),
    "tuple[Mistake, ...]": _items(_part(Mistake)),
    "tuple[Link, ...]": _items(_part(Link)),
    "tuple[Track, ...]": _items(_part(Track)),
    "tuple[AnyStep, ...]": _items(_step),
    "int | None": _or_none(_exactly(int)),
    "float": _exactly(float),
    "float | None": _or_none(_exactly(float)),
    "tuple[float, ...]": _items(_exactly(float)),
    "tuple[int, int] | None": _or_none(_whole_range),
    "tuple[object, ...]": _items(lambda value: value),
    "tuple[str, ...] | None": _or_none(_items(_text)),
    "tuple[tuple[str, str], ...]": _items(_named_text),
    "Difficulty | None": _or_none(_difficulty),
    "AnswerRules | None": _or_none(_part(AnswerRules)),
    "Measure | None": _or_none(_part(Measure)),
    "DrawnCheck | None": _or_none(_part(DrawnCheck)),
    "tuple[DrawnInput, ...]": _items(_part(DrawnInput)),
}
"""By the annotation of the field, as it is written in `lesson.py`."""
_PARTS = {
    *(
        AnswerRules,
        Check,
        Choice,
        Contents,
        DrawnCheck,
        DrawnInput,
        Example,
        Exercise,
        Expect,
        Lesson,
        Link,
        Measure,
        Mistake,
        Plot,
        PlotMatrix,
        PlotSeries,
        Quiz,
        Track,
    ),
    VersionExpect,
}
