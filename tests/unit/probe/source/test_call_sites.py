"""Where the learner called PyTorch: the expression, and the names that could be seen there."""

from __future__ import annotations

import gc
import linecache
import sys
import weakref
from types import FrameType
from typing import Any

import pytest
import torch

from tui_torch.probe.source.call_sites import called_on
from tui_torch.probe.source.names_in_scope import local_names, seen_from


class Called:
    """Takes down what its method was called on, as it stands in the caller's source."""

    loss: Called
    seen: str | None = None

    def __getitem__(self, _: object) -> Called:
        return self

    def __add__(self, _: object) -> Called:
        return self

    def __call__(self, *_: object, **__: object) -> Called:
        return self

    def backward(self, **_: object) -> None:
        frame = sys._getframe(1)
        Called.seen = called_on(frame.f_code, frame.f_lasti, "backward")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("loss.backward()", "loss"),
        ("a.loss.backward(retain_graph=True)", "a.loss"),
        ("losses[0].backward()", "losses[0]"),
        ("(a + b).backward()", "(a+b)"),
        ("criterion(a, b).backward()", "criterion(a, b)"),
        ("(total := a + b).backward()", "total"),
        ("é = a; (a +\n  b[é]\n).backward(\n)", "(a+b[é])"),
        ("(\n    a\n    .backward()\n)", "a"),
        ("[l.backward() for l in (a, b)]", "l"),
        ("(lambda l: l.backward())(a)", "l"),
        ("go = a.backward; go()", None),
        (
            "criterion(first_argument_of_many, b, second_arg).backward()",
            "criterion(first_argument_of_many, b, se…",
        ),
    ],
)
def test_a_loss_is_named_as_in_the_source(line: str, name: str | None) -> None:
    called: Any = Called()
    called.loss = called
    names = dict.fromkeys(("loss", "a", "b", "losses", "criterion", "first_argument_of_many", "second_arg"), called)
    linecache.cache["<a test>"] = (len(line), None, line.splitlines(keepends=True), "<a test>")
    try:
        exec(compile(line, "<a test>", "exec"), names)
    finally:
        del linecache.cache["<a test>"]
    assert Called.seen == name


def test_without_a_source_there_is_no_name() -> None:
    names: dict[str, Any] = {"a": Called()}
    Called.seen = "nothing yet"
    exec(compile("a.backward()", "<nowhere>", "exec"), names)
    assert Called.seen is None


def test_the_names_of_the_functions_around_come_before_those_of_the_module() -> None:
    code = """
def inner():
    hidden = "inner"
    return look(frame())
def outer():
    hidden, shown = "outer", 1
    return inner()
"""
    names: dict[str, Any] = {"frame": lambda: sys._getframe(1), "look": lambda f: seen_from(f, names), "hidden": 0}
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
