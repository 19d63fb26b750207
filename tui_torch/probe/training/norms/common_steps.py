"""Steps at which processes that train together look at the same things, without asking each other."""

from __future__ import annotations


class CommonSteps:
    """Chooses a step now and then, mostly the same one in all processes that count the same steps.

    Each process is ready to look again at times of its own. It then waits for a round step: a multiple of a power of
    two, at least the number of steps that it makes between two such times. The multiples of a larger power are
    multiples of a smaller one, too, so processes of different pace meet at every one of the slowest. Where looking has
    cost one of them too much, it waits for a rare step, at which all look whatever it costs.
    """

    def __init__(self) -> None:
        self._chosen = 1
        self._asked_at = 0
        self._is_used = False
        self._was_affordable = True

    def choose_after(self, step: int) -> None:
        """Choose a step after this one, if the one that was chosen is over."""
        if self._is_used:
            power = 1 << max(step - self._asked_at - 1, 0).bit_length()
            if not self._was_affordable:
                power = max(power, _rare(step))
            self._chosen = (step // power + 1) * power
            self._is_used = False
        self._asked_at = step

    def is_chosen(self, step: int) -> bool:
        """Whether this is the chosen step, or the first that is there after it."""
        return not self._is_used and step >= self._chosen

    @staticmethod
    def is_rare(step: int) -> bool:
        """Whether it is one of the few, 8 from each power of two to the next, that are looked at whatever it costs."""
        return step % _rare(step) == 0

    def use(self, *, was_affordable: bool = True) -> None:
        """The chosen step is over; where looking would have cost too much, it was not done."""
        self._is_used, self._was_affordable = True, was_affordable


def _rare(step: int) -> int:
    return 1 << max(step.bit_length() - 4, 0)
