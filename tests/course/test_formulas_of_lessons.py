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
    ("3 / (1 - 0.25) = 4", "3/(1 − 0.25) = 4", "3/(1 - 0.25) = 4"),
    ("2^{64}", "2⁶⁴", "2^64"),
    (r"h_t = \tanh(W x_t + U h_{t-1} + b)", "hₜ = tanh(Wxₜ + Uh_(t−1) + b)", "h_t = tanh(Wx_t + Uh_(t-1) + b)"),
    ("x_t", "xₜ", "x_t"),
    (r"h_t = \tanh(u h_{t-1})", "hₜ = tanh(uh_(t−1))", "h_t = tanh(uh_(t-1))"),
    ("u (1 - h^2)", "u(1 − h²)", "u(1 - h^2)"),
    ("c_t = f_t c_{t-1} + i_t g_t", "cₜ = fₜc_(t−1) + iₜgₜ", "c_t = f_t c_(t-1) + i_t g_t"),
    (r"h_t = o_t \tanh(c_t)", "hₜ = oₜ tanh(cₜ)", "h_t = o_t tanh(c_t)"),
    ("z = x_t W^T + h U^T + b", "z = xₜWᵀ + hUᵀ + b", "z = x_t W^T + hU^T + b"),
    ("1 - 0.75^2", "1 − 0.75²", "1 - 0.75^2"),
    ("1 - 0.75^3", "1 − 0.75³", "1 - 0.75^3"),
    ("d", "d", "d"),
    (r"\ln \sigma^2", "ln σ²", "ln sigma^2"),
    (r"\sigma", "σ", "sigma"),
    (r"\sigma = e^{(\ln \sigma^2) / 2}", "σ = e^((ln σ²)/2)", "sigma = e^((ln sigma^2)/2)"),
    (r"\sigma^2", "σ²", "sigma^2"),
    (r"\mu^2", "μ²", "mu^2"),
    ("0 + 1 - 1 - 0", "0 + 1 − 1 − 0", "0 + 1 - 1 - 0"),
    (r"(1 + 4 - 1 - \ln 4) / 2", "(1 + 4 − 1 − ln 4)/2", "(1 + 4 - 1 - ln 4)/2"),
    (r"\sqrt{1 - \beta}", "√(1 − β)", "sqrt(1 - beta)"),
    (r"\sqrt \beta", "√β", "sqrt(beta)"),
    (r"\beta", "β", "beta"),
    (r"\beta = 0.1", "β = 0.1", "beta = 0.1"),
    (r"\sqrt{0.9}", "√0.9", "sqrt(0.9)"),
    ("0.9^2 + 0.19 = 1", "0.9² + 0.19 = 1", "0.9^2 + 0.19 = 1"),
    (r"1 - \beta", "1 − β", "1 - beta"),
    (r"\bar\alpha_t", "ᾱₜ", "alpha_bar_t"),
    (r"\epsilon", "ε", "epsilon"),
    (r"\sqrt{\beta_t}", "√βₜ", "sqrt(beta_t)"),
    (r"\sqrt{1 - \bar\alpha_t}", "√(1 − ᾱₜ)", "sqrt(1 - alpha_bar_t)"),
    (r"\sqrt{1 - \beta_t}", "√(1 − βₜ)", "sqrt(1 - beta_t)"),
    (r"1 - \mathrm{keep}^n", "1 − keepⁿ", "1 - keep^n"),
    ("0.9^7", "0.9⁷", "0.9^7"),
    ("e^2", "e²", "e^2"),
    (r"\ln 14 = 2.64", "ln 14 = 2.64", "ln 14 = 2.64"),
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
    (
        r"\text{softmax}\left(\frac{Q K^T}{\sqrt d}\right) V",
        "       ⎛QKᵀ⎞\nsoftmax⎜───⎟V\n       ⎝√d ⎠",
        "       ( QK^T  )\nsoftmax(-------)V\n       (sqrt(d))",
    ),
    (
        r"\frac{1}{2} (\mu^2 + \sigma^2 - 1 - \ln \sigma^2)",
        " 1\n─── (μ² + σ² − 1 − ln σ²)\n 2",
        " 1\n--- (mu^2 + sigma^2 - 1 - ln sigma^2)\n 2",
    ),
    (
        r"\frac{1}{\sqrt{1 - \beta_t}} (x - \frac{\beta_t}{\sqrt{1 - \bar\alpha_t}} \epsilon)",
        "    1     ⎛       βₜ      ⎞\n───────── ⎜x − ───────── ε⎟\n√(1 − βₜ) ⎝    √(1 − ᾱₜ)  ⎠",
        "       1         (           beta_t                )\n"
        "---------------- (x - --------------------- epsilon)\n"
        "sqrt(1 - beta_t) (    sqrt(1 - alpha_bar_t)        )",
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
