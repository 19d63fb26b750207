"""Formulas in the Markdown of the app: in paragraphs, tables and by themselves."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult

from tests.ui.conftest import seen
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.prose import Prose

PAGE = r"""
So $\hat y_i = w x_i + b$, and `$x$` for \$5.

$$\text{MSE} = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2$$

- a list's

  $$\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$$
"""


class _PageApp(ThemedApp):
    def __init__(self, ascii_only: bool) -> None:
        super().__init__()
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        yield Prose(PAGE, ascii_only=self._ascii)


async def lines(width: int, *, ascii_only: bool) -> list[str]:
    app = _PageApp(ascii_only)
    async with app.run_test(size=(width, 16)) as pilot:
        await pilot.pause()
        return [line.strip() for line in seen(app).splitlines() if line.strip()]


IN_UNICODE = """
So ŷᵢ = wxᵢ + b, and $x$ for $5.
1   n
MSE = ───  ∑  (ŷᵢ − yᵢ)²
n  i=1
• a list's
⎛1  2⎞
⎝3  4⎠
"""
IN_ASCII = """
So y_hat_i = wx_i + b, and $x$ for $5.
1   n
MSE = --- sum (y_hat_i - y_i)^2
n  i=1
- a list's
(1  2)
(3  4)
"""


@pytest.mark.parametrize(("ascii_only", "shown"), [(False, IN_UNICODE), (True, IN_ASCII)])
async def test_formulas_are_shown_in_text_and_on_lines_of_their_own(ascii_only: bool, shown: str) -> None:
    assert await lines(60, ascii_only=ascii_only) == shown.strip().splitlines()


async def test_a_formula_that_is_too_wide_for_its_lines_is_shown_on_one() -> None:
    shown = await lines(24, ascii_only=False)
    assert "MSE = (1/n) ∑ᵢ₌₁ⁿ" in shown


def test_a_choice_of_a_quiz_has_formulas_and_code() -> None:
    choice = inline(r"**Not** $\frac{\partial L}{\partial w}$, `$x$` or $5", ascii_only=False)
    assert choice.plain == "Not ∂L/∂w, $x$ or $5"
    assert inline(r"$\hat w$", ascii_only=True).plain == "w_hat"
