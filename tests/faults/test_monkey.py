"""Keys, bursts, pastes, clicks and resizes at random in a real terminal: the app is there at the end, and quits.

`MONKEY=180 python -m pytest -m slow tests/faults/test_monkey.py -n0 -s` is the full count: seconds for each seed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal import CTRL_C, ESCAPE, F5, Open, Terminal
from tui_torch.tutor.user_files import crash_file

pytestmark = pytest.mark.xdist_group("monkey")

SHORT, LONG = 4.0, 180.0
"""Seconds of one seed in the suite, and of each in the full count."""
LAST_SEED = 20

FUNCTIONS = ["\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", F5, "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~"]
ARROWS = ["\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[3~", "\x1b[Z"]
PLAIN = [*"abcdefghijklmnoprstuvwxyz0123456789?[]{}<>/:;,.+-=*()'\" ", "\t", "\r", "\x7f", ESCAPE]
CAPITALS = [*"ABCDEFGHIJKLMNOPRSTUVWXYZ"]
CONTROLS = [chr(code) for code in range(1, 27) if chr(code) not in "\x03\x11\x1a\x1c"]
"""Without ctrl+q and ctrl+z, which end or stop the app."""
SIZES = [(80, 24), (120, 40), (40, 12), (200, 60), (60, 8), (20, 5), (100, 30)]
PASTES = [
    "import torch\nw = torch.ones(3, requires_grad=True)\nfor i in range(300):\n    (w * w).sum().backward()\n",
    "while True: pass\n",
    "print('x' * 5000)\n",
    "input('name? ')\n",
    "1 / 0\n",
    "(",
]


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of the screen are saved in the current folder."""
    monkeypatch.chdir(tmp_path)


def press_at_random(terminal: Terminal, draw: random.Random) -> None:
    def keys(*sources: list[str], count: int = 1) -> str:
        return "".join(draw.choice(draw.choice(sources)) for _ in range(count))

    ways: list[tuple[int, Callable[[], object]]] = [
        (40, lambda: terminal.press(keys(PLAIN, PLAIN, ARROWS, FUNCTIONS, CAPITALS))),
        (15, lambda: terminal.press(keys(CONTROLS))),
        # In one write, so that they are read together.
        (20, lambda: terminal.press(keys(PLAIN, ARROWS, FUNCTIONS, CAPITALS, CONTROLS, count=draw.randint(2, 12)))),
        (6, lambda: terminal.press(draw.choice(["\x10", "l", "?", "g", "R"]) + keys(ARROWS, PLAIN, count=3))),
        (6, lambda: terminal.press("R" + draw.choice([F5, "\x1b[17~", "n", "R"]))),
        (5, lambda: terminal.resize(*draw.choice(SIZES))),
        (3, lambda: terminal.press(f"e\x1b[18~\x7f\x1b[200~{draw.choice(PASTES)}\x1b[201~{ESCAPE}{F5}")),
        (3, lambda: terminal.press(f"\x1b[<0;{draw.randint(1, 120)};{draw.randint(1, 40)}M")),
        (2, lambda: terminal.press(CTRL_C)),
    ]
    weights, acts = zip(*ways, strict=True)
    draw.choices(acts, weights)[0]()


def outlives(open_terminal: Open, seed: int, seconds: float) -> None:
    draw = random.Random(seed)
    deadline = time.monotonic() + seconds
    count = 0
    while time.monotonic() < deadline:
        terminal = open_terminal(size=(120, 40))
        terminal.wait_for("F5 Run", "ready")
        while time.monotonic() < deadline and terminal.child.isalive():
            press_at_random(terminal, draw)
            count += 1
            terminal.look(draw.choice([0.0, 0.0, 0.02, 0.05, 0.3]))
        # The palette has an entry that quits; ctrl+c after that ends what is left of the program.
        if terminal.child.isalive():
            terminal.resize(120, 40)
            quits(terminal)
        ended = terminal.child.exitstatus, terminal.child.signalstatus
        what = f"seed {seed}: {ended} after {count} acts:\n{terminal.text}"
        assert not crash_file().exists(), f"{what}\n{crash_file().read_text('utf-8')}"
        assert ended in ((0, None), (130, None), (None, signal.SIGINT)), what
    print(f"seed {seed}: {count} acts")  # noqa: T201


def quits(terminal: Terminal) -> None:
    """Leave whatever is open, and end the app by its key."""

    def asked_to_quit() -> bool:
        terminal.press(ESCAPE)
        terminal.look(0.2)
        terminal.press("\x11")
        return not terminal.child.isalive()

    terminal.wait_until(asked_to_quit, "the end of the app")


def test_whatever_is_pressed_for_a_while_the_app_is_there_and_quits(open_terminal: Open) -> None:
    outlives(open_terminal, 0, SHORT)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, LAST_SEED + 1))
def test_whatever_is_pressed_for_minutes_the_app_is_there_and_quits(open_terminal: Open, seed: int) -> None:
    outlives(open_terminal, seed, float(os.environ.get("MONKEY", LONG)))
