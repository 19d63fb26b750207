"""Edits of code: each line lands where it belongs, whatever the code's layout; what would be no code is no fix."""

from __future__ import annotations

import ast
from collections.abc import Callable
from textwrap import dedent

import pytest

from tui_torch.probe.coach.fixes import (
    Fix,
    applied,
    both,
    inserted_after,
    inserted_before,
    moved_after,
    moved_before,
    removed,
    replaced,
    statement_at,
    statement_of,
)
from tui_torch.probe.source.lines import Source

LOOP = dedent("""\
    for step in range(3):
        loss = f(
            x,
            y)
        loss.backward()  # here
        opt.step()
    print(loss)
    """)


def at(source: Source, line: int) -> ast.stmt:
    statement = statement_at(source, line)
    assert statement is not None
    return statement


def made(code: str, fix: Callable[[Source], Fix | None]) -> tuple[str, str]:
    """The code with a fix, and what is shown of it."""
    found = fix(Source(code))
    assert found is not None
    return applied(code, found.edits), found.shown


def test_lines_are_inserted_with_the_indentation_of_their_neighbour() -> None:
    code, shown = made(LOOP, lambda source: inserted_before(source, at(source, 5), "a()", "b()"))
    assert code == LOOP.replace("    loss.backward()", "    a()\n    b()\n    loss.backward()")
    assert shown == "a()\nb()\nloss.backward()  # here"
    code, shown = made(LOOP, lambda source: inserted_after(source, at(source, 2), "a()"))
    assert code == LOOP.replace("        y)\n", "        y)\n    a()\n")
    assert shown == "loss = f(\n    x,\n    y)\na()"


def test_after_a_block_is_after_its_last_line_and_before_it_is_before_its_decorators() -> None:
    code, shown = made(LOOP, lambda source: inserted_after(source, at(source, 1), "a()"))
    assert code == LOOP.replace("print(loss)", "a()\nprint(loss)") and shown == "for step in range(3):\na()"
    decorated = "@cache\ndef f():\n    return 1\n"
    code, _ = made(decorated, lambda source: inserted_before(source, at(source, 2), "a()"))
    assert code == "a()\n" + decorated


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("a(); b(); c()\n", "a(); new(); b(); c()\n", "a(); b(); new(); c()\n"),
        ("for i in r: a(); b()\n", "for i in r: a(); new(); b()\n", "for i in r: a(); b(); new()\n"),
        ("é = 1; b()\n", "é = 1; new(); b()\n", "é = 1; b(); new()\n"),
    ],
)
def test_a_statement_that_shares_its_line_is_followed_on_that_line(code: str, before: str, after: str) -> None:
    def of_b(source: Source) -> ast.stmt:
        found = statement_at(source, 1, "b")
        assert found is not None
        return found

    assert made(code, lambda source: inserted_before(source, of_b(source), "new()"))[0] == before
    assert made(code, lambda source: inserted_after(source, of_b(source), "new()"))[0] == after


def test_a_statement_moves_and_says_where_it_came_from() -> None:
    code, shown = made(LOOP, lambda source: moved_before(source, at(source, 6), at(source, 5)))
    assert code == LOOP.replace("    opt.step()\n", "").replace(
        "    loss.backward()", "    opt.step()\n    loss.backward()"
    )
    assert shown == "opt.step()  # moved from line 6\nloss.backward()  # here"
    code, shown = made(LOOP, lambda source: moved_after(source, at(source, 2), at(source, 7)))
    assert code.startswith("for step in range(3):\n    loss.backward()  # here\n    opt.step()\n")
    assert code.endswith("print(loss)\nloss = f(\n    x,\n    y)\n")
    assert shown.splitlines()[:2] == ["print(loss)", "loss = f(  # moved from line 2"]


def test_the_only_statement_of_a_block_leaves_pass_behind() -> None:
    code, _ = made("if a:\n    b()\nc()\n", lambda source: moved_after(source, at(source, 2), at(source, 3)))
    assert code == "if a:\n    pass\nc()\nb()\n"


def test_a_statement_that_goes_becomes_a_comment() -> None:
    code, shown = made(LOOP, lambda source: removed(source, at(source, 6)))
    assert code == LOOP.replace("    opt.step()", "    # opt.step()") and shown == "# opt.step()"
    assert made("if a:\n    b()\n", lambda source: removed(source, at(source, 2)))[0] == "if a:\n    pass\n    # b()\n"
    source = Source("a(); b()\n")
    assert removed(source, at(source, 1)) is None


def test_an_expression_over_several_lines_is_replaced_on_all_of_them() -> None:
    def fix(source: Source) -> Fix | None:
        [call] = source.calls("f")
        return replaced(source, call, "g(x)")

    assert made(LOOP, fix)[0] == LOOP.replace("f(\n        x,\n        y)", "g(x)")


def test_two_fixes_are_made_at_once_though_the_first_moves_the_lines_of_the_second() -> None:
    code, shown = made(
        LOOP,
        lambda source: both(
            source, inserted_before(source, at(source, 1), "a()"), inserted_after(source, at(source, 6), "b()")
        ),
    )
    assert code == "a()\n" + LOOP.replace("opt.step()", "opt.step()\n    b()")
    assert shown == "a()\nfor step in range(3):\nopt.step()\nb()"
    source = Source(LOOP)
    assert both(source, None, removed(source, at(source, 6))) is None


def test_what_would_be_no_code_is_no_fix() -> None:
    source = Source("with a: b()\n")
    [call] = source.calls("b")
    assert replaced(source, call, "while") is None
    assert inserted_before(source, at(source, 1), "return (") is None


def test_the_statement_of_an_expression_is_the_innermost() -> None:
    source = Source(LOOP)
    [call] = source.calls("backward")
    statement = statement_of(source, call)
    assert statement is not None and statement.lineno == 5
    assert statement_at(source, 3) is statement_at(source, 2) and statement_at(source, 99) is None
