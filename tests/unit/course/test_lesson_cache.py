"""What was validated once is not read again, unless anything about it has changed."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.texts import CHARACTERS
from tui_torch.course import lesson as lesson_module
from tui_torch.course import lesson_cache, loader
from tui_torch.course.format import examination, plot, schema
from tui_torch.course.format.part import Part
from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course, load_lesson, open_course
from tui_torch.protocol import orders
from tui_torch.protocol.grading import asked
from tui_torch.protocol.grading.asked import AnswerRules, DrawnCheck, DrawnInput
from tui_torch.protocol.orders import Plot, PlotMatrix, PlotSeries

OLD = 1_700_000_000_000_000_000
"""A time of a file, in nanoseconds, at which nobody writes to it any more."""


@pytest.fixture
def course_folder(course_folder: Path) -> Path:
    """The course of three lessons, whose files were written long ago."""
    for file in course_folder.rglob("*.yaml"):
        os.utime(file, ns=(OLD, OLD))
    return course_folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The folder of the cache, which is not there yet."""
    return tmp_path / "data" / "lessons"


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read and validated."""
    names: list[str] = []
    real = examination._examine

    def examine(path: Path, model: type[Part]) -> Any:
        names.append(path.name)
        return real(path, model)

    monkeypatch.setattr(examination, "_examine", examine)
    return names


@pytest.fixture
def opened(course_folder: Path, kept: Path) -> Callable[[], Course]:
    """Opens the course as each start of the app does."""
    return lambda: open_course(course_folder, LessonCache(kept))


def test_what_is_kept_is_what_was_read(opened: Callable[[], Course], examined: list[str]) -> None:
    first = opened()
    read = [first.lesson(lesson_id) for lesson_id in first.ids]
    assert examined == ["course.yaml", "one.yaml", "two.yaml", "three.yaml"]
    examined.clear()
    second = opened()
    assert [second.lesson(lesson_id) for lesson_id in second.ids] == read
    assert (second.title, second.tracks) == (first.title, first.tracks)
    assert examined == []


def test_what_is_kept_needs_neither_pydantic_nor_yaml(course_folder: Path, kept: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.loader import open_course
course = open_course(Path({str(course_folder)!r}), LessonCache(Path({str(kept)!r})))
assert course.lesson("one").title == "A valid lesson"
print(*{{"pydantic", "pydantic_core", "yaml", "tui_torch.course.format"}} & sys.modules.keys())
"""
    said = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        for _ in range(2)
    ]
    assert said[0] != ""
    assert said[1] == ""


def save(file: Path, text: str, at: int = OLD) -> None:
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(at, at))


def rewritten(file: Path) -> None:
    save(file, file.read_text("utf-8").replace("minutes: 10", "minutes: 20"), OLD + 1)


def longer(file: Path) -> None:
    save(file, file.read_text("utf-8").replace("minutes: 10", "minutes: 20 # more"))


def another(file: Path) -> None:
    other = file.with_suffix(".new")
    save(other, file.read_text("utf-8").replace("minutes: 10", "minutes: 20"))
    other.replace(file)


@pytest.mark.parametrize("change", [rewritten, longer, another], ids=["another time", "another size", "another file"])
def test_a_changed_file_is_read_again(
    opened: Callable[[], Course], course_folder: Path, change: Callable[[Path], None]
) -> None:
    assert opened().lesson("one").minutes == 10
    change(course_folder / "first" / "one.yaml")
    assert opened().lesson("one").minutes == 20


def test_a_file_that_was_saved_just_now_is_not_kept(
    opened: Callable[[], Course], course_folder: Path, examined: list[str]
) -> None:
    # It may be saved again within the tick of the clock, at the same size.
    os.utime(course_folder / "first" / "one.yaml")
    opened().lesson("one")
    opened().lesson("one")
    assert examined.count("one.yaml") == 2


def test_a_moved_course_is_read_again(
    opened: Callable[[], Course], course_folder: Path, kept: Path, examined: list[str]
) -> None:
    opened().lesson("one")
    moved = course_folder.rename(course_folder.with_name("moved"))
    examined.clear()
    open_course(moved, LessonCache(kept)).lesson("one")
    assert examined == ["course.yaml", "one.yaml"]


def test_another_version_of_the_product_reads_again(
    opened: Callable[[], Course], examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().lesson("one")
    examined.clear()
    monkeypatch.setattr(lesson_cache, "__version__", "0.0.9")
    opened().lesson("one")
    assert examined == ["course.yaml", "one.yaml"]


def test_a_broken_lesson_is_never_kept(opened: Callable[[], Course], course_folder: Path, kept: Path) -> None:
    file = course_folder / "first" / "one.yaml"
    save(file, file.read_text("utf-8").replace("minutes: 10", "minutes: ten"))
    for _ in range(2):
        with pytest.raises(LessonErrors):
            opened().lesson("one")
    assert [one.name for one in kept.iterdir()] == ["lessons.course.yaml.json"]


def test_a_lesson_whose_requirement_is_gone_is_read_and_refused(
    opened: Callable[[], Course], course_folder: Path
) -> None:
    opened().lesson("three")
    (course_folder / "first" / "one.yaml").unlink()
    contents = course_folder / "course.yaml"
    save(contents, contents.read_text("utf-8").replace("[one, two]", "[two]"), OLD + 1)
    with pytest.raises(LessonErrors, match="requires"):
        opened().lesson("three")


@pytest.mark.parametrize("change", ["a file more", "a file less", "a folder less"])
def test_a_course_whose_files_are_others_than_listed_is_examined(
    opened: Callable[[], Course], course_folder: Path, change: str
) -> None:
    opened()
    match change:
        case "a file more":
            save(course_folder / "first" / "new.yaml", "")
        case "a file less":
            (course_folder / "first" / "one.yaml").unlink()
        case _:
            shutil.rmtree(course_folder / "second")
    with pytest.raises(LessonErrors):
        opened()


def test_a_lesson_that_has_become_a_link_to_elsewhere_is_refused(
    opened: Callable[[], Course], course_folder: Path, tmp_path: Path
) -> None:
    opened().lesson("one")
    file = course_folder / "first" / "one.yaml"
    # The very same file, by another way.
    (tmp_path / "one.yaml").hardlink_to(file)
    file.unlink()
    file.symlink_to(tmp_path / "one.yaml")
    with pytest.raises(LessonErrors, match="link to outside"):
        opened().lesson("one")


def test_a_file_from_elsewhere_is_read_each_time(
    opened: Callable[[], Course], kept: Path, valid: str, tmp_path: Path, examined: list[str]
) -> None:
    opened()
    before = sorted(kept.iterdir())
    elsewhere = tmp_path / "valid.yaml"
    save(elsewhere, valid)
    examined.clear()
    load_lesson(elsewhere)
    load_lesson(elsewhere)
    assert examined == ["valid.yaml", "valid.yaml"]
    assert sorted(kept.iterdir()) == before


def kept_lesson(kept: Path) -> Path:
    return kept / "first.one.yaml.json"


def altered(change: Callable[[Any], object]) -> Callable[[Path], None]:
    def alter(place: Path) -> None:
        content = json.loads(place.read_text("ascii"))
        change(content)
        place.write_text(json.dumps(content), "ascii")

    return alter


def step_of(content: Any) -> Any:
    return content[2][Lesson.__slots__.index("steps")][0]


def a_pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def a_link(place: Path) -> None:
    place.rename(place.with_suffix(".elsewhere"))
    place.symlink_to(place.with_suffix(".elsewhere"))


def a_folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


def too_large(place: Path) -> None:
    os.truncate(place, lesson_cache.LARGEST_KEPT + 1)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda place: place.write_bytes(b""),
    "half of it": lambda place: place.write_bytes(place.read_bytes()[:700]),
    "not JSON": lambda place: place.write_bytes(b"\x80\x04garbage"),
    "other JSON": lambda place: place.write_text('{"a": 1}'),
    "nested without end": lambda place: place.write_text("[" * 100_000),
    "too large": too_large,
    "a pipe": a_pipe,
    "a link": a_link,
    "a folder": a_folder,
    "no maker": altered(lambda content: content.pop(0)),
    "a field of another type": altered(lambda content: content[2].__setitem__(0, 7)),
    "a field too many": altered(lambda content: content[2].append("more")),
    "a field too few": altered(lambda content: content[2].pop()),
    "a step that is none": altered(lambda content: step_of(content).__setitem__(1, "essay")),
    "a step of a kind that is a list": altered(lambda content: step_of(content).__setitem__(1, [])),
    "a bool for a number": altered(lambda content: content[2].__setitem__(Lesson.__slots__.index("minutes"), True)),
    "writable by others": lambda place: place.chmod(0o666),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_ignored(
    opened: Callable[[], Course], kept: Path, examined: list[str], damage: str
) -> None:
    whole = opened().lesson("one")
    place = kept_lesson(kept)
    DAMAGE[damage](place)
    examined.clear()
    assert opened().lesson("one") == whole
    assert examined == ["one.yaml"]
    if damage != "a folder":
        # It was made again, and is the learner's own.
        assert stat.S_IMODE(place.lstat().st_mode) == 0o600
        opened().lesson("one")
        assert examined == ["one.yaml"]


def test_what_another_user_wrote_is_ignored(
    opened: Callable[[], Course], examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().lesson("one")
    examined.clear()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    opened().lesson("one")
    assert examined == ["course.yaml", "one.yaml"]


def test_it_is_for_the_learner_alone(opened: Callable[[], Course], kept: Path) -> None:
    opened().lesson("one")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in kept.iterdir()} == {0o600}


@pytest.mark.parametrize("obstacle", ["a file in its place", "a folder that cannot be made"])
def test_where_nothing_can_be_kept_everything_is_read(
    opened: Callable[[], Course], kept: Path, examined: list[str], obstacle: str
) -> None:
    if obstacle == "a file in its place":
        kept.parent.mkdir()
        kept.touch()
    else:
        kept.parent.touch()
    for _ in range(2):
        assert opened().lesson("one").title == "A valid lesson"
    assert examined.count("one.yaml") == 2


def test_a_disk_that_fills_up_leaves_nothing_half_written(
    opened: Callable[[], Course], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(content: object, file: Any, **_: object) -> None:
        file.write("[")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    assert opened().lesson("one").title == "A valid lesson"
    assert list(kept.iterdir()) == []


def parts() -> Iterator[type[Any]]:
    for part in (*vars(schema).values(), plot.PlotSeriesSchema, plot.PlotMatrixSchema):
        if isinstance(part, type) and issubclass(part, Part) and hasattr(part, "makes"):
            yield part


TOGETHER = {schema.CheckSchema: {"drawn"}, schema.ExerciseSchema: {"rules"}}
"""The fields of plain classes that are several of the format's together."""


def test_every_part_of_the_format_has_a_plain_class_with_its_fields() -> None:
    for part in parts():
        written = [name for name in part.model_fields if name != "version"]
        if part is plot.StepPlotSchema:  # which may have the fields of its only series
            written = [name for name in written if name not in plot.PlotSeriesSchema.model_fields]
        if part in TOGETHER:
            assert set(part.makes.__slots__) - set(written) == TOGETHER[part], part
        else:
            assert list(part.makes.__slots__) == written, part
    assert {part.makes for part in parts()} | {AnswerRules, DrawnCheck, DrawnInput} == lesson_cache._PARTS


def test_every_type_of_a_field_can_be_read_back() -> None:
    for part in lesson_cache._PARTS:
        assert part.__module__ in (lesson_module.__name__, orders.__name__, asked.__name__)
        assert set(part.__annotations__.values()) <= lesson_cache._READERS.keys(), part


def lesson_ids() -> list[str]:
    return list(open_course(lessons_folder()).ids)


@pytest.fixture(scope="module")
def the_cache(tmp_path_factory: pytest.TempPathFactory) -> LessonCache:
    """A cache that keeps what is new too: a checkout may be as young as this test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson_cache, "YOUNGEST", -1e9)
        cache = LessonCache(tmp_path_factory.mktemp("lessons"))
        course = open_course(lessons_folder(), cache)
        for lesson_id in course.ids:
            course.lesson(lesson_id)
    return cache


@pytest.mark.xdist_group("kept lessons")
@pytest.mark.parametrize("lesson_id", lesson_ids())
def test_a_lesson_of_the_course_is_kept_as_it_was_validated(lesson_id: str, the_cache: LessonCache) -> None:
    course = open_course(lessons_folder(), the_cache)

    def unread() -> Lesson:
        raise AssertionError("it was not kept")

    kept = the_cache.get(course.path_of(lesson_id), Lesson, lambda _: True, unread)
    validated = load_lesson(course.path_of(lesson_id))
    assert kept == validated
    assert repr(kept) == repr(validated)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(CHARACTERS, max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3),
    max_leaves=8,
)
TEXT = st.text(CHARACTERS, max_size=40)
STEPS = st.one_of(
    st.builds(
        lesson_module.Example,
        id=TEXT,
        title=TEXT,
        text=TEXT,
        code=TEXT,
        pin=st.lists(TEXT, max_size=3).map(tuple),
        expect=st.none()
        | st.builds(
            lesson_module.Expect,
            output=st.none() | TEXT,
            values=st.dictionaries(TEXT, VALUES, max_size=3),
            within=st.dictionaries(TEXT, st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)), max_size=3),
            raises=st.none() | TEXT,
            versions=st.lists(
                st.builds(lesson_module.VersionExpect, torch=TEXT, output=st.none() | TEXT, raises=st.none() | TEXT),
                max_size=2,
            ).map(tuple),
        ),
        plot=st.none()
        | st.builds(
            Plot,
            st.lists(st.builds(PlotSeries, x=TEXT, y=TEXT, fit=st.none() | TEXT, line=st.booleans()), max_size=2).map(
                tuple
            ),
            xlim=st.none() | st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)),
            yscale=st.sampled_from(("linear", "log")),
            names=st.lists(TEXT, max_size=2).map(tuple),
            matrix=st.none() | st.builds(PlotMatrix, TEXT, st.none() | TEXT, each=TEXT),
            images=st.none() | TEXT,
        ),
    ),
    st.builds(
        lesson_module.Quiz,
        id=TEXT,
        question=TEXT,
        choices=st.lists(st.builds(lesson_module.Choice, text=TEXT, correct=st.booleans(), because=TEXT)).map(tuple),
        code=st.none() | TEXT,
    ),
    st.builds(
        lesson_module.Exercise,
        id=TEXT,
        text=TEXT,
        starter=TEXT,
        solution=TEXT,
        checks=st.lists(st.builds(lesson_module.Check, name=TEXT, code=TEXT, hint=st.none() | TEXT)).map(tuple),
        hints=st.lists(TEXT, max_size=3).map(tuple),
        also=st.lists(TEXT).map(tuple),
        mistakes=st.lists(
            st.builds(lesson_module.Mistake, code=TEXT, fails=st.none() | TEXT, raises=st.none() | TEXT, says=TEXT)
        ).map(tuple),
    ),
)
LESSONS = st.builds(
    Lesson,
    id=TEXT,
    title=TEXT,
    summary=TEXT,
    minutes=st.integers(),
    requires=st.lists(TEXT, max_size=3).map(tuple),
    sources=st.lists(st.builds(lesson_module.Link, title=TEXT, url=TEXT), max_size=2).map(tuple),
    setup=st.none() | TEXT,
    steps=st.lists(STEPS, max_size=4).map(tuple),
)


@given(lesson=LESSONS)
@settings(deadline=None)
def test_any_lesson_comes_back_as_it_was(lesson: Lesson) -> None:
    row = json.loads(json.dumps(lesson_cache._row(lesson)))
    back = lesson_cache._part(Lesson)(row)
    assert back == lesson
    assert repr(back) == repr(lesson)


@given(content=VALUES, at=st.integers(0, 8))
@settings(deadline=None)
def test_any_other_content_is_a_value_error_or_has_the_right_types(content: object, at: int) -> None:
    row: Any = lesson_cache._row(Lesson(id="a", title="b", summary="c", minutes=1, steps=()))
    row[at] = content
    try:
        lesson = lesson_cache._part(Lesson)(row)
    except ValueError:
        return
    assert isinstance(lesson, Lesson)
    assert isinstance(lesson.title, str)
    assert type(lesson.minutes) is int
    assert all(isinstance(step, lesson_module.AnyStep) for step in lesson.steps)


def test_contents_are_kept_apart_from_a_lesson_called_course(course_folder: Path, kept: Path) -> None:
    cache = LessonCache(kept)
    assert cache._place(course_folder / "course.yaml") != cache._place(course_folder / "first" / "course.yaml")


def test_a_course_without_a_cache_keeps_nothing(course_folder: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    open_course(course_folder).lesson("one")
    loader.load_course(course_folder)
    assert sorted(tmp_path.rglob("*")) == before
