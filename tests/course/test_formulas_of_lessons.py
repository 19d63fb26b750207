"""Every formula of the course, as a learner sees it."""

from __future__ import annotations

from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.courses import course_in
from tui_torch.course.proof.formulas import markdown_of, unreadable_formulas
from tui_torch.formulas.markdown import FOUND, formulas_in
from tui_torch.formulas.shown import line_of, rows_of

ON_ONE_LINE = [
    ("2w", "2w", "2w"),
    ("2w = 6", "2w = 6", "2w = 6"),
    ("w^2", "w²", "w^2"),
    ("2wx", "2wx", "2wx"),
    ("y = 4x + 5", "y = 4x + 5", "y = 4x + 5"),
    (r"\sum_k a_{ik} c_{kj}", "∑ₖ aᵢₖcₖⱼ", "sum_k a_ik c_kj"),
    (r"x w^\top + b", "xwᵀ + b", "xw^T + b"),
    ("(w - 3)^2", "(w − 3)²", "(w - 3)^2"),
    ("2 (w - 3) = 6", "2(w − 3) = 6", "2(w - 3) = 6"),
    ("y = 2x + 1", "y = 2x + 1", "y = 2x + 1"),
    ("n", "n", "n"),
    (r"\hat y_i", "ŷᵢ", "y_hat_i"),
    ("y_i", "yᵢ", "y_i"),
    (r"w \cdot \frac{x - m}{s} + b", "w · (x − m)/s + b", "w * (x - m)/s + b"),
    ("x", "x", "x"),
    ("y", "y", "y"),
    ("p", "p", "p"),
    (r"-\ln p_y", "−ln p_y", "-ln p_y"),
    (r"-\ln 0.9", "−ln 0.9", "-ln 0.9"),
    (r"-\ln 0.1", "−ln 0.1", "-ln 0.1"),
    (r"-\ln 0.232", "−ln 0.232", "-ln 0.232"),
    (r"\ln \sum_j e^{s_j} - s_y", "ln ∑ⱼ e^(sⱼ) − s_y", "ln sum_j e^(s_j) - s_y"),
    ("e^{100}", "e¹⁰⁰", "e^100"),
    ("e^{102}", "e¹⁰²", "e^102"),
    ("e^{1000}", "e¹⁰⁰⁰", "e^1000"),
    ("e^{-500}", "e⁻⁵⁰⁰", "e^-500"),
    ("W_2 (W_1 x + b_1) + b_2", "W₂(W₁x + b₁) + b₂", "W_2(W_1 x + b_1) + b_2"),
    ("W_2 W_1", "W₂W₁", "W_2 W_1"),
    ("p = e^{-10}", "p = e⁻¹⁰", "p = e^-10"),
]
BY_THEMSELVES = [
    ("y = w^2 x + b", "y = w²x + b", "y = w^2 x + b"),
    (
        r"\text{MSE} = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2",
        "       1   n\nMSE = ───  ∑  (ŷᵢ − yᵢ)²\n       n  i=1",
        "       1   n\nMSE = --- sum (y_hat_i - y_i)^2\n       n  i=1",
    ),
    (
        r"p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}",
        "      e^(sₖ)\npₖ = ────────\n     ∑ e^(sⱼ)\n     j",
        "        e^(s_k)\np_k = -----------\n      sum e^(s_j)\n       j",
    ),
]


@pytest.mark.parametrize(("latex", "in_unicode", "in_ascii"), ON_ONE_LINE)
def test_a_formula_of_the_course_looks_like_this(latex: str, in_unicode: str, in_ascii: str) -> None:
    assert (line_of(latex, False), line_of(latex, True)) == (in_unicode, in_ascii)


@pytest.mark.parametrize(("latex", "in_unicode", "in_ascii"), BY_THEMSELVES)
def test_a_formula_of_the_course_by_itself_looks_like_this(latex: str, in_unicode: str, in_ascii: str) -> None:
    assert ("\n".join(rows_of(latex, False)), "\n".join(rows_of(latex, True))) == (in_unicode, in_ascii)


def test_those_are_all_formulas_of_the_course_and_each_can_be_read() -> None:
    parser = formulas_in(MarkdownIt("gfm-like"))
    env: dict[str, Any] = {}
    for lesson in course_in().lessons:
        assert list(unreadable_formulas(lesson)) == []
        for _, markdown in markdown_of(lesson):
            parser.parse(markdown, env)
    assert set(env[FOUND]) == {latex for latex, _, _ in (*ON_ONE_LINE, *BY_THEMSELVES)}
