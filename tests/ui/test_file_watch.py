"""A lesson that is open while its author writes it: what is saved to the file is on the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.courses import hash_of
from tests.ui.at_rest import SOON
from tests.ui.conftest import Build, editor_of, kernel_of, lines, seen, shows, started, until
from tests.ui.recorded import COURSE
from tui_torch.tutor.trust import UntrustedError
from tui_torch.ui import app as app_module
from tui_torch.ui.app import TutorApp
from tui_torch.ui.file_watch import FileWatch
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.screens.confirm import ConfirmScreen

WIDE = (120, 40)
WRITTEN = (COURSE / "basics" / "gradients.yaml").read_text("utf-8").replace("id: gradients\n", "id: mine\n")


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "INTERVAL", 2.5 * SOON)  # an app rests in between


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A lesson file from outside the course."""
    file = tmp_path / "mine.yaml"
    file.write_text(WRITTEN, "utf-8")
    return file


def opened(build: Build, file: Path) -> TutorApp:
    """The app at the second step of a file, to which the learner has agreed."""
    app = build()
    app.tutor.open_file(file, agreed=hash_of(file), step_id="a-square")
    return app


def save(file: Path, text: str) -> None:
    """As editors do that never leave half a file behind."""
    whole = file.with_suffix(".new")
    whole.write_text(text, "utf-8")
    whole.replace(file)


async def test_what_is_saved_to_the_file_is_shown_at_the_same_step(build: Build, mine: Path) -> None:
    app = opened(build, mine)
    async with started(app, WIDE) as pilot:
        assert "Your own derivative" in seen(app)
        save(
            mine,
            WRITTEN.replace("title: Your own derivative", "title: A cube").replace(
                "title: Gradients of", "title: Slopes of"
            ),
        )
        await shows(pilot, "A cube", "Your file › Slopes of y", "mine.yaml was saved: this is how it is now.")
        assert app.tutor.step.id == "a-square"


async def test_the_learners_code_stays_and_untouched_code_follows_the_file(build: Build, mine: Path) -> None:
    app = opened(build, mine)
    starter = app.tutor.original
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "#", "1")
        save(mine, WRITTEN.replace(f"starter: |\n      {starter.splitlines()[0]}", "starter: |\n      # begin here"))
        await shows(pilot, "mine.yaml was saved")
        assert editor_of(app).text == f"#1{starter}"
        assert editor_of(app).has_focus
        await pilot.press("escape", "r")
        await until(pilot, lambda: editor_of(app).text.startswith("# begin here"))
        save(mine, WRITTEN)
        await until(pilot, lambda: editor_of(app).text == starter)


async def test_a_broken_file_says_its_first_error_and_the_last_good_version_stays(
    build: Build, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine.parent)
    app = opened(build, mine)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.pause()
        save(
            mine,
            WRITTEN.replace("minutes: ", "minutes: soon # ").replace("title: Your own derivative", "titel: A cube"),
        )
        await shows(pilot, "mine.yaml:", "(and 1 more)")
        [notification] = app._notifications
        assert notification.title == "Saved, and not shown: the last good version stays"
        line = WRITTEN[: WRITTEN.index("minutes: ")].count("\n") + 1
        assert notification.message.startswith(f"mine.yaml:{line}:10: minutes is text, expected a whole number")
        assert "Your own derivative" in seen(app)
        save(mine, WRITTEN.replace("title: Your own derivative", "title: A cube"))
        await shows(pilot, "A cube", "mine.yaml was saved")
        assert len(app._notifications) == 0


async def test_a_step_that_was_taken_out_gives_way_to_the_one_in_its_place(build: Build, mine: Path) -> None:
    app = opened(build, mine)
    async with started(app, WIDE) as pilot:
        save(mine, WRITTEN[: WRITTEN.index("  - id: a-square")])
        await shows(pilot, "And dy/dx?", "2/2")


async def test_another_steps_change_leaves_the_output_of_this_one(build: Build, mine: Path) -> None:
    app = build()
    app.tutor.open_file(mine, agreed=hash_of(mine), step_id="three-scalars")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "dy/dw: tensor(3.)", "Ran in")
        save(mine, WRITTEN.replace("title: Your own derivative", "title: A cube"))
        await shows(pilot, "mine.yaml was saved")
        assert "dy/dw: tensor(3.)" in app.lesson_screen.query_one(OutputPane).plain()
        assert app.tutor.lesson.step("a-square").title == "A cube"


async def test_a_run_is_not_ended_by_a_save_which_is_shown_after_it(build: Build, mine: Path) -> None:
    app = opened(build, mine)
    kernel = kernel_of(app)
    kernel.hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "running")
        save(mine, WRITTEN.replace("title: Your own derivative", "title: A cube"))
        # Longer than it takes to notice.
        for _ in range(10):
            await pilot.pause(app_module.INTERVAL)
        assert kernel.state == "running"
        assert "Your own derivative" in seen(app)
        kernel.release()
        await shows(pilot, "A cube")


async def test_a_lesson_of_the_course_is_followed_too(build: Build, tmp_path: Path) -> None:
    app = build()
    file = app.tutor.path
    assert file == COURSE / "basics" / "gradients.yaml"
    # The tests' own course is not to be written to, so the app is given one that may be.
    folder = tmp_path / "course"
    for source in COURSE.rglob("*.yaml"):
        copy = folder / source.relative_to(COURSE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text("utf-8"), "utf-8")
    object.__setattr__(app.tutor.course, "folder", folder)
    async with started(app, WIDE) as pilot:
        save(app.tutor.path, file.read_text("utf-8").replace("title: Three scalars", "title: Three numbers"))
        await shows(pilot, "Three numbers", "gradients.yaml was saved")
        assert app.tutor.course.lesson("gradients").steps[0].title == "Three numbers"
        assert "Your file" not in lines(app)[0]


# Trust


async def test_whoever_agreed_in_this_session_is_not_asked_at_every_save(build: Build, mine: Path) -> None:
    app = build(untrusted=UntrustedError(mine, hash_of(mine)))
    async with started(app, WIDE) as pilot:
        await shows(pilot, "So will what is", "saved to it while it is open here.")
        await pilot.press("y")
        await shows(pilot, "Your file › Gradients")
        for title in ("One", "Two"):
            save(mine, WRITTEN.replace("title: Three scalars", f"title: {title} scalars"))
            await shows(pilot, f"{title} scalars")
        assert not isinstance(app.screen, ConfirmScreen)
        assert app.tutor.progress.trusted(hash_of(mine))


async def test_a_file_agreed_to_in_an_earlier_session_is_asked_about_once_when_it_is_saved(
    build: Build, mine: Path
) -> None:
    app = build()
    app.tutor.progress.trust(hash_of(mine))
    app.tutor.open_file(mine)
    async with started(app, WIDE) as pilot:
        save(mine, WRITTEN.replace("title: Three scalars", "title: Two scalars"))
        await shows(pilot, "Trust and show (y)")
        # On the screen a long path breaks wherever it must.
        assert isinstance(app.screen, ConfirmScreen)
        assert app.screen.question.startswith(f"{mine} was saved.")
        await pilot.press("n")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert "Three scalars" in seen(app)
        assert not app.tutor.progress.trusted(hash_of(mine))
        save(mine, WRITTEN.replace("title: Three scalars", "title: Four scalars"))
        await shows(pilot, "Trust and show (y)")
        await pilot.press("y")
        await shows(pilot, "Four scalars")
        save(mine, WRITTEN.replace("title: Three scalars", "title: Five scalars"))
        await shows(pilot, "Five scalars")


# Noticing


def test_a_file_is_noticed_when_it_was_saved_and_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("one", "utf-8")
    watch = FileWatch()
    assert not watch.saved(file)
    assert not watch.saved(file)
    file.write_text("three", "utf-8")
    assert watch.saved(file)
    assert not watch.saved(file)
    os.utime(file, ns=(1, 1))
    assert watch.saved(file)


def test_a_file_that_is_gone_is_no_news_and_one_that_is_back_is(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("one", "utf-8")
    watch = FileWatch()
    watch.saved(file)
    file.unlink()
    assert not watch.saved(file)
    file.write_text("other", "utf-8")
    assert watch.saved(file)


def test_another_lessons_file_is_no_news(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.yaml", "two.yaml")]
    for file in files:
        file.write_text(file.name, "utf-8")
    watch = FileWatch()
    assert [watch.saved(file) for file in [*files, *files]] == [False] * 4
