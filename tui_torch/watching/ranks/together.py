"""All that there is to say of the ranks of a run, from what they have recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui_torch.protocol.records.ranks import ProcessEnd
from tui_torch.watching.ranks.differing import averaged_over, differing_ranks
from tui_torch.watching.ranks.findings import RankLine, RankNorms, RankState, RanksTogether, StoppedRank
from tui_torch.watching.ranks.rank_record import RankRecord, ends_in, now, ranks_of
from tui_torch.watching.ranks.root_cause import root_cause
from tui_torch.watching.ranks.waits import PATIENCE, WINDOW, per_step, stopped_ranks, straggler
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder


def together(
    run: RunFolder, readers: Sequence[RecordReader], *, is_running: bool, patience: float = PATIENCE
) -> RanksTogether:
    """What there is to say of the ranks of a run now. Without ranks, nothing.

    Args:
        run: The run's folder, in which Pythons that fail say so.
        readers: The records of its processes, read.
        is_running: Whether its command runs still.
        patience: Seconds that a rank waits until it is said that another does not come.
    """
    sizes = {reader.begun.world_size for reader in readers if reader.begun is not None}
    return compared(
        ranks_of(readers, is_running=is_running),
        () if is_running else ends_in(run.ends()),
        is_running=is_running,
        time=now(),
        world_size=max((size for size in sizes if size is not None), default=None),
        patience=patience,
    )


def compared(
    ranks: Sequence[RankRecord],
    ends: Sequence[ProcessEnd],
    *,
    is_running: bool,
    time: float,
    world_size: int | None = None,
    patience: float = PATIENCE,
) -> RanksTogether:
    """Compare ranks. While they run, what stops them and whom they wait for is of the last seconds."""
    averaged = averaged_over(ranks)
    stopped = stopped_ranks(ranks, time, patience) if is_running else ()
    return RanksTogether(
        lines=tuple(_line(record, stopped, averaged.get(record.rank)) for record in ranks),
        world_size=world_size,
        norms=norms_at_one_step(ranks, averaged),
        differing=differing_ranks(ranks),
        straggler=straggler(ranks, WINDOW if is_running else None),
        stopped=stopped,
        root_cause=None if is_running else root_cause(ranks, ends),
    )


def norms_at_one_step(ranks: Sequence[RankRecord], averaged: Mapping[int, int]) -> RankNorms | None:
    """Norms of gradients at the last step of which all ranks have kept them; None without one.

    Args:
        ranks: Those that train together.
        averaged: The ranks whose gradients are averaged, and over how many.
    """
    own = {record.rank: dict(record.local_norms) for record in ranks}
    mean = {record.rank: dict(record.norms) if record.rank in averaged else {} for record in ranks}
    kept = [norms for norms in (own, mean) if norms and all(norms.values())]
    steps = [set(points) for norms in kept for points in norms.values()]
    common = steps[0].intersection(*steps[1:]) if steps else None
    if not common:
        return None
    step = max(common)
    at_it = [{rank: points[step] for rank, points in norms.items()} if norms in kept else {} for norms in (own, mean)]
    return RankNorms(step, own=at_it[0], averaged=at_it[1])


def _line(record: RankRecord, stopped: Sequence[StoppedRank], averaged: int | None) -> RankLine:
    seconds, waiting = per_step(record)
    local_step, local_norm = record.local_gradient_norm or (None, None)
    return RankLine(
        record.rank,
        record.pid,
        _state(record, stopped),
        record.step,
        record.losses,
        seconds,
        waiting,
        record.gradient_norm,
        averaged,
        local_norm,
        local_step,
    )


def _state(record: RankRecord, stopped: Sequence[StoppedRank]) -> RankState:
    if record.failed is not None:
        return "failed"
    if record.ended is not None:
        return "ended"
    if record.process in ("gone", "stopped"):
        return "gone" if record.process == "gone" else "stopped"
    return "waits" if any(record.rank in one.waiting for one in stopped) else "trains"
