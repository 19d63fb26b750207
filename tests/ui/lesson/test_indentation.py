"""Where the next line begins, and lines that are indented, dedented and commented."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.ui.lesson.editing.indentation import columns_back, commented, dedented, indented, next_indentation

NEXT = {
    "as the line before": ("    x = 1", 4),
    "deeper after a colon": ("for i in r:", 4),
    "deeper after a colon and a comment": ("if x:  # so", 4),
    "deeper after a colon below brackets": ("with a(\n        b,\n):", 4),
    "not after a colon in a comment": ("x = 1  # note:", 0),
    "not after a colon in a text": ("x = 'a: ", 0),
    "not after a colon in a dictionary": ("    d = {1: 2}", 4),
    "not after a lambda": ("f = lambda x: x", 0),
    "back after return": ("def f():\n    return 1", 0),
    "back after pass in a method": ("class A:\n    def f(self):\n        pass", 4),
    "back after a return of several lines": ("    return (\n        a\n    )", 0),
    "not back after a name like return": ("    returned = 1", 4),
    "deeper inside a bracket": ("model = nn.Sequential(", 4),
    "deeper inside a bracket that holds something": ("f(a,", 4),
    "as the line before further inside it": ("f(\n  a,", 2),
    "as the statement after the bracket": ("    f(a,\n      b)", 4),
    "as the outer bracket after the inner one": ("f(\n    g(a),", 4),
    "not by a bracket in a text": ("print('(')", 0),
    "as the line within a text of several lines": ('s = """a:\n  b', 2),
    "as the statement after such a text": ('    s = """a\nb"""', 4),
    "deeper after a backslash": ("x = a + \\", 4),
    "as the line before after a second one": ("x = a + \\\n      b + \\", 6),
    "as far as the cursor in the spaces of a line": ("def f():\n  ", 2),
}


@pytest.mark.parametrize("what", NEXT)
def test_a_new_line_is_indented(what: str) -> None:
    before, spaces = NEXT[what]
    assert next_indentation(before) == " " * spaces


@pytest.mark.parametrize("what", NEXT)
def test_a_new_line_is_indented_alike_below_long_code(what: str) -> None:
    before, spaces = NEXT[what]
    assert next_indentation("x = 1\n" * 5_000 + before) == " " * spaces


def test_what_follows_the_cursor_is_not_taken_back() -> None:
    assert next_indentation("    return", " x") == "    "


@pytest.mark.parametrize(
    ("before", "columns"), [("    ", 4), ("      ", 2), ("   ", 3), ("  a ", 1), ("", 1), ("\t", 1)]
)
def test_backspace_goes_back_to_the_level_before(before: str, columns: int) -> None:
    assert columns_back(before) == columns


LINES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["a = 1", "f(x)  # so", "", "# note", "x"])), min_size=1)


@given(LINES)
def test_what_was_indented_is_as_it_was_when_it_is_dedented(drawn: list[tuple[int, str]]) -> None:
    lines = [(" " * spaces + code) if code else "" for spaces, code in drawn]
    assert dedented(indented(lines)) == lines


@given(LINES)
def test_code_that_was_commented_is_as_it_was_when_that_is_taken_back(drawn: list[tuple[int, str]]) -> None:
    lines = [(" " * spaces + code) if code else "" for spaces, code in drawn]
    once = commented(lines)
    if any(line.strip() and not line.lstrip().startswith("#") for line in lines):
        assert all(line.lstrip().startswith("#") for line in once if line.strip())
        assert commented(once) == lines


PROGRAM = textwrap.dedent(
    """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(1, 8),
                nn.ReLU(),
            )

        def forward(self, x):
            if x is None:
                return None
            return self.net(x)
    """
)


def test_a_program_typed_line_by_line_needs_spaces_only_where_a_block_ends_by_itself() -> None:
    typed = ""
    wrong: list[str] = []
    for line in PROGRAM.strip().splitlines():
        begun = next_indentation(typed) if typed else ""
        if line and len(begun) != len(line) - len(line.lstrip()):
            wrong.append(line.strip())
        typed += ("\n" if typed else "") + line
    # Nobody can know that the layers end here, nor that the method does.
    assert wrong == [")", "def forward(self, x):"]
    ast.parse(typed)
