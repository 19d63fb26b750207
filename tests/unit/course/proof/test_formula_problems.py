"""What the check of a lesson says of its formulas."""

from __future__ import annotations

import pytest

from tui_torch.course.proof.formulas import problems_in


@pytest.mark.parametrize(
    ("markdown", "sentence", "place"),
    [
        (
            "One\n\nis $x + \\fra{1}{2}$ here",
            r"the formula `x + \fra{1}{2}` has the command `\fra`, which is not known; did you mean `\frac`?",
            (3, 9),
        ),
        ("is $x^{2$ here", "the formula `x^{2` opens a brace that nothing closes", (1, 7)),
        ("$$\n\\frac{1}\n$$", r"the formula `\frac{1}` has `\frac` without what it needs behind it", (2, 1)),
        ("- is $x^$", "the formula `x^` has `^` with nothing behind it", (1, 8)),
        (r"is \frac{1}{2}", r"`\frac` stands outside of a formula, expected it between two dollar signs", (1, 4)),
        (
            "is $\theta$",
            "in double quotes YAML reads the beginning of `\\theta` itself, expected single quotes",
            (0, 0),
        ),
        ("$x \nabla$", "in double quotes YAML reads the beginning of `\\nabla` itself, expected single quotes", (0, 0)),
    ],
)
def test_a_broken_formula_is_said_in_a_sentence_with_its_place(
    markdown: str, sentence: str, place: tuple[int, int]
) -> None:
    [problem] = problems_in(markdown)
    assert (problem.sentence, (problem.line, problem.column)) == (sentence, place)


@pytest.mark.parametrize(
    "markdown",
    [
        r"$\frac{1}{2}$ costs \$5 and \$6, or $7 and $8",
        r"`$\frac{1$` and `\frac`",
        "```\n$\\fra\n```",
        r"a path such as C:\temp\new, a \*star\*, and 5 \\ 6",
        "Nothing of that.",
        "so $a\nis$ long",
        "| $a$ | `\\d+` |\n| --- | --- |\n| $\\alpha$ | $5 |",
    ],
)
def test_what_is_no_formula_and_what_is_a_right_one_is_no_problem(markdown: str) -> None:
    assert list(problems_in(markdown)) == []
