"""Each break that `tests/mutation/equivalent.toml` excuses is still one of a line that is there."""

from __future__ import annotations

from tests.mutation.equivalents import equivalents


def test_an_excused_break_is_of_lines_that_its_module_has() -> None:
    assert [one for one in equivalents() if not one.is_about_what_is_there] == []


def test_no_break_is_excused_twice_nor_changes_nothing() -> None:
    changes = [(one.module, one.before, one.after) for one in equivalents()]
    assert len(set(changes)) == len(changes)
    assert all(before != after for _, before, after in changes)


def test_each_excuse_has_a_reason() -> None:
    assert all(one.reason for one in equivalents())
