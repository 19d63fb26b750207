"""What `check` runs, and what it says of lessons that it need not run, with real kernels."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.nursery import Nursery
from tui_torch.console.checking.check import LessonFile, Proof, Schedule, Verdict, lessons_at, prove
from tui_torch.course.format.schema import LessonSchema
from tui_torch.course.lesson import Lesson
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.passed import PassedLessons
from tui_torch.course.proof.surroundings import PACKAGE
from tui_torch.course.proof.verify import verify
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

pytestmark = pytest.mark.xdist_group("kernel")

LESSON = """\
schema: 1
id: {name}
title: Counting
summary: A number.
minutes: 1
steps:
  - id: one
    kind: example
    title: One
    text: One.
    code: print(1)
    expect: {{output: "1"}}
"""
STEP = "  - {{id: step-{}, kind: example, title: A, text: A., code: print({}), expect: {{output: '{}'}}}}\n"
IMPORTED = (
    "import sys; print(sorted({'torch', 'jupyter_client', 'zmq', 'psutil'} & sys.modules.keys()), file=sys.stderr)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two lessons, `one` and `two`."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(LESSON.format(name=name), "utf-8")
    return tmp_path


@pytest.fixture
def passed(folder: Path) -> PassedLessons:
    return PassedLessons(folder / "cache" / "passed")


Proved = Callable[..., Awaitable[dict[str, Verdict]]]
"""Proves what is at a path, unless it is unchanged: the verdicts by the names of the files."""


@pytest.fixture
def proved(passed: PassedLessons, zygote: Zygote) -> Proved:
    async def verdicts(path: Path, *, fresh: bool = False) -> dict[str, Verdict]:
        found: list[LessonFile] = lessons_at(path)[0]
        proving = prove(found, passed, fresh=fresh, zygote=zygote)
        return {verdict.path.stem: verdict async for verdict in proving}

    return verdicts


def run_again(verdicts: dict[str, Verdict]) -> list[str]:
    assert verdicts.keys() == {"one", "two"}
    return sorted(name for name, verdict in verdicts.items() if not verdict.unchanged)


async def test_only_a_lesson_that_was_edited_is_run_again(folder: Path, proved: Proved) -> None:
    assert run_again(await proved(folder)) == ["one", "two"]
    assert run_again(await proved(folder)) == []
    path = folder / "two.yaml"
    path.write_text(path.read_text("utf-8").replace("text: One.", "text: Two."), "utf-8")
    assert run_again(await proved(folder)) == ["two"]
    assert run_again(await proved(folder)) == []
    assert run_again(await proved(folder, fresh=True)) == ["one", "two"]


async def test_a_lesson_that_failed_is_run_again_and_fails_in_the_same_words(folder: Path, proved: Proved) -> None:
    (folder / "two.yaml").write_text(LESSON.format(name="two").replace("print(1)", "print(2)"), "utf-8")
    first = await proved(folder)
    again = await proved(folder)
    assert run_again(again) == ["two"]
    assert [error.message for error in again["two"].errors] == ["step `one`: line 1 of the output is '2', expected '1'"]
    assert again["two"].errors == first["two"].errors


async def test_a_lesson_that_was_edited_while_it_was_read_or_proved_is_run_again(
    folder: Path, passed: PassedLessons, proved: Proved, zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    path = folder / "two.yaml"
    found, _ = lessons_at(path)
    path.write_text(path.read_text("utf-8").replace("text: One.", "text: Two."), "utf-8")
    assert [verdict.errors async for verdict in prove(found, passed, zygote=zygote)] == [()]
    assert (await proved(path))["two"].unchanged is False
    path.write_text(path.read_text("utf-8").replace("print(1)", "print(1); open('two.yaml', 'a').write('# more')"))
    assert (await proved(path))["two"].errors == ()
    assert (await proved(path))["two"].unchanged is False


def test_the_command_says_what_is_unchanged_and_imports_neither_torch_nor_jupyter_for_it(
    folder: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = folder / "checkout"
    shutil.copytree(PACKAGE, checkout / "tui_torch", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("TUI_TORCH_HOME", str(folder / "home"))
    for name, value in nursery.environment.items():
        monkeypatch.setenv(name, value)
    path = [str(checkout), nursery.environment.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
    lessons = [str(folder / f"{name}.yaml") for name in ("one", "two")]
    command = ["check", "--trust", *lessons]
    code = f"from tui_torch.cli import commands; commands({command}, standalone_mode=False); {IMPORTED}"

    def check() -> tuple[str, str]:
        done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
        return re.sub(r"\d+(\.\d)? s\b", "N s", done.stdout), done.stderr

    said, _ = check()
    each = [f"{path}: 1 step does what the lesson says (N s)" for path in lessons]
    assert sorted(said.splitlines()) == sorted([*each, "2 lessons in N s"])
    assert check() == (
        f"{lessons[0]}: 1 step does what the lesson says (unchanged)\n"
        f"{lessons[1]}: 1 step does what the lesson says (unchanged)\n"
        "2 lessons in N s, 2 of them unchanged since they passed (`--fresh` runs them again)\n",
        "[]\n",
    )
    with (checkout / "tui_torch" / "probe" / "values" / "summary.py").open("a") as edited:
        edited.write("# more\n")
    again, _ = check()
    assert sorted(again.splitlines()) == sorted(said.splitlines())


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=5), turns=st.lists(st.integers(0, 2), max_size=40))
def test_each_trial_is_dealt_out_once_and_no_worker_stops_before_all_are(counts: list[int], turns: list[int]) -> None:
    found = [LessonFile(Path(f"{place}.yaml"), lesson_of(n), b"") for place, n in enumerate(counts)]
    schedule = Schedule([Proof(one, "") for one in found])
    at: list[Proof | None] = [None, None, None]
    dealt: list[tuple[str, int]] = []
    for worker in [*turns, *[0] * sum(counts)]:
        trial = schedule.next_trial(at[worker])
        assert (trial is None) == (len(dealt) == sum(counts))
        if trial is not None:
            at[worker], index = trial
            dealt.append((trial[0].found.path.stem, index))
    assert sorted(dealt) == [(str(place), index) for place, count in enumerate(counts) for index in range(count)]


def lesson_of(steps: int) -> Lesson:
    """A lesson of some steps, each of which claims to print its number and prints the next."""
    head, _, _ = LESSON.format(name="long").partition("  - id")
    text = head + "".join(STEP.format(number, number + 1, number) for number in range(steps))
    return LessonSchema.model_validate(yaml.safe_load(text)).plain()


async def test_after_a_lesson_that_leaves_a_thread_the_next_one_has_a_fresh_kernel(
    folder: Path, proved: Proved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    restart, restarts = KernelSession.restart, list[KernelSession]()

    async def counted(kernel: KernelSession) -> None:
        restarts.append(kernel)
        await restart(kernel)

    monkeypatch.setattr(KernelSession, "restart", counted)
    leaves = "import _thread\nimport time\n_thread.start_new_thread(time.sleep, (60,))\nprint(1)"
    first = folder / "one.yaml"
    first.write_text(first.read_text("utf-8").replace("code: print(1)", f"code: {json.dumps(leaves)}"), "utf-8")
    verdicts = await proved(folder, fresh=True)
    assert [verdict.errors for verdict in verdicts.values()] == [(), ()]
    assert len(restarts) == 1


async def test_what_two_kernels_proved_of_a_lesson_is_reported_as_if_one_had(
    folder: Path, proved: Proved, zygote: Zygote
) -> None:
    head, _, _ = LESSON.format(name="two").partition("  - id")
    path = folder / "two.yaml"
    path.write_text(head + "".join(STEP.format(number, number + 1, number) for number in range(12)), "utf-8")
    (folder / "one.yaml").write_text(LESSON.format(name="one"), "utf-8")
    verdicts = await proved(folder)
    kernel = KernelSession(zygote=zygote)
    try:
        await kernel.start()
        alone = await verify(kernel, load_lesson(path), path)
    finally:
        await kernel.close()
    assert len(alone) == 12
    assert verdicts["two"].errors == alone


HEAD = """\
schema: 1
id: unattended
title: Unattended
summary: A number.
minutes: 1
steps:
"""
EXERCISE = """\
  - id: your-turn
    kind: exercise
    text: Make w.
    starter: {starter}
    solution: w = 3
    checks:
      - {{name: one, code: {check}, hint: Set it.}}
      - {{name: two, code: assert w > 2, hint: Set it.}}
    hints: [set it]
    mistakes: [{{code: {mistake}, fails: two, says: It is too small.}}]
"""
TYPED = "expected code that needs no answer: nobody types while a lesson is checked"
FOREVER = """while True: __import__("time").sleep(0.01)"""
SLEEP = "__import__('time').sleep(10_000)"
LIMIT = 3.0
"""Seconds that a run gets here, with what it stands on."""


SaidOf = Callable[..., Awaitable[list[str]]]
"""What `check` says of a lesson of some steps."""


@pytest.fixture
def said_of(tmp_path: Path, zygote: Zygote) -> SaidOf:
    async def said(steps: str, limit: float | None = None) -> list[str]:
        path = tmp_path / "unattended.yaml"
        path.write_text(HEAD + steps, "utf-8")
        (verdict,) = [verdict async for verdict in prove(lessons_at(path)[0], limit=limit, zygote=zygote)]
        return [error.message for error in verdict.errors]

    return said


def exercise(starter: str = "w = 0", check: str = "assert w", mistake: str = "w = 1") -> str:
    return EXERCISE.format(starter=starter, check=check, mistake=mistake)


async def test_code_that_asks_gets_the_end_of_the_input_and_is_named(said_of: SaidOf) -> None:
    steps = (
        "  - {id: asks, kind: example, title: A, text: A., code: 'name = input(\"Who? \")'}\n"
        "  - {id: stands, kind: example, title: A, text: A., code: print(name)}\n"
    )
    assert await said_of(steps) == [
        f"step `asks`: the code calls input('Who? '), {TYPED}",
        "step `stands`: step `asks`, which it stands on, raised EOFError: EOF when reading a line",
    ]


async def test_a_starter_a_mistake_and_a_check_may_not_ask_either(said_of: SaidOf) -> None:
    asks = "'w = int(input())'"
    assert await said_of(exercise(starter=asks, mistake=asks)) == [
        f"step `your-turn`: the starter calls input(), {TYPED}",
        f"step `your-turn`: the mistake calls input(), {TYPED}",
    ]
    asked = [said for said in await said_of(exercise(check="assert input()")) if "EOFError" in said]
    assert asked == ["step `your-turn`: the solution fails the check “one”: EOFError: EOF when reading a line"]


async def test_code_that_expects_the_end_of_the_input_may_ask(said_of: SaidOf) -> None:
    code = "'try: input()\n\n      except EOFError: print(\"nobody\")'"
    step = f"  - {{id: asks, kind: example, title: A, text: A., code: {code}, expect: {{output: nobody}}}}\n"
    assert await said_of(step) == []


async def test_code_that_does_not_end_is_stopped_and_named_and_what_stands_on_it_is_left_out(said_of: SaidOf) -> None:
    steps = (
        "  - {id: first, kind: example, title: A, text: A., code: x = 1, expect: {output: '2'}}\n"
        f"  - {{id: loops, kind: example, title: A, text: A., code: '{FOREVER}'}}\n"
        "  - {id: last, kind: example, title: A, text: A., code: print(x)}\n"
    )
    assert await said_of(steps, LIMIT) == [
        "step `first`: line 1 of the output is '', expected '2'",
        "step `loops`: the code ran for longer than 3 s, expected code that ends; `--limit` allows it more time",
    ]


async def test_a_starter_and_a_mistake_that_do_not_end_are_stopped_and_named(said_of: SaidOf) -> None:
    said = await said_of(exercise(starter=SLEEP, mistake=SLEEP), LIMIT)
    assert [sentence.partition(",")[0] for sentence in said] == [
        "step `your-turn`: the starter ran for longer than 3 s",
        "step `your-turn`: the mistake ran for longer than 3 s",
    ]


async def test_code_that_heeds_no_interrupt_is_stopped_too(said_of: SaidOf) -> None:
    deaf = (
        "  - id: deaf\n    kind: example\n    title: A\n    text: A.\n    code: |\n"
        "      import time\n      while True:\n        try:\n          while True: time.sleep(0.01)\n"
        "        except KeyboardInterrupt: pass\n"
    )
    assert await said_of(deaf, LIMIT) == [
        "step `deaf`: the code ran for longer than 3 s, expected code that ends; `--limit` allows it more time"
    ]


async def test_a_lesson_without_code_needs_no_kernel(said_of: SaidOf) -> None:
    choices = "[{text: this, correct: true, because: It is.}, {text: that, because: It is not.}]"
    assert await said_of(f"  - {{id: asks, kind: quiz, question: Which?, choices: {choices}}}\n") == []
