"""A late dataclass is one of the standard library's, made later."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, field, fields, is_dataclass, replace
from threading import Barrier
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from tui_torch.protocol import late_dataclass

C = TypeVar("C")


def point(dataclass: Callable[..., Any]) -> Any:
    @dataclass(frozen=True, slots=True)
    class Point(Generic[C]):
        """A point."""

        ORIGIN: ClassVar[str] = "0, 0"
        x: float
        """Along."""
        y: float = 0.0
        tags: list[str] = field(default_factory=list)
        _: KW_ONLY
        name: str | None = None

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("x is negative")

        @property
        def doubled(self) -> float:
            return 2 * self.x

    return Point


def counter(dataclass: Callable[..., Any]) -> Any:
    @dataclass(slots=True)
    class Counter:
        """Something that changes."""

        count: int = 0

        def __repr__(self) -> str:
            return f"<{self.count}>"

    return Counter


def token(dataclass: Callable[..., Any]) -> Any:
    @dataclass(slots=True, eq=False)
    class Token:
        """Something that is itself alone."""

        name: str

    return Token


def alike(dataclass: Callable[..., Any]) -> Any:
    @dataclass(frozen=True, slots=True)
    class Alike:
        """Something with an idea of its own of what is equal."""

        name: str

        def __eq__(self, other: object) -> bool:
            return str(getattr(other, "name", "")).lower() == self.name.lower()

    return Alike


KINDS = [point, counter, token, alike]


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """Something in a module, which pickle can find."""

    value: int


late: Callable[..., Any] = late_dataclass.dataclass
KeptLate: Any = late(frozen=True, slots=True)(
    type("KeptLate", (), {"__module__": __name__, "__doc__": "The same, late.", "__annotations__": {"value": "int"}})
)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_made_of_what_the_standard_librarys_is_made_of(kind: Callable[..., Any]) -> None:
    ours, theirs = kind(late), kind(dataclasses.dataclass)
    assert ours.__slots__ == theirs.__slots__
    assert inspect.signature(ours) == inspect.signature(theirs)
    assert set(vars(ours)) == set(vars(theirs)) | ({"__setattr__", "__delattr__"} & set(vars(ours)))
    assert ours.__match_args__ == theirs.__match_args__
    assert [one.name for one in fields(ours)] == [one.name for one in fields(theirs)]
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)
    assert (ours.__doc__, ours.__qualname__, ours.__module__) == (
        theirs.__doc__,
        theirs.__qualname__,
        theirs.__module__,
    )


@pytest.mark.parametrize("asks", [is_dataclass, fields, lambda cls: cls.__match_args__, lambda cls: cls.__init__])
def test_any_question_about_it_has_the_final_answer(asks: Callable[[Any], object]) -> None:
    ours = point(late)
    asks(ours)
    assert not any(isinstance(value, late_dataclass._Late) for value in vars(ours).values())
    assert ours(1.0) == ours(1.0, 0.0)


def test_nothing_is_compiled_before_the_first_question() -> None:
    compiled = "import builtins\nexecuted = []\nreal = builtins.exec\n"
    compiled += "builtins.exec = lambda *a: (executed.append(a), real(*a))[1]\n"
    code = f"""
import dataclasses
from tui_torch.protocol.late_dataclass import dataclass
{compiled}
@dataclass(frozen=True, slots=True)
class Point:
    x: int
assert not executed
assert repr(Point(1)) == "Point(x=1)" and executed
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_values_compare_and_show_as_ever() -> None:
    ours = point(late)
    assert ours(1.0, name="p") == ours(1.0, name="p") != ours(1.0)
    assert repr(ours(1.0)) == "point.<locals>.Point(x=1.0, y=0.0, tags=[], name=None)"
    assert replace(ours(1.0), y=2.0).y == 2.0
    assert ours(3.0).doubled == 6.0
    assert ours.ORIGIN == "0, 0"
    with pytest.raises(ValueError, match="negative"):
        ours(-1.0)
    with pytest.raises(TypeError):
        ours()


def test_each_instance_has_a_default_of_its_own() -> None:
    ours = point(late)
    first, second = ours(1.0), ours(1.0)
    first.tags.append("a")
    assert second.tags == []


def test_a_pattern_takes_its_fields_in_order() -> None:
    ours: Any = point(late)
    match ours(1.0, 2.0):
        case ours(x, y):
            assert (x, y) == (1.0, 2.0)


@pytest.mark.parametrize("name", ["x", "other"])
def test_a_frozen_one_is_not_to_be_changed(name: str) -> None:
    one = point(late)(1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, name, 2.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(one, name)


def test_one_that_is_not_frozen_changes_and_has_no_hash() -> None:
    one = counter(late)()
    one.count += 1
    assert repr(one) == "<1>"
    with pytest.raises(TypeError):
        hash(one)


def test_one_without_equality_is_equal_to_itself_alone() -> None:
    ours = token(late)
    assert len({ours("a"), ours("a")}) == 2


def test_an_equality_of_its_own_is_kept_and_has_a_hash() -> None:
    ours = alike(late)
    assert ours("a") == ours("A")
    assert hash(ours("a")) == hash(ours("a"))


def test_a_class_that_inherits_has_the_fields_of_both() -> None:
    Point = point(late)  # noqa: N806

    class Solid(Point):
        z: float = 1.0

    Solid.__annotations__["z"] = "float"
    solid = late(frozen=True, slots=True)(Solid)
    assert solid(1.0, 2.0).z == 1.0
    assert solid.__slots__ == ("z",)


def test_it_is_copied_and_pickled() -> None:
    assert copy.deepcopy(KeptLate(1)) == KeptLate(1)
    assert pickle.loads(pickle.dumps(KeptLate(1))) == KeptLate(1)
    assert pickle.loads(pickle.dumps(Kept(1))) == Kept(1)


def test_two_threads_may_make_the_first_instances() -> None:
    for _ in range(50):
        ours, together = point(late), Barrier(4)

        def make(_: int, ours: Any = ours, together: Barrier = together) -> Any:
            together.wait()
            return ours(1.0)

        with ThreadPoolExecutor(4) as pool:
            assert len({repr(one) for one in pool.map(make, range(4))}) == 1


def test_one_without_slots_is_refused() -> None:
    with pytest.raises(TypeError):
        late(slots=False)
