"""Keys as terminals send them: each is heard, or does no harm."""

from __future__ import annotations

from pathlib import Path

from tests.courses import course_in
from tests.terminal import Open
from tui_torch.course.lesson import Example
from tui_torch.tutor.progress.progress import Progress

STEP = next(step for step in course_in().lesson("gradients").steps if isinstance(step, Example))
"""The first step."""

CTRL_ENTER, CTRL_SPACE = "\x1b[27;5;13~", "\x00"
SHIFT_F3, CTRL_F3, F13, F18, SHIFT_F13 = "\x1b[1;2R", "\x1b[1;5R", "\x1b[25~", "\x1b[32~", "\x1b[25;2~"


def test_ctrl_enter_runs_the_code_where_xterm_sends_it(open_terminal: Open) -> None:
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.edit()
    terminal.press(CTRL_ENTER)
    terminal.wait_for("dy/dw: tensor(3.)", "Ran in")


def test_keys_that_nothing_is_bound_to_leave_the_code_as_it_was(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.edit()
    for key in (SHIFT_F3, CTRL_F3, F13, F18, SHIFT_F13, "\x1b[25$", "\x1b[35~"):
        terminal.press(key)
    terminal.press("# kept")
    terminal.wait_for("# kept")
    with Progress.open(tmp_path / "progress.db") as progress:
        terminal.wait_until(lambda: "# kept" in (progress.draft("gradients", STEP.id) or ""), "the draft saved")
        draft = progress.draft("gradients", STEP.id)
    assert draft is not None and draft.replace("# kept", "").strip() == STEP.code.strip()


def test_a_key_of_the_learners_own_is_heard_or_refused_in_a_sentence(open_terminal: Open, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[keys]\nrun = "ctrl+space,shift+f3"\nnext = "ctrl+i"\n', "utf-8")
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready", "keys.next", '"ctrl+i",')
    with Progress.open(tmp_path / "progress.db") as progress:
        for runs, key in enumerate((CTRL_SPACE, SHIFT_F3), start=1):
            terminal.press(key)
            terminal.wait_until(lambda runs=runs: len(progress.attempts("gradients", STEP.id)) == runs, "a run")
            terminal.wait_for("Ran in", "ready")
    terminal.press("n")
    following = course_in().lesson("gradients").steps[1].title
    assert following
    terminal.wait_for(following)
