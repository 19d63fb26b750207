"""The footer: what it holds after it was built anew many times."""

from __future__ import annotations

import gc

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from tui_torch.ui.widgets.key_bar import KeyBar


class Harness(App[None]):
    BINDINGS = [Binding("a", "bell", "One"), Binding("b", "other", "Other")]  # noqa: RUF012 - as Textual declares it
    other = True

    def compose(self) -> ComposeResult:
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        return action != "other" or self.other

    def action_other(self) -> None: ...


async def turned(app: Harness, pilot: Pilot[None]) -> list[str]:
    app.other = not app.other
    app.screen.refresh_bindings()
    await pilot.pause()
    await pilot.pause()
    return [key.description for key in app.query(FooterKey)]


async def test_keys_that_it_no_longer_shows_are_forgotten() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.pause()
        shown = [await turned(app, pilot) for _ in range(20)]
        assert shown == [["One"], ["One", "Other"]] * 10
        gc.collect()
        held = [thing for thing in gc.get_objects() if isinstance(thing, FooterKey)]
        assert len(held) <= 6
