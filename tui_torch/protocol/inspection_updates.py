"""Inspections as they are sent: a name that is as it was in the inspection before is not described again.

The receiver says which inspection it has. Without that one, as at first, everything is described.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui_torch.protocol.events import Element, Inspection, Summary
from tui_torch.protocol.late_dataclass import dataclass

NOT_READ = "not read yet: there was too much to read at once"
"""The note of a value that an inspection had no time for; it is read after the run, by `ReadOn`."""


def is_complete(inspection: Inspection) -> bool:
    """Whether every value was read."""
    return all(summary.note != NOT_READ for summary in (*inspection.pinned, *inspection.variables))


@dataclass(frozen=True, slots=True)
class InspectionUpdate:
    """One inspection, against the one before."""

    number: int
    """From 1, counted by the sender."""
    since: int
    """The number of the inspection that the places below are in; 0 if there are none."""
    pinned: tuple[Summary | int, ...]
    """As in an `Inspection`; an int is a summary's place in the inspection before: pinned ones from 0, then names."""
    variables: tuple[Summary | int, ...]
    """Likewise."""
    omitted: int = 0


class InspectionSender:
    """Makes updates of inspections."""

    def __init__(self) -> None:
        self._number = 0
        self._pinned: tuple[Summary, ...] = ()
        self._variables: tuple[Summary, ...] = ()

    def update(self, inspection: Inspection, known: int) -> InspectionUpdate:
        """The update for a receiver whose last inspection has the number `known`; 0 if it has none."""
        since = known if known == self._number else 0
        before = (self._pinned, self._variables) if since else ((), ())
        self._number += 1
        self._pinned, self._variables = inspection.pinned, inspection.variables
        return InspectionUpdate(
            self._number,
            since,
            _against(before[0], 0, inspection.pinned),
            _against(before[1], len(before[0]), inspection.variables),
            inspection.omitted,
        )


class InspectionReceiver:
    """Makes inspections of updates."""

    def __init__(self) -> None:
        self.number = 0
        """The number of the last inspection; 0 before the first."""
        self._summaries: tuple[Summary, ...] = ()

    def inspection(self, update: InspectionUpdate) -> Inspection | None:
        """The inspection; None if the update is against another one than the last, and nothing is known of it.

        Names that have not changed have the same `Summary` objects as in the inspection before.
        """
        try:
            pinned, variables = self._filled(update, update.pinned), self._filled(update, update.variables)
        except IndexError:
            return None
        self.number, self._summaries = update.number, (*pinned, *variables)
        return Inspection(pinned, variables, update.omitted)

    def _filled(self, update: InspectionUpdate, items: Sequence[Summary | int]) -> tuple[Summary, ...]:
        known = self._summaries if update.since == self.number else ()
        if any(type(item) is int and item < 0 for item in items):
            raise IndexError
        return tuple(known[item] if isinstance(item, int) else item for item in items)


def _against(before: Sequence[Summary], start: int, now: Sequence[Summary]) -> tuple[Summary | int, ...]:
    places: dict[str, int] = {}
    items: list[Summary | int] = []
    for at, summary in enumerate(now):
        # After most runs, most names are where they were.
        if at < len(before) and before[at] is summary:
            items.append(start + at)
            continue
        places = places or {known.name: place for place, known in enumerate(before)}
        place = places.get(summary.name)
        items.append(start + place if place is not None and _are_alike(before[place], summary) else summary)
    return tuple(items)


def _are_alike(one: Summary, other: Summary) -> bool:
    """Whether two summaries are written alike: neither -0.0 nor 0 is 0.0 here, though they are equal."""
    return one is other or (one == other and _as_written(one) == _as_written(other))


def _as_written(summary: Summary) -> list[str]:
    """The numbers of a summary and of its gradient, as text."""
    numbers: list[Element | None] = []
    for part in (summary, summary.gradient):
        if part is not None:
            numbers += part.values or ()
            if (found := part.statistics) is not None:
                numbers += found.minimum, found.maximum, found.mean
    return [repr(number) for number in numbers]
