"""A key that is passed on to a program reaches it as its terminal would have sent it."""

from __future__ import annotations

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from tui_torch.ui.watching.key_bytes import key_bytes

SENT = (
    *("a", "Z", "5", " ", "~", "é", "語", "\r", "\t", "\x7f", "\x1b[Z", "\x03", "\x04", "\x1a", "\x0c", "\x01"),
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x1b[2~", "\x1b[3~"),
    *("\x1bOP", "\x1bOS", "\x1b[15~", "\x1b[24~", "\x1b[1;5C", "\x1b[1;2A", "\x1b[3;5~", "\x1c", "\x1d", "\x1f"),
)


@pytest.mark.parametrize("sent", SENT, ids=ascii)
def test_what_the_terminal_sent_is_what_the_program_gets(sent: str) -> None:
    keys = [event for event in XTermParser().feed(sent) if isinstance(event, Key)]
    assert b"".join(map(key_bytes, keys)).decode() == sent
