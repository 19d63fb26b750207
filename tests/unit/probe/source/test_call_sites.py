"""Where the learner called PyTorch, and the expression that they called a method of."""

from __future__ import annotations

import linecache
import sys
from typing import Any

import pytest

from tui_torch.probe.source.call_sites import called_on


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
