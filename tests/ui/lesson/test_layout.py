"""What the lesson's panes do with the width and the height that they have."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, started


@pytest.mark.parametrize("size", [(80, 24), (109, 15), (110, 16), (120, 31), (200, 32)], ids=str)
async def test_the_screen_has_from_the_start_the_classes_that_textual_gives_it_for_its_size(
    build: Build, size: tuple[int, int]
) -> None:
    app = build()
    async with started(app, size):
        screen = app.lesson_screen
        of_its_size = {"-narrow", "-wide", "-tiny", "-short", "-tall"}
        foreseen = {name for name, given in screen.lesson_layout.size_classes().items() if given}
        assert set(screen.classes) & of_its_size == foreseen
        assert len(foreseen) == 2


async def test_one_column_has_tabs_and_two_have_none(build: Build) -> None:
    app = build()
    async with started(app, (109, 24)):
        assert app.lesson_screen.lesson_layout.one_column
        assert app.lesson_screen.panes.title.show_tabs
    app = build()
    async with started(app, (110, 24)):
        assert not app.lesson_screen.lesson_layout.one_column
        assert not app.lesson_screen.panes.title.show_tabs
