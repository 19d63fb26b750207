"""The names that can be used where the learner's code is."""

from __future__ import annotations

import gc
import sys
import weakref
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.source.names_in_scope import FRAMES, names_in_scope


def test_the_names_of_the_functions_around_come_before_those_of_the_module() -> None:
    code = """
def inner():
    hidden = "inner"
    return look(frame())
def outer():
    hidden, shown = "outer", 1
    return inner()
"""
    names: dict[str, Any] = {
        "frame": lambda: sys._getframe(1),
        "look": lambda f: names_in_scope(f, names, FRAMES),
        "hidden": 0,
    }
    exec(code, names)
    seen = names["outer"]()
    assert (seen["hidden"], seen["shown"], names["hidden"]) == ("inner", 1, 0)


def test_looking_at_a_functions_names_keeps_none_of_their_values() -> None:
    def learner() -> tuple[FrameType, Any]:
        frame = sys._getframe()
        big = torch.ones(3)
        watched = weakref.ref(big)
        assert "big" in local_names(frame)
        del big
        gc.collect()
        return frame, watched()

    _, kept = learner()
    assert kept is None


def test_what_a_function_got_from_locals_stays_as_it_was() -> None:
    def learner() -> dict[str, Any]:
        x = 1
        mine = locals()
        local_names(sys._getframe())
        assert x == 1
        return mine

    assert learner()["x"] == 1


def names_within(code: str, **names: Any) -> dict[str, Any]:
    """The names in scope where the code calls `look()`."""
    seen: dict[str, Any] = {}
    exec(code, {"look": lambda: seen.update(names_in_scope(sys._getframe(1))), **names})
    return seen


def test_a_functions_names_take_the_place_of_the_modules() -> None:
    seen = names_within("def f(x):\n    look()\nx = 1\ny = 2\nf(3)")
    assert (seen["x"], seen["y"]) == (3, 2)


def test_without_a_reach_the_names_of_the_caller_are_not_seen() -> None:
    seen = names_within("def inner(x):\n    look()\ndef outer():\n    hidden = 1\n    inner(2)\nouter()")
    assert seen["x"] == 2 and "hidden" not in seen


def test_the_names_of_a_class_body_are_seen() -> None:
    seen = names_within("class A:\n    rate = 0.1\n    look()")
    assert seen["rate"] == 0.1


def test_a_namespace_of_the_learners_own_is_not_asked() -> None:
    class Locals(dict[str, Any]):
        def keys(self) -> Any:
            raise AssertionError("asked")

    seen: dict[str, Any] = {}
    names: dict[str, Any] = {"look": lambda: seen.update(names_in_scope(sys._getframe(1))), "y": 2}
    exec("x = 1\nlook()", names, Locals())
    assert seen["y"] == 2 and "x" not in seen


def test_looking_from_a_trace_function_takes_nothing_from_the_function() -> None:
    def trace(frame: FrameType, event: str, argument: object) -> Any:
        local_names(frame, is_traced=True)
        return trace

    def learner() -> int:
        x = 1
        x += 1
        return x

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result = learner()
    finally:
        sys.settrace(before)
    assert result == 2
