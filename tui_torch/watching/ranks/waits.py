"""Who waits for whom: the time that ranks wait for others at a step, and the rank that all wait for."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from tui_torch.watching.ranks.findings import StoppedRank, Straggler
from tui_torch.watching.ranks.rank_record import Points, RankRecord
from tui_torch.watching.step_times import steps_in, usual_stretches

WINDOW = 10.0
"""Seconds of a running training in which a straggler is looked for."""
SHORTEST, STEPS = 2.5, 12
"""Seconds, and steps, of which there must be as many to speak of a straggler."""
PARTS, NEARLY_ALL = 48, 0.75
"""Into how many parts they are divided at most, and the share of them in which it must be the same one: a rank that
evaluates or saves now and then is waited for at few steps."""
SHARE = 0.2
"""Of a step, what the others must wait longer."""
ALIKE = 0.25
"""Ranks are as slow as the slowest that wait up to this part of the difference longer than it."""
PATIENCE = 10.0
"""Seconds that a rank waits until it is said that another does not come."""
STEPS_OF_PATIENCE = 10


def at_step(points: Points, step: float) -> float:
    """What a series that only grows is at a step: between two points, in proportion."""
    place = bisect_right(points, step, key=lambda point: point[0])
    if place == 0:
        return points[0][1]
    if place == len(points):
        return points[-1][1]
    (before, low), (after, high) = points[place - 1], points[place]
    return low + (high - low) * (step - before) / (after - before)


def per_step(record: RankRecord) -> tuple[float | None, float | None]:
    """(seconds of a step, seconds of these that it waits), of the last steps without a pause; None where unknown."""
    stretches = usual_stretches(record.times)
    if not stretches:
        return None, None
    steps = steps_in(stretches)
    seconds = sum(seconds for *_, seconds in stretches) / steps
    waited = record.waited
    if len(waited) < 2 or waited[0][0] > stretches[0][0]:
        return seconds, None
    return seconds, sum(at_step(waited, last) - at_step(waited, first) for first, last, _ in stretches) / steps


def straggler(ranks: Sequence[RankRecord], window: float | None = WINDOW) -> Straggler | None:
    """The ranks that the others wait for, throughout the time; None where nobody waits much, or it changes.

    Args:
        ranks: Those that train together.
        window: Seconds, of the last ones, that are looked at; all if None.
    """
    measured = [record for record in ranks if len(record.waited) > 1 and len(record.times) > 1]
    if len(measured) < 2 or len(measured) < len(ranks):
        return None
    last = min(min(record.times[-1][0], record.waited[-1][0]) for record in measured)
    first = max(max(_first(record, window), record.waited[0][0]) for record in measured)
    if last - first < STEPS:
        return None
    if at_step(measured[0].times, last) - at_step(measured[0].times, first) < SHORTEST:
        return None
    parts = min(PARTS, int(last - first))
    bounds = list(pairwise(first + (last - first) * part / parts for part in range(parts + 1)))
    (slow, count), *_ = Counter(_slowest(measured, begin, end) for begin, end in bounds).most_common()
    if not slow or count < NEARLY_ALL * parts:
        return None
    waits = [_waits(measured, begin, end) for begin, end in bounds]
    longer = median(max(of_part.values()) - min(of_part.values()) for of_part in waits)
    return Straggler(slow, longer, median(_seconds(measured, begin, end) for begin, end in bounds))


def _first(record: RankRecord, window: float | None) -> int:
    if window is None:
        return record.times[0][0]
    since = record.times[-1][1] - window
    return next((step for step, seconds in record.times if seconds >= since), record.times[0][0])


def _waits(ranks: Sequence[RankRecord], first: float, last: float) -> dict[int, float]:
    return {
        record.rank: (at_step(record.waited, last) - at_step(record.waited, first)) / (last - first) for record in ranks
    }


def _seconds(ranks: Sequence[RankRecord], first: float, last: float) -> float:
    took = [(at_step(record.times, last) - at_step(record.times, first)) / (last - first) for record in ranks]
    return sum(took) / len(took)


def _slowest(ranks: Sequence[RankRecord], first: float, last: float) -> tuple[int, ...]:
    """The ranks that wait so much less than the others that these wait for them; empty without any."""
    waits = _waits(ranks, first, last)
    least, most = min(waits.values()), max(waits.values())
    if most - least < SHARE * _seconds(ranks, first, last):
        return ()
    slow = tuple(rank for rank, waited in waits.items() if waited <= least + ALIKE * (most - least))
    return slow if 2 * len(slow) <= len(ranks) else ()


def stopped_ranks(ranks: Sequence[RankRecord], now: float, patience: float = PATIENCE) -> tuple[StoppedRank, ...]:
    """The ranks that do not get on: whose process is gone, or that do not come to where others wait.

    Args:
        ranks: Those that train together.
        now: Seconds since 1970.
        patience: Seconds that another must have waited, and the time of ten steps.
    """
    here = [record for record in ranks if not record.is_over and record.failed is None]
    found = list[StoppedRank]()
    stands = [
        (record.rank, now - _last_sign(record))
        for record in here
        if _is_long(record, now - _last_sign(record), patience)
    ]
    for record in ranks:
        # Others that get on do not need it: it may have left without a word when it was done.
        if record.process == "gone" and record.ended is None and record.failed is None and stands:
            waiting = tuple(rank for rank, _ in stands)
            found.append(StoppedRank(record.rank, "gone", _last_step(record), waiting, stands[0][1]))
    arrived = [(record, record.arrival) for record in here if record.arrival is not None]
    if not arrived or not all(arrival.is_each for _, arrival in arrived):
        return tuple(found)
    furthest = max(arrival.collective for _, arrival in arrived)
    waiting = [
        (record.rank, now - arrival.time)
        for record, arrival in arrived
        if arrival.collective == furthest
        and record.process == "runs"
        and _is_long(record, now - arrival.time, patience)
    ]
    if not waiting:
        return tuple(found)
    for record, arrival in arrived:
        if arrival.collective < furthest:
            how = "stopped" if record.process == "stopped" else "behind"
            ranks_waiting = tuple(rank for rank, _ in waiting)
            found.append(StoppedRank(record.rank, how, _last_step(record), ranks_waiting, waiting[0][1]))
    return tuple(found)


def _is_long(record: RankRecord, seconds: float, patience: float) -> bool:
    times = record.times[max(len(record.times) * 9 // 10 - 1, 0) :]
    # With the pauses of a training that has some: a wait as long as those is usual.
    step = (times[-1][1] - times[0][1]) / (times[-1][0] - times[0][0]) if len(times) > 1 else 0.0
    return seconds >= max(patience, STEPS_OF_PATIENCE * step)


def _last_step(record: RankRecord) -> int:
    return max(record.step, record.arrival.step if record.arrival is not None else 0)


def _last_sign(record: RankRecord) -> float:
    signs = [record.began]
    if record.times:
        signs.append(record.began + record.times[-1][1])
    if record.arrival is not None:
        signs.append(record.arrival.time)
    return max(signs)
