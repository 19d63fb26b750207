"""Other courses in the app: listed, agreed to, gone to by keys; a broken one stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course_packages import declared, installed, written
from tests.ui.conftest import Build, shows, until
from tui_torch.course.packages.folder import course_in
from tui_torch.course.packages.template import LESSON
from tui_torch.tutor.courses.trusted_course import UntrustedCourseError, open_trusted
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import progress_file

TO_COURSES = ("end", "up", "up", "up", "up", "enter")
"""From the list of lessons."""
NARROW, WIDE = (80, 24), (120, 40)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a course that is installed, beside one that is broken."""
    site = tmp_path / "site"
    place = installed(site, written(tmp_path))
    declared(site, "broken", "[tui_torch.courses]\nbroken-one = nowhere\n")
    monkeypatch.syspath_prepend(str(site))
    return place


@pytest.mark.usefixtures("place")
async def test_another_course_is_gone_to_by_keys_once_the_learner_agrees(build: Build) -> None:
    app = build()
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("l")
        await shows(pilot, "Courses")
        await pilot.press(*TO_COURSES)
        await shows(pilot, "With tui-torch", "Installed", "Waves", "Cannot be opened", "broken-one")
        await pilot.press("down", "enter")
        await shows(pilot, "The course waves (3 files, from the package", "Trust and open")
        await pilot.press("n")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.tutor.course.name == ""

        await pilot.press("l", *TO_COURSES)
        await shows(pilot, "Installed")
        await pilot.press("down", "enter")
        await shows(pilot, "Trust and open")
        await pilot.press("y")
        await shows(pilot, "First steps", "What clamp cuts off", "This is the course “Waves”.")
        assert (app.tutor.key, app.tutor.course.name) == (f"waves:{LESSON}", "waves")

        await pilot.press("n", "l")
        await shows(pilot, "Waves", "Within bounds")
        await pilot.press(*TO_COURSES)
        await shows(pilot, "▸ Waves")
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.tutor.course.name == "")
        await pilot.press("l", *TO_COURSES, "down", "enter")
        await until(pilot, lambda: app.tutor.key == f"waves:{LESSON}" and app.tutor.at == 1)  # where one was


async def test_a_broken_course_says_why_it_cannot_be_opened(build: Build, place: Path) -> None:
    app = build()
    (place / "course.yaml").write_text("schema: 2\n", "utf-8")
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("l", *TO_COURSES)
        await shows(pilot, "Cannot be opened", "waves", "broken-one")
        await pilot.press("end")
        await shows(pilot, "a newer format than 1")
        await pilot.press("up")
        await shows(pilot, "The package broken 1.0 has no course.yaml")
        await pilot.press("down", "enter")
        await shows(pilot, "the course waves cannot be opened")
        assert app.tutor.course.name == ""


async def test_what_is_saved_to_a_course_is_shown_after_a_yes_and_then_without(build: Build, place: Path) -> None:
    found = course_in(place)
    with Progress.open(progress_file()) as progress:
        with pytest.raises(UntrustedCourseError) as asked:
            open_trusted(found, progress)
        open_trusted(found, progress, agreed=asked.value.digest)
    app = build()
    lesson = place / "first-steps" / f"{LESSON}.yaml"

    def save(old: str, new: str) -> None:
        lesson.write_text(lesson.read_text("utf-8").replace(old, new), "utf-8")

    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("l", *TO_COURSES, "down", "enter")
        await shows(pilot, "What clamp cuts off")
        save("What clamp cuts off", "What is cut off")
        await shows(pilot, "was saved.", "Trust and show")
        await pilot.press("y")
        await shows(pilot, "What is cut off")
        save("What is cut off", "All that is cut off")
        await shows(pilot, "All that is cut off")
    with Progress.open(progress_file()) as progress:
        assert open_trusted(found, progress).lesson(LESSON).steps[0].title == "All that is cut off"
