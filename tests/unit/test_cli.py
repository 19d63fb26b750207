"""The command line as a person meets it: exit codes, and one sentence for what cannot be done."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.courses import hash_of
from tui_torch.cli import commands, main
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course
from tui_torch.refused import RefusedError
from tui_torch.tutor.config import remember
from tui_torch.tutor.progress.progress import Progress

Tui = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tui:
    """Runs `tui-torch` with no terminal and a home of its own: its program, in this process."""
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for name in ("stdout", "stderr")}
        with monkeypatch.context() as patch, Path(os.devnull).open() as nothing:
            patch.setattr("sys.argv", ["tui-torch", *arguments])
            patch.setattr("sys.stdin", nothing)
            for name, stream in streams.items():
                patch.setattr(f"sys.{name}", stream)
            with pytest.raises(SystemExit) as ended:
                main()
        written: list[str] = []
        for stream in streams.values():
            stream.seek(0)
            written.append(stream.read())
        return subprocess.CompletedProcess(arguments, ended.value.code or 0, *written)  # type: ignore[arg-type]

    return run


def test_what_the_program_says_and_its_exit_code_are_those_of_the_process(tui: Tui) -> None:
    for arguments in (("list",), ("progress", "--json"), ("new", "My Lesson"), ()):
        command = [sys.executable, "-m", "tui_torch", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        here = tui(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (here.returncode, here.stdout, here.stderr)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "needs a terminal"),
        (("launch",), "`tui-torch run LESSON`"),
        (("launch", "gradients"), "`tui-torch run gradients`"),
        (("gradients",), "`tui-torch launch gradients`"),
        (("lst",), "`tui-torch list`"),
        (("run", "gradient"), "did you mean `gradients`?"),
        (("run", "no/such.yaml"), "there is no file"),
        (("run", "gradients", "--step", "three-scalar"), "did you mean `three-scalars`?"),
        (("run",), "LESSON"),
        (("run", "gradients", "--jsn"), "--json"),
        (("check", "no-such-folder"), "expected a lesson file or a folder"),
        (("new",), "LESSON"),
        (("new", "My Lesson"), "`My Lesson` cannot be a lesson's id"),
        (("new", "mine.yml"), "`mine.yml` cannot be a lesson's id"),
        (("new", "no-such-folder/mine"), "there is no folder no-such-folder"),
        (("watch",), "`tui-torch watch python train.py`"),
        (("watch", "--jsn", "python", "train.py"), "--jsn"),
        (("practise", "--minutes", "abc"), "expected a number of minutes above 0"),
        (("practise", "--minutes", "nan"), "expected a number of minutes above 0"),
        (("watch", "--plain", "--json", "python"), "exclude each other"),
        (("watch", "--to", "no-such-folder/lines", "true"), "no-such-folder/lines cannot be written"),
        (("watch", "--attach"), "nothing that was watched runs now"),
        (("watch", "--attach", "20000101"), "there is no run `20000101`"),
        (("watch", "--attach", "--plain", "20000101"), "there is no run `20000101`"),
        (("watch", "--attach", "--plain", "python", "train.py"), "so it starts no command"),
        (("watch", "--attach", "latest", "true"), "so it starts no command"),
        (("runs", "--delete", "20000101"), "there is no run `20000101`"),
        (("progress", "--reset", "nothing"), "the course has no lesson `nothing`"),
        (("opn", "train.py"), "`tui-torch open`"),
        (("open",), "FILE"),
        (("open", "no/such.py"), "there is no no/such.py"),
        (("open", "tests"), "tests is a folder, expected a file with a program"),
        (("open", os.devnull), "is no regular file"),
        (("open", "notes.ipynb"), "there is no notes.ipynb"),
        (("open", "notes.ipynb", "--", "3"), "a notebook takes no arguments"),
        (("open", "train.py", "--epochs", "3"), "stand behind `--`"),
        (("open", "train.py", "--json", "--plain"), "exclude each other"),
        (("open", __file__, "--cwd", "no-such-folder"), "there is no folder no-such-folder"),
        (("open", __file__), "would run as you; add --trust if you trust whoever wrote it"),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_one_sentence_with_exit_code_2(
    tui: Tui, arguments: tuple[str, ...], words: str
) -> None:
    done = tui(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    first = done.stderr.splitlines()[0]
    assert first.startswith("tui-torch: ")
    assert words in done.stderr
    assert first[-1] in ".?"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"print(1)\n\0", "is no text"),
        (b"\x89PNG\r\n\x1a\n\0", "is no text"),
        (b"y = '\xe4'\n", "cannot be read as Python: invalid or missing encoding declaration"),
        (b"# line\n# line\n# line\nx = 1\ny = '\xe4'\n", "is not written in utf-8, as Python expects: see line 5"),
        (b"# coding: nothing\n", "cannot be read as Python: unknown encoding: nothing"),
        (b"# coding: hex\n00", "declares hex, which is no encoding of text"),
        (b"#" * 1_000_001, "has more than 1 MB"),
    ],
)
def test_what_is_no_program_is_said_in_one_sentence(tui: Tui, tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(content)
    done = tui("open", "--trust", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_lesson_file_from_outside_the_course_does_not_run_untrusted(tui: Tui, tmp_path: Path) -> None:
    lesson = tmp_path / "mine.yaml"
    lesson.write_text(OWN_LESSON, "utf-8")
    done = tui("run", str(lesson))
    assert done.returncode == 2
    assert "--trust" in done.stderr


def test_a_broken_lesson_file_is_reported_by_line_with_exit_code_1(tui: Tui, tmp_path: Path) -> None:
    lesson = tmp_path / "mine.yaml"
    lesson.write_text(OWN_LESSON.replace("minutes: 1", "minutes: soon"), "utf-8")
    done = tui("run", str(lesson), "--trust")
    assert done.returncode == 1
    assert f"{lesson}:5:10: " in done.stderr


def test_check_runs_no_lesson_from_outside_the_course_that_nobody_trusts(tui: Tui, tmp_path: Path) -> None:
    own = tmp_path / "own" / "mine.yaml"
    own.parent.mkdir()
    own.write_text(OWN_LESSON, "utf-8")
    done = tui("check", str(own))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"tui-torch: {own} is not part of the course, and its code would run as you; "
        "add --trust if you trust whoever wrote it.\n"
    )
    own.with_name("other.yaml").write_text(OWN_LESSON.replace("mine", "other"), "utf-8")
    done = tui("check", "--fresh", str(own.parent))
    assert (done.returncode, done.stdout) == (2, "")
    assert "2 lessons, such as " in done.stderr and "add --trust if you trust whoever wrote them." in done.stderr
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.trust(hash_of(own))
    assert f"{own.with_name('other.yaml')} is not part of the course" in tui("check", str(own.parent)).stderr


def test_check_asks_about_the_lessons_of_another_course_too(tui: Tui, tmp_path: Path) -> None:
    course = tmp_path / "course"
    (course / "track").mkdir(parents=True)
    (course / "track" / "mine.yaml").write_text(OWN_LESSON, "utf-8")
    (course / "course.yaml").write_text(
        "schema: 1\ntitle: Theirs\ntracks: [{id: track, title: Track, lessons: [mine]}]\n", "utf-8"
    )
    done = tui("check", str(course))
    assert done.returncode == 2
    assert f"the course course (2 files, from {course}) is not part of tui-torch" in done.stderr


def test_a_folder_without_lessons_has_nothing_to_prove(tui: Tui, tmp_path: Path) -> None:
    done = tui("check", str(tmp_path))
    assert done.returncode == 2
    assert "there is no lesson in" in done.stderr


def test_new_writes_a_lesson_and_says_what_to_do_with_it(tui: Tui, tmp_path: Path) -> None:
    path = tmp_path / "my own" / "mine.yaml"
    path.parent.mkdir()
    done = tui("new", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"`tui-torch launch '{path}'` shows it" in done.stdout
    assert f"`tui-torch check '{path}'` proves it" in done.stdout
    assert 'id: "mine"' in path.read_text("utf-8")


def test_new_never_overwrites(tui: Tui, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("my work", "utf-8")
    done = tui("new", str(path))
    assert done.returncode == 2
    assert f"there is a {path} already" in done.stderr
    assert path.read_text("utf-8") == "my work"


def test_list_tells_every_lesson_and_what_is_done_of_it(tui: Tui, tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.mark_done("gradients", "three-scalars")
        progress.mark_done("gradients", "a-step-of-an-older-lesson")
    printed = json.loads(tui("list", "--json").stdout)
    lessons = {lesson["id"]: lesson for track in printed["tracks"] for lesson in track["lessons"]}
    assert lessons["gradients"]["done"] == 1
    assert lessons["numpy-interop"]["done"] == 0
    assert "1 of 9" in tui("list").stdout


def test_the_map_tells_the_lessons_on_the_way_to_what_has_the_words(tui: Tui, tmp_path: Path) -> None:
    printed = json.loads(tui("map", "--json", "eigenvalues").stdout)
    assert [topic["id"] for topic in printed["topics"]] == ["linear-algebra"]
    to_do = printed["topics"][0]["to_do"]
    assert to_do[-1] == "matrix-multiplication" and to_do == sorted(set(to_do), key=to_do.index)
    assert f"{len(to_do)} lessons to go, from {to_do[0]} to matrix-multiplication" in tui("map", "linear").stdout
    with Progress.open(tmp_path / "progress.db") as progress:
        for lesson in load_course(lessons_folder()).lessons:
            for step in lesson.steps:
                progress.mark_done(lesson.id, step.id)
    shown = tui("map").stdout
    assert shown.startswith("You can go there now\n") and "to go" not in shown
    assert "No topic has all of these words" in tui("map", "linear", "qwertz").stdout


def test_the_arena_lists_problems_that_have_the_words_with_what_is_done_of_them(tui: Tui, tmp_path: Path) -> None:
    key = ("arena:stable-softmax", "solve")
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.mark_done(*key)
        progress.record_attempt(*key, "x", "exercise", "passed")
        progress.record_time(*key, 31e-6, 20e-6)
    [solved] = json.loads(tui("arena", "--json", "easy", "softmax", "solved").stdout)["problems"]
    assert {"id": "stable-softmax", "topic": "Losses", "solved": True, "attempts": 1}.items() <= solved.items()
    assert solved["best"] == {"seconds": 31e-6, "reference_seconds": 20e-6}
    shown = tui("arena").stdout
    assert "31 us" in shown and "attention-with-a-mask" in shown and "1 of " in shown and "in a row" not in shown
    rows = shown.splitlines()
    assert max(map(len, rows)) <= 80
    problems = json.loads(tui("arena", "--json").stdout)["problems"]
    for problem in problems:
        [row] = [row for row in rows if f" {problem['id']} " in row]
        assert problem["title"] in row, "each has one row, and no title is cut"
    # Each has a mark in the list and one in the grid, and below that stands what they mean.
    assert [shown.count("■"), shown.count("□")] == [3, 2 * (len(problems) - 1) + 1]
    tried = "arena:viterbi", "solve"
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt(*tried, "x", "exercise", "not passed")
    found = {word: json.loads(tui("arena", "--json", word).stdout)["problems"] for word in ("tried", "open", "hard")}
    assert [problem["id"] for problem in found["tried"]] == ["viterbi"]
    assert len(found["open"]) == len(problems) - 1
    assert {problem["difficulty"] for problem in found["hard"]} == {"hard"}, "no text counts as that"
    for words, said in {"qwertz": "lists every problem", "stable-sotfmax": "did you mean `stable-softmax`?"}.items():
        refused = tui("arena", words)
        assert (refused.returncode, refused.stdout) == (1, "") and said in refused.stderr
    tui("progress", "--reset", "stable-softmax")
    assert json.loads(tui("arena", "--json", "solved").stdout)["problems"] == []
    remember("streak", True)
    assert json.loads(tui("arena", "--json", "solved").stdout)["streak"] == 0, "forgotten with its problem"
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt(*key, "x", "exercise", "passed")
    assert "1 day in a row" in tui("arena").stdout
    refused = tui("arena", "stable-softmax")
    assert refused.returncode == 2 and "`tui-torch run stable-softmax`" in refused.stderr


def test_progress_tells_runs_hints_and_the_next_step(tui: Tui, tmp_path: Path) -> None:
    assert "`tui-torch launch`" in tui("progress").stdout
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.mark_done("gradients", "three-scalars")
        progress.record_attempt("gradients", "a-square", "y = 1", "exercise", "not passed")
        progress.record_attempt("gradients", "a-square", "y = 2", "exercise", "set aside")
        progress.show_hint("gradients", "a-square")
        progress.remember_place("gradients", "a-square")
    printed = json.loads(tui("progress", "--json").stdout)
    assert printed["place"] == {"lesson": "gradients", "step": "a-square"}
    [gradients] = [lesson for lesson in printed["lessons"] if lesson["id"] == "gradients"]
    [square] = [step for step in gradients["steps"] if step["id"] == "a-square"]
    assert square == {
        "id": "a-square",
        "kind": "exercise",
        "done": False,
        "runs": 1,
        "hints": 1,
        "solution_seen": False,
    }
    assert "ask-for-dx" in tui("progress").stdout


def test_progress_reset_forgets_one_lesson(tui: Tui, tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.mark_done("gradients", "three-scalars")
        progress.mark_done("numpy-interop", "in-short")
    assert tui("progress", "--reset", "gradients").returncode == 0
    with Progress.open(tmp_path / "progress.db") as progress:
        assert progress.done("gradients") == frozenset()
        assert progress.done("numpy-interop") == {"in-short"}


def test_schema_is_json_schema(tui: Tui) -> None:
    printed = json.loads(tui("schema").stdout)
    assert printed["$schema"].startswith("https://json-schema.org/")
    assert "steps" in printed["required"]


def test_the_commands_that_run_nothing_import_neither_torch_nor_textual() -> None:
    code = (
        "import sys; from tui_torch.cli import commands; commands(['list'], standalone_mode=False); "
        "sys.exit(bool({'torch', 'textual', 'jupyter_client'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_app_imports_neither_torch_nor_what_talks_to_its_kernel() -> None:
    code = "import tui_torch.ui.app, sys; assert not {'torch', 'zmq', 'jupyter_client', 'psutil'} & sys.modules.keys()"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_app_imports_nothing_that_its_first_frame_does_not_show() -> None:
    later = {"kernel.jupyter", "kernel.view", "tutor.replay", "ui.inspector.detail"}
    later |= {f"ui.screens.{name}" for name in ("confirm", "documentation", "figure", "graph", "help", "lessons")}
    later |= {
        f"ui.lesson.editing.{name}" for name in ("at_cursor", "finding", "indentation", "pasted", "signature_text")
    }
    later |= {f"formulas.{name}" for name in ("pattern", "reading", "shown")}
    code = "import tui_torch.ui.app, tui_torch.ui.driver, sys; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert ({f"tui_torch.{name}" for name in later} | {"PIL", "textual_image"}) & set(imported) == set()


OWN_LESSON = """\
schema: 1
id: mine
title: Mine
summary: A lesson of my own.
minutes: 1
steps:
  - id: one
    kind: example
    title: One
    text: One.
    code: print(1)
    expect: {output: "1"}
"""


@pytest.mark.parametrize("command", [["launch", "train.py"], ["run", "notes.ipynb"], ["train.py"]])
def test_whoever_names_a_program_in_place_of_a_lesson_is_told_of_open(command: list[str]) -> None:
    with pytest.raises(RefusedError, match=f"tui-torch open {command[-1]}"):
        commands.main(command, standalone_mode=False)


def test_kernels_of_check_compute_with_one_thread_unless_it_is_said_how_many(
    tui: Tui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    tui("check", str(tmp_path))
    assert os.environ["OMP_NUM_THREADS"] == "3"
    monkeypatch.delenv("OMP_NUM_THREADS")
    tui("check", str(tmp_path))
    assert os.environ["OMP_NUM_THREADS"] == "1"
