"""Lessons as files to hand out: what is in them, and that a notebook's checks need nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from tests.courses import course_in
from tui_torch.cli import commands
from tui_torch.console.exporting.handout import Filling, Handout, Listing, Passage, handout_of
from tui_torch.console.exporting.markdown import as_markdown
from tui_torch.console.exporting.notebook import as_notebook
from tui_torch.console.exporting.portable import first_cell
from tui_torch.console.exporting.script import as_script
from tui_torch.console.exporting.web_page import as_web_page
from tui_torch.course.lesson import Exercise, Quiz
from tui_torch.tutor.progress.progress import Progress

COURSE = course_in()
LESSON = COURSE.lesson("gradients")
EXERCISE = next(step for step in LESSON.steps if isinstance(step, Exercise))
QUIZ = next(step for step in LESSON.steps if isinstance(step, Quiz))

PLAYED = """\
import json, sys
sys.modules["tui_torch"] = None  # it cannot be imported
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        ran = shell.run_cell("".join(cell["source"]), store_history=True)
        if not ran.success and "raises-exception" not in cell["metadata"].get("tags", ()):
            print("\\nFAILED", cell["id"])
"""


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[Progress]:
    with Progress.open(tmp_path / "progress.db") as kept:
        yield kept


def listings(filling: Filling, progress: Progress) -> dict[str, Listing]:
    parts = handout_of(LESSON, filling, progress, LESSON.id).parts
    return {part.name: part for part in parts if isinstance(part, Listing)}


def test_where_the_learner_writes_stands_what_was_asked_for(progress: Progress) -> None:
    progress.save_draft(LESSON.id, EXERCISE.id, "mine = 1\n", known=None, kind="exercise")
    found = {filling: listings(filling, progress)[EXERCISE.id] for filling in ("mine", "solutions", "nothing")}
    assert [found[filling].code for filling in found] == [
        "mine = 1",
        EXERCISE.solution.rstrip("\n"),
        EXERCISE.starter.rstrip("\n"),
    ]
    assert found["mine"].checks == EXERCISE.checks


def test_what_was_typed_over_an_answer_that_passed_does_not_take_its_place(progress: Progress) -> None:
    progress.record_attempt(LESSON.id, EXERCISE.id, "right = 1\n", "exercise", "passed")
    progress.record_attempt(LESSON.id, EXERCISE.id, "wrong = 1\n", "exercise", "not passed")
    progress.save_draft(LESSON.id, EXERCISE.id, "wrong = 1\n", known=None, kind="exercise")
    assert listings("mine", progress)[EXERCISE.id].code == "right = 1"


def test_checks_bring_along_what_the_reference_makes(progress: Progress) -> None:
    exercise = replace(EXERCISE, reference="def slow(x): return x")
    found = handout_of(replace(LESSON, steps=(exercise,)), "nothing", progress, LESSON.id).parts
    checks = next(part.checks for part in found if isinstance(part, Listing) and part.checks)
    assert [check.code.startswith("def slow(x): return x\n") for check in checks] == [True] * len(EXERCISE.checks)


def test_the_answer_to_a_quiz_is_told_with_the_solutions_and_ones_own_with_ones_work(progress: Progress) -> None:
    wrong = next(number for number, choice in enumerate(QUIZ.choices) if not choice.correct)
    progress.answer(LESSON.id, QUIZ.id, wrong, correct=False)
    right = next(choice for choice in QUIZ.choices if choice.correct)
    texts = {
        filling: "\n".join(
            part.markdown
            for part in handout_of(LESSON, filling, progress, LESSON.id).parts
            if isinstance(part, Passage)
        )
        for filling in ("mine", "solutions", "nothing")
    }
    assert right.because.strip() in texts["solutions"]
    assert QUIZ.choices[wrong].because.strip() in texts["mine"]
    assert "which is wrong" in texts["mine"]
    assert not any(choice.because.strip() in texts["nothing"] for choice in QUIZ.choices)


def test_a_notebook_is_one_and_the_same_each_time(progress: Progress) -> None:
    texts = {as_notebook(handout_of(LESSON, "solutions", progress, LESSON.id)) for _ in range(2)}
    assert len(texts) == 1
    nbformat.validate(nbformat.reads(texts.pop(), as_version=4))


def test_the_first_cell_can_be_read_and_imports_nothing_of_ours() -> None:
    cell = first_cell()
    assert "from tui_torch" not in cell
    assert "import tui_torch" not in cell
    assert cell.count("'''") == 2, "the text within is a raw string"
    compile(cell, "cell", "exec")
    compile(cell.split("'''")[1], "module", "exec")


def test_markup_in_a_lesson_is_shown_on_a_page_and_fences_in_code_stay_code() -> None:
    handout = Handout("h", "<b>", (Passage("<script>x</script> $x^2$"), Listing("a", 'print("```")')))
    page = as_web_page(handout)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "x²" in page
    assert as_markdown(handout).endswith('````python\nprint("```")\n````\n')


def test_a_script_can_be_read_by_python(progress: Progress) -> None:
    text = as_script(handout_of(LESSON, "solutions", progress, LESSON.id))
    compile(text, "script", "exec")
    assert text.startswith("# %% [markdown]\n# # ")


def test_a_track_is_a_file_for_each_lesson_and_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    folder = tmp_path / "out"
    track = COURSE.tracks[1]
    arguments = ["export", track.id, "--to", "md", "--out", str(folder)]
    assert CliRunner().invoke(commands, arguments).exit_code == 0
    assert {file.stem for file in folder.iterdir()} == set(track.lessons)
    again = CliRunner().invoke(commands, arguments)
    assert "is there already" in again.output


@pytest.mark.slow
@pytest.mark.parametrize("lesson_id", COURSE.ids)
def test_a_notebook_with_the_solutions_passes_its_checks_where_nothing_of_ours_is(
    lesson_id: str, tmp_path: Path, progress: Progress
) -> None:
    lesson = COURSE.lesson(lesson_id)
    file = tmp_path / "lesson.ipynb"
    file.write_text(as_notebook(handout_of(lesson, "solutions", progress, lesson_id)), "utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["IPYTHONDIR"] = str(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-P", "-c", PLAYED, str(file)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = ran.stdout.splitlines()
    checks = sum(len(step.checks) for step in lesson.steps if isinstance(step, Exercise))
    assert [line for line in lines if line.startswith(("FAILED", "✘"))] == []
    assert sum(line.startswith("✔") for line in lines) == checks
    assert json.loads(file.read_text("utf-8"))["nbformat"] == 4
