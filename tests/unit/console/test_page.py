"""A page of a lesson in a plain terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tui_torch.console.page import Page

PAGE = r"So $\hat y$ is **new**." + "\n\n" + r"$$L = \frac{a + b}{2}$$" + "\n\n1. $x_i$ or \\$5\n\n```\n$x$\n```"


def shown(width: int, *, ascii_only: bool) -> list[str]:
    written = io.StringIO()
    Console(file=written, width=width).print(Page(PAGE, ascii_only=ascii_only))
    return [line.strip() for line in written.getvalue().splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("ascii_only", "lines"),
    [
        (False, ["So ŷ is new.", "a + b", "L = ─────", "2", "1 xᵢ or $5", "$x$"]),
        (True, ["So y_hat is new.", "a + b", "L = -----", "2", "1 x_i or $5", "$x$"]),
    ],
)
def test_formulas_are_shown_as_in_the_app(ascii_only: bool, lines: list[str]) -> None:
    assert shown(60, ascii_only=ascii_only) == lines


def test_a_formula_that_is_too_wide_for_its_lines_is_shown_on_one() -> None:
    assert "L = (a +" in shown(10, ascii_only=False)
