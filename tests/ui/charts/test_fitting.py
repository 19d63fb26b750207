"""The widths that `check` holds lessons to are those that the app has at 80 columns."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, editor_of, seen, shows, started
from tui_torch.course.proof.fit import CODE, COLUMNS, FENCE, PAGE, unfit_markdown
from tui_torch.ui.lesson.text import LessonText

ROW = "".join(chr(ord("A") + place % 26) for place in range(COLUMNS))

FENCES = {
    "plain": ("", "", FENCE),
    "in a list": ("- item\n\n", "  ", FENCE - 2),
    "in a numbered list": ("1. item\n\n", "   ", FENCE - 4),
    "in a quotation": ("", "> ", FENCE - 3),
}


def table(*words: int) -> str:
    cells = "| " + " | ".join(ROW[:size] for size in words) + " |"
    return f"{cells}\n{'| --- ' * len(words)}|\n{cells}"


@pytest.mark.parametrize(("before", "indent", "width"), FENCES.values(), ids=FENCES)
async def test_a_fence_shows_the_width_that_fits_and_no_cell_more(
    build: Build, before: str, indent: str, width: int
) -> None:
    app = build()
    fence = f"{before}{indent}```\n{indent}{ROW}\n{indent}```"
    [broken] = unfit_markdown(fence)
    assert broken.column == width + 1
    async with started(app, (COLUMNS, 40)) as pilot:
        await app.lesson_screen.query_one(LessonText).show(fence)
        await shows(pilot, ROW[:width])
        assert ROW[: width + 1] not in seen(app)


async def test_the_editor_shows_the_width_that_fits_and_little_more(build: Build) -> None:
    app = build()
    async with started(app, (COLUMNS, 24)) as pilot:
        editor_of(app).load("\n".join([ROW] * 30))
        await shows(pilot, ROW[:CODE])
        assert ROW[: CODE + 2] not in seen(app)


async def test_a_table_that_fits_is_shown_whole_and_one_that_does_not_is_cut(build: Build) -> None:
    app = build()
    fits, cut = table(30, 30, PAGE - 70), table(30, 30, PAGE - 69)
    assert list(unfit_markdown(fits)) == []
    assert len(list(unfit_markdown(cut))) == 1
    async with started(app, (COLUMNS, 40)) as pilot:
        page = app.lesson_screen.query_one(LessonText)
        await page.show(fits)
        await shows(pilot, f"│ {ROW[:30]} │ {ROW[:30]} │ {ROW[: PAGE - 70]} │")
        await page.show(cut)
        await shows(pilot, "… │")
