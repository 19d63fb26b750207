from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tui_torch.course.lesson_error import LessonError, LessonErrors
from tui_torch.course.loader import load_lesson

VALID = """\
schema: 1
id: valid
title: A valid lesson
summary: One of each kind of step.
minutes: 10
requires: []
sources: [{title: A page, url: "https://example.org/page"}]
setup: |
  import torch
steps:
  - id: three-scalars
    kind: example
    title: Three scalars
    text: |
      Some *Markdown*.
    code: |
      w = torch.tensor(2., requires_grad=True)
      print(w)
    pin: [w, w.grad]
    expect: {output: "tensor(2...)\\n", values: {w.grad: null, "w.shape": []}}
  - id: predict
    kind: quiz
    question: What is `w.grad`?
    choices:
      - {text: "`None`", correct: true, because: Nothing went backward.}
      - {text: "`0`", because: It would be a tensor.}
    code: print(w.grad)
  - id: no-such-name
    kind: example
    title: An error
    text: A name that is not there.
    code: nothing
    expect: {raises: NameError}
  - id: your-turn
    kind: exercise
    text: Go backward.
    starter: |
      y = w * 3
    solution: |
      y = w * 3
      y.backward()
    checks:
      - {name: w.grad is 3, code: "assert w.grad == 3", hint: Call backward.}
    hints: [a nudge]
    mistakes:
      - {code: "y = w * 3", fails: w.grad is 3, says: Nothing went backward.}
  - id: last
    kind: example
    title: The end
    text: The last step.
    code: y.item()
    plot: {x: "[0, 1]", y: "[1, 2]", fit: "[1, 2]"}
"""


@pytest.fixture(scope="session")
def valid() -> str:
    """The text of a lesson with nothing wrong in it, for a file named `valid.yaml`."""
    return VALID


@pytest.fixture
def errors_of(tmp_path: Path) -> Callable[[str], list[LessonError]]:
    """What loading a lesson of this text reports; empty when nothing is wrong."""

    def load(text: str) -> list[LessonError]:
        path = tmp_path / "valid.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            load_lesson(path)
        except LessonErrors as errors:
            return list(errors.errors)
        return []

    return load


@pytest.fixture
def mistake(valid: str, errors_of: Callable[[str], list[LessonError]]) -> Callable[[str, str], str]:
    """The one error, as `line:column: message`, of the valid lesson with one piece of its text replaced."""

    def load(old: str, new: str) -> str:
        assert valid.count(old) == 1
        [error] = errors_of(valid.replace(old, new))
        return f"{error.line}:{error.column}: {error.message}"

    return load


@pytest.fixture(params=["libyaml", "PyYAML alone"], scope="module")
def parser(request: pytest.FixtureRequest) -> Iterator[str]:
    """Reads YAML with the C library, and as where PyYAML was built without it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "PyYAML alone":
            patch.setattr("tui_torch.course.format.document._LOADER", yaml.SafeLoader)
        yield request.param


@pytest.fixture
def course_folder(tmp_path: Path, valid: str) -> Path:
    """A course of two tracks with three lessons: `one`, `two`; `three`, which requires `one`."""
    folder = tmp_path / "lessons"
    for track, lesson in (("first", "one"), ("first", "two"), ("second", "three")):
        (folder / track).mkdir(parents=True, exist_ok=True)
        text = valid.replace("id: valid", f"id: {lesson}")
        if lesson == "three":
            text = text.replace("requires: []", "requires: [one]")
        (folder / track / f"{lesson}.yaml").write_text(text, encoding="utf-8")
    (folder / "course.yaml").write_text(
        "schema: 1\n"
        "title: A course\n"
        "tracks:\n"
        "  - id: first\n"
        "    title: First\n"
        "    lessons: [one, two]\n"
        "  - {id: second, title: Second, lessons: [three]}\n",
        encoding="utf-8",
    )
    return folder
