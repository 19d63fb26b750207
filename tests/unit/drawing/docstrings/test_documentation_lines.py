"""Documentation in reStructuredText as it is read: without its markup, in lines of the width that there is."""

from __future__ import annotations

import inspect
import pydoc
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_torch.drawing.docstrings.lines import CodeLines, DocLine, as_text, laid_out

ADD = r"""
add(input, other, *, alpha=1) -> Tensor

Adds :attr:`other`, scaled by ``alpha``, to :attr:`input`; see :func:`~torch.sub`,
:ref:`the notes <some-target>` and `a page
<https://x.org/y>`__.

.. math::
    \text{{out}}_i = \text{{input}}_i \times \frac{{1}}{{2}}

Args::
    input (Tensor): of shape :math:`(N, C_{\text{in}})`, where :math:`N
      + 1 \geq 2`
    *others: what else there is, which is so long that it does not fit in one line
    here (int, optional):
        the next one

.. note:: It is **never** *slow*.
          Or hardly.

.. warning::
    Not for :class:`int`.

Example::

    >>> torch.add(a, 1)
    tensor([1.])

    >>> x = `:not:`

Text again::

    y = x * 2

===== =====================
gain  value
===== =====================
ReLU  :math:`\sqrt{2}`
``a`` 5
===== =====================

.. _A page\: of it: https://z.org
"""
SHOWN = """
add(input, other, *, alpha=1) -> Tensor

Adds other, scaled by alpha, to input; see
torch.sub, the notes and a page (https://x.org/y).

                    1
   outᵢ = inputᵢ × ───
                    2

Args:
    input (Tensor): of shape (N, Cᵢₙ), where N + 1
        ≥ 2
    *others: what else there is, which is so long
        that it does not fit in one line
    here (int, optional):
        the next one

Note:
    It is never slow.
    Or hardly.

Warning:
    Not for int.

Example:
    >>> torch.add(a, 1)
    tensor([1.])

    >>> x = `:not:`

Text again:
    y = x * 2

====  =====
gain  value
====  =====
ReLU  √2
a     5
====  =====

A page: of it: https://z.org
"""


def test_documentation_is_read_without_its_markup() -> None:
    assert as_text(inspect.cleandoc(ADD), 50) == SHOWN.strip("\n")


def test_in_ascii_formulas_are_ascii() -> None:
    shown = as_text(inspect.cleandoc(ADD), 60, ascii_only=True)
    assert shown.isascii()
    assert "C_in" in shown
    assert "N + 1 >= 2" in shown


def test_code_is_told_from_text() -> None:
    parts = laid_out(inspect.cleandoc(ADD), 60)
    code = [part.code for part in parts if isinstance(part, CodeLines)]
    assert code == [">>> torch.add(a, 1)\ntensor([1.])\n\n>>> x = `:not:`", "y = x * 2"]
    spans = {span.text: span.role for part in parts if isinstance(part, DocLine) for span in part.spans}
    wanted = {
        "code": ["other", "alpha", "torch.sub", "int", "Tensor"],
        "strong": ["input", "*others", "never"],
        "heading": ["Args:", "Note:", "Example:"],
        "text": ["Adds ", "the notes"],
    }
    assert {role: [text for text in texts if spans[text] == role] for role, texts in wanted.items()} == wanted


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4 and f(*args, **kwargs), a_b, __init__, `x",
        "Lines\nthat are short\nstay as they are.",
        "A | B\nC | D",
        "one:\n  two\n    three",
        ":x y: z",
        "C:\\temp\\new",
    ],
)
def test_what_is_no_markup_is_left_as_it_is(text: str) -> None:
    assert as_text(text, 60) == text


def test_what_help_says_of_a_class_is_read_like_its_documentation() -> None:
    shown = as_text(pydoc.plain(pydoc.render_doc(Counter)), 70)
    assert "\n    Dict subclass for counting hashable items." in shown
    assert "\n |" not in shown


LINES = st.lists(st.text(alphabet="ab `:*|.=-_+~\\>[]{}$1\t#", max_size=30), max_size=12).map("\n".join)


@given(st.one_of(st.text(), LINES), st.integers(1, 90))
def test_any_text_is_laid_out(text: str, width: int) -> None:
    as_text(text, width)


@given(st.text(alphabet="abc de\n  (),;1", max_size=200), st.integers(30, 60))
def test_no_word_of_plain_text_is_lost_or_moved_and_lines_fit(text: str, width: int) -> None:
    shown = as_text(text, width)
    assert shown.split() == text.split()
    assert all(cell_len(line.strip()) <= width or " " not in line.strip() for line in shown.split("\n"))
