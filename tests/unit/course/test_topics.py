from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.course.course_folder import MAP_FILE
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course, open_course

ONE = """\
schema: 1
topics:
  - id: graphs
    title: Graphs
    sentence: Multiply by a matrix of neighbours.
    lesson: two
    link: {title: PyG, url: "https://example.org/pyg"}
"""


def written(folder: Path, text: str) -> Path:
    (folder / MAP_FILE).write_text(text, encoding="utf-8")
    return folder


def test_a_course_without_a_map_leads_to_no_topic(course_folder: Path) -> None:
    assert load_course(course_folder).topics() == ()


def test_a_topic_has_its_sentence_its_lesson_and_its_address(course_folder: Path) -> None:
    (topic,) = load_course(written(course_folder, ONE)).topics()
    assert (topic.id, topic.lesson, topic.link.url) == ("graphs", "two", "https://example.org/pyg")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("two", "tow", "map.yaml:6:13: `lesson` is `tow`, which is not a lesson of the course; did you mean `two`?"),
        ("https://example.org/pyg", "example.org", "map.yaml:7:29: `url` is `example.org`, expected an address that"),
        ("    title: Graphs\n", "", "map.yaml:3:5: missing key `title`"),
        ("sentence: Multiply", "sentnce: Multiply", "map.yaml:5:5: "),
        (ONE[ONE.index("  - id") :], "  []\n", "map.yaml:3:3: `topics` "),
        (
            "topics:\n",
            "topics:\n" + ONE[ONE.index("  - id") :],
            "map.yaml:8:9: `id` is `graphs`, as in an earlier topic",
        ),
    ],
)
def test_what_is_wrong_in_a_map_is_told_at_its_place(course_folder: Path, old: str, new: str, told: str) -> None:
    assert old in ONE
    course = load_course(written(course_folder, ONE.replace(old, new)))
    with pytest.raises(LessonErrors) as wrong:
        course.topics()
    assert told in [str(error).removeprefix(f"{course_folder}/")[: len(told)] for error in wrong.value.errors]


def test_every_topic_of_the_course_says_in_one_sentence_what_to_do_there() -> None:
    topics = open_course(lessons_folder()).topics()
    assert len(topics) >= 65
    for topic in topics:
        assert topic.sentence.endswith(".") and len(topic.sentence) <= 120, topic.id
        assert topic.sentence[0].isupper() and len(topic.title) <= 38, topic.id
    assert len({topic.sentence for topic in topics}) == len({topic.title for topic in topics}) == len(topics)
