"""Characters that look like those of code, and are none, are shown by their names and exchanged."""

from __future__ import annotations

import ast

import pytest

from tests.unit.probe.errors.programs import explained, failed, fixed, run

NBSP, WIDE_SPACE, ZERO_WIDTH = "\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}", "\N{ZERO WIDTH SPACE}"
MET = {
    "double quotes": (
        "x = 1\nprint(\N{LEFT DOUBLE QUOTATION MARK}hello\N{RIGHT DOUBLE QUOTATION MARK})\n",
        'print("hello")',
        "U+201C",
    ),
    "low double quotes": (
        "print(\N{DOUBLE LOW-9 QUOTATION MARK}hello\N{LEFT DOUBLE QUOTATION MARK})\n",
        'print("hello")',
        "U+201E",
    ),
    "single quotes": (
        "d = {\N{LEFT SINGLE QUOTATION MARK}a\N{RIGHT SINGLE QUOTATION MARK}: 1}\n",
        "d = {'a': 1}",
        "U+2018",
    ),
    "two texts": ("print(“a”, “b”)\n", 'print("a", "b")', "left double quotation mark"),
    "guillemets": ("print(«a»)\n", 'print("a")', "left-pointing double angle quotation mark"),
    "within an indented line": ("if True:\n    print(“a”)\n", 'print("a")', "Line 2"),
    "an indentation of NBSP": (f"if True:\n{NBSP}   y = 1\n", "    y = 1", "U+00A0 (no-break space)"),
    "an NBSP after the equals sign": (f"x ={NBSP}torch.ones(2)\n", "x = torch.ones(2)", "an unseen character"),
    "an ideographic space": (f"x ={WIDE_SPACE}1\n", "x = 1", "ideographic space"),
    "an unseen character": (f"x = torch.ones(2){ZERO_WIDTH}\n", "x = torch.ones(2)", "Delete it"),
    "full-width brackets": ("x = torch.ones（2）\n", "x = torch.ones(2)", "`（` (fullwidth left parenthesis, U+FF08)"),
    "a full-width comma": ("x = torch.ones(2， 3)\n", "x = torch.ones(2, 3)", "fullwidth comma"),
    "a full-width colon": ("for i in range(2)：\n    pass\n", "for i in range(2):", "fullwidth colon"),
    "a full-width equals sign": ("x ＝ 3\n", "x = 3", "Python's own is `=`"),
    "a minus sign": ("x = 3 − 1\n", "x = 3 - 1", "minus sign"),
    "an en dash": ("x = 3 – 1\n", "x = 3 - 1", "en dash"),
    "a multiplication sign": ("x = 3 × 2\n", "x = 3 * 2", "multiplication sign"),
    "dots in one": ("x = torch.ones(2)[…]\n", "x = torch.ones(2)[...]", "horizontal ellipsis"),
    "at most": ("ok = 1 ≤ 2\n", "ok = 1 <= 2", "less-than or equal to"),
    "an arrow": ("def f() → int:\n    return 1\n", "def f() -> int:", "rightwards arrow"),
}


@pytest.mark.parametrize(("code", "line", "fact"), MET.values(), ids=MET.keys())
def test_a_character_is_named_and_its_line_mended(code: str, line: str, fact: str) -> None:
    explanation = explained(code)
    assert fact in explanation.meaning
    assert explanation.suggested_fix == line
    assert run(fixed(code)) is None


def test_the_other_lines_that_need_it_are_named() -> None:
    meaning = explained("a = “x”\nb = 1\nc = （2）\nd = “y”\n").meaning
    assert "Line 1 holds" in meaning and "So do lines 3, 4." in meaning
    assert "So does line 2." in explained("a = “x”\nb = “y”\n").meaning


def test_what_stands_in_texts_and_comments_stays() -> None:
    explanation = explained("x = “a”  # “as it was” – and × …\n")
    assert explanation.suggested_fix == 'x = "a"  # “as it was” – and × …'


def test_a_character_that_means_nothing_is_shown_without_a_guess() -> None:
    explanation = explained("x = 3 ☃ 4\n")
    assert "snowman" in explanation.meaning and explanation.suggested_fix is None


def test_no_line_is_offered_where_the_code_is_wrong_otherwise_too() -> None:
    assert explained("x = “a”\ny = (1\n").suggested_fix is None


@pytest.mark.parametrize("code", ["exec('x = “a”')\n", "import ast\nast.parse('x = （1）')\n"])
def test_a_character_of_other_code_is_not_looked_for_in_this(code: str) -> None:
    explanation = failed(code).explanation
    assert explanation is None or explanation.suggested_fix is None


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("def f(x):\n        y = x\n\treturn y\n", "Line 3 is indented by 1 tab, and the one before it by 8 spaces"),
        (
            "for i in range(2):\n    print(i)\n\tprint(i)\n",
            "Line 3 is indented by 1 tab, and the one before it by 4 spaces",
        ),
        ("if True:\n\tx = 1\n        y = 2\n", "Line 3 is indented by 8 spaces, and the one before it by 1 tab"),
        ("if True:\n  \tx = 1\n        y = 2\n", "the one before it by 2 spaces and 1 tab"),
    ],
)
def test_tabs_among_spaces_are_counted(code: str, fact: str) -> None:
    with pytest.raises(TabError):
        ast.parse(code)
    assert fact in explained(code).meaning


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        (
            "def f(x):\n    y = x\n  return y\n",
            "Line 3 is indented by 2 spaces, and the blocks that it may belong to by nothing, 4 spaces",
        ),
        ("for i in a:\n    if i:\n        b\n      c\n", "by nothing, 4 spaces, 8 spaces"),
        ("class A:\n   x = 1\n  y = 2\n", "by nothing, 3 spaces"),
    ],
)
def test_an_indentation_between_two_blocks_is_counted(code: str, fact: str) -> None:
    assert fact in explained(code).meaning


@pytest.mark.parametrize("code", ["```python\nx = 1\n```\n", "x = 1\n```\n", "y = 2\n```py\nx = 1\n"])
def test_the_fence_of_a_pasted_block_is_told(code: str) -> None:
    assert "Markdown" in explained(code).meaning


@pytest.mark.parametrize("code", ["x = (1\n", "x = )\n", "for i in 3\n    pass\n", "print 'a'\n"])
def test_a_syntax_error_that_python_words_well_is_left_to_it(code: str) -> None:
    assert failed(code).explanation is None
