"""Steps at which processes that train together look at the same things, without asking each other."""

from __future__ import annotations

_MOST = 1024
"""Maximum number of steps from one that is chosen to the next, where events are not further apart."""


class CommonSteps:
    """Chooses a step now and then, mostly the same one in all processes that count the same steps.

    Each process is ready to look again at times of its own. It then waits for a round step: a multiple of a power of
    two, at least the number of steps that it makes between two such times. The multiples of a larger power are
    multiples of a smaller one, too, so processes of different pace meet at every one of the slowest.
    """

    def __init__(self) -> None:
        self._chosen = 1
        self._asked_at = 0
        self._is_used = False
        self._least = 1
        """The power of two that is at least waited for."""

    def choose_after(self, step: int) -> None:
        """Choose a step after this one, if the one that was chosen is over."""
        if self._is_used:
            power = max(1 << max(step - self._asked_at - 1, 0).bit_length(), self._least)
            self._chosen = (step // power + 1) * power
            self._is_used = False
        self._asked_at = step

    def is_chosen(self, step: int) -> bool:
        """Whether this is the chosen step, or the first that is there after it."""
        return not self._is_used and step >= self._chosen

    def use(self, *, was_affordable: bool = True) -> None:
        """The chosen step is over. Where looking would have cost too much, half as many are chosen from now on."""
        self._is_used = True
        if not was_affordable:
            self._least = min(2 * self._least, _MOST)
