"""What only shows when ranks are compared, as sentences and as fields of JSON, for both faces."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

from tui_torch.watching.ranks.findings import DifferingRanks, RanksTogether, RootCause, StoppedRank, Straggler


@dataclass(frozen=True)
class RankEvent:
    """Something to tell of ranks. Equal where it is the same again, with other numbers."""

    name: str
    about: tuple[object, ...]
    """By which it is the same."""
    sentence: str = field(compare=False)
    fields: dict[str, Any] = field(compare=False)


def rank_events(ranks: RanksTogether) -> Iterator[RankEvent]:
    """What there is to tell of ranks besides a line for each."""
    for stopped in ranks.stopped:
        yield _event("stopped", (stopped.rank, stopped.how, stopped.step), stopped_sentence(stopped), stopped)
    for differing in ranks.differing:
        # Not by the step: of a long training, not every step's digest is kept.
        about = (differing.sides, differing.is_promised)
        yield _event("differing", about, differing_sentence(differing), differing)
    if (slow := ranks.straggler) is not None:
        yield _event("straggler", slow.ranks, straggler_sentence(slow, ranks), slow)
    if (cause := ranks.root_cause) is not None:
        yield _event("root_cause", (cause.rank,), root_cause_sentence(cause), cause)


def _event(name: str, about: tuple[object, ...], sentence: str, found: Any) -> RankEvent:
    fields = {key: _finite(value) for key, value in asdict(found).items()}
    return RankEvent(name, about, sentence, fields)


def _finite(value: object) -> object:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _named(ranks: Sequence[int]) -> str:
    """`rank 1`, `ranks 0 and 2`, `ranks 0, 1, 2 and 5 more`."""
    if len(ranks) == 1:
        return f"rank {ranks[0]}"
    shown = [str(rank) for rank in (ranks if len(ranks) <= 4 else ranks[:3])]
    rest = len(ranks) - len(shown)
    last = f"{rest} more" if rest else shown.pop()
    return f"ranks {', '.join(shown)} and {last}"


def _verb(ranks: Sequence[int], one: str, several: str) -> str:
    return one if len(ranks) == 1 else several


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def differing_sentence(differing: DifferingRanks) -> str:
    """Which ranks differ, since when, in what, and whether that should be."""
    main, *others = differing.sides
    other = sorted(rank for side in others for rank in side)
    where = (
        "" if differing.of == 1 else f" in {_listed(differing.groups)}" if len(differing.groups) < differing.of else ""
    )
    sentence = f"the parameters of {_named(other)} and of {_named(main)} differ{where} since step {differing.step:,}"
    if differing.same_until is not None:
        sentence += f" (at step {differing.same_until:,} they were the same)"
    if math.isfinite(differing.relative):
        sentence += f", by about {100 * differing.relative:.2g} % of their norm"
    if differing.are_gradients_different is not None:
        gradients = "differ, too" if differing.are_gradients_different else "are the same"
        sentence += f"; the gradients that the optimizer steps by {gradients}"
    if differing.is_promised:
        return f"{sentence}; under DistributedDataParallel they should be the same"
    return f"{sentence}; nothing that is known here keeps them the same"


def _listed(names: Sequence[str]) -> str:
    """The names of modules; one that is a number, as in an `nn.Sequential`, says what it is."""
    shown = [f"module {name}" if name[:1].isdigit() else name for name in names[:3]]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def straggler_sentence(slow: Straggler, ranks: RanksTogether) -> str:
    """Who waits for whom, and how long."""
    others = [line.rank for line in ranks.lines if line.rank not in slow.ranks]
    return (
        f"{_named(others)} {_verb(others, 'waits', 'wait')} for {_named(slow.ranks)}: {_seconds(slow.seconds)}"
        f" more than {_verb(slow.ranks, 'it does', 'they do')}, of each step of {_seconds(slow.seconds_per_step)}"
    )


def stopped_sentence(stopped: StoppedRank) -> str:
    """Which rank does not get on, and who waits for it."""
    who = _named(stopped.waiting)
    have = _verb(stopped.waiting, "has", "have")
    if stopped.how == "gone":
        return (
            f"the process of rank {stopped.rank} is gone, after step {stopped.step:,}; "
            f"{who} {have} not got on for {_seconds(stopped.seconds)}"
        )
    why = "has been stopped by a signal" if stopped.how == "stopped" else "has not come to where they meet"
    return (
        f"{who} {have} waited {_seconds(stopped.seconds)} for rank {stopped.rank}, which {why}; "
        f"it was last at step {stopped.step:,}"
    )


def root_cause_sentence(cause: RootCause) -> str:
    """Which rank failed first, how, and who ended because of it."""
    who = _named(sorted((cause.rank, *cause.alike)))
    if cause.is_echo:
        sentence = f"{who} lost the connection to another rank: {how_it_failed(cause)}"
    elif cause.error:
        sentence = f"{who} failed{'' if cause.alike else ' first'}: {how_it_failed(cause)}"
    else:
        sentence = f"{who} {_verb((cause.rank, *cause.alike), 'was', 'were')} {how_it_failed(cause)}"
        if cause.exit_code is not None and cause.exit_code >= 0:
            sentence = f"{who} ended with {how_it_failed(cause)}"
    if cause.echoes:
        sentence += f"; {_named(cause.echoes)} ended because of it"
    return sentence


def in_a_word(ranks: RanksTogether) -> str:
    """The most important of it, for a table: `rank 1: SIGKILL`, `differ since step 33`; empty where all is well."""
    parts: list[str] = []
    if (cause := ranks.root_cause) is not None:
        killed = cause.exit_code is not None and cause.exit_code < 0
        how = cause.error or (signal_name(-(cause.exit_code or 0)) if killed else f"exit code {cause.exit_code}")
        parts.append(f"{_named(sorted((cause.rank, *cause.alike)))}: {how}")
    parts += [f"differ since step {differing.step:,}" for differing in ranks.differing[:1]]
    if ranks.straggler is not None:
        parts.append(f"{_named(ranks.straggler.ranks)} {_verb(ranks.straggler.ranks, 'is', 'are')} slow")
    parts += [f"rank {stopped.rank} is {stopped.how}" for stopped in ranks.stopped[:1]]
    return ", ".join(parts)


def how_it_failed(cause: RootCause) -> str:
    """`KeyError: 'label' (train.py, line 12), exit code 1`, `killed by SIGKILL (exit code -9)`, `exit code 7`."""
    if cause.error:
        message = " ".join(cause.message.split())
        text = f"{cause.error}: {message}" if message else cause.error
        if cause.line is not None:
            text += f" ({PurePath(cause.file or '').name}, line {cause.line})"
        return text if cause.exit_code is None else f"{text}, exit code {cause.exit_code}"
    if cause.exit_code is not None and cause.exit_code < 0:
        return f"killed by {signal_name(-cause.exit_code)} (exit code {cause.exit_code})"
    return f"exit code {cause.exit_code}"


def signal_name(number: int) -> str:
    """`SIGKILL`, or `signal 99` for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
