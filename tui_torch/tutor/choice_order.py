"""The order in which a learner sees the choices of a quiz.

Authors put the right choice where they happen to: in two thirds of the course's quizzes it was the second. Each learner
has an order of their own, which stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_torch.tutor.progress.work import Answer


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


def place_of_answer(answer: Answer, choices: Sequence[str]) -> int | None:
    """The index of the choice that was made, wherever the quiz's author has moved it since; None if it is gone.

    `choices` is what the choices say now.
    """
    count = len(choices)
    if answer.text is None:
        return answer.choice if 0 <= answer.choice < count else None
    places = (at for at in (answer.choice, *range(count)) if 0 <= at < count)
    return next((at for at in places if choices[at] == answer.text), None)
