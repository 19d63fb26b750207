"""Formulas that stand by themselves, on several lines."""

from __future__ import annotations

import pytest

from tui_torch.formulas.shown import fitting_rows, rows_of

ROWS = [
    (
        r"L = \frac{1}{n}\sum_{i=1}^{n} (\hat y_i - y_i)^2",
        """
     1   n
L = ───  ∑  (ŷᵢ − yᵢ)²
     n  i=1
""",
        """
     1   n
L = --- sum (y_hat_i - y_i)^2
     n  i=1
""",
    ),
    (
        r"A = \begin{bmatrix} 1 & -2 \\ 30 & 4 \end{bmatrix} x",
        """
A = ⎡ 1  −2⎤x
    ⎣30   4⎦
""",
        """
A = [ 1  -2]x
    [30   4]
""",
    ),
    (
        r"f(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
        """
f(x) = ⎧ x  if x > 0
       ⎩ 0  otherwise
""",
        """
f(x) = { x  if x > 0
       { 0  otherwise
""",
    ),
    (
        r"\left(\frac{a + b}{2}\right)^2",
        """
⎛a + b⎞²
⎜─────⎟
⎝  2  ⎠
""",
        """
(a + b)2
(-----)
(  2  )
""",
    ),
    (
        r"\begin{aligned} a &= b + c \\ d + e &= f \end{aligned}",
        """
    a = b + c
d + e = f
""",
        """
    a = b + c
d + e = f
""",
    ),
    (
        r"\frac{\partial L}{\partial w} = \frac{\partial L}{\partial y} \frac{\partial y}{\partial w} - 1",
        """
∂L   ∂L ∂y
── = ── ── − 1
∂w   ∂y ∂w
""",
        """
dL   dL dy
-- = -- -- - 1
dw   dy dw
""",
    ),
    ("y = w^2 x + b", "\ny = w²x + b\n", "\ny = w^2 x + b\n"),
]


@pytest.mark.parametrize(("latex", "in_unicode", "in_ascii"), ROWS)
def test_a_formula_by_itself_takes_as_many_lines_as_it_needs(latex: str, in_unicode: str, in_ascii: str) -> None:
    assert "\n".join(rows_of(latex, False)) == in_unicode.strip("\n")
    assert "\n".join(rows_of(latex, True)) == in_ascii.strip("\n")


TOO_WIDE = r"L = a \quad f(x) = \begin{cases} \frac{a + b}{2} & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}"


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (
            80,
            """
              ⎧ a + b
              ⎪ ─────  if x > 0
L = a  f(x) = ⎨   2
              ⎪
              ⎩ 0      otherwise
""",
        ),
        (
            25,
            """
L = a

       ⎧ a + b
       ⎪ ─────  if x > 0
f(x) = ⎨   2
       ⎪
       ⎩ 0      otherwise
""",
        ),
        (20, "L = a  f(x) = {(a + b)/2, if x > 0; 0, otherwise"),
    ],
)
def test_a_formula_that_is_too_wide_is_divided_and_at_last_on_one_line(width: int, rows: str) -> None:
    assert "\n".join(fitting_rows(TOO_WIDE, width, False)) == rows.strip("\n")


def test_rows_that_are_too_wide_stand_below_each_other_with_their_indentation() -> None:
    latex = r"\begin{aligned} &\textbf{for} \: t=1 \\ &\hspace{5mm} x_t \leftarrow \frac{a + b + c}{2} \end{aligned}"
    assert fitting_rows(latex, 15, False) == ("for t = 1", "  xₜ ← (a + b + c)/2")
