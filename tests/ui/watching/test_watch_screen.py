"""The screen of a run that is over, and the list of runs above it: what a person sees, and what the keys do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.conftest import seen, shows, started, until
from tests.ui.watching.watched import ERROR, ends_by, kept
from tui_torch.ui.watching.app import WatchApp
from tui_torch.watching.run_folders import all_runs, run_named

FIRST, SECOND, FAILED = "20261128-140501-aaaa", "20261128-140502-bbbb", "20261128-140503-cccc"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    kept(FIRST)
    kept(SECOND, 0.05, lr="0.5")
    kept(FAILED, lr="0.7", ranks=(0, 1), exit_code=1, failed=ERROR)
    yield tmp_path


async def test_a_run_is_seen_whole_compared_opened_and_deleted(home: Path) -> None:
    app = WatchApp(run_named(FIRST))
    async with started(app, (120, 40)) as pilot:
        await shows(pilot, "python train.py --epochs 10 --lr 0.05", "ended after 0:12:34", FIRST)
        for told in ("step", "300", "10 of 10", "val_loss", "0.05", "gradient norm", "0.1000"):
            assert told in app.watch_screen.figures.plain
        assert app.watch_screen.layer_norms.plain.splitlines()[-1] == "head: 0.0933"
        assert [name in seen(app) for name in ("embed       ━", "blocks[0:4] ━", "head        ━")] == [True] * 3
        assert "Output" not in seen(app), "nothing of it is kept"
        assert "Ranks" not in seen(app)

        await pilot.press("v")
        await shows(pilot, "Gradient norm")
        await pilot.press("v", "v", "l")
        await shows(pilot, "0 of 3 running", "train.py lr=0.7", "exit code 1")
        await pilot.press("up", "space")
        await until(pilot, lambda: app.screen.overlaid == [SECOND])
        await pilot.press("escape")
        await shows(pilot, "lr=0.05", "lr=0.5")
        assert app.watch_screen.overlaid == [SECOND]
        await pilot.press("x")
        await until(pilot, lambda: app.watch_screen.overlaid == [] and "lr=0.5" not in seen(app))

        await pilot.press("l")
        await shows(pilot, "0 of 3 running")
        await pilot.press("home")
        await shows(pilot, "rank 1: RuntimeError: mat1 and")
        await pilot.press("enter")
        await shows(pilot, "exit code 1 after", "rank 1: RuntimeError: mat1 and", "net.py line 12, in forward")
        told = app.watch_screen
        assert told.notes.region.y < told.figures.region.y, "an error stands first"
        assert "9" in app.watch_screen.ranks.plain.splitlines()[2]
        assert app.watch_screen.overlaid == []

        await pilot.press("l")
        await shows(pilot, "0 of 3 running")
        await pilot.press("down", "d")
        await shows(pilot, "Delete what is kept of train.py")
        await pilot.press("y")
        await until(pilot, lambda: [run.name for run in all_runs()] == [FIRST, FAILED])
        await shows(pilot, "0 of 2 running")
        await pilot.press("escape", "z")
        await until(pilot, lambda: app.watch_screen.chart.size.width > 110)
        await pilot.press("question_mark")
        await shows(pilot, "The command runs as itself")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.watch_screen)
        await ends_by(app, "q")


async def test_without_a_run_the_list_is_first_and_leaving_it_ends_the_app(home: Path) -> None:
    app = WatchApp(None, ascii_only=True)
    async with started(app, (80, 24)) as pilot:
        await shows(pilot, "0 of 3 running", "train.py lr=0.5")
        assert seen(app).isascii()
        assert "Figures" not in seen(app), "no empty boxes are behind it"
        assert max(map(len, seen(app).splitlines())) <= 80
        await ends_by(app, "escape")


async def test_runs_that_are_marked_in_the_first_list_are_behind_the_one_that_is_opened(home: Path) -> None:
    app = WatchApp(None)
    async with started(app, (80, 24)) as pilot:
        await shows(pilot, "0 of 3 running")
        await pilot.press("home", "down", "space", "down", "space", "enter")
        await shows(pilot, "lr=0.05", "lr=0.5")
        assert (app.watch_screen.followed.folder.name, app.watch_screen.overlaid) == (FIRST, [SECOND])
        await ends_by(app, "q")


async def test_keys_in_one_read_act_in_their_order_in_the_list_of_runs_and_lead_from_it(home: Path) -> None:
    app = WatchApp(run_named(SECOND))
    async with started(app, (120, 40)) as pilot:
        for keys, chosen in ((["l", "down", "space"], [FIRST]), (["up", "up", "space"], [FIRST, FAILED])):
            for key in keys:
                app.simulate_key(key)
            await until(pilot, lambda chosen=chosen: getattr(app.screen, "overlaid", None) == chosen)
        for key in ("home", "end", "enter", "z"):
            app.simulate_key(key)
        await shows(pilot, FIRST)
        await until(pilot, lambda: app.watch_screen.chart.size.width > 110)


@pytest.mark.parametrize("size", [(40, 10), (40, 16), (80, 24), (120, 40)])
@pytest.mark.parametrize("name", [FIRST, FAILED])
async def test_each_pane_is_in_sight_in_a_terminal_of_any_size(home: Path, name: str, size: tuple[int, int]) -> None:
    (run_named(name).path / "output").write_bytes(b"epoch 9\r\nepoch 10\r\n")
    app = WatchApp(run_named(name))
    async with started(app, size) as pilot:
        await shows(pilot, "Output", "epoch 10", "Loss", *(["Ranks", "Error"] if name == FAILED else ["Figures"]))
        assert app.watch_screen.output.region.bottom == size[1] - (size[1] >= 16), "all but the keys"
        await ends_by(app, "q")
