"""Problems of the arena as files to hand out: that they check an answer where nothing of ours is."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.courses import course_in
from tui_torch.cli import commands
from tui_torch.console.exporting.handout import Filling, Handout, Listing, handout_of
from tui_torch.console.exporting.markdown import as_markdown
from tui_torch.console.exporting.notebook import as_notebook
from tui_torch.console.exporting.problem_cells import literal, machinery
from tui_torch.console.exporting.script import as_script
from tui_torch.console.exporting.web_page import as_web_page
from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.protocol.grading.asked import AnswerRules, DrawnInput
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import ARENA

COURSE = course_in()
IDS = COURSE.arena.ids
IN_SUITE = ("puzzle-histogram", "graph-convolution", "stable-softmax")
"""A puzzle with rules, a problem with a limit of time, one with gradients and special values."""
AT_ONCE, OF_MISTAKES = 8, 3
"""Problems that one process plays, and those of which it plays each known mistake."""

ALONE = """\
import contextlib, io, json, runpy, sys
sys.modules["tui_torch"] = None  # it cannot be imported
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()

def cells(path):
    shell.reset(new_session=True)
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            shell.run_cell("".join(cell["source"]), store_history=True).raise_error()

for path in map(Path, sys.argv[1:]):
    printed, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(str(path), run_name="__main__") if path.suffix == ".py" else cells(path)
        except AssertionError as error:
            failed = str(error)
    print(json.dumps([path.name, failed, printed.getvalue()]))
"""


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[Progress]:
    with Progress.open(tmp_path / "progress.db") as kept:
        yield kept


def exercise_of(problem: Lesson) -> Exercise:
    step = problem.steps[0]
    assert isinstance(step, Exercise)
    return step


def handed_out(problem_id: str, filling: Filling, progress: Progress) -> Handout:
    return handout_of(COURSE.arena.problem(problem_id), filling, progress, f"{ARENA}{problem_id}")


def alone(files: Sequence[Path], folder: Path) -> list[tuple[str, str, str]]:
    """The name of each file, by what checks it failed, and what it printed, where nothing of ours can be imported."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["IPYTHONDIR"] = str(folder)
    command = [sys.executable, "-P", "-c", ALONE, *map(str, files)]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [tuple(json.loads(line)) for line in ran.stdout.splitlines() if line.startswith('["')]


def written(problem_ids: Sequence[str], folder: Path, progress: Progress) -> list[Path]:
    """The files of problems: with the solutions and with nothing, as notebooks and as scripts."""
    files: list[Path] = []
    for problem_id in problem_ids:
        for filling in ("solutions", "nothing"):
            handout = handed_out(problem_id, filling, progress)
            for suffix, text in (("ipynb", as_notebook(handout)), ("py", as_script(handout))):
                files.append(folder / f"{problem_id}-{filling}.{suffix}")
                files[-1].write_text(text, "utf-8")
    return files


def check_that_solutions_pass_and_starters_fail(problem_ids: Sequence[str], folder: Path, progress: Progress) -> None:
    found = alone(written(problem_ids, folder, progress), folder)
    assert len(found) == 4 * len(problem_ids)
    for name, failed, printed in found:
        if "-nothing" in name:
            assert "checks fail:" in failed, name
            assert "✘" in printed
            continue
        assert failed == "", f"{name}: {printed}"
        step = exercise_of(COURSE.arena.problem(name.partition("-solutions")[0]))
        assert printed.count("✔") == len(step.named_checks), name


def test_a_problem_checks_an_answer_where_nothing_of_ours_is(tmp_path: Path, progress: Progress) -> None:
    check_that_solutions_pass_and_starters_fail(IN_SUITE, tmp_path, progress)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(IDS), AT_ONCE))
def test_every_problem_does(first: int, tmp_path: Path, progress: Progress) -> None:
    check_that_solutions_pass_and_starters_fail(IDS[first : first + AT_ONCE], tmp_path, progress)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(IDS), OF_MISTAKES))
def test_a_known_mistake_fails_there_as_in_the_app(first: int, tmp_path: Path, progress: Progress) -> None:
    expected: dict[str, str] = {}
    for problem_id in IDS[first : first + OF_MISTAKES]:
        step = exercise_of(COURSE.arena.problem(problem_id))
        for number, mistake in enumerate(one for one in step.mistakes if one.fails is not None):
            progress.save_draft(f"{ARENA}{problem_id}", step.id, mistake.code, known=None, kind="exercise")
            file = tmp_path / f"{problem_id}-{number}.py"
            file.write_text(as_script(handed_out(problem_id, "mine", progress)), "utf-8")
            expected[file.name] = f"{mistake.fails}"
    found = alone([tmp_path / name for name in expected], tmp_path)
    assert [name for name, failed, _ in found if expected[name] not in failed] == []
    assert len(found) == len(expected)


def test_a_smallest_input_is_shown_with_what_was_expected_beside_what_came(tmp_path: Path, progress: Progress) -> None:
    (file,) = [one for one in written(("puzzle-histogram",), tmp_path, progress) if one.name.endswith("nothing.py")]
    ((_, failed, printed),) = alone([file], tmp_path)
    assert "the counts" in failed
    assert "the smallest input that fails: k = 1\n      x = tensor([0])" in printed
    assert "expected [1] int64    yours [1] int64" in printed
    assert "≠0" in printed


def test_nothing_gives_the_solution_away_and_hidden_checks_are_not_named_in_the_text(progress: Progress) -> None:
    handout = handed_out("puzzle-histogram", "nothing", progress)
    step = exercise_of(COURSE.arena.problem("puzzle-histogram"))
    texts = [write(handout) for write in (as_notebook, as_script, as_markdown, as_web_page)]
    assert not any("torch.arange(k)" in text for text in texts)
    assert base64.b64encode(zlib.compress(step.solution.encode(), 9)).decode() in texts[0]
    for text in texts:
        assert step.checks[0].name in text
    assert not any("elements out of range" in text for text in texts[2:])


def test_what_the_checks_need_can_be_read_and_imports_nothing_of_ours(progress: Progress) -> None:
    cell = machinery()
    compile(cell, "cell", "exec")
    modules = cell.split("'''")[1::2]
    assert len(modules) > 10
    for module in modules:
        compile(module, "module", "exec")
        assert "import tui_torch" not in module
        assert "from tui_torch" not in module
        assert "hypothesis" not in module.lower()
    checks = [part.checks for part in handed_out(IDS[0], "nothing", progress).parts if isinstance(part, Listing)]
    assert any(checks)


def test_a_declaration_is_written_without_what_goes_without_saying() -> None:
    drawn = DrawnInput("x", shape=("n", "2"), special=(float("inf"), float("nan")))
    assert literal(drawn) == ("asked.DrawnInput(name='x', shape=('n', '2'), special=(float(\"inf\"), float(\"nan\")))")
    assert literal(AnswerRules(forbid=("a",), has_loops=False)) == "asked.AnswerRules(forbid=('a',), has_loops=False)"


@pytest.mark.parametrize("form", ["ipynb", "py", "md", "html"])
def test_all_of_the_arena_is_a_file_for_each_problem_and_one_problem_is_one_file(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(commands, ["export", "arena", "--to", form, "--with", "nothing"]).exit_code == 0
    assert {file.name for file in (tmp_path / "arena").iterdir()} == {f"{problem_id}.{form}" for problem_id in IDS}
    assert CliRunner().invoke(commands, ["export", IDS[0], "--to", form]).output == f"Wrote {IDS[0]}.{form}.\n"
    assert (tmp_path / f"{IDS[0]}.{form}").stat().st_size > 100


def test_ones_own_answer_to_a_problem_stands_in_its_file(progress: Progress) -> None:
    step = exercise_of(COURSE.arena.problem(IDS[0]))
    progress.save_draft(f"{ARENA}{IDS[0]}", step.id, "mine = 1\n", known=None, kind="exercise")
    codes = [part.code for part in handed_out(IDS[0], "mine", progress).parts if isinstance(part, Listing)]
    assert codes[-1] == "mine = 1"
