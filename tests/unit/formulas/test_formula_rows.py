"""Formulas that stand by themselves, on several lines."""

from __future__ import annotations

import pytest

from tui_torch.formulas.shown import rows_of

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
