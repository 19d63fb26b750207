"""The order in which a learner sees the choices of a quiz.

Authors put the right choice where they happen to: in two thirds of the course's quizzes it was the second. Each learner
has an order of their own, which stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


def choice_order(learner: int, lesson_id: str, step_id: str, choices: Sequence[str]) -> tuple[int, ...]:
    """The indices of a quiz's choices in the lesson, in the order in which a learner sees them.

    A choice that is added to the quiz or taken out of it leaves the others in their order.

    Args:
        learner: The learner's own number.
        choices: What the choices say.
    """

    def place(index: int) -> tuple[float, int]:
        named = "\0".join((str(learner), lesson_id, step_id, choices[index]))
        # Python's own generator, since `hashlib` would load OpenSSL as the app starts.
        return Random(named.encode("utf-8", "surrogatepass")).random(), index

    return tuple(sorted(range(len(choices)), key=place))
