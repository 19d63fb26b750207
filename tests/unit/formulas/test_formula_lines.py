"""Formulas on one line, in Unicode and in ASCII."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_torch.formulas.shown import line_of, problem_of, rows_of
from tui_torch.formulas.symbols import NAMED

LINES = [
    # Indices and exponents: Unicode's where there are some, readable otherwise.
    (r"\sum_i x_i^2", "∑ᵢ xᵢ²", "sum_i x_i^2"),
    (r"x_{i+1}", "x_(i+1)", "x_(i+1)"),
    (r"e^{-x/2}", "e^(−x/2)", "e^(-x/2)"),
    (r"e^{-x}", "e⁻ˣ", "e^-x"),
    (r"10^{-3}", "10⁻³", "10^-3"),
    (r"x_{i,j}", "x_(i,j)", "x_(i,j)"),
    (r"x_{ij}", "xᵢⱼ", "x_ij"),
    (r"x^{y^z}", "x^(yᶻ)", "x^(y^z)"),
    (r"x_\theta^2", "x²_θ", "x_theta^2"),
    (r"W_{ij}^{(1)}", "Wᵢⱼ⁽¹⁾", "W_ij^(1)"),
    (r"L_{\text{train}}", "L_train", "L_train"),
    (r"x'_i + f''", "xᵢ′ + f″", "x'_i + f''"),
    (r"A^{-1} A^T = W^\top", "A⁻¹Aᵀ = Wᵀ", "A^-1 A^T = W^T"),
    (r"\mathbb{R}^{m \times n}", "ℝ^(m×n)", "R^(mxn)"),
    # Fractions, with brackets where they are needed.
    (r"\frac{\partial L}{\partial w}", "∂L/∂w", "dL/dw"),
    (r"\frac{\partial^2 L}{\partial w^2}", "∂²L/∂w²", "d^2 L/dw^2"),
    (r"\frac12", "1/2", "1/2"),
    (r"\frac{a+b}{2}", "(a + b)/2", "(a + b)/2"),
    (r"\frac{1}{2\sigma^2}", "1/(2σ²)", "1/(2 sigma^2)"),
    (r"\frac{x}{f(x)}", "x/f(x)", "x/f(x)"),
    (r"\frac{1}{1+e^{-x}}", "1/(1 + e⁻ˣ)", "1/(1 + e^-x)"),
    (r"\frac{\frac{a}{b}}{c}", "(a/b)/c", "(a/b)/c"),
    (r"\frac{1}{n} \sum_{i=1}^n x_i", "(1/n) ∑ᵢ₌₁ⁿ xᵢ", "(1/n) sum_(i=1)^n x_i"),
    (r"\frac{\partial L}{\partial y}\frac{\partial y}{\partial w}", "∂L/∂y · ∂y/∂w", "dL/dy * dy/dw"),
    (r"\frac{a}{b}\frac{c}{d}", "a/b · c/d", "a/b * c/d"),
    (r"\frac{d}{dx} f(x)", "d/dx f(x)", "d/dx f(x)"),
    (r"\frac{\sin x}{x}", "(sin x)/x", "(sin x)/x"),
    (r"\binom{n}{k}", "(n choose k)", "(n choose k)"),
    # Hats, bars, roots, norms, brackets.
    (r"\hat y_i", "ŷᵢ", "y_hat_i"),
    (r"\hat{y_i} \bar x \tilde{\theta} \vec v \dot x", "ŷᵢx̄θ̃v⃗ẋ", "y_hat_i x_bar theta_tilde v_vec x_dot"),
    (r"\hat\mathbf{x}", "x̂", "x_hat"),
    (r"\overline{ABCD}", "bar(ABCD)", "ABCD_bar"),
    (r"\sqrt{d_k} + \sqrt{x+1} + \sqrt[3]{x}", "√dₖ + √(x + 1) + ³√x", "sqrt(d_k) + sqrt(x + 1) + x^(1/3)"),
    (r"\|w\|_2^2", "‖w‖₂²", "||w||_2^2"),
    (r"\left\|\frac{a}{b}\right\| \le |-x|", "‖a/b‖ ≤ |−x|", "||a/b|| <= |-x|"),
    (r"\left(\frac{a+b}{2}\right)^2", "((a + b)/2)²", "((a + b)/2)^2"),
    (r"\left. x \right|_{x=0}", "x|ₓ₌₀", "x|_(x=0)"),
    (r"\lfloor x \rfloor \{a\} \langle u, v \rangle", "⌊x⌋{a}⟨u, v⟩", "floor(x){a}<u, v>"),
    (r"(x+y)^2 [0, 1)", "(x + y)²[0, 1)", "(x + y)^2[0, 1)"),
    # Letters, words and functions.
    (r"2\pi r, \alpha x, \lambda\theta", "2πr, αx, λθ", "2 pi r, alpha x, lambda theta"),
    (r"\log_2 x + \log(x) + 2\log x", "log₂ x + log(x) + 2 log x", "log_2 x + log(x) + 2 log x"),
    (r"\operatorname*{argmin}_w L(w)", "argmin_w L(w)", "argmin_w L(w)"),
    (r"\max_w |w|", "max_w |w|", "max_w |w|"),
    (r"\mathbb{E}_{x \sim p}[f(x)], \mathcal{N}(0, 1)", "𝔼_(x∼p)[f(x)], 𝒩(0, 1)", "E_(x~p)[f(x)], N(0, 1)"),
    (r"p(y|x) = p(y \mid x)", "p(y|x) = p(y | x)", "p(y|x) = p(y | x)"),
    (r"\text{MSE} = 0 \text{ if all is right}", "MSE = 0 if all is right", "MSE = 0 if all is right"),
    (r"\underset{w}{\arg\min} L(w)", "arg min_w L(w)", "arg min_w L(w)"),
    (r"\int_{-\infty}^\infty e^{-x^2} dx", "∫_(−∞)^∞ e^(−x²) dx", "int_-inf^inf e^(-x^2) dx"),
    (r"a \equiv b \pmod{n}, a \bmod n", "a ≡ b (mod n), a mod n", "a == b (mod n), a mod n"),
    # Signs: between two things with spaces, before one without.
    (r"-x + (-3) \cdot -2", "−x + (−3) · −2", "-x + (-3) * -2"),
    (r"w \leftarrow w - \eta \frac{\partial L}{\partial w}", "w ← w − η ∂L/∂w", "w <- w - eta dL/dw"),
    (r"a \odot b \ne c \in A, x \not= y", "a ⊙ b ≠ c ∈ A, x ≠ y", "a .* b != c in A, x != y"),
    (r"f: X \to Y, a := b, x_1, \ldots, x_n", "f: X → Y, a ≔ b, x₁, …, xₙ", "f: X -> Y, a := b, x_1, ..., x_n"),
    ("x -> y <= 2", "x → y ≤ 2", "x -> y <= 2"),
    (r"1{,}000 + 2.5 = 1,002.5", "1,000 + 2.5 = 1,002.5", "1,000 + 2.5 = 1,002.5"),
    (r"50\% = 50%, \$5, a\_b", "50% = 50%, $5, a_b", "50% = 50%, $5, a_b"),
    # Several rows.
    (r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}", "(1 2; 3 4)", "(1 2; 3 4)"),
    (r"\begin{cases} x & x > 0 \\ 0 & \text{else}\end{cases}", "{x, x > 0; 0, else", "{x, x > 0; 0, else"),
    (r"a = b \\ c = d", "a = b; c = d", "a = b; c = d"),
]


@pytest.mark.parametrize(("latex", "in_unicode", "in_ascii"), LINES)
def test_a_formula_is_written_on_one_line(latex: str, in_unicode: str, in_ascii: str) -> None:
    assert (line_of(latex, False), line_of(latex, True)) == (unicodedata.normalize("NFC", in_unicode), in_ascii)
    assert problem_of(latex) is None


@pytest.mark.parametrize(
    ("latex", "shown", "wrong", "place"),
    [
        ("a {b", "a b", "opens a brace that nothing closes", 2),
        ("a} b", "a b", "closes a brace that nothing opened", 1),
        (r"x + \softmax(x)", "x + softmax(x)", r"has the command `\softmax`, which is not known", 4),
        (r"\frac{1}", "frac 1", r"has `\frac` without what it needs behind it", 0),
        (r"\begin{pmatrix} 1", "begin pmatrix 1", r"has `\begin{pmatrix}` without its `\end`", 17),
        (r"\left( x", "(x", r"has a `\left` without a `\right`", 0),
        (r"x \right)", "x)", r"has a `\right` without a `\left`", 2),
        ("x^2^3", "x²³", "has an exponent on an exponent, expected braces around one", 3),
        ("x_1_2", "x₁₂", "has an index on an index, expected braces around one", 3),
        ("x^", "x", "has `^` with nothing behind it", 1),
        (r"\begin{tikz} x \end{tikz}", "x", r"has `\begin{tikz}`, an environment that is not known", 0),
    ],
)
def test_a_mistake_is_said_with_its_place_and_something_readable_is_shown(
    latex: str, shown: str, wrong: str, place: int
) -> None:
    problem = problem_of(latex)
    assert problem is not None
    assert (line_of(latex, False), problem.sentence, problem.place) == (shown, wrong, place)


PIECES = st.sampled_from(
    [*r"x2{}^_&\+-=()[]|'%$~<, ", *(f"\\{name}" for name in [*NAMED, "frac", "sqrt"]),
     r"\left", r"\right", r"\begin{pmatrix}", r"\end{pmatrix}", r"\\", r"\hat", r"\text{if }", r"\foo", "é", "\n"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join)))
def test_whatever_is_written_something_without_a_backslash_is_shown(latex: str) -> None:
    for ascii_only in (False, True):
        line, rows = line_of(latex, ascii_only), rows_of(latex, ascii_only)
        assert "\\" not in line
        assert "\n" not in line
        assert rows
        assert not any("\\" in row or "\n" in row for row in rows)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_what_can_be_read_is_ascii_where_it_is_to_be(latex: str) -> None:
    assert line_of(latex.replace("é", "e"), True).isascii()


@pytest.mark.parametrize("opening", ["{", r"\hat", "x^{", r"\frac{", r"\left(", "(", r"\begin{pmatrix}", r"\sqrt"])
def test_things_in_each_other_in_any_depth_are_shown(opening: str) -> None:
    latex = (opening * 2000)[:1900]
    assert "\\" not in line_of(latex, False)
    assert rows_of(latex, False)


def test_a_hat_takes_no_cell() -> None:
    assert cell_len(line_of(r"\hat\theta + \hat y", False)) == cell_len("o + y")
