"""Pictures of watched trainings that are over: compared, failed, gone wrong, listed."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.conftest import seen, until
from tests.ui.test_snapshots import Picture, comes_to_rest
from tests.ui.watching.watched import ERROR, kept
from tui_torch.tutor.config import Config
from tui_torch.ui.watching.app import WatchApp
from tui_torch.watching.run_folders import run_named

FIRST, SECOND, FAILED, BROKEN = (f"20261128-14050{number}-{letter * 4}" for number, letter in enumerate("abcd"))


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lists have the time of day that it was here."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def ready(*keys: str, shown: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "? Help" in seen(pilot.app))
        await pilot.press(*keys)
        await until(pilot, lambda: shown in seen(pilot.app))
        await until(pilot, comes_to_rest(pilot.app))

    return act


PICTURES = {
    "two-runs-compared": (FIRST, (SECOND,), (120, 40), ready("S", shown="smoothed")),
    "ranks-of-which-one-failed": (FAILED, (), (80, 24), ready(shown="rank 1: RuntimeError")),
    "a-loss-that-is-no-number": (BROKEN, (), (120, 40), ready("v", shown="became NaN at step 201")),
    "layers-in-a-short-screen": (FIRST, (), (80, 24), ready("v", shown="[4:8] ━")),
    "ranks-and-layers": (FAILED, (), (120, 40), ready("v", shown="[4:8] ━")),
    "the-runs": (FIRST, (SECOND,), (80, 24), ready("l", "down", shown="0 of 4 running")),
}
"""The run, those behind it, the size, and the keys that lead there."""


@pytest.mark.parametrize("picture", PICTURES)
def test_a_watched_training_looks_as_it_did(
    snap_compare: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: str
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    kept(FIRST)
    kept(SECOND, 0.05, lr="0.5")
    kept(FAILED, lr="0.7", ranks=(0, 1), exit_code=1, failed=ERROR)
    kept(BROKEN, lr="5.0", breaks_at=200)
    run, behind, size, act = PICTURES[picture]
    theme = "ember-light" if picture == "a-loss-that-is-no-number" else "ember-dark"
    app = WatchApp(run_named(run), overlaid=behind, config=Config(theme=theme))
    assert snap_compare(app, terminal_size=size, run_before=act)
