"""How a learner stands with each problem of the arena."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

from tui_torch.course.arena.topics import OTHER, TOPICS, topic_of
from tui_torch.course.lesson import Difficulty, Lesson
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import PRACTICE, problem_key

DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")

Mark = Literal["solved", "tried", "open"]
"""How far a problem is: solved, tried without that, or untouched."""


MARK_WORDS = frozenset({*DIFFICULTIES, *get_args(Mark)})
"""The words that tell how hard a problem is or how far it is."""


@dataclass(frozen=True, slots=True)
class ProblemStanding:
    """A problem, and what the learner has done of it."""

    problem: Lesson
    is_solved: bool
    runs: int
    """How often an answer was tried, also in practice."""
    best: tuple[float, float] | None = None
    """The shortest time of a right answer in seconds, and that of the reference beside it; None if none was timed."""

    @property
    def topic(self) -> str:
        """What it is about, in a word or two."""
        return topic_of(self.problem.tags)

    @property
    def mark(self) -> Mark:
        """How far it is."""
        return "solved" if self.is_solved else "tried" if self.runs else "open"

    def has(self, words: Sequence[str]) -> bool:
        """Whether each of the words says how hard the problem is or how it stands, or is in what is said of it.

        A word that tells the difficulty or how it stands tells nothing else, whatever the text has. `open` is all that
        is not solved, `tried` what of that was run.
        """
        problem = self.problem
        marks = {problem.difficulty, self.mark, "solved" if self.is_solved else "open"}
        said = (problem.id, problem.title, problem.summary, problem.difficulty or "", self.topic, *problem.tags)
        text = " ".join(said).lower()
        return all(word in marks if word in MARK_WORDS else word in text for word in map(str.lower, words))


@dataclass(frozen=True, slots=True)
class TopicRow:
    """The problems of one topic, each of which is one cell of the grid."""

    topic: str
    cells: tuple[tuple[ProblemStanding, ...], ...]
    """Those of each of `DIFFICULTIES`."""

    @property
    def solved(self) -> int:
        """Number of problems that are solved."""
        return sum(standing.is_solved for cell in self.cells for standing in cell)

    @property
    def count(self) -> int:
        """Number of problems."""
        return sum(map(len, self.cells))


def problem_standings(problems: Iterable[Lesson], progress: Progress, course: str = "") -> tuple[ProblemStanding, ...]:
    """How the learner stands with each problem. `course`: whose they are; empty for the tutor's own."""
    done, runs = progress.all_done(), progress.run_counts()
    found: list[ProblemStanding] = []
    for problem in problems:
        key, step = problem_key(problem.id, course), problem.steps[0].id
        count = runs.get((key, step), 0) + runs.get((PRACTICE + key, step), 0)
        found.append(ProblemStanding(problem, step in done.get(key, ()), count, progress.best_time(key, step)))
    return tuple(found)


def by_difficulty(standings: Iterable[ProblemStanding]) -> Iterator[tuple[str, list[ProblemStanding]]]:
    """(difficulty, the problems) for each that has any, the easy ones first."""
    every = list(standings)
    for difficulty in DIFFICULTIES:
        if found := [standing for standing in every if standing.problem.difficulty == difficulty]:
            yield difficulty, found


def by_topic(standings: Iterable[ProblemStanding]) -> tuple[TopicRow, ...]:
    """A row for each topic that has problems, in the order of the topics."""
    every = list(standings)
    rows: list[TopicRow] = []
    for topic in (*TOPICS, OTHER):
        there = [standing for standing in every if standing.topic == topic]
        if there:
            cells = (tuple(one for one in there if one.problem.difficulty == level) for level in DIFFICULTIES)
            rows.append(TopicRow(topic, tuple(cells)))
    return tuple(rows)
