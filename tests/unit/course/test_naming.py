"""Names in error sentences."""

from __future__ import annotations

import pytest

from tui_torch.course.naming import closest, did_you_mean, in_backticks, one_of


def test_a_name_of_80_characters_is_shown_whole_and_a_longer_one_cut_to_80() -> None:
    assert in_backticks("x" * 80) == f"`{'x' * 80}`"
    assert in_backticks("x" * 81) == f"`{'x' * 79}…`"


def test_a_name_with_line_breaks_is_shown_on_one_line() -> None:
    assert in_backticks("two\n  lines ") == "`two lines`"


def test_a_name_that_is_too_long_to_compare_has_no_closest() -> None:
    assert closest("x" * 40, ["x" * 39]) == "x" * 39
    assert closest("x" * 41, ["x" * 40]) is None
    assert closest("x" * 40, ["x" * 41]) is None


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        ([], ""),
        (["a"], "`a`"),
        (["a", "b"], "`a` or `b`"),
        (["a", "b", "c"], "`a`, `b` or `c`"),
        (list("abcdefghijkl"), "`a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j`, `k` or `l`"),
        (list("abcdefghijklmn"), "`a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j`, `k`, `l` or 2 others"),
    ],
)
def test_names_are_listed_up_to_twelve(names: list[str], listed: str) -> None:
    assert one_of(names) == listed


def test_an_unknown_name_is_answered_by_the_closest_or_by_all() -> None:
    assert did_you_mean("gradient", ["gradients", "shapes"]) == "; did you mean `gradients`?"
    assert did_you_mean("xyz", ["gradients", "shapes"]) == ", expected `gradients` or `shapes`"
    assert did_you_mean("xyz", []) == ""
