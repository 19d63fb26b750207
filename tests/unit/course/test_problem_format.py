"""A problem's file says what an answer is held to, and each wrong word in it is found at its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tui_torch.course.arena.problems import Arena, arena_folder
from tui_torch.course.format.schema import ON_DEVICE
from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.complete import incomplete
from tui_torch.course.step_run import run_of
from tui_torch.protocol.grading.asked import DrawnInput

CHECK: dict[str, Any] = {
    "name": "a check",
    "for_all": {
        "n": [1, 3],
        "m": [1, "n"],
        "dim": {"one_of": [0, -1]},
        "x": {"shape": ["n", 2], "dtype": ["float32", "bool"], "values": [0, 4], "special": [float("inf")]},
        "ids": {"shape": ["n"], "dtype": "int8", "values": [0, "n - 1"], "special": [-100]},
        "u": {"shape": [900, "n"], "values": "uniform"},
        "y": "x * 2",
        "k": 3,
    },
    "call": "f(x, y)",
    "gradients": ["x"],
    "hidden": True,
    "seconds": 2,
}


def problem(tmp_path: Path, check: dict[str, Any], exercise: dict[str, Any] | None = None, **top: Any) -> Lesson:
    step = {"id": "solve", "kind": "exercise", "text": "Do.", "starter": "f = 0", "solution": "f = 1"}
    content = {"schema": 1, "id": "one", "title": "One", "summary": "One.", "minutes": 5, "difficulty": "easy"}
    path = tmp_path / "one.yaml"
    path.write_text(
        yaml.safe_dump(content | {"steps": [step | {"checks": [check]} | (exercise or {})]} | top, sort_keys=False),
        "utf-8",
    )
    return load_lesson(path)


def test_what_it_says_is_what_the_kernel_is_asked(tmp_path: Path) -> None:
    exercise = {"forbid": ["softmax"], "loops": "forbidden", "reference": "def slow(x): return x"}
    read = problem(tmp_path, CHECK, exercise, tags=["a-tag"], setup="import torch")
    step = read.steps[0]
    assert isinstance(step, Exercise)
    run = run_of(read, step, "f = 2")
    by = run.graded_by
    assert by is not None
    assert (by.standing, by.solution, by.hidden, by.limits) == (
        ("import torch",),
        "f = 1",
        ("a check",),
        (("a check", 2.0),),
    )
    assert run.checks == (("a check", ""),)
    assert by.reference == "def slow(x): return x"
    assert [portion.code for portion in run.standing] == ["import torch"]
    assert by.drawn[0].drawn.inputs == (
        DrawnInput("n", whole=(1, 3)),
        DrawnInput("m", whole=(0, 0), limits=("1", "n")),
        DrawnInput("dim", one_of=(0, -1)),
        DrawnInput("x", shape=("n", "2"), dtypes=("float32", "bool"), low=0, high=4, special=(float("inf"),)),
        DrawnInput("ids", shape=("n",), dtypes=("int8",), low=0, high=0, limits=("0", "n - 1"), special=(-100,)),
        DrawnInput("u", shape=("900", "n"), low=0, high=0, random="uniform"),
        DrawnInput("y", expression="x * 2"),
        DrawnInput("k", expression="3"),
    )
    assert (by.rules and by.rules.forbid, by.rules and by.rules.has_loops) == (("softmax",), False)


@pytest.mark.parametrize(
    ("check", "text", "shown"),
    [
        ({"keeps_device": True}, "Do.", f"Do.\n\n{ON_DEVICE}\n"),
        ({"keeps_device": True}, "Do, on any device.", "Do, on any device."),
        ({}, "Do.", "Do."),
    ],
    ids=["not told", "told", "not asked"],
)
def test_a_text_tells_that_the_device_is_looked_at(
    tmp_path: Path, check: dict[str, Any], text: str, shown: str
) -> None:
    assert problem(tmp_path, CHECK | check, {"text": text}).steps[0].text == shown


def test_a_check_of_a_lesson_asks_for_nothing_besides(tmp_path: Path) -> None:
    read = problem(tmp_path, {"name": "a check", "code": "assert f"}, difficulty=None)
    assert run_of(read, read.steps[0], "f = 2").graded_by is None


@pytest.mark.parametrize(
    ("check", "top", "said"),
    [
        ({"name": "a"}, {}, "the check has neither `code` nor `call`"),
        ({"name": "a", "code": "1", "call": "1"}, {}, "the check has both"),
        ({"name": "a", "code": "1", "equals": "1"}, {}, "`equals` has no `call`"),
        ({"name": "a", "call": "x = 1"}, {}, "`call` ends without a value"),
        (CHECK | {"gradients": ["z"]}, {}, "`gradients` names `z`, which is not an input of `for_all`"),
        (CHECK | {"for_all": {"x": {"shpe": [1]}}, "gradients": []}, {}, "`for_all` has an input `x` that it cannot"),
        (CHECK | {"for_all": {"x": {"shape": [1], "dtpe": 1}}, "gradients": []}, {}, "did you mean `dtype`"),
        (CHECK | {"for_all": {"x": {"shape": [1], "dtype": "float"}}, "gradients": []}, {}, "expected `float64`"),
        (CHECK | {"for_all": {"x": "1 +"}, "gradients": []}, {}, "has an expression for `x` that is `1 +`"),
        (CHECK | {"for_all": {"x": [3, 1]}, "gradients": []}, {}, "expected the smaller whole number first"),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "values": [0, "n -"]}}, "gradients": []},
            {},
            "has an expression for `x` that is `n -`",
        ),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "values": [2, 1]}}, "gradients": []},
            {},
            "expected the lower one first",
        ),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "values": [0, float("inf")]}}, "gradients": []},
            {},
            "that are no limits",
        ),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "dtype": "int8", "values": [0, 128]}}, "gradients": []},
            {},
            "which `int8` cannot hold",
        ),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "dtype": "int8", "special": [0.5]}}, "gradients": []},
            {},
            "which `int8` cannot hold",
        ),
        (CHECK | {"for_all": {"x": {"shape": [1], "values": "gauss"}}, "gradients": []}, {}, "expected `normal` or"),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "values": "normal", "special": [0]}}, "gradients": []},
            {},
            "has `x` with `special` among normal values",
        ),
        (
            CHECK | {"for_all": {"x": {"shape": [1], "values": "normal", "dtype": "int64"}}, "gradients": []},
            {},
            "has `x` with normal values in `int64`",
        ),
        (CHECK | {"for_all": {"x": [1, "n +"]}, "gradients": []}, {}, "has an expression for `x` that is `n +`"),
        (CHECK | {"seconds": 0}, {}, "`seconds` is 0, expected more than 0"),
        (CHECK, {"difficulty": None, "tags": ["a"]}, "`tags` are of a problem"),
        (CHECK, {"difficulty": "hardest"}, "`difficulty` is `hardest`"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, check: dict[str, Any], top: dict[str, Any], said: str) -> None:
    with pytest.raises(LessonErrors) as wrong:
        problem(tmp_path, check, **top)
    assert said in str(wrong.value)


def test_what_the_reference_makes_is_not_what_is_asked(tmp_path: Path) -> None:
    with pytest.raises(LessonErrors, match="`reference` makes `f`, which the solution makes too"):
        problem(tmp_path, CHECK, {"reference": "import torch\nf = 2"})


def test_a_rule_is_a_check_that_a_mistake_can_fail(tmp_path: Path) -> None:
    mistakes = [{"code": "f = 3", "fails": "no Python loops", "says": "No."}]
    assert problem(tmp_path, CHECK, {"loops": "forbidden", "mistakes": mistakes})
    with pytest.raises(LessonErrors, match="which is not a check of this exercise"):
        problem(tmp_path, CHECK, {"mistakes": mistakes})


def test_the_problems_are_read_and_kept_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_torch.course.lesson_cache.YOUNGEST", -1e9)
    arena = Arena(arena_folder(), LessonCache(tmp_path))
    read = arena.problems()
    assert len(read) == len(arena.ids) >= 3
    # By what they look like: a nan among an input's values is not equal to itself.
    assert repr(Arena(arena_folder(), LessonCache(tmp_path)).problems()) == repr(read)
    assert [one for lesson in read for one in incomplete(lesson)] == []
    assert [lesson.difficulty for lesson in read] == sorted(
        (lesson.difficulty for lesson in read), key=lambda one: ["easy", "medium", "hard"].index(one or "easy")
    )
