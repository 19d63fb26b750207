"""The app is closed in the midst of whatever it does: nothing fails, and nothing keeps it from ending."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.ui.conftest import Build
from tests.ui.recorded import RECORDED

KEYS = [
    "n",
    "p",
    "l",
    "question_mark",
    "g",
    "t",
    "f5",
    "f6",
    "h",
    "escape",
    "enter",
    "down",
    "c",
    "ctrl+p",
    "right",
    "tab",
    "e",
    "x",
    "1",
    "2",
    "3",
    "y",
    "o",
    "s",
    "r",
    "q",
    "ctrl+q",
]
SIZES = (80, 24), (120, 40)


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 300))])
@pytest.mark.usefixtures("seen_always")
async def test_the_app_ends_well_whatever_it_is_about(build: Build, seed: int) -> None:
    chance = random.Random(seed)
    app = build(chance.choice(list(RECORDED)))
    async with app.run_test(size=chance.choice(SIZES)) as pilot:
        if chance.random() < 0.7:
            await pilot.pause()
        for _ in range(chance.randrange(6)):
            key = chance.choice(KEYS)
            if chance.random() < 0.3:
                await pilot.press(key)
            else:
                app.simulate_key(key)
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0)
    assert app.crashed is None
