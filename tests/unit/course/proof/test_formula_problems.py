"""What the check of a lesson says of its formulas."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.course.format.document import compose
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.formulas import problems_in
from tui_torch.course.proof.verify import shown_problems


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


NOTHING_BEHIND = "the formula `x^` has `^` with nothing behind it"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Some *Markdown*.", "Some\n\n      $x + \\frac{1}$.", "step `three-scalars`: the formula `x + \\frac{1}` has"),
        ("What is `w.grad`?", "What is $\\fra{1}$?", "step `predict`: the formula `\\fra{1}` has the command `\\fra`"),
        ("because: Nothing went backward.", "because: '$x^{$'", "step `predict`: the formula `x^{` opens a brace"),
        ("hints: [a nudge]", "hints: ['$x^$']", f"step `your-turn`: {NOTHING_BEHIND}"),
        ("hint: Call backward.", "hint: $x^$", f"step `your-turn`: {NOTHING_BEHIND}"),
        ("says: Nothing", "says: $x^$", f"step `your-turn`: {NOTHING_BEHIND}"),
        ("title: An error", "title: On $\\hat x$", "step `no-such-name`: `title` has the formula `$\\hat x$`, which"),
        ("summary: One of", "summary: $x^$ of", NOTHING_BEHIND),
    ],
)
def test_a_broken_formula_anywhere_in_a_lesson_is_said_where_it_stands(
    valid: str, tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert valid.count(old) == 1
    path = tmp_path / "valid.yaml"
    path.write_text(valid.replace(old, new), "utf-8")
    [problem] = shown_problems(load_lesson(path), of_course=False)
    assert problem.sentence.startswith(said)
    fault = compose(path.read_text("utf-8")).fault(problem)
    assert fault is not None
    written = path.read_text("utf-8").splitlines()
    assert "$" in written[fault.line - 1]


def test_the_place_in_a_block_of_text_is_that_of_the_command(valid: str, tmp_path: Path) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(valid.replace("      Some *Markdown*.", "      Some\n      $x + \\fra{1}$."), "utf-8")
    [problem] = shown_problems(load_lesson(path), of_course=False)
    fault = compose(path.read_text("utf-8")).fault(problem)
    assert fault is not None
    line = path.read_text("utf-8").splitlines()[fault.line - 1]
    assert line[fault.column - 1 :].startswith("\\fra")
