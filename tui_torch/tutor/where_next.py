"""Where a learner can go: topics of the field, by what is done of the course."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui_torch.course.outline import Outline
from tui_torch.course.topics import Topic
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.standing import Standing

NOW, NEXT, LATER = "You can go there now", "One lesson away", "Further on"
"""What the topics are grouped by, in order."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a topic."""

    topic: Topic
    to_do: tuple[Outline, ...]
    """The lessons that lead there and are not done, in the order of the course; empty if the learner can begin."""

    @property
    def group(self) -> str:
        """How far it is: one of `NOW`, `NEXT`, `LATER`."""
        return (NOW, NEXT, LATER)[min(len(self.to_do), 2)]

    def has(self, words: Sequence[str]) -> bool:
        """Whether every word, whatever its case, is in what is said of the topic."""
        said = (self.topic.title, self.topic.sentence, self.topic.lesson, self.topic.link.title, self.topic.link.url)
        text = " ".join(said).lower()
        return all(word.lower() in text for word in words)


def ways(topics: Iterable[Topic], standings: Iterable[Standing]) -> tuple[Way, ...]:
    """The way to each topic, the shortest first; of equal ones, in the order of the topics.

    A topic whose lesson cannot be read is left out.
    """
    by_id = {standing.lesson.id: standing for standing in standings}
    found = [
        Way(topic, tuple(standing.lesson for standing in _led_by(topic.lesson, by_id) if not standing.complete))
        for topic in topics
        if topic.lesson in by_id
    ]
    return tuple(sorted(found, key=lambda way: len(way.to_do)))


def grouped(ways: Iterable[Way]) -> Iterator[tuple[str, list[Way]]]:
    """(how far, the ways) for each group that has any, the nearest first."""
    every = list(ways)
    for group in (NOW, NEXT, LATER):
        if found := [way for way in every if way.group == group]:
            yield group, found


def _led_by(lesson_id: str, by_id: dict[str, Standing]) -> list[Standing]:
    """A lesson and all that it stands on, in the order of the course."""
    needed: set[str] = set()
    waiting = [lesson_id]
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in needed:
            needed.add(name)
            waiting += by_id[name].lesson.requires
    return [standing for name, standing in by_id.items() if name in needed]
