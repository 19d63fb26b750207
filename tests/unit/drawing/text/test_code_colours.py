"""Which words of code are of which kind, in every place that shows code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tui_torch.console.page import Page
from tui_torch.console.plain_console import plain_console
from tui_torch.drawing.code_colours import OF_TERMINAL, OF_THEME, OWN, pieces

CODE = '''\
class Net(nn.Module):
    def forward(self, x):  # a comment
        """What
        it says"""
        return F.relu(x) * 1.5 if x is not None else "no"
'''


def test_words_have_their_kinds() -> None:
    assert [(text, kind) for text, kind in pieces(CODE) if kind] == [
        ("class", "keyword"),
        ("Net", "class"),
        ("def", "keyword"),
        ("forward", "call"),
        ("# a comment", "comment"),
        ('"""What\n        it says"""', "string"),
        ("return", "keyword"),
        ("relu", "call"),
        ("1.5", "number"),
        ("if", "keyword"),
        ("is", "keyword"),
        ("not", "keyword"),
        ("None", "number"),
        ("else", "keyword"),
        ('"no"', "string"),
    ]


@pytest.mark.parametrize(
    "code", ["x = (1,", "def f(:\n  'open", "!ls\n%timeit f(1)", "  x\n y", "\x00", "\f1", "a\r\nb", ""]
)
def test_what_is_no_python_is_shown_all_the_same(code: str) -> None:
    assert "".join(text for text, _ in pieces(code)) == code


@given(st.text(alphabet="ab1 \n\t\r\f\"'#()\\:=\u2028é→", max_size=40))
def test_pieces_joined_are_the_code(code: str) -> None:
    assert "".join(text for text, _ in pieces(code)) == code


def test_each_place_has_a_colour_for_each_kind() -> None:
    assert OF_THEME.keys() == OF_TERMINAL.keys() == OWN[True].keys() == OWN[False].keys()


def written(markdown: str) -> str:
    console = plain_console()
    with console.capture() as captured:
        console.print(Page(markdown, ascii_only=False))
    return captured.get()


def test_the_plain_face_draws_code_in_the_terminals_own_colours_and_on_its_own_ground(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = written("Write `x` so:\n\n```python\nreturn f(1)\n```")
    assert isinstance(plain_console(), Console)
    assert "\x1b[1;36mx\x1b[0m" in text
    assert "\x1b[35mreturn\x1b[0m \x1b[36mf\x1b[0m(\x1b[34m1\x1b[0m)" in text
    assert "\x1b[40m" not in text and ";40m" not in text
    assert "38;2" not in text and "38;5" not in text
