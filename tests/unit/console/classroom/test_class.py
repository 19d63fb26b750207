"""What learners hand in, and what a teacher sees of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.cli import commands
from tui_torch.console.classroom.handed_in import HandedIn, NotHandedInError, Reply, StepRun, StepWork, read, written
from tui_torch.console.classroom.overview import overview_of
from tui_torch.tutor.progress.progress import Progress

LESSON, STEP = "gradients", "a-square"


def exercise(*outcomes: tuple[int, str, str | None], done: bool = False, step: str = STEP) -> StepWork:
    return StepWork(LESSON, step, "exercise", done, 0, False, tuple(StepRun(*one) for one in outcomes), ())


def handed_in(learner: str, *steps: StepWork) -> HandedIn:
    return HandedIn(learner, 0, steps)


def called(*arguments: str) -> Result:
    return CliRunner().invoke(commands, list(arguments))


def test_a_learner_hands_in_what_was_tried_and_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt(LESSON, STEP, "secret = 1", "exercise", "not passed", "y is 19")
        progress.record_attempt(LESSON, STEP, "secret = 2", "exercise", "passed")
        progress.mark_done(LESSON, STEP)
    file = tmp_path / "ada.json"
    assert called("progress", "--export", str(file), "--name", "  Ada\nL. ").exit_code == 0
    assert "secret" not in file.read_text("utf-8")
    found = read(file)
    assert found.learner == "Ada L."
    (step,) = found.steps
    assert [(run.outcome, run.failed) for run in step.runs] == [("not passed", "y is 19"), ("passed", None)]
    assert step.done
    again = called("progress", "--export", str(file), "--name", "Bob")
    assert "is there already" in again.output
    assert read(file) == found


def test_a_class_is_seen_by_learner_by_step_and_by_wrong_answer() -> None:
    quiz = StepWork(LESSON, "dy-dx", "quiz", True, 0, False, (), (Reply(30, "0", False), Reply(40, "None", True)))
    seen = overview_of(
        [
            handed_in("Ada", exercise((0, "not passed", "y is 19"), (120, "passed", None), done=True), quiz),
            handed_in("Bob", exercise((0, "not passed", "y is 19"), (5000, "failed", "NameError"))),
            handed_in("Cy", exercise((0, "passed", None), done=True)),
        ]
    )
    assert [(row.learner, row.exercises, row.runs) for row in seen.learners] == [
        ("Ada", 1, 2.0),
        ("Bob", 0, None),
        ("Cy", 1, 1.0),
    ]
    by_step = {row.step: (row.learners, row.wrong_first, row.open) for row in seen.steps}
    assert by_step == {STEP: (3, 2, 1), "dy-dx": (1, 1, 0)}
    assert [(one.answer, one.learners, one.times) for one in seen.wrong_answers] == [
        ("y is 19", 2, 2),
        ("NameError", 1, 1),
        ("0", 1, 1),
    ]
    assert seen.learners[0].minutes == 2, "the pauses between tries that are short, wherever they were"
    assert seen.learners[1].minutes == 0, "a learner who was away"


def test_a_csv_has_a_row_for_each_step_and_no_cell_that_computes(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(written(handed_in("=1+1", exercise((0, "not passed", "y is 19")))), "utf-8")
    rows = list(csv.DictReader(io.StringIO(called("class", str(file), "--csv").output)))
    assert [(row["learner"], row["failed at"], row["done"]) for row in rows] == [("'=1+1", "y is 19", "no")]


def test_learners_of_one_name_are_told_apart_and_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(
            written(handed_in("Ada", exercise((0, "passed", None), done=True))), "utf-8"
        )
    shown = called("class", str(tmp_path))
    assert shown.exit_code == 0
    assert "Ada (a.json)" in shown.output and "Ada (b.json)" in shown.output


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not JSON"),
        ("[]", "is not what"),
        ('{"format": "tui-torch progress", "version": 9}', "upgrade tui-torch"),
        ('{"format": "tui-torch progress", "version": 1, "learner": 3, "written_at": 0, "steps": []}', "is damaged"),
        ('{"format": "tui-torch progress", "version": 1, "learner": "a", "written_at": 0, "steps": [1]}', "is damaged"),
    ],
)
def test_another_file_gets_one_sentence(content: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    answer = called("class", str(file))
    assert answer.exit_code == 1
    assert says in answer.output and "Traceback" not in answer.output
    with pytest.raises(NotHandedInError):
        read(file)


RUNS = st.tuples(st.integers(0, 9), st.sampled_from(["passed", "failed"]), st.none() | st.text(max_size=5))


@given(st.lists(RUNS))
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, runs: Sequence[tuple[int, str, str | None]]
) -> None:
    file = tmp_path_factory.mktemp("work") / "x.json"
    work = handed_in("ä", exercise(*runs))
    file.write_text(written(work), "utf-8")
    assert read(file) == work
    assert json.loads(file.read_text("utf-8"))["version"] == 1
