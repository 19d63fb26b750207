"""What a terminal was switched to by what was written to it, so that another can take its place."""

from __future__ import annotations

import re

_SWITCH = re.compile(rb"\x1b\[\?([\d;]{1,40})([hl])")
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:\?[\d;]{0,40})?)?\Z")
_CANCEL = b"\x18"
"""Ends an escape sequence whose other half a terminal does not get."""
_MOMENTARY = frozenset({b"2026"})
"""Switched on and off around each frame."""


class TerminalModes:
    """The private modes (DECSET, such as the alternate screen and the mouse) that are on, in the order of switching."""

    def __init__(self) -> None:
        self._on: dict[bytes, None] = {}
        self._rest = b""

    def follow(self, written: bytes) -> None:
        """Take in what is written to the terminal, in parts of any size."""
        text = self._rest + written
        for numbers, switch in _SWITCH.findall(text):
            for number in numbers.split(b";"):
                self._on.pop(number, None)
                if switch == b"h" and number not in _MOMENTARY:
                    self._on[number] = None
                elif switch == b"l" and number == b"25":
                    self._on[b"-25"] = None  # the cursor, which is shown unless it is switched off
                if switch == b"h" and number == b"25":
                    self._on.pop(b"25", None)
                    self._on.pop(b"-25", None)
        found = _UNFINISHED.search(text)
        self._rest = found[0] if found else b""

    def restored(self) -> bytes:
        """What switches a new terminal to the same."""
        switched = [b"\x1b[?25l" if number == b"-25" else b"\x1b[?%bh" % number for number in self._on]
        return _CANCEL + b"".join(switched)
