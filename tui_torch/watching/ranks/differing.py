"""Finds ranks whose parameters are not the same though they should be, by the digests of their records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tui_torch.protocol.records.ranks import GroupDigest, RecordDigest
from tui_torch.watching.ranks.findings import DifferingRanks
from tui_torch.watching.ranks.rank_record import RankRecord

ROUNDING = 1e-7
"""Differences below this part of the norm are of the last digit, as two kinds of processors may compute it."""
SAME_BEFORE, DIFFERENT_SINCE = 3, 3
"""Where nothing promises that ranks are the same: for how many digests they were, and are not any more."""

ByCount = Mapping[int, RecordDigest]


def differing_ranks(ranks: Sequence[RankRecord]) -> tuple[DifferingRanks, ...]:
    """The ranks whose parameters differ, an entry for each optimizer; empty where all is as it should be.

    Under `DistributedDataParallel` parameters should be the same after every step. Elsewhere they may be parts of one
    model, or trained apart, all along or from some step on as in local SGD. So there they count only where they have
    moved together before, and still step by the same gradients: where these are averaged by hand.
    """
    found: list[DifferingRanks] = []
    for (_, promised), records in _comparable(ranks).items():
        if len(records) > 1 and (differing := _compared(records, bool(promised))) is not None:
            found.append(differing)
    return tuple(found)


def _comparable(ranks: Sequence[RankRecord]) -> dict[tuple[str, tuple[int, ...]], dict[int, dict[int, RecordDigest]]]:
    """Digests by optimizer and the ranks that should be the same, then by rank, then by which step it was."""
    found: dict[tuple[str, tuple[int, ...]], dict[int, dict[int, RecordDigest]]] = {}
    for record in ranks:
        for digest in record.digests:
            if digest.replicas and record.rank not in digest.replicas:
                continue
            of_rank = found.setdefault((digest.optimizer, digest.replicas), {}).setdefault(record.rank, {})
            of_rank[digest.count] = digest
    return found


def _compared(records: Mapping[int, ByCount], is_promised: bool) -> DifferingRanks | None:
    counts = sorted({count for digests in records.values() for count in digests})
    common = [count for count in counts if sum(count in digests for digests in records.values()) > 1]
    are_different = [_differ(_at(records, count)) for count in common]
    if not are_different or not are_different[-1]:
        return None
    # Of what differs now, since when: what came together again in between was meant.
    first = len(are_different) - are_different[::-1].index(False) if False in are_different else 0
    same = common[:first]
    if not is_promised:
        moved = [count for count, before in zip(same[1:], same, strict=False) if _has_moved(records, before, count)]
        if len(moved) < SAME_BEFORE or False in are_different[first:] or len(common) - first < DIFFERENT_SINCE:
            return None
        if True in are_different[:first]:  # they are brought together now and then
            return None
        if any(_have_same_gradients(_at(records, count)) is not True for count in common[first:]):
            return None
    return _described(_at(records, common[first]), _at(records, same[-1]) if same else None, is_promised)


def averaged_over(ranks: Sequence[RankRecord]) -> dict[int, int]:
    """By rank, over how many ranks `DistributedDataParallel` averages the gradients that its optimizer steps by.

    Only where they are seen to be the same: a model that is called past its wrapper averages nothing.
    """
    found: dict[int, int] = {}
    for (_, replicas), records in _comparable(ranks).items():
        counts = sorted({count for digests in records.values() for count in digests})
        common = [count for count in counts if sum(count in digests for digests in records.values()) > 1]
        if replicas and common and _have_same_gradients(_at(records, common[-1])):
            found |= dict.fromkeys(records, len(replicas))
    return found


def _have_same_gradients(digests: Mapping[int, RecordDigest]) -> bool | None:
    """Whether optimizers have stepped by the same gradients; None where they had none."""
    gradients = [[group.gradients for group in digest.groups] for digest in digests.values()]
    known = [of_group for of_group in zip(*gradients, strict=False) if None not in of_group]
    return all(len(set(of_group)) == 1 for of_group in known) if known else None


def _at(records: Mapping[int, ByCount], count: int) -> dict[int, RecordDigest]:
    return {rank: digests[count] for rank, digests in records.items() if count in digests}


def _has_moved(records: Mapping[int, ByCount], before: int, count: int) -> bool:
    return any(
        before in digests and _bits(digests[before]) != _bits(digests[count])
        for digests in records.values()
        if count in digests
    )


def _bits(digest: RecordDigest) -> tuple[object, ...]:
    """By which digests are the same: NaN has many forms, and where all is NaN, ranks do not differ."""
    return tuple((group.name, None if math.isnan(group.total) else group.parameters) for group in digest.groups)


def _differ(digests: Mapping[int, RecordDigest]) -> bool:
    return len({_bits(digest) for digest in digests.values()}) > 1 and _relative(digests) >= ROUNDING


def _relative(digests: Mapping[int, RecordDigest]) -> float:
    """About how much of the norm parameters differ by, at most between two ranks. Infinite beside a NaN."""
    first, *others = digests.values()
    largest = 0.0
    for other in others:
        pairs = [(one, two) for one, two in zip(first.groups, other.groups, strict=False) if one.name == two.name]
        apart = math.sqrt(sum((one.total - two.total) ** 2 for one, two in pairs))
        norm = math.sqrt(sum(max(one.norm, two.norm) ** 2 for one, two in pairs))
        if _bits(first) != _bits(other):
            relative = apart / norm if norm else apart
            largest = max(largest, relative if math.isfinite(relative) else math.inf)
    return largest


def _described(
    digests: Mapping[int, RecordDigest], before: Mapping[int, RecordDigest] | None, is_promised: bool
) -> DifferingRanks:
    sides: dict[tuple[object, ...], list[int]] = {}
    for rank, digest in sorted(digests.items()):
        sides.setdefault(_bits(digest), []).append(rank)
    by_name: dict[str, list[GroupDigest]] = {}
    for digest in digests.values():
        for group in digest.groups:
            by_name.setdefault(group.name, []).append(group)
    groups = [name for name, found in by_name.items() if len({group.parameters for group in found}) > 1]
    are_same = _have_same_gradients(digests)
    lowest = digests[min(digests)]
    return DifferingRanks(
        sides=tuple(sorted(map(tuple, sides.values()), key=lambda side: (-len(side), side))),
        groups=tuple(groups),
        of=len(by_name),
        step=lowest.step,
        same_until=before[min(before)].step if before else None,
        are_gradients_different=None if are_same is None else not are_same,
        relative=_relative(digests),
        is_promised=is_promised,
    )
