"""What is noted of a `backward()` in every step of a learner's loop, in as few instructions as can be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from types import CodeType
from typing import Any

from tui_torch.probe.series import Series


@dataclass(slots=True, eq=False)
class Place:
    """Where in the code a `backward()` is called, and the series that its losses belong to."""

    code: CodeType
    series: Series


class Ledger:
    """The losses of the latest `backward()` calls and their places, in two lists side by side.

    A loss is noted there, and nothing else done, when its place is `known` by the instruction and there is `room`.
    The lists and the dict are the same ones for good.
    """

    __slots__ = ("begun_at", "known", "places", "room", "values")

    def __init__(self) -> None:
        self.known: dict[int, Place] = {}
        self.values: list[Any] = []
        self.places: list[Place] = []
        self.room = 0
        """As long as that may the lists become."""
        self.begun_at = -1
        """The sequence number that the thread's next operation had when the last `backward()` of all began."""

    def clear(self) -> None:
        self.known.clear()
        self.values.clear()
        self.places.clear()
        self.room = 0

    def settle(self, done: int) -> int:
        """Enter what was noted into its series, as the steps after the first `done`; how many are done now."""
        at = 0
        for place, count in self._stretches():
            until = at + count
            place.series.extend(done + at + 1, self.values[at:until])
            at = until
        # Not counted by their places: an interrupt may have come between a loss and its own.
        done += len(self.values)
        self.values.clear()
        self.places.clear()
        return done

    def _stretches(self) -> list[tuple[Place, int]]:
        """The places, each with how many losses in a row are its own."""
        places = self.places
        # Most often all are of one place, and to count them takes a tenth of the time.
        if places and places.count(places[0]) == len(places):
            return [(places[0], len(places))]
        return [(place, sum(1 for _ in same)) for place, same in groupby(places)]
