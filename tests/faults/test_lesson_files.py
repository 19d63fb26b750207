"""A lesson file from elsewhere is data: whatever is in it, reading it gives a lesson or says what is wrong, and soon.

`python -m pytest -m slow tests/faults/test_lesson_files.py` makes 10,000 files of each kind.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.texts import CHARACTERS
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course, load_lesson, open_course

FEW, MANY = 70, 10_000
"""Files of each kind that are made by default, and for the full count."""

LESSONS = {path: path.read_text("utf-8") for path in sorted(lessons_folder().glob("*/*.yaml"))}
SHORTEST = sorted(LESSONS.values(), key=len)[:4]

DUMPERS: list[Any] = [*[getattr(yaml, "CSafeDumper", yaml.SafeDumper)] * 3, yaml.SafeDumper]
"""The C library writes ten times as fast, where PyYAML has it; Python alone escapes fewer characters."""

# Files made by hypothesis

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(CHARACTERS, max_size=20)
    | st.sampled_from(
        ["", "..", "../../etc/passwd", "a/b", "a\0b", "\x1b[2J", "[red]", "```", "'''", "x = (", "*", "01"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(CHARACTERS, max_size=6) | st.sampled_from(["id", "kind", "code", "steps", "checks", "expect"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@cache
def data_of(text: str) -> Any:
    return yaml.safe_load(text)


def places(data: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in some data, from the root."""
    inside = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    return [here, *(way for key, value in inside for way in places(value, (*here, key)))]


def change(data: Any, draw: st.DataObject) -> Any:
    """Drop, rename, double or replace something in it."""
    way = draw.draw(st.sampled_from(places(data)))
    if not way:
        return draw.draw(VALUES)
    *before, last = way
    parent = data
    for key in before:
        parent = parent[key]
    match draw.draw(st.sampled_from(["drop", "rename", "replace", "replace", "wrap", "swap"])):
        case "drop":
            del parent[last]
        case "rename" if isinstance(parent, dict):
            parent[draw.draw(st.text(CHARACTERS, max_size=8) | st.integers(0, 9))] = parent.pop(last)
        case "wrap":
            parent[last] = [parent[last]] if draw.draw(st.booleans()) else {"id": parent[last]}
        case "swap":
            other = data
            for key in draw.draw(st.sampled_from(places(data))):
                other = other[key]
            parent[last] = deepcopy(other)
        case _:
            parent[last] = draw.draw(VALUES)
    return data


def a_changed_lesson(draw: st.DataObject) -> bytes:
    """A lesson's data with something in it changed, and written as YAML again: mostly of one step of each kind."""
    data = data_of(draw.draw(st.sampled_from(SHORTEST)))
    if draw.draw(st.integers(0, 3)):
        data = data | {"steps": list({step["kind"]: step for step in reversed(data["steps"])}.values())}
    return written(changed(data, draw), draw)


def a_changed_text(draw: st.DataObject) -> bytes:
    """A lesson's text with pieces cut, doubled, or put where they do not belong."""
    text = draw.draw(st.sampled_from(SHORTEST))
    for _ in range(draw.draw(st.integers(1, 4))):
        begin, cut = draw.draw(st.integers(0, len(text))), draw.draw(st.integers(0, 200))
        piece = draw.draw(
            st.text(CHARACTERS, max_size=8)
            | st.sampled_from(
                ["\t", "\n- ", ": ", "&a ", "*a", "!!python/name:os.system ", "---\n", "|\n", "{", "]", "'"]
            )
            | st.integers(0, len(text)).map(lambda at, text=text: text[at : at + 80])
        )
        text = text[:begin] + piece + text[begin + cut :]
    return text.encode("utf-8", "surrogatepass")


def changed_bytes(draw: st.DataObject) -> bytes:
    """A lesson's bytes with some of them replaced, or bytes that never were a lesson."""
    if draw.draw(st.booleans()):
        return draw.draw(st.binary(max_size=500))
    content = bytearray(draw.draw(st.sampled_from(SHORTEST)).encode())
    for _ in range(draw.draw(st.integers(1, 5))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    return bytes(content[: draw.draw(st.integers(0, len(content)))] if draw.draw(st.booleans()) else content)


def random_yaml(draw: st.DataObject) -> bytes:
    """Some data that is not a lesson, as YAML."""
    return written(draw.draw(VALUES), draw)


def changed(data: Any, draw: st.DataObject) -> Any:
    data = deepcopy(data)
    for _ in range(draw.draw(st.integers(1, 3))):
        data = change(data, draw)
    return data


def written(data: Any, draw: st.DataObject) -> bytes:
    flow = draw.draw(st.sampled_from([True, False, None]))
    dumper, as_it_is = draw.draw(st.sampled_from(DUMPERS)), draw.draw(st.booleans())
    text = yaml.dump(data, Dumper=dumper, default_flow_style=flow, allow_unicode=as_it_is, sort_keys=False)
    return text.encode(draw.draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16"])), "replace")


KINDS: list[Callable[[st.DataObject], bytes]] = [a_changed_lesson, a_changed_text, changed_bytes, random_yaml]


def read(load: Callable[[], object]) -> None:
    """A lesson or a course, or errors that each say something on a line; nothing else gets out."""
    try:
        load()
    except LessonErrors as wrong:
        assert wrong.errors
        for error in wrong.errors:
            assert error.line >= 1 and error.column >= 1 and error.message
            assert len(str(error).splitlines()) == 1


def make_lessons(folder: Path, kind: Callable[[st.DataObject], bytes], count: int) -> None:
    path = folder / "gradients.yaml"

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(draw=st.data())
    def make(draw: st.DataObject) -> None:
        path.write_bytes(kind(draw))
        read(lambda: load_lesson(path))

    make()


def make_courses(folder: Path, count: int) -> None:
    (folder / "basics").mkdir()
    for name in ("gradients", "tensor-creation"):
        (folder / "basics" / f"{name}.yaml").write_text(LESSONS[lessons_folder() / "basics" / f"{name}.yaml"], "utf-8")
    path = folder / "course.yaml"
    course = data_of((lessons_folder() / "course.yaml").read_text("utf-8"))
    small = {"schema": 1, "title": "A course", "tracks": [course["tracks"][0] | {"lessons": ["gradients"]}]}

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(draw=st.data())
    def make(draw: st.DataObject) -> None:
        kind = draw.draw(st.sampled_from([course, small, None]))
        path.write_bytes(random_yaml(draw) if kind is None else written(changed(kind, draw), draw))
        read(lambda: load_course(folder))
        read(lambda: open_course(folder).lessons)

    make()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_any_content_is_a_lesson_or_lesson_errors(
    tmp_path: Path, kind: Callable[[st.DataObject], bytes]
) -> None:
    make_lessons(tmp_path, kind, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_of_10_000_files_is_a_lesson_or_lesson_errors(
    tmp_path: Path, kind: Callable[[st.DataObject], bytes]
) -> None:
    make_lessons(tmp_path, kind, MANY)


def test_a_course_file_of_any_content_is_a_course_or_lesson_errors(tmp_path: Path) -> None:
    make_courses(tmp_path, FEW)


@pytest.mark.slow
def test_each_of_10_000_course_files_is_a_course_or_lesson_errors(tmp_path: Path) -> None:
    make_courses(tmp_path, MANY)


# Files made to take long, or much

SECONDS, BYTES = 20, 1 << 30
"""Of the processor, and of memory, that all of them may take together in one process, Python itself included."""

GIVEN = LESSONS[lessons_folder() / "basics" / "gradients.yaml"]


def with_code(code: str) -> str:
    return re.sub(r"^setup: \|\n(  .*\n|\n)+", lambda _: f"setup: {json.dumps(code)}\n", GIVEN, count=1, flags=re.M)


def names(count: int, length: int) -> list[str]:
    """Names that are hard to tell apart: `difflib` looks at each in full."""
    rng = random.Random(0)
    return ["".join(rng.choices("abcdef", k=length)) for _ in range(count)]


def checks(count: int, mistakes: int, length: int) -> str:
    known = "".join(f"{{name: {name}, code: a}}, " for name in names(count, length))
    wrong = "".join(f"{{code: a, fails: x{name}, says: a}}, " for name in names(mistakes, length))
    step = f"{{id: e, kind: exercise, text: a, starter: a, solution: a, checks: [{known}], mistakes: [{wrong}]}}"
    return f"schema: 1\nid: gradients\ntitle: a\nsummary: a\nminutes: 1\nsteps: [{step}]\n"


def laughs() -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    return "\n".join(rows + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)])


HOSTILE: dict[str, Callable[[], str | bytes]] = {
    "aliases of aliases": laughs,
    "a long text, repeated": lambda: f"a: &a {'x' * 900_000}\nb: [{'*a, ' * 9_000}]",
    "a long key, repeated": lambda: f"a: &a {'x' * 900_000}\nb: [{'{*a : 1}, ' * 4_000}]",
    "long code, repeated": lambda: f"c: &c '{'x=1;' * 200_000}'\nsteps: [{'{kind: example, code: *c}, ' * 2_000}]",
    "lists in lists": lambda: "[" * 1_000_000,
    "entries in entries": lambda: "- " * 500_000,
    "mappings in mappings": lambda: "{a: " * 200_000,
    "keys that are keys": lambda: "? " * 500_000,
    "five thousand unknown keys": lambda: "".join(f"titl{number}: 1\n" for number in range(4_900)),
    "one key a thousand times": lambda: "title: 1\n" * 9_000,
    "tags": lambda: f"a: [{'!!python/name:os.system a, ' * 9_000}]",
    "wrong names of checks": lambda: checks(900, 600, 20),
    "longer wrong names of checks": lambda: checks(900, 600, 39),
    "wrong names of lessons": lambda: GIVEN + f"requires: [{', '.join(names(4_000, 30))}]\n",
    "brackets": lambda: with_code("(" * 300_000),
    "signs": lambda: with_code("-" * 300_000 + "1"),
    "negations": lambda: with_code("not " * 200_000 + "1"),
    "calls": lambda: with_code("f" + "()" * 300_000),
    "attributes": lambda: with_code("a" + ".a" * 300_000),
    "sums": lambda: with_code("1" + "+1" * 300_000),
    "functions in functions": lambda: with_code("lambda:" * 100_000 + "1"),
    "blocks in blocks": lambda: with_code("".join(" " * depth + "if 1:\n" for depth in range(1_000))),
    "digits": lambda: with_code("9" * 900_000),
    "lines": lambda: with_code("x = 1\n" * 100_000),
    "a huge file": lambda: b"a" * (64 << 20),
    "nothing but zeros": lambda: b"\0" * 1_000_000,
    "UTF-16": lambda: GIVEN.encode("utf-16"),
    "half of UTF-8": lambda: GIVEN.encode() + b"\xf0\x9f",
}

READ_ALL = """\
import resource, sys
from pathlib import Path
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import load_lesson
seconds, size = map(int, sys.argv[2:])
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_AS, (size, size))
for path in sorted(Path(sys.argv[1]).glob("*/gradients.yaml")):
    print(path.parent.name, flush=True)
    try:
        load_lesson(path)
    except LessonErrors as wrong:
        assert wrong.errors
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process cannot be held to so much memory")
def test_files_made_to_take_long_take_little_time_and_memory(tmp_path: Path) -> None:
    for name, make in HOSTILE.items():
        content = make()
        (tmp_path / name).mkdir()
        file = tmp_path / name / "gradients.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(tmp_path), str(SECONDS), str(BYTES)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, sorted(HOSTILE)), done.stderr[-500:]
