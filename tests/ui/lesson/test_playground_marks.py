"""What has run of the playground's cells stands beside them."""

from __future__ import annotations

from tests.ui.conftest import Build, editor_of, kernel_of, lines, seen, started, until
from tests.ui.programs.conftest import WIDE
from tui_torch.protocol.events import Failed, Finished, Frame, Started


async def test_cells_of_the_playground_say_beside_them_which_have_run(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l", "end", "enter")
        await until(pilot, lambda: app.focused is editor_of(app))
        await pilot.press(*"x=1", "enter", *"# %% more", "enter", *"y=2", "f5")
        await until(pilot, lambda: "In [1]" in seen(app))
        (head,) = [line for line in lines(app) if "# %% more" in line]
        assert "In [1] │" in head
        await pilot.press("3")
        await until(pilot, lambda: "In [1], edited since │" in seen(app))


async def test_an_error_of_the_playground_is_marked_at_its_own_line(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l", "end", "enter")
        await until(pilot, lambda: app.focused is editor_of(app))
        calls = (Frame(2, "<module>", "f()", "In [1]"), Frame(1, "f", "1 / 0", "In [1]"))
        kernel_of(app).events = [Started(), Failed("ZeroDivisionError", "no", calls), Finished("failed", 0.1)]
        await pilot.press(*"f=lambda:1/0", "enter", *"f", "f5")
        await until(pilot, lambda: "It raised an error in line 1" in seen(app))
        assert editor_of(app).failed_line == 1
