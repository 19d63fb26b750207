"""Courses from elsewhere by `tui-torch new --course`, `list`, `run`, `check`, `export`, `progress`, `class`."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.course_packages import declared, installed, written
from tui_torch.cli import commands
from tui_torch.console.courses.cloned import cloned
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.folder import course_in
from tui_torch.course.packages.repository import is_address
from tui_torch.course.packages.template import LESSON
from tui_torch.tutor.courses.trusted_course import UntrustedCourseError, open_trusted
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import progress_file


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def tui(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, standalone_mode=True)


def said(done: Result) -> str:
    return " ".join(done.output.split())


def with_a_quiz_alone(folder: Path) -> Path:
    """A new course without code, so that no kernel proves it."""
    quiz = """\
schema: 1
id: within-bounds
title: Bounds
summary: A quiz.
minutes: 1
steps:
  - id: one
    kind: quiz
    title: One
    question: Is 1 above 0?
    choices: [{text: "yes", correct: true, because: It is.}, {text: "no", because: It is.}]
"""
    (folder / "first-steps" / f"{LESSON}.yaml").write_text(quiz, "utf-8")
    return folder


def agree(folder: Path) -> None:
    with Progress.open(progress_file()) as progress:
        found = course_in(folder)
        with pytest.raises(UntrustedCourseError) as asked:
            open_trusted(found, progress)
        open_trusted(found, progress, agreed=asked.value.digest)


def test_a_course_that_is_installed_is_listed_beside_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    place = installed(site, written(tmp_path))
    declared(site, "broken", "[tui_torch.courses]\nbroken-one = nowhere\n")
    monkeypatch.syspath_prepend(str(site))
    with Progress.open(progress_file()) as progress:
        progress.mark_done(f"waves:{LESSON}", "cut-off")
        progress.mark_done(LESSON, "both-ends")
    listed = said(tui("list"))
    assert "Waves from the package waves-course 1.0" in listed
    assert f"{LESSON} Within bounds 8 1 of 5" in listed
    assert "It cannot be opened: the package broken 1.0 has no course.yaml in `nowhere`" in listed
    broken, waves = json.loads(tui("list", "--json").output)["courses"]
    assert (broken["name"], "tracks" in broken) == ("broken-one", False)
    assert (waves["name"], waves["folder"], waves["problem"]) == ("waves", str(place), None)
    assert [lesson["done"] for track in waves["tracks"] for lesson in track["lessons"]] == [1]


def test_a_lesson_is_found_by_its_id_and_by_its_course_where_two_have_it(tmp_path: Path) -> None:
    for name in ("waves", "tides"):
        agree(written(tmp_path, name))
    both = tui("export", LESSON, "--to", "md")
    assert (both.exit_code, said(both)) == (
        2,
        f"Error: the courses tides and waves have `{LESSON}` both; say `tides:{LESSON}` or `waves:{LESSON}`",
    )
    for words in ((f"waves:{LESSON}", "--out", "a.md"), (LESSON, "--course", "tides", "--out", "b.md")):
        assert tui("export", *words, "--to", "md").exit_code == 0
    tui("list", "--forget", "tides")
    assert tui("export", LESSON, "--to", "md").exit_code == 0
    assert "tides:" not in tui("list").output


@pytest.mark.parametrize("command", [("run", f"waves:{LESSON}"), ("check", "--course", "./waves"), ("check", "waves")])
def test_no_code_of_a_course_runs_before_somebody_agrees(tmp_path: Path, command: tuple[str, ...]) -> None:
    folder = written(tmp_path)
    agree(folder)
    (folder / "more.py").touch()
    done = tui(*command)
    assert done.exit_code == 2
    assert "the course waves (3 files, from" in done.output
    assert (
        "has changed since you agreed to it (new: more.py), and its code would run as you; add --trust" in done.output
    )


def test_progress_says_what_is_solved_and_where_one_left_off_in_that_course_alone(tmp_path: Path) -> None:
    agree(written(tmp_path))
    assert said(tui("progress", "--course", "waves")) == (
        "Nothing is done of the course waves yet: `tui-torch launch --course waves` opens its first lesson."
    )
    with Progress.open(progress_file()) as progress:
        progress.mark_done("arena:stable-softmax", "solve")
        progress.remember_place("arena:stable-softmax", "solve")
    assert re.fullmatch(
        r"1 of \d+ problems of the arena is solved. You left off at arena:stable-softmax, step solve.",
        said(tui("progress")),
    )
    with Progress.open(progress_file()) as progress:
        progress.mark_done(f"waves:{LESSON}", "cut-off")
        progress.remember_place(f"waves:{LESSON}", "both-ends", "waves")
        progress.remember_place("gradients", "three-scalars")
    assert f"You left off at waves:{LESSON}, step both-ends." in said(tui("progress", "--course", "waves"))
    with Progress.open(progress_file()) as progress:
        progress.remember_place("arena:stable-softmax", "solve", "waves")
    assert "left off" not in said(tui("progress", "--course", "waves"))


def test_progress_and_class_tell_courses_apart(tmp_path: Path) -> None:
    agree(written(tmp_path))
    with Progress.open(progress_file()) as progress:
        progress.record_attempt(f"waves:{LESSON}", "percentages", "x", "exercise", "not passed", "raw is as it was")
        progress.record_attempt("gradients", "three-scalars", "x", "example", "ok")
    shown = said(tui("progress"))
    assert f"waves:{LESSON} 0 of 5 1" in shown and "gradients 0 of" in shown
    assert "gradients" not in tui("progress", "--course", "waves").output
    tui("progress", "--export", "me.json", "--name", "Me")
    handed_in = json.loads(Path("me.json").read_text())
    assert sorted(step["lesson"] for step in handed_in["steps"]) == ["gradients", f"waves:{LESSON}"]
    rows = json.loads(tui("class", "me.json", "--course", "waves", "--json").output)["steps"]
    assert [row["lesson"] for row in rows] == [f"waves:{LESSON}"]
    assert tui("class", "me.json", "--course", "tides").exit_code == 1
    assert tui("progress", "--reset", f"waves:{LESSON}").exit_code == 0
    with Progress.open(progress_file()) as progress:
        assert progress.attempts(f"waves:{LESSON}", "percentages") == ()
        assert progress.attempts("gradients", "three-scalars") != ()


def test_what_new_writes_names_its_entry_point_and_is_not_written_over(tmp_path: Path) -> None:
    done = tui("new", "--course", "linear-models")
    assert done.exit_code == 0
    pyproject = (tmp_path / "linear-models" / "pyproject.toml").read_text()
    assert '[project.entry-points."tui_torch.courses"]\nlinear-models = "linear_models"\n' in pyproject
    assert course_in(tmp_path / "linear-models").problem is None
    again = tui("new", "--course", "linear-models")
    assert (again.exit_code, "expected a name that is not taken" in again.output) == (2, True)
    for words in (("new",), ("new", "--course", "X"), ("new", "one", "--course", "two")):
        assert tui(*words).exit_code == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("torch", "a module of the package torch, which is installed here, is called so"),
        ("yaml", "a module of the package PyYAML, which is installed here, is called so"),
        ("scikit-learn", "a package that is installed here is called so"),
        ("json", "a module of Python itself is called so"),
        ("test", "a module of Python itself is called so"),
        ("class", "it is a keyword of Python"),
        ("tests", "the folder of a package's tests is called so"),
    ],
)
def test_a_course_that_would_take_the_place_of_something_else_is_not_begun(
    tmp_path: Path, name: str, reason: str
) -> None:
    done = tui("new", "--course", name)
    assert (done.exit_code, f"`{name}` cannot be a new course's name, as {reason}; choose another" in said(done)) == (
        2,
        True,
    ), done.output
    assert not (tmp_path / name).exists()


def test_a_lesson_begun_in_a_course_is_said_to_be_missing_from_its_list(tmp_path: Path) -> None:
    written(tmp_path)
    assert "List `third` in waves/waves/course.yaml, in its track `first-steps`" in said(
        tui("new", "waves/waves/first-steps/third")
    )
    assert "List" not in tui("new", "third").output
    assert "say which: `tui-torch new PROBLEM --problem`" in said(tui("new", "--problem"))


@pytest.mark.parametrize("named", ["waves", "waves/waves"])
@pytest.mark.parametrize(
    ("file", "before", "after", "wrong"),
    [
        ("waves/course.yaml", "name: waves", "name: other", "the entry point is called `waves`, and `name` in"),
        ("pyproject.toml", '= "waves"\n\n#', '= "gone"\n\n#', '`waves = "gone"` names a folder that is not there'),
        ("pyproject.toml", "waves = ", "Waves = ", "`Waves` cannot be a course's name"),
        ("pyproject.toml", "[project]", "[project", "cannot be read as TOML"),
    ],
)
def test_check_of_a_course_says_why_its_package_would_not_be_opened(
    tmp_path: Path, named: str, file: str, before: str, after: str, wrong: str
) -> None:
    changed = with_a_quiz_alone(written(tmp_path)).parent / file
    text = changed.read_text("utf-8")
    assert before in text
    changed.write_text(text.replace(before, after), "utf-8")
    done = tui("check", "--trust", named)
    assert (done.exit_code, wrong in said(done)) == (1, True), done.output
    assert f"{tmp_path}/waves/pyproject.toml: " in done.output


@pytest.mark.parametrize("named", ["waves", "waves/waves"])
def test_check_of_a_package_without_its_course_file_says_so(tmp_path: Path, named: str) -> None:
    folder = with_a_quiz_alone(written(tmp_path))
    assert tui("check", "--trust", named).exit_code == 0
    (folder / "course.yaml").unlink()
    done = tui("check", "--trust", named)
    assert (
        done.exit_code,
        'the entry point `waves = "waves"` names a folder without a course.yaml' in done.output,
    ) == (
        1,
        True,
    )


def test_check_of_a_folder_of_courses_asks_for_one_of_them(tmp_path: Path) -> None:
    for name in ("waves", "tides"):
        written(tmp_path, name)
    done = tui("check", ".")
    assert (done.exit_code, "there are several courses in .: tides, waves; name one" in said(done)) == (2, True)


def committed(folder: Path, *commands: tuple[str, ...]) -> None:
    somebody = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    for words in commands:
        subprocess.run(["git", *somebody, "-C", str(folder), *words], check=True)


def repository(tmp_path: Path) -> str:
    """The address of a repository with a course."""
    folder = written(tmp_path).parent
    committed(folder, ("init", "-q"), ("add", "-A"), ("commit", "-qm", "A course"))
    return f"file://{folder}"


def test_a_repository_is_cloned_once_and_its_commit_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = repository(tmp_path)
    with Progress.open(progress_file()) as progress:
        with pytest.raises(CourseError, match="add --trust if you trust it"):
            cloned(address, progress, trust=False, ask=False)
        monkeypatch.setattr("tui_torch.console.courses.cloned.confirm", lambda _: False)
        with pytest.raises(CourseError, match="nothing was cloned"):
            cloned(address, progress, trust=False, ask=True)
        assert not (tmp_path / "home" / "courses").exists()
        monkeypatch.setattr("tui_torch.console.courses.cloned.confirm", lambda _: True)
        found = cloned(address, progress, trust=False, ask=True)
        place = tmp_path / "home" / "courses" / "waves"
        assert (found.name, found.origin, found.where, found.folder) == (
            "waves",
            "repository",
            address,
            place / "waves",
        )
        assert re.search(rf"Cloned into {place}, commit \w{{9,}} of [\d-]+;", capsys.readouterr().err)
        assert cloned(address, progress, trust=False, ask=False).folder == found.folder
        assert f"`git -C {found.folder} pull` updates it." in capsys.readouterr().err


def test_a_name_that_is_taken_is_said_before_a_repository_is_cloned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    agree(written(tmp_path / "elsewhere"))
    told: list[str] = []

    def answer(_: str) -> bool:
        told.append(capsys.readouterr().err)
        return False

    monkeypatch.setattr("tui_torch.console.courses.cloned.confirm", answer)
    with Progress.open(progress_file()) as progress, pytest.raises(CourseError, match="nothing was cloned"):
        cloned("https://example.org/you/waves.git", progress, trust=False, ask=True)
    assert f"There is a course called `waves` already, from {tmp_path}/elsewhere/waves" in " ".join(told[0].split())


def test_what_cannot_be_cloned_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = repository(tmp_path)
    with Progress.open(progress_file()) as progress:
        with pytest.raises(
            CourseError, match=r"cannot be cloned: git says, .* does not appear to be a git repository$"
        ):
            cloned(f"{address}-not", progress, trust=True, ask=False)
        (tmp_path / "waves" / "waves" / "course.yaml").unlink()
        committed(tmp_path / "waves", ("commit", "-qam", "No course"))
        with pytest.raises(CourseError, match=r"there is no course\.yaml in"):
            cloned(address, progress, trust=True, ask=False)
        monkeypatch.setenv("PATH", "")
        with pytest.raises(CourseError, match="git is not installed here, which clones repositories; install it, or"):
            cloned(address, progress, trust=True, ask=False)
    assert list((tmp_path / "home" / "courses").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://example.org/a/b.git", True),
        ("git@example.org:a/b", True),
        ("ext::sh -c touch% /tmp/x", False),
        ("--upload-pack=x", False),
        ("waves", False),
        ("./waves", False),
        ("waves:within-bounds", False),
    ],
)
def test_an_address_is_told_from_a_name_and_from_a_command(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one
