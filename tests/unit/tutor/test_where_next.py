from __future__ import annotations

from tui_torch.course.lesson import Link
from tui_torch.course.outline import Outline
from tui_torch.course.topics import Topic
from tui_torch.tutor.progress.standing import Standing
from tui_torch.tutor.where_next import LATER, NEXT, NOW, Way, grouped, ways


def standing(id: str, *requires: str, done: bool = False) -> Standing:
    lesson = Outline(id, id.title(), "S.", 5, ("s", "t"), ("S", "T"), (), requires)
    return Standing(lesson, frozenset("st") if done else frozenset("s"))


def topic(id: str, lesson: str) -> Topic:
    link = Link(title=id, url=f"https://example.org/{id}")
    return Topic(id=id, title=id.title(), sentence="Do it.", lesson=lesson, link=link)


def way(lesson: str, *standings: Standing) -> list[str]:
    """The ids of the lessons to do on the way to a topic that the lesson leads to."""
    (found,) = ways([topic("graphs", lesson)], standings)
    return [outline.id for outline in found.to_do]


def test_on_the_way_are_the_lesson_and_all_that_it_stands_on_in_the_order_of_the_course() -> None:
    course = (standing("a"), standing("b", "a"), standing("c"), standing("d", "b"))
    assert way("d", *course) == ["a", "b", "d"]


def test_what_is_done_is_not_on_the_way_and_what_it_stands_on_still_is() -> None:
    assert way("d", standing("a"), standing("b", "a", done=True), standing("d", "b")) == ["a", "d"]


def test_the_nearest_come_first_and_equal_ones_as_they_are_listed() -> None:
    course = (standing("a", done=True), standing("b"), standing("c", "b"), standing("d", "c"))
    found = ways([topic("w", "d"), topic("x", "c"), topic("y", "a"), topic("z", "a")], course)
    assert [way.topic.id for way in found] == ["y", "z", "x", "w"]
    told = [(group, [way.topic.id for way in there]) for group, there in grouped(found)]
    assert told == [(NOW, ["y", "z"]), (LATER, ["x", "w"])]
    assert [group for group, _ in grouped(ways([topic("v", "b")], course))] == [NEXT]


def test_a_topic_whose_lesson_cannot_be_read_is_left_out() -> None:
    assert ways([topic("w", "broken")], [standing("a")]) == ()


def test_words_are_looked_for_in_all_that_is_said_of_a_topic() -> None:
    found = Way(topic("graphs", "a"), ())
    assert found.has([]) and found.has(["GRAPH", "example.org"]) and not found.has(["graph", "spikes"])
