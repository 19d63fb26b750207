"""The lesson screen as a learner meets it: keys go in, what the screen shows comes out."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from weakref import ref

import pytest
import textual.timer
from textual import events
from textual.content import Content
from textual.dom import DOMNode
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widgets import Input

from tests.courses import course_in, hash_of
from tests.ui.at_rest import wait_for_change, wait_for_rest
from tests.ui.conftest import Build, alter_step, editor_of, kernel_of, lines, seen, shows, started, until
from tests.ui.recorded import COURSE
from tui_torch.course.lesson import Example, Quiz
from tui_torch.course.loader import load_lesson
from tui_torch.kernel.session import KernelState
from tui_torch.protocol.events import Failed, Finished, Frame, InputRequested, Started, TrainingProgress
from tui_torch.tutor.config import Config, load_config
from tui_torch.tutor.progress.reviews import Tried
from tui_torch.tutor.trust import UntrustedError
from tui_torch.tutor.tutor import Tutor
from tui_torch.tutor.user_files import crash_file, progress_file
from tui_torch.ui.app import TutorApp
from tui_torch.ui.common.closed_screens import TIDY_AFTER
from tui_torch.ui.lesson import drafts
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.running import code_run
from tui_torch.ui.lesson.status_line import StatusLine
from tui_torch.ui.lesson.text import LessonText
from tui_torch.ui.lesson.title_bar import TitleBar
from tui_torch.ui.screens.confirm import ConfirmScreen
from tui_torch.ui.screens.help import HelpScreen
from tui_torch.ui.screens.lessons import LessonsScreen

WIDE = (120, 40)
COLUMN = (80, 24)

FIRST = course_in(COURSE).lessons[0].steps[0]
assert isinstance(FIRST, Example)
GIVEN = FIRST.code
"""The code that the first step begins with."""


@pytest.mark.parametrize("recording", ["three-scalars", "a-square-starter"])
async def test_the_screen_is_not_styled_again_once_its_widgets_are_mounted(
    build: Build, monkeypatch: pytest.MonkeyPatch, recording: str
) -> None:
    app = build(recording)
    restyled: list[object] = []
    restyle = TutorApp.update_styles

    def update_styles(app: TutorApp, node: DOMNode, *, animate: bool = True) -> None:
        restyled.append(node)
        restyle(app, node, animate=animate)

    monkeypatch.setattr(TutorApp, "update_styles", update_styles)
    async with started(app, WIDE):
        assert app.lesson_screen not in restyled


async def test_a_closed_screen_is_freed_soon(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    # A test's app that nobody looks at is drawn late, and the closed screen is held until then.
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 0.05)
    monkeypatch.setattr("tui_torch.ui.lesson.keys.run_screen.TIDY_AFTER", TIDY_AFTER)
    app = build()
    # As in an app that has begun. What is exempt stays so: to look through it takes half a second of each later test.
    assert gc.get_freeze_count()
    gc.disable()
    try:
        async with started(app, WIDE) as pilot:
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            opened = ref(app.screen)
            await pilot.press("escape")
            await until(pilot, lambda: opened() is None)
    finally:
        gc.enable()


def status(app: TutorApp) -> str:
    return next(line for line in reversed(lines(app)[:-1]) if line).strip()


def footer(app: TutorApp) -> str:
    return lines(app)[-1]


def kept(app: TutorApp) -> str | None:
    """The code that the progress file holds for the current step."""
    return app.tutor.progress.draft(app.tutor.lesson.id, app.tutor.step.id)


async def says(pilot: Pilot[None], sentence: str) -> None:
    """Wait until the status line says a sentence."""
    app = pilot.app
    assert isinstance(app, TutorApp)
    await until(pilot, lambda: sentence in status(app))


# Running


async def test_f5_runs_the_code_and_the_inspector_shows_the_gradient(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "Ran in 42 ms.")
        row = next(line for line in lines(app) if "   w      4.0" in line)
        assert "∇ leaf grad 3.0" in row
        assert "│ dy/dw: tensor(3.)" in seen(app)


async def test_other_keys_run_the_code_too(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for number, key in enumerate(("ctrl+r", "ctrl+enter", "shift+enter"), start=1):
            await pilot.press(key)
            await until(
                pilot, lambda number=number: (len(kernel_of(app).runs), kernel_of(app).state) == (number, "ready")
            )


async def test_a_run_from_within_the_editor_types_nothing(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "f5")
        await says(pilot, "Ran in")
        await pilot.press("shift+enter")
        await until(pilot, lambda: len(kernel_of(app).runs) == 2)
        assert editor_of(app).text == app.tutor.original


async def test_an_example_that_ran_is_done(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "Ran in")
        assert app.tutor.done == {"three-scalars"}
        await pilot.press("n")
        await shows(pilot, "2/3 ●◉○")


async def test_a_second_run_is_refused_while_one_goes_on(build: Build) -> None:
    app = build()
    kernel = kernel_of(app)
    kernel.hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "running")
        await pilot.press("f5")
        await says(pilot, "It is running: press i (or ctrl+c) to interrupt it.")
        kernel.release()
        await says(pilot, "Ran in")
        assert len(kernel.runs) == 1


async def test_i_interrupts_a_run(build: Build) -> None:
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "running")
        await pilot.press("i")
        await says(pilot, "ready · Interrupted.")
        await shows(pilot, "Interrupted. What the code had made until then is still")


async def test_ctrl_c_interrupts_from_the_text_and_from_within_the_editor(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for keys in (["f5"], ["e", "f5"]):
            kernel_of(app).hold()
            await pilot.press(*keys)
            await says(pilot, "running")
            await pilot.press("ctrl+c")
            await says(pilot, "ready · Interrupted.")


async def test_ctrl_c_copies_from_the_editor_while_nothing_runs(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "shift+end", "ctrl+c")
        await until(pilot, lambda: app.clipboard == "x = torch.tensor(3.)")


async def test_an_error_is_told_and_the_cursor_goes_to_the_learners_line(build: Build) -> None:
    app = build("an-error")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "It raised an error in line 2: see the output.")
        assert "RuntimeError: mat1 and mat2 shapes" in seen(app)
        assert editor_of(app).failed_line == 2
        await pilot.press("e")
        assert editor_of(app).cursor_location == (1, 0)


async def test_the_next_run_takes_the_mark_off_the_line(build: Build) -> None:
    app = build("an-error")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "It raised an error")
        kernel_of(app).hold()
        kernel_of(app).events = [event for event in kernel_of(app).events if type(event).__name__ != "Failed"]
        await pilot.press("f5")
        await says(pilot, "running")
        assert editor_of(app).failed_line is None
        kernel_of(app).release()
        await says(pilot, "It raised an error")


async def test_a_line_that_the_code_asks_for_reaches_the_kernel(build: Build) -> None:
    app = build("an-input")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Your name?", "The code waits for a line")
        assert "hello" not in app.lesson_screen.query_one(OutputPane).plain()
        await pilot.press("q", "i", "n", "enter")
        await says(pilot, "Ran in")
        assert kernel_of(app).answers == ["qin"]
        assert "Your name? qin\nhello Ada" in app.lesson_screen.query_one(OutputPane).plain()
        assert not isinstance(app.focused, Input)


async def test_ctrl_c_interrupts_code_that_waits_for_a_line(build: Build) -> None:
    app = build("an-input")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "The code waits for a line")
        await pilot.press("ctrl+c")
        await says(pilot, "ready · Interrupted.")
        assert "The code waits for a line" not in seen(app)
        assert kernel_of(app).answers == []


async def test_a_run_whose_threads_share_a_core_says_so_until_it_is_over(build: Build) -> None:
    app = build("an-input")
    gathered = TrainingProgress(1, (), None, (), None, 0, are_threads_gathered=True)
    kernel_of(app).events = [Started(), gathered, InputRequested("Go on? ", password=False), Finished("ok", 1.0)]
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "threads share a core: other programs are busy")
        await shows(pilot, "The code waits for a line")
        await pilot.press("y", "enter")
        await says(pilot, "ready · Ran in")  # less the time that the answer took


async def test_a_kernel_that_died_under_the_code_is_told_and_the_code_stays(build: Build) -> None:
    app = build("an-error")
    kernel = kernel_of(app)
    kernel.events = [Started(), Finished("died", 1.0, "The code ended the kernel process (SIGSEGV).")]
    async with started(app, WIDE) as pilot:
        code = editor_of(app).text
        await pilot.press("f5")
        await says(pilot, "The code ended the kernel process (SIGSEGV).")
        kernel.enter(KernelState.RESTARTING)
        await says(pilot, "restarting")
        kernel.enter(KernelState.READY)
        await says(pilot, "ready · The kernel was restarted.")
        assert editor_of(app).text == code


async def test_a_kernel_that_ended_while_no_code_ran_says_why(build: Build) -> None:
    app = build()
    kernel = kernel_of(app)
    async with started(app, WIDE) as pilot:
        kernel.end_reason = "Looking at `layer.weight`, and not your code, ended the kernel process (SIGBUS)."
        kernel.enter(KernelState.RESTARTING)
        await says(pilot, "restarting")
        kernel.enter(KernelState.READY)
        await says(pilot, "ready · Looking at layer.weight, and not your code, ended the kernel process")
        await shows(pilot, "Looking at layer.weight, and not your code, ended the")


async def test_a_progress_file_that_is_deleted_meanwhile_is_said_at_the_next_draft(build: Build) -> None:
    app = build()
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("e", "a")
        await until(pilot, lambda: app.tutor.progress.draft("gradients", "three-scalars") is not None)
        progress_file().unlink()
        await pilot.press("b")
        await until(pilot, lambda: len(app._notifications))
        [said] = app._notifications
        assert said.message == app.tutor.progress.notice
        assert "was deleted while it was open, so it was written anew" in said.message
        await until(pilot, lambda: (app.tutor.progress.draft("gradients", "three-scalars") or "").startswith("ab"))
    assert progress_file().exists()


async def test_where_the_kernels_sockets_are_elsewhere_it_is_said(build: Build) -> None:
    app = build()
    notice = kernel_of(app).notice = (
        "The kernel's sockets are in /tmp, since /a/[b] does not do: its path is not UTF-8."
    )
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: len(app._notifications))
        [said] = app._notifications
        assert (said.message, said.markup) == (notice, False)


async def test_a_run_right_after_typing_takes_all_of_it(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", *"abc", "f5")
        await says(pilot, "Ran in")
        assert kernel_of(app).runs[0].code == "abc" + GIVEN == editor_of(app).text


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quitting_during_a_run_is_no_crash(build: Build, key: str) -> None:
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "running")
        await pilot.press(key)
    assert app.crashed is None


async def test_quitting_while_a_line_is_asked_for_is_no_crash(build: Build) -> None:
    app = build("an-input")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "The code waits for a line")
        await pilot.press("ctrl+q")
    assert app.crashed is None


async def test_a_step_that_is_left_during_a_run_shows_nothing_of_it_in_the_next(build: Build) -> None:
    app = build()
    kernel = kernel_of(app)
    kernel.hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "running")
        await pilot.press("n")
        await shows(pilot, "2/3")
        kernel.release()
        await says(pilot, "ready")
        await pilot.pause()
        assert "w.grad 3.0" not in seen(app)


# The kernel


async def test_the_status_line_says_what_the_kernel_is_doing(build: Build) -> None:
    app = build(state=KernelState.STARTING)
    async with started(app, WIDE) as pilot:
        await says(pilot, "◌ starting PyTorch")
        for state, said in (
            (KernelState.READY, "● ready"),
            (KernelState.INTERRUPTING, "■ interrupting"),
            (KernelState.RESTARTING, "◌ restarting"),
            (KernelState.DEAD, "✗ dead"),
        ):
            kernel_of(app).enter(state)
            await says(pilot, said)


async def test_the_status_line_counts_the_seconds_of_a_run(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(code_run, "time", clock)
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "▶ running 0.0 s")
        clock.monotonic = lambda: 1075.0
        await says(pilot, "▶ running 75.0 s")
        kernel_of(app).release()
        await says(pilot, "● ready · Ran in 42 ms.")


async def test_r_in_capitals_restarts_the_kernel_and_keeps_the_code(build: Build) -> None:
    app = build("an-error")
    async with started(app, WIDE) as pilot:
        code = editor_of(app).text
        await pilot.press("R")
        await says(pilot, "◌ restarting · Restarting the kernel.")
        kernel_of(app).enter(KernelState.READY)
        await says(pilot, "● ready · The kernel was restarted.")
        assert len(kernel_of(app).restarts) == 1
        assert editor_of(app).text == code


async def test_a_restart_ends_the_run_and_says_why(build: Build) -> None:
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "running")
        await pilot.press("R")
        await shows(pilot, "The kernel was restarted: its variables are gone, your")
        kernel_of(app).enter(KernelState.READY)
        await says(pilot, "ready · The kernel was restarted.")


# Moving


async def test_n_and_p_move_between_the_steps(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("n")
        await shows(pilot, "2/3", "And dy/dx?")
        await pilot.press("n")
        await shows(pilot, "3/3", "Your own derivative")
        await pilot.press("p")
        await shows(pilot, "2/3", "And dy/dx?")


async def test_p_stops_at_the_first_step_with_a_sentence(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("p")
        await says(pilot, "This is the first step. l lists the lessons.")
        assert "1/3" in seen(app)


async def test_n_goes_on_to_the_next_lesson(build: Build) -> None:
    app = build(at="a-square")
    async with started(app, WIDE) as pilot:
        await shows(pilot, "Next: Fitting a plane (n).")
        await pilot.press("n")
        await shows(pilot, "Fitting a plane  1/1")


async def test_n_stops_at_the_last_step_of_the_course_with_a_sentence(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await shows(pilot, "That was the last lesson of the course.")
        await pilot.press("n")
        await says(pilot, "That was the last step. l lists the lessons.")
        assert "Fitting a plane  1/1" in seen(app)


async def test_l_lists_the_lessons_and_enter_opens_one(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l")
        await shows(pilot, "Fitting a plane", "0/1", "0 of 4 steps done")
        await pilot.press("down")
        await shows(pilot, "A loop in plain PyTorch, and its loss while it runs.")
        await pilot.press("enter")
        await shows(pilot, "Fitting a plane  1/1", "Forty epochs, three batches each")


async def test_the_list_of_lessons_is_left_without_opening_one(build: Build) -> None:
    app = build(at="dy-dx")
    async with started(app, WIDE) as pilot:
        for key in ("escape", "l", "q"):
            await pilot.press("l")
            await until(pilot, lambda: isinstance(app.screen, LessonsScreen))
            await pilot.press("down", key)
            await until(pilot, lambda: app.screen is app.lesson_screen)
            assert app.tutor.step.id == "dy-dx"


async def test_the_help_opens_and_closes(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for key in ("escape", "question_mark", "q"):
            await pilot.press("question_mark")
            await shows(pilot, "Help", "run the code; in an exercise, grade it too")
            assert isinstance(app.screen, HelpScreen)
            await pilot.press(key)
            await until(pilot, lambda: app.screen is app.lesson_screen)


# The editor, and what is kept of it


async def test_in_the_editor_a_letter_is_text_and_no_command(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", *"nplqtchsriR", "question_mark")
        await until(pilot, lambda: editor_of(app).text.startswith("nplqtchsriR?x = torch.tensor(3.)"))
        assert app.screen is app.lesson_screen
        assert app.tutor.step.id == "three-scalars"


async def test_escape_leaves_the_editor_and_letters_are_commands_again(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "n", "escape", "n")
        await shows(pilot, "2/3")
        await pilot.press("p")
        await until(pilot, lambda: editor_of(app).text.startswith("nx = "))


async def test_leaving_the_editor_puts_the_focus_on_the_text(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "escape")
        await pilot.pause()
        assert isinstance(app.focused, LessonText)


async def test_the_footer_offers_no_letters_while_they_are_text(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: "n Next" in footer(app))
        await pilot.press("e")
        await until(pilot, lambda: "esc Leave the editor" in footer(app))
        assert "F5 Run" in footer(app)
        assert "Next" not in footer(app)


async def test_what_was_typed_is_kept_when_the_step_is_left(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "a", "escape", "n")
        await shows(pilot, "2/3")
        assert app.tutor.progress.draft("gradients", "three-scalars") == "a" + GIVEN


async def test_what_was_typed_is_kept_after_a_moment_without_any_other_key(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "a")
        await until(pilot, lambda: kept(app) == "a" + GIVEN)


async def test_what_was_typed_is_kept_when_the_app_is_quit_at_once(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "SAVE_AFTER", 60.0)
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "a", "escape", "q")
    assert kept(app) == "a" + GIVEN


async def test_ctrl_q_right_after_typing_keeps_it_and_is_no_crash(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "SAVE_AFTER", 60.0)
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "a", "ctrl+q")
    assert app.crashed is None
    assert kept(app) == "a" + GIVEN


async def test_what_was_typed_is_kept_when_it_is_run(build: Build) -> None:
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "a", "f5")
        await until(pilot, lambda: kernel_of(app).runs)
        assert kept(app) == "a" + GIVEN
        kernel_of(app).release()
        await says(pilot, "Ran in")


async def test_another_app_resumes_at_the_same_step_with_the_same_code(build: Build) -> None:
    first = build()
    async with started(first, WIDE) as pilot:
        await pilot.press("n", "n", "e", "a", "escape", "q")
    second = build(resume=True)
    async with started(second, WIDE) as pilot:
        await shows(pilot, "3/3", "Your own derivative", "aw = torch.tensor(3.)")


async def test_r_puts_the_original_code_in_place_and_brings_the_learners_back(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "a", "escape", "r")
        await says(pilot, "The code is as it was given; r brings yours back.")
        assert editor_of(app).text == app.tutor.original
        await pilot.press("r")
        await says(pilot, "Your code is back.")
        assert editor_of(app).text == "a" + app.tutor.original
        await pilot.press("r")
        await says(pilot, "The code is as it was given; r brings yours back.")
        assert editor_of(app).text == app.tutor.original


async def test_r_says_that_there_is_nothing_to_reset(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("r")
        await says(pilot, "The code is as it was given.")


# Quizzes


async def test_a_quiz_shows_neither_code_nor_output_before_its_answer(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await shows(pilot, "1  None", "2  tensor(3.)", "3  tensor(4.)")
        assert "Code" not in seen(app)
        assert "Output" not in seen(app)
        await pilot.press("f5")
        await says(pilot, "Answer first: press the number of a choice.")
        assert kernel_of(app).runs == []


async def test_a_wrong_answer_says_why_and_leaves_the_step_open(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("2")
        await shows(pilot, "2  tensor(3.) ✗ wrong", "That is x itself, and the gradient of w.")
        assert app.tutor.done == frozenset()


async def test_after_a_wrong_answer_another_may_be_given(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("2")
        await says(pilot, "Ran in")
        await pilot.press("3")
        await shows(pilot, "3  tensor(4.) ✓ right", "y grows by w, which is 4, when x grows by 1.")
        assert "wrong" not in seen(app)
        assert app.tutor.done == {"dy-dx"}


async def test_a_choice_is_made_with_the_arrows_and_enter_too(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("down", "down", "enter")
        await shows(pilot, "3  tensor(4.) ✓ right")


async def test_an_answer_reveals_the_code_of_the_quiz_and_runs_it(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("3")
        await shows(pilot, "x = torch.tensor(3., requires_grad=True)", "│ tensor(4.)", "grad 4.0")
        assert [run.code for run in kernel_of(app).runs] == [app.tutor.original]


async def test_a_number_without_a_choice_answers_nothing(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("9", "0")
        await pilot.pause()
        assert app.tutor.progress.answers("gradients", "dy-dx") == ()


async def test_an_answered_quiz_is_found_answered(build: Build) -> None:
    app = build("dy-dx")
    app.tutor.answer(2)
    async with started(app, WIDE) as pilot:
        await shows(pilot, "3  tensor(4.) ✓ right", "Code")
        assert kernel_of(app).runs == []


# Exercises


async def test_an_exercise_lists_its_checks_before_the_first_run(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await shows(pilot, "F5 runs your code, and checks:", "○ y is 9", "○ w asks for a gradient", "○ w.grad is 6")


async def test_a_failed_check_shows_what_was_seen_and_its_advice(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "Not yet: h gives a hint.")
        written = app.lesson_screen.query_one(OutputPane).plain()
        assert "✗ y is 9\n  y is None, wanted 9\n  w ** 2 is the square.\n" in written
        assert "○" not in written
        assert app.tutor.done == frozenset()


async def test_a_solved_exercise_is_done(build: Build) -> None:
    app = build("a-square-solved")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "Solved: n goes on. It ran in 42 ms.")
        for keys, said in (
            (["e", "z"], "The checks are of the code as it ran: F5 checks it"),
            (["ctrl+z"], "Solved: "),
        ):
            await pilot.press(*keys)
            await says(pilot, said)
        await pilot.press("escape")
        await shows(pilot, "✓ y is 9", "✓ w asks for a gradient", "✓ w.grad is 6")
        assert app.tutor.done == {"a-square"}


async def test_h_gives_the_hints_one_by_one_up_to_the_last(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press("h")
        await shows(pilot, "Hint 1. Three things are missing.")
        assert "Hint 2." not in seen(app)
        await pilot.press("h", "h")
        await shows(pilot, "Hint 2. w has to ask for a gradient.", "Hint 3. y = w ** 2, then y.backward().")
        await pilot.press("h")
        await says(pilot, "There is no further hint; s shows the solution.")


async def test_hints_are_still_there_when_the_step_is_come_back_to(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press("h", "p", "n")
        await shows(pilot, "Hint 1. Three things are missing.")


async def test_s_asks_first_and_a_no_keeps_the_solution_closed(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        for keys in (["escape"], ["n"], ["right", "enter"]):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press(*keys)
            await until(pilot, lambda: app.screen is app.lesson_screen)
            assert "The solution" not in seen(app)
        assert not app.tutor.progress.solution_seen("gradients", "a-square")


async def test_a_yes_shows_the_solution_and_leaves_the_editor_alone(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        await shows(pilot, "The solution", "w = torch.tensor(3., requires_grad=True)")
        assert editor_of(app).text == app.tutor.original
        assert app.tutor.progress.solution_seen("gradients", "a-square")


async def test_a_second_s_puts_the_solution_into_the_editor_and_ctrl_z_takes_it_out(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await says(pilot, "s again puts it into the editor.")
        await pilot.press("s")
        await says(pilot, "The solution is in the editor; e, then ctrl+z, brings your code back.")
        assert editor_of(app).text == app.tutor.solution()
        await pilot.press("e", "ctrl+z")
        await until(pilot, lambda: editor_of(app).text == app.tutor.original)


# One column, and any size


@pytest.mark.parametrize(("key", "pane"), [("t", "Tensors"), ("c", "Loss")])
async def test_in_one_column_a_tab_takes_the_place_of_the_lesson_and_gives_it_back(
    build: Build, key: str, pane: str
) -> None:
    app = build("the-loop")
    async with started(app, COLUMN) as pilot:
        await shows(pilot, "─Code")
        await pilot.press(key)
        await shows(pilot, f"─ {pane} ─")
        assert "Code" not in seen(app)
        await pilot.press(key)
        await shows(pilot, "─Code")
        assert f"─ {pane} ─" not in seen(app)


async def test_escape_goes_back_from_a_tab(build: Build) -> None:
    app = build()
    async with started(app, COLUMN) as pilot:
        await pilot.press("t")
        await shows(pilot, "─ Tensors ─")
        await pilot.press("escape")
        await shows(pilot, "─Code")


async def test_a_tab_that_has_something_new_is_marked_until_it_is_looked_at(build: Build) -> None:
    app = build("the-loop")
    async with started(app, COLUMN) as pilot:
        assert "•" not in lines(app)[0]
        await pilot.press("f5")
        await shows(pilot, "Tensors•  Chart•")
        await pilot.press("c")
        await until(pilot, lambda: lines(app)[0].endswith("Tensors•  Chart"))
        await pilot.press("t", "escape")
        await until(pilot, lambda: lines(app)[0].endswith("Tensors  Chart"))


async def test_a_single_backward_marks_no_chart(build: Build) -> None:
    app = build()
    async with started(app, COLUMN) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Tensors•  Chart")
        assert "Chart•" not in seen(app)


async def test_in_one_column_the_status_line_tells_the_loss_of_a_loop(build: Build) -> None:
    app = build("the-loop")
    kernel_of(app).hold()
    async with started(app, COLUMN) as pilot:
        await pilot.press("f5")
        await says(pilot, " · loss = 0.0")
        kernel_of(app).release()
        await says(pilot, "Ran in")


async def test_in_two_columns_t_and_c_move_the_focus_and_give_it_back(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        for key, pane in (("t", "TensorInspector"), ("c", "LossChart")):
            before = app.focused
            await pilot.press(key)
            focused = app.focused
            assert focused is not None
            assert pane in {type(widget).__name__ for widget in focused.ancestors_with_self}
            await pilot.press(key)
            assert app.focused is before


@pytest.mark.usefixtures("seen_always")
async def test_no_size_of_the_terminal_is_a_crash(build: Build) -> None:
    app = build("an-input")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "The code waits for a line")
        for size in (COLUMN, (40, 12), (10, 5), (1, 1)):
            await pilot.resize_terminal(*size)
        await pilot.press("escape", "t", "c", "n")
        await until(pilot, lambda: app.tutor.step.id == "dy-dx")
        await pilot.resize_terminal(*WIDE)
        await shows(pilot, "Gradients of y = w·x + b  2/3", "1  None")


async def test_a_resize_is_heeded_though_its_timer_comes_late(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build()
    late = itertools.count()

    def get_time() -> float:
        """A clock that goes on by a second between any two looks of a timer that calls once."""
        task = asyncio.current_task()
        return time.monotonic() + (next(late) if task is not None and task.get_name().startswith("set_timer") else 0)

    async with started(app, WIDE) as pilot:
        monkeypatch.setattr(textual.timer, "_time", SimpleNamespace(get_time=get_time))
        for size in (COLUMN, WIDE):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.screen.query_one(TitleBar).outer_size.width == size[0])


@pytest.mark.parametrize("key", ["escape", "l", "question_mark", "s"])
async def test_a_size_that_the_terminal_has_no_more_is_not_laid_out(build: Build, key: str) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press(key)
        await pilot.pause()
        screens = app.screen_stack[1:]
        for screen in screens:
            screen.post_message(events.Resize(Size(*COLUMN), Size(*COLUMN)))
        await pilot.pause()
        await pilot.pause()
        assert [screen.region.size for screen in screens] == [WIDE] * len(screens)


@pytest.mark.parametrize("key", ["l", "question_mark", "s"])
@pytest.mark.usefixtures("seen_always")
async def test_no_size_of_the_terminal_is_a_crash_for_a_dialog(build: Build, key: str) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: app.screen is not app.lesson_screen)
        await pilot.resize_terminal(1, 1)
        await pilot.press("escape")
        await pilot.resize_terminal(*WIDE)
        await shows(pilot, "Your own derivative")


@pytest.mark.usefixtures("seen_always")
async def test_of_a_short_run_only_the_result_is_drawn(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_run, "HOLD_DRAWING", 60)
    drawn: list[KernelState] = []

    def render(line: StatusLine) -> Content:
        drawn.append(line.state)
        return usual(line)

    usual = StatusLine.render

    async def release_when_it_has_run_a_while() -> None:
        while app.tutor.kernel.state is not KernelState.RUNNING:
            await wait_for_change()
        await wait_for_rest(max_sleep=0.2)
        kernel_of(app).release()

    monkeypatch.setattr(StatusLine, "render", render)
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        # Beside the pilot, which waits for seconds where what has changed is not drawn.
        releasing = asyncio.create_task(release_when_it_has_run_a_while())
        await pilot.press("f5")
        await releasing
        await says(pilot, "Ran in")
    assert KernelState.RUNNING not in drawn


async def test_a_result_that_needs_as_much_room_as_the_last_lays_nothing_out(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_run, "HOLD_DRAWING", 60)
    app = build()
    screen = app.lesson_screen
    async with started(app, WIDE) as pilot:
        laid_out: list[object] = []
        for _ in range(3):
            laid_out.clear()
            screen.screen_layout_refresh_signal.subscribe(screen, laid_out.append)
            screen.panes.say("")
            await pilot.press("f5")
            await says(pilot, "Ran in")
            await until(pilot, lambda: screen.run.in_progress is None)
            await pilot.pause()
        assert laid_out == []
        assert "dy/dx" in screen.query_one(OutputPane).plain()
        assert "w.grad" in seen(app)


async def test_a_run_that_goes_on_is_drawn(build: Build) -> None:
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await says(pilot, "running")


async def test_a_picture_of_the_screen_is_saved_in_the_current_folder(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build()
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with started(app, WIDE) as pilot:
        await pilot.press("ctrl+p")
        await pilot.press(*"Screenshot")
        await shows(pilot, "Save an SVG")
        await pilot.press("enter")
        await until(pilot, lambda: [path for path in folder.glob("*.svg") if "</svg>" in path.read_text("utf-8")])


# The footer


async def test_the_footer_offers_to_interrupt_only_in_a_run(build: Build) -> None:
    app = build()
    kernel_of(app).hold()
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: "F5 Run" in footer(app))
        assert "Interrupt" not in footer(app)
        await pilot.press("f5")
        await until(pilot, lambda: "i Interrupt" in footer(app))
        kernel_of(app).release()
        await until(pilot, lambda: "Interrupt" not in footer(app))


async def test_the_footer_offers_to_interrupt_code_that_waits_for_a_line(build: Build) -> None:
    app = build("an-input")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "The code waits for a line")
        await until(pilot, lambda: "Interrupt" in footer(app))
        kernel_of(app).answer("Ada")
        await says(pilot, "Ran in")


async def test_the_footer_offers_a_hint_and_a_solution_only_in_an_exercise(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: "n Next" in footer(app))
        assert "Hint" not in footer(app)
        assert "Solution" not in footer(app)
        await pilot.press("n", "n")
        await until(pilot, lambda: "h Hint" in footer(app) and "s Solution" in footer(app))


async def test_the_footer_of_a_quiz_without_code_offers_no_run(build: Build) -> None:
    app = build("dy-dx")
    alter_step(app, code=None)
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: "n Next" in footer(app))
        assert "Run" not in footer(app)
        assert "Edit" not in footer(app)
        await pilot.press("3")
        await says(pilot, "Right: n goes on.")
        assert "Run" not in footer(app)
        assert kernel_of(app).runs == []


async def test_in_one_column_the_tabs_are_not_told_twice(build: Build) -> None:
    app = build()
    async with started(app, COLUMN) as pilot:
        await until(pilot, lambda: "n Next" in footer(app))
        assert "Lesson  Tensors  Chart" in lines(app)[0]
        assert "Tensors" not in footer(app)


async def test_in_two_columns_there_are_no_tabs_and_the_footer_names_the_panes(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: "t Tensors c Chart g Graph" in footer(app))
        assert "Tensors" not in lines(app)[0]


# Settings


async def test_a_theme_that_is_chosen_is_remembered(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        assert app.theme == "ember-dark"
        app.theme = "ember-light"
        await until(pilot, lambda: load_config().theme == "ember-light")
    assert build(config=load_config()).theme == "ember-light"


async def test_a_key_may_be_rebound(build: Build) -> None:
    app = build(config=Config(keys={"run": "f9"}))
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await pilot.pause()
        assert kernel_of(app).runs == []
        await pilot.press("f9")
        await says(pilot, "Ran in")


# A file from outside the course


def outside(tmp_path: Path) -> UntrustedError:
    file = tmp_path / "of-their-own.yaml"
    written = (COURSE / "regression" / "fit-a-plane.yaml").read_text("utf-8")
    file.write_text(written.replace("id: fit-a-plane", "id: of-their-own"), "utf-8")
    return UntrustedError(file, hash_of(file))


async def test_a_file_from_outside_the_course_opens_after_a_yes(build: Build, tmp_path: Path) -> None:
    app = build(untrusted=outside(tmp_path))
    async with started(app, WIDE) as pilot:
        await shows(pilot, "Its code will run on this machine, as you.", "Trust and open (y)")
        assert isinstance(app.screen, ConfirmScreen)
        assert str(tmp_path / "of-their-own.yaml") in app.screen.question
        assert app.tutor.lesson.id == "gradients"
        await pilot.press("y")
        await shows(pilot, "Your file › Fitting a plane")
        assert app.tutor.lesson == load_lesson(tmp_path / "of-their-own.yaml")
        assert app.tutor.progress.trusted(hash_of(tmp_path / "of-their-own.yaml"))


async def test_a_file_from_outside_the_course_stays_closed_after_a_no(build: Build, tmp_path: Path) -> None:
    app = build(untrusted=outside(tmp_path))
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await shows(pilot, "Gradients of y = w·x + b  1/3")
        assert not app.tutor.progress.trusted(hash_of(tmp_path / "of-their-own.yaml"))


async def test_marks_that_reorder_text_are_shown_as_what_they_are(build: Build, tmp_path: Path) -> None:
    file = outside(tmp_path).path
    file.write_text(file.read_text("utf-8").replace("Forty epochs", "Forty \u202eepochs\u202c"), "utf-8")
    app = build()
    app.tutor.open_file(file, agreed=hash_of(file))
    async with started(app, WIDE) as pilot:
        await shows(pilot, r"Forty \u202eepochs\u202c,")


async def test_control_characters_in_titles_are_shown_as_what_they_are(build: Build, tmp_path: Path) -> None:
    file = outside(tmp_path).path
    written = file.read_text("utf-8").replace("title: Fitting a plane", 'title: "Fit\\u202eting \\e[31ma plane"', 1)
    file.write_text(written, "utf-8")
    app = build()
    app.tutor.open_file(file, agreed=hash_of(file))
    async with started(app, WIDE) as pilot:
        await shows(pilot, r"Your file › Fit\u202eting ␛[31ma plane")


async def test_control_characters_in_the_list_of_lessons_are_shown_as_what_they_are(build: Build) -> None:
    app = build()
    course = app.tutor.course
    for lesson_id in course.ids:
        lesson = course.lesson(lesson_id)
        course.keep([replace(lesson, title=f"{lesson.title[:8]}\u202e\x1b[2J")])
    async with started(app, WIDE) as pilot:
        await pilot.press("l")
        await shows(pilot, r"Gradient\u202e␛[2J", r"Fitting \u202e␛[2J")


async def test_control_characters_in_a_line_that_fails_are_shown_as_what_they_are(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        frame = Frame(1, "<module>", "x = '\x1b[31m\u202e\b' + 1")
        app.lesson_screen.panes.output.show_failed(Failed("TypeError", "no\x1b[2J\rthing", (frame,)))
        await shows(pilot, r"line 1  x = '␛[31m\u202e␈' + 1", "TypeError: no␛[2J␍thing")


async def test_a_file_of_ones_own_is_not_taken_for_the_courses_lesson_of_the_same_id(
    build: Build, tmp_path: Path
) -> None:
    file = tmp_path / "fit-a-plane.yaml"
    file.write_text((COURSE / "regression" / "fit-a-plane.yaml").read_text("utf-8"), "utf-8")
    app = build(untrusted=UntrustedError(file, hash_of(file)))
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await shows(pilot, "Fitting a plane  1/1")
        assert "Your file › Fitting a plane" in lines(app)[0]


# A fault of ours


async def test_a_fault_of_ours_leaves_a_sentence_and_a_log_and_no_traceback_on_the_terminal(
    build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    app = build()

    def boom() -> None:
        raise ZeroDivisionError("of ours")

    with pytest.raises(ZeroDivisionError):
        async with started(app, WIDE) as pilot:
            app.call_later(boom)
            await pilot.pause()
    assert app.crashed is not None
    assert app.crashed.startswith("the tutor itself failed, and your work is saved; what happened is in ")
    assert str(crash_file()) in app.crashed
    assert "\n" not in app.crashed
    assert "ZeroDivisionError: of ours" in crash_file().read_text("utf-8")
    assert "Traceback" not in "".join(capsys.readouterr())


async def test_what_was_typed_just_before_a_fault_of_ours_is_kept(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "SAVE_AFTER", 60.0)
    app = build()

    def boom() -> None:
        raise ZeroDivisionError("of ours")

    with pytest.raises(ZeroDivisionError):
        async with started(app, WIDE) as pilot:
            await pilot.press("e", "a")
            app.call_later(boom)
            await pilot.pause()
    assert kept(app) == "a" + GIVEN


# What a close look found


async def test_showing_a_step_saves_nothing(build: Build) -> None:
    app = build()
    saved: list[str] = []
    app.tutor.save = saved.append  # type: ignore[method-assign]
    async with started(app, WIDE) as pilot:
        await pilot.pause(0.2)
        assert saved == []


async def test_a_quiz_is_answered_by_number_wherever_the_focus_is(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("2")
        await says(pilot, "Ran in")
        await pilot.press("e", "escape", "3")
        await pilot.pause()
        assert "3  tensor(4.) ✓ right" in seen(app)


async def test_what_an_answer_gets_still_stands_after_the_code_has_run(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("3")
        await shows(pilot, "│ tensor(4.)", "grad 4.0")
        await pilot.pause()
        assert "Right: n goes on." in status(app)


async def test_going_back_to_our_own_theme_is_remembered(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        app.theme = "ember-light"
        await until(pilot, lambda: load_config().theme == "ember-light")
        app.theme = "ember-dark"
        await pilot.pause()
        assert load_config().theme == "ember-dark"


async def test_a_sentence_about_a_step_does_not_stay_in_the_next(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("p")
        await says(pilot, "This is the first step.")
        await pilot.press("n")
        await shows(pilot, "2/3")
        assert status(app) == "● ready"


async def test_the_loss_of_a_loop_does_not_stay_in_the_next_step(build: Build) -> None:
    app = build("the-loop")
    async with started(app, COLUMN) as pilot:
        await pilot.press("f5")
        await says(pilot, "Ran in")
        await pilot.press("l", "up", "enter")
        await shows(pilot, "Gradients of")
        assert "loss" not in status(app)


async def test_the_footer_follows_a_change_between_one_column_and_two(build: Build) -> None:
    app = build()
    async with started(app, COLUMN) as pilot:
        await until(pilot, lambda: "n Next" in footer(app))
        await pilot.resize_terminal(*WIDE)
        await pilot.pause(0.3)
        assert "t Tensors c Chart g Graph" in footer(app)


async def test_the_newest_hint_is_in_sight(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, (80, 20)) as pilot:
        await pilot.press("h")
        await pilot.pause(0.2)
        assert "Hint 1." in seen(app)


async def test_the_solution_is_in_sight_when_it_was_asked_for(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, COLUMN) as pilot:
        await pilot.press("s", "y")
        await says(pilot, "s again")
        await pilot.pause(0.2)
        assert "The solution" in seen(app)


async def test_in_ascii_neither_bullets_nor_scroll_bars_are_anything_else(build: Build) -> None:
    app = build("three-scalars", ascii_only=True)
    async with started(app, (80, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "- w and b ask for a gradient.", "Ran in")
        own = "·²"  # which the lesson itself is written with
        assert not [line for line in lines(app) if not line.translate(dict.fromkeys(map(ord, own))).isascii()]


# Free practice


async def test_practice_lists_what_is_due_and_a_round_asks_it_as_if_for_the_first_time(build: Build) -> None:
    app = build("a-square-solved")
    tutor, now = app.tutor, int(time.time())
    tutor.progress.record_review("gradients", "a-square", Tried(now - 3600, right=False))
    tutor.progress.show_hint("practice:gradients", "a-square")
    tutor.progress.record_review("gradients", "dy-dx", Tried(now - 3 * 86_400, right=True, is_quiz=True, seconds=20))
    tutor.progress.answer("practice:gradients", "dy-dx", 0, False)
    async with started(app, WIDE) as pilot:
        mine = editor_of(app).text
        await pilot.press("l")
        await shows(pilot, "Practise  2 due", "Playground")
        await pilot.press("end", "up", "up", "enter")
        await shows(
            pilot,
            "Due now",
            "Your own derivative",
            "1 day late",
            "2 due, 0 fading, 0 known",
            "An exercise from Gradients",
        )
        await pilot.press("enter")
        await shows(pilot, "Practise  1/2", "From Gradients of y = w·x + b.", "1 exercise and 1 quiz, about 2 minutes.")
        assert (editor_of(app).text, tutor.hints) == (tutor.original, ())
        editor_of(app).put(mine)
        await pilot.press("f5")
        await says(pilot, "Solved: n goes on. It ran in 42 ms.")
        await pilot.press("n")
        await shows(pilot, "The code before it:")
        assert (tutor.answered, tutor.marks) == (None, (True, False))
        right = next(at for at, choice in enumerate(quiz_of(tutor).choices) if choice.correct)
        await pilot.press(str(right + 1))
        await until(pilot, lambda: tutor.marks == (True, True))
        await until(pilot, lambda: app.lesson_screen.run.in_progress is None)
        await pilot.press("n")
        await shows(pilot, "0 due, 0 fading, 2 known", "in 2 weeks", "tomorrow")
        await pilot.press("escape")
    assert tutor.progress.draft("gradients", "a-square") == mine


def quiz_of(tutor: Tutor) -> Quiz:
    assert isinstance(tutor.step, Quiz)
    return tutor.step


async def test_with_nothing_tried_there_is_nothing_to_practise_and_it_says_so(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l", "end", "up", "up", "enter")
        await says(pilot, "There is nothing to practise yet: an exercise or a quiz comes back after")
        assert app.tutor.kind == "lesson"


async def test_the_playground_is_an_editor_to_type_in_and_what_is_typed_is_there_the_next_time(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l", "end", "enter")
        await until(pilot, lambda: app.focused is editor_of(app))
        await pilot.press(*"x=1", "f5")
        await says(pilot, "Ran in")
        assert kernel_of(app).runs[-1].code == "import torch\nx=1"
    again = build(resume=True)
    async with started(again, WIDE) as pilot:
        assert (again.tutor.kind, editor_of(again).text) == ("playground", "import torch\nx=1")


async def test_the_command_palette_leads_to_practice_the_playground_and_every_lesson(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("ctrl+p")
        await pilot.press(*"fitting")
        await shows(pilot, "Lesson: Fitting a plane")
        await pilot.press("down", "enter")
        await shows(pilot, "Forty epochs, three batches each")
        await pilot.press("ctrl+p")
        await pilot.press(*"playg")
        await shows(pilot, "An empty editor, with the tensors")
        await pilot.press("down", "enter")
        await shows(pilot, "The editor is yours")
