"""Where the learner called PyTorch, and the expression that they called a method of."""

from __future__ import annotations

import linecache
import sys
from typing import Any

import pytest

from tui_torch.probe.source.call_sites import MOST, CallSite, CallSites, called_on


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


def sites_of(source: str, names: dict[str, Any], sites: CallSites | None = None) -> list[CallSite]:
    """The call sites of `backward()` in the order in which a source calls it."""
    sites = sites or CallSites("backward", "loss")
    met: list[CallSite] = []

    class Loss:
        def __add__(self, other: object) -> Loss:
            return self

        def backward(self) -> None:
            site = sites.of(sys._getframe(1))
            assert site is not None
            met.append(site)

    linecache.cache["<a test>"] = (len(source), None, source.splitlines(keepends=True), "<a test>")
    try:
        exec(compile(source, "<a test>", "exec"), {"a": Loss(), "b": Loss(), **names})
    finally:
        del linecache.cache["<a test>"]
    return met


def test_two_calls_on_one_line_are_told_apart_by_their_columns() -> None:
    first, second = sites_of("pass\na.backward(); (a + b).backward()", {})
    assert (first.file, first.line, first.columns) == ("<a test>", 2, (0, 12))
    assert (second.line, second.columns) == (2, (14, 32))
    assert (second.expression, second.name) == ("a + b", "(a+b)")


def test_the_call_site_of_a_loop_is_the_same_object_each_time() -> None:
    first, *others = sites_of("for _ in range(3):\n    a.backward()", {})
    assert all(site is first for site in others)


def test_a_call_over_several_lines_ends_in_its_last() -> None:
    [site] = sites_of("(a +\n  b).backward(\n)", {})
    assert (site.line, site.expression) == (2, "a + b") and site.columns is not None and site.columns[1] == 1


def test_without_a_source_a_call_site_has_the_usual_name() -> None:
    names: dict[str, Any] = {"sites": CallSites("backward", "loss"), "sys": sys}
    exec(compile("site = sites.of(sys._getframe())", "<nowhere>", "exec"), names)
    site = names["site"]
    assert (site.file, site.line, site.name, site.expression) == ("<nowhere>", 1, "loss", "loss")


def test_code_that_is_compiled_in_every_step_takes_no_more_memory() -> None:
    sites = CallSites("backward", "loss")
    for _ in range(MOST + 10):
        exec(compile("sites.of(sys._getframe())", "<nowhere>", "exec"), {"sites": sites, "sys": sys})
    assert len(sites._sites) <= MOST
