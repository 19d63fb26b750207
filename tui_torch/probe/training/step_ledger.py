"""What is noted of a `backward()` in every step of a learner's loop, in as few instructions as can be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from types import CodeType
from typing import Any

from tui_torch.probe.training.series import Series


@dataclass(slots=True, eq=False)
class Place:
    """Where in the code a `backward()` is called, and the series that its losses belong to."""

    code: CodeType
    series: Series


class Ledger:
    """The losses of the latest `backward()` calls and their places, in two lists side by side.

    A loss is noted there, and nothing else done, when its place is `known` by the instruction and there is `room`; or,
    while all are taken to be of the `only` place, when there is `unlooked` room. The lists and the dict are the same
    ones for good.
    """

    __slots__ = ("begun_at", "known", "only", "places", "room", "unlooked", "values")

    def __init__(self) -> None:
        self.known: dict[int, Place] = {}
        self.values: list[Any] = []
        self.places: list[Place] = []
        self.only: Place | None = None
        """What the losses are all of, whatever `places` says."""
        self.room = 0
        """As long as that may the lists become."""
        self.unlooked = 0
        """As long as that may `values` become without a look at anything else."""
        self.begun_at = -1
        """The sequence number that the thread's next operation had when the last `backward()` that was looked at
        began."""

    def clear(self) -> None:
        self.known.clear()
        self.values.clear()
        self.places.clear()
        self.only = None
        self.hurry()

    def hurry(self) -> None:
        """Have no room for the next loss."""
        self.room = self.unlooked = 0

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
        if self.only is not None:
            return [(self.only, len(self.values))]
        # Most often all are of one place, and to count them takes a tenth of the time.
        if places and places.count(places[0]) == len(places):
            return [(places[0], len(places))]
        return [(place, sum(1 for _ in same)) for place, same in groupby(places)]
