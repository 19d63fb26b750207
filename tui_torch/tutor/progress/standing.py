"""How much of each lesson is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui_torch.course.naming import key_in
from tui_torch.course.outline import Outline
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.progress import Progress


@dataclass(frozen=True, slots=True)
class Standing:
    """A lesson of the course, and how much of it is done."""

    lesson: Outline
    done: frozenset[str]
    """The ids of its steps that are done."""

    @property
    def complete(self) -> bool:
        """Whether every step is done."""
        return len(self.done) == len(self.lesson.steps)


def standings(outlines: Iterable[Outline], progress: Progress, course: str = "") -> Iterator[Standing]:
    """How much is done of each of the lessons, in their order. `course`: its name; empty for the tutor's own."""
    done = progress.all_done()
    for lesson in outlines:
        yield Standing(lesson, done.get(key_in(course, lesson.id), frozenset()) & frozenset(lesson.steps))
