"""Which stretches of a line around a call are known to change nothing."""

from __future__ import annotations

import dis
import sys
from types import FrameType
from typing import Any

import pytest

from tui_torch.probe.replay.quiet_code import only_calls_method, only_dropped_result


class Called:
    """Has a method that asks of the frame it is called from."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask
        self.held = self
        self.told: list[object] = []

    def method(self, *args: object, **kwargs: object) -> None:
        self.told.append(self.ask(sys._getframe(1)))


def starts(frame: FrameType) -> dict[int | None, int]:
    """Where the instructions of each line begin."""
    found: dict[int | None, int] = {}
    for start, line in dis.findlinestarts(frame.f_code):
        found.setdefault(line, start)
    return found


def told_of(source: str, ask: Any) -> list[object]:
    called = Called(ask)
    exec(compile(source, "<code>", "exec"), {"one": called, "made": lambda: called})
    return called.told


def in_function(source: str) -> str:
    lines = "\n    ".join(source.splitlines())
    return f"def run(one):\n    {lines}\nrun(one)"


def from_line_start(frame: FrameType) -> bool:
    return only_calls_method(frame, starts(frame)[frame.f_lineno])


def up_to_next_line(frame: FrameType) -> bool:
    return only_dropped_result(frame.f_code, frame.f_lasti, starts(frame)[frame.f_lineno + 1])


@pytest.mark.parametrize("source", ["one.method()", "one.method(one)", "one.method(1, x=one)", "x = one.method()"])
def test_a_line_that_only_calls_a_method_of_a_name_has_done_nothing_before(source: str) -> None:
    assert told_of(source, from_line_start) == [True]
    assert told_of(in_function(source), from_line_start) == [True]


@pytest.mark.parametrize(
    "source",
    ["made().method()", "one.held.method()", "one.method(made())", "[one][0].method()", "len(()); one.method()"],
)
def test_a_line_that_does_more_before_the_call_may_have_changed_something(source: str) -> None:
    assert told_of(source, from_line_start) == [False]


def test_the_second_call_of_a_line_is_not_the_first_that_it_does() -> None:
    assert told_of("one.method(); one.method()", from_line_start) == [True, False]


def test_names_of_a_class_body_may_be_looked_up_by_the_learners_code() -> None:
    assert told_of("class A:\n    one.method()", from_line_start) == [False]


def test_a_line_that_ends_with_the_call_has_only_dropped_what_it_returned() -> None:
    assert told_of("one.method()\nx = 1", up_to_next_line) == [True]
    assert told_of(in_function("one.method()\nx = 1"), up_to_next_line) == [True]


@pytest.mark.parametrize("source", ["x = one.method()", "one.method(); len([])", "[one.method()]"])
def test_a_line_that_goes_on_after_the_call_may_change_something(source: str) -> None:
    assert told_of(f"{source}\nx = 1", up_to_next_line) == [False]
