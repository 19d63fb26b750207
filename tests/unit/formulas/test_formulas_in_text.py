"""Where formulas begin and end in text, and that nothing else in it is touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tui_torch.formulas.found import with_formulas
from tui_torch.formulas.markdown import BLOCK, formulas_in

PRICES = [
    "It costs $5 and $6.",
    "$5",
    "Between $5 and 6$, or so.",
    "$5-$6",
    "US$5 or CA$6",
    "$ x $",
    "`$x^2$` is code",
    "$HOME/$USER and $PATH",
    "5$ or 6$",
    "($5, `x`, 6$)",
    "no sign at all",
    "$$",
    "$$$$",
]


def parsed(markdown: str) -> list[Token]:
    return formulas_in(MarkdownIt("gfm-like")).parse(markdown)


def text_of(markdown: str) -> str:
    """The text of a page without its markup, a line for each block."""
    lines: list[str] = []
    for token in parsed(markdown):
        if token.type == BLOCK:
            lines.append(f"[{token.content}]")
        elif token.type in ("fence", "code_block"):
            lines.append(token.content)
        elif token.children is not None:
            breaks = {"softbreak": "\n", "hardbreak": "\n"}
            lines.append("".join(breaks.get(child.type, child.content) for child in token.children))
    return "\n".join(lines)


@pytest.mark.parametrize("sentence", PRICES)
def test_a_price_or_code_is_no_formula(sentence: str) -> None:
    assert with_formulas(sentence) == sentence
    assert text_of(sentence) == sentence.replace("`", "")


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The $i$th of $n$, $x^2$.", "The ith of n, x²."),
        ("($x_1$)", "(x₁)"),
        (r"a \$5 note and $x^2$", "a $5 note and x²"),
        ("$a$ and $b$", "a and b"),
        (r"$a_1 * b_2$ and $c_1 * d_2$", "a₁ * b₂ and c₁ * d₂"),
        (r"$\$5$", "$5"),
        ("costs $5, and $x^2$ is a square", "costs $5, and x² is a square"),
        ("so $$x^2$$", "so x²"),
    ],
)
def test_a_formula_in_a_sentence_is_shown(sentence: str, shown: str) -> None:
    assert with_formulas(sentence) == shown
    assert text_of(sentence).replace("\n", " ").replace("  ", " ") == shown


def test_in_ascii_a_formula_is_ascii() -> None:
    assert with_formulas(r"$\hat y_i \le \frac{1}{2}$", ascii_only=True) == "y_hat_i <= 1/2"


def test_a_formula_by_itself_is_a_block_whatever_its_lines_look_like() -> None:
    page = "Before\n$$\na\n= b\n$$\nafter\n\n- item\n\n  $$x^2$$\n\n> $$y$$"
    assert text_of(page) == "Before\n[a\n= b]\nafter\nitem\n[x^2]\n[y]"


def test_a_formula_may_go_on_in_the_next_line_of_its_paragraph() -> None:
    assert text_of("so $a +\nb$ is") == "so a + b is"


def test_what_stands_in_a_formula_is_no_markup() -> None:
    kinds = {child.type for token in parsed(r"$*a* [b](c) <i>$ **$x$**") for child in token.children or ()}
    assert kinds == {"text", "strong_open", "strong_close"}


def test_dollar_signs_in_code_and_in_fences_stay() -> None:
    page = "`$x$`\n\n```\n$x$\n$$\ny\n$$\n```\n\n    $$z$$"
    assert text_of(page) == "$x$\n$x$\n$$\ny\n$$\n\n$$z$$\n"


def test_formulas_stand_in_tables_and_headings() -> None:
    assert text_of("# On $x^2$\n\n| $a_1$ | b |\n| --- | --- |\n| $\\vert x \\vert$ | $5 |") == "On x²\na₁\nb\n|x|\n$5"


TEXT = st.text(alphabet="ab $\\`*_{}5\n^~-|", max_size=40)


@given(TEXT)
def test_text_without_a_formula_is_what_it_was(text: str) -> None:
    plain = re.sub(r"\$", "", text)
    assert with_formulas(plain) == plain
    assert [token.type for token in parsed(plain)] == [token.type for token in MarkdownIt("gfm-like").parse(plain)]


PLAIN = st.text(alphabet="ab c,.:5()-*~#>+`", max_size=15)


@given(st.lists(st.one_of(PLAIN, st.just("$x_1$"))))
def test_nothing_around_formulas_is_lost_or_changed(pieces: list[str]) -> None:
    plain = [piece.replace("`", "") for piece in pieces]
    assert with_formulas(" ".join(plain)) == " ".join(plain).replace("$x_1$", "x₁")


@given(st.text(), st.text(alphabet="a $`\\\n{}^_x", max_size=40))
def test_any_text_is_shown(anything: str, text: str) -> None:
    for page in (anything, text):
        with_formulas(page)
        with_formulas(page, ascii_only=True)
        text_of(page)
