"""Which statement gave a name its value is said where the order of the code says it, and not guessed elsewhere."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tui_torch.probe.errors.origins.assignments import last_assignment

SAID = {
    "the line before": ("y = 1\nhere", 1),
    "the last of two": ("y = 1\ny = 2\nhere", 2),
    "before a loop": ("y = 1\nfor i in a:\n    here", 1),
    "a loop's target": ("y = 1\nfor y in a:\n    here", 2),
    "a loop's target that the line itself replaces": ("for y in a:\n    b\n    here\n    y = y.t()", 1),
    "within a with": ("with a:\n    y = 1\nhere", 2),
    "within a loop that is over": ("for i in a:\n    y = i\nhere", 2),
    "what a with gives": ("with a as y:\n    here", 1),
    "a definition": ("def y(): pass\nhere", 1),
    "a global": ("y = 1\ndef f(x):\n    here", 1),
    "a branch that is taken": ("y = 1\nif a:\n    y = 2\n    here", 3),
    "another name's branch": ("y = 1\nif a:\n    x = 2\nhere", 1),
    "a handler": ("try:\n    a\nexcept E:\n    y = 1\n    here", 4),
    "a local of the same name elsewhere": ("y = 1\ndef f():\n    y = 2\nhere", 1),
}
NOT_SAID = {
    "nothing": "x = 1\nhere",
    "a branch": "y = 1\nif a:\n    y = 2\nhere",
    "a later line of a loop": "y = 1\nfor i in a:\n    here\n    y = 2",
    "an argument": "y = 1\ndef f(y):\n    here",
    "two globals": "y = 1\ny = 2\ndef f(x):\n    here",
    "a try": "y = 1\ntry:\n    y = 2\nexcept E:\n    pass\nhere",
}


def found(code: str) -> ast.stmt | None:
    tree = ast.parse(textwrap.dedent(code))
    [here] = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and ast.unparse(node) == "here"]
    return last_assignment(tree, here, "y")


@pytest.mark.parametrize(("code", "line"), SAID.values(), ids=SAID.keys())
def test_the_statement_that_gave_the_value_is_found(code: str, line: int) -> None:
    statement = found(code)
    assert statement is not None and statement.lineno == line


@pytest.mark.parametrize("code", NOT_SAID.values(), ids=NOT_SAID.keys())
def test_nothing_is_said_where_several_statements_may_have_given_it(code: str) -> None:
    assert found(code) is None
