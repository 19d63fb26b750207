"""A terminal with the app in it, as one sits before it: keys by the bytes that xterm and tmux send, and the mouse."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable

from tests.terminal import BACKSPACE, ESCAPE, F5, F7, PATIENCE, Terminal

ENTER, TAB, SHIFT_TAB = "\r", "\t", "\x1b[Z"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, PAGE_UP, PAGE_DOWN = "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~"
SHIFT_UP, SHIFT_DOWN, SHIFT_RIGHT, SHIFT_LEFT = "\x1b[1;2A", "\x1b[1;2B", "\x1b[1;2C", "\x1b[1;2D"
ALT_UP, ALT_DOWN, ALT_Z = "\x1b[1;3A", "\x1b[1;3B", "\x1bz"
CTRL_A, CTRL_C, CTRL_E, CTRL_F, CTRL_L, CTRL_O, CTRL_P = "\x01", "\x03", "\x05", "\x06", "\x0c", "\x0f", "\x10"
CTRL_Y, CTRL_Z, CTRL_SLASH = "\x19", "\x1a", "\x1f"
F1 = "\x1bOP"

_COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
_CODE_LINE = re.compile(r"\s*(\d+)..(.*?)[\s█▁▂▃▄▅▆▇]*$")


class Desk(Terminal):
    """What a person does at a terminal. Each of its ways to look takes in first what has been written."""

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        return [line.rstrip() for line in self.text.split("\n")]

    @property
    def footer(self) -> str:
        """The last row."""
        return self.lines[-1]

    @property
    def code(self) -> list[str]:
        """The lines in the editor that are in sight, where it fills the screen."""
        lines = self.text.split("\n")
        top = next((y for y, line in enumerate(lines) if line.startswith("─Code")), len(lines))
        found: list[str] = []
        for line in lines[top + 1 :]:
            read = _CODE_LINE.match(line)
            if read is None or int(read[1]) != len(found) + 1:
                break
            found.append(read[2])
        return found

    def see_code(self, *lines: str) -> None:
        """Wait until these are the lines in the editor."""
        self.wait_until(lambda: self.code == list(lines), f"the code {lines}, after {self.code}")

    def see_footer(self, begin: str) -> None:
        """Wait until the footer begins so."""
        self.wait_until(lambda: self.footer.startswith(begin), f"a footer that begins with {begin!r}")

    def see_no(self, word: str) -> None:
        """Wait until something is no longer on the screen."""
        self.wait_until(lambda: word not in self.text, f"{word!r} gone from the screen")

    def write(self, code: str) -> None:
        """Put other code into the editor, in place of all that is in it, and wait for it."""
        self.press(F7 + BACKSPACE)
        self.see_code("")
        self.paste(code)
        self.see_code(*code.split("\n"))

    def place(self, word: str, *, after: int = 0) -> tuple[int, int]:
        """Column and row of the first place on the screen where something stands, from a row on."""
        self.wait_until(lambda: any(word in line for line in self.lines[after:]), f"{word!r} on the screen")
        lines = self.lines
        row = next(y for y in range(after, len(lines)) if word in lines[y])
        return lines[row].index(word), row

    def ground(self, x: int, y: int) -> str:
        """The colour that a character stands on."""
        return self.screen.buffer[y][x].bg

    def click(self, x: int, y: int) -> None:
        """Press and release the left button at a column and row, 0 for the first."""
        self.press(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m")

    def click_on(self, word: str, *, after: int = 0) -> None:
        """Click on what stands on the screen."""
        self.click(*self.place(word, after=after))

    def click_until(self, footer: str, place: Callable[[], tuple[int, int]]) -> None:
        """Click where a place is by then, again after each pause, until the footer holds some words.

        Panes may move between a look and the click, as they do when the editor is left.
        """
        deadline = time.monotonic() + PATIENCE
        again = time.monotonic()
        while footer not in self.footer:
            assert time.monotonic() < deadline, f"clicked in vain for {footer!r}; the screen was:\n{self.text}"
            if time.monotonic() >= again:
                self.click(*place())
                again = time.monotonic() + 2.0
            self.look()

    def drag(self, word: str, *, after: int = 0) -> tuple[int, int]:
        """Draw the mouse over something that stands on the screen, and return where it begins."""
        x, y = self.place(word, after=after)
        last = x + len(word)
        self.press(f"\x1b[<0;{x + 1};{y + 1}M")
        for column in range(x, last):
            self.press(f"\x1b[<32;{column + 1};{y + 1}M")
        self.press(f"\x1b[<0;{last};{y + 1}m")
        return x, y

    def wheel(self, x: int, y: int, *, up: bool = False) -> None:
        """Turn the wheel by a notch with the mouse there."""
        self.press(f"\x1b[<{64 if up else 65};{x + 1};{y + 1}M")

    @property
    def copied(self) -> str | None:
        """What the terminal was given last for the clipboard (OSC 52); None if it was given nothing."""
        found = _COPIED.findall(bytes(self.written))
        return base64.b64decode(found[-1]).decode() if found else None

    def see_copied(self, text: str) -> None:
        """Wait until the terminal was given this for the clipboard."""
        self.wait_until(lambda: self.copied == text, f"{text!r} copied, after {self.copied!r}")

    def escape(self) -> None:
        """Press esc, and wait for what it does: with the next key in the same read it would be that key with alt."""
        before = self.text
        self.press(ESCAPE)
        until = time.monotonic() + 2.0
        while self.text == before and time.monotonic() < until:
            self.look(0.05)
        self.look(0.05)

    def open_palette(self, typed: str, found: str) -> None:
        """Open the palette, and type there until a command is found."""
        self.press(CTRL_P)
        self.wait_for("Search for commands")
        self.press(typed)
        self.wait_for(found)

    def choose_command(self, typed: str, found: str) -> None:
        """Do what the palette finds."""
        self.open_palette(typed, found)
        self.press(DOWN + ENTER)
        self.see_no(found)

    def give_the_code_back(self) -> None:
        """Put back the code of the first step, of which only the beginning was changed, and run it."""
        self.press("r")
        self.wait_for("1  x = torch.tensor(3.)", "as it was given")
        self.press(F5)
        self.wait_for("dy/db: tensor(1.)", "Ran in")

    def go_to_text(self) -> None:
        """Close what is open, until the focus is on the lesson's text."""
        for _ in range(6):
            if "p Back" in self.footer and "esc" not in self.footer:
                return
            # The footer, and not all of the screen: output may come meanwhile, and a second esc, sent for that, may be
            # taken after a click that follows it.
            before = self.footer
            # Kitty's, which makes no other key of the next one, however soon that comes.
            self.press("\x1b[27u")
            until = time.monotonic() + 2.0
            while self.footer == before and time.monotonic() < until:
                self.look()
        self.wait_until(lambda: "p Back" in self.footer, "the footer of the text")
