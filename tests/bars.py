"""Code that draws progress bars as tqdm does, byte for byte as far as a terminal is concerned."""

from __future__ import annotations

BAR = r"""
import sys


class bar:
    def __init__(self, items, position=0, leave=True):
        self.items, self.position, self.leave, self.width = list(items), position, leave, 0

    def draw(self, text, position):
        self.move(position)
        sys.stderr.write("\r" + text + " " * max(0, self.width - len(text)))
        sys.stderr.flush()
        self.width = len(text)
        self.move(-position)

    def move(self, rows):
        sys.stderr.write("\n" * rows + "\x1b[A" * -rows)
        sys.stderr.flush()

    def __iter__(self):
        name, count = "outer inner".split()[self.position], len(self.items)
        for done, item in enumerate(self.items):
            self.draw(f"{name} {done}/{count}", self.position)
            yield item
        if self.leave:
            self.draw(f"{name} {count}/{count}", 0)
            sys.stderr.write("\n")
        else:
            self.draw("", self.position)
            if not self.position:
                sys.stderr.write("\r")
        sys.stderr.flush()
"""
"""`bar(items, position, leave)`: a bar at position 1 is drawn below one at 0, by moving down and up again."""

PRINTING = BAR + "\nfor item in bar(range(3)):\n    print('loss', item)\n"
NESTED = (
    BAR + "\nfor item in bar(range(2)):\n    for _ in bar(range(3), 1, leave=False):\n        pass\nprint('done')\n"
)
