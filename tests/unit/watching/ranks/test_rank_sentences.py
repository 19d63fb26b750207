"""What is said of ranks, as whole sentences."""

from __future__ import annotations

import json
import math

import pytest

from tui_torch.protocol.records.ranks import ChildEnd, ProcessEnd
from tui_torch.watching.ranks.findings import (
    DifferingRanks,
    RankLine,
    RanksTogether,
    RootCause,
    StoppedRank,
    Straggler,
)
from tui_torch.watching.ranks.rank_record import RankRecord
from tui_torch.watching.ranks.sentences import in_a_word, rank_events
from tui_torch.watching.ranks.together import compared


def line(rank: int) -> RankLine:
    return RankLine(rank, 70 + rank, "trains", 9, (("loss", 0.5),), 0.06, 0.045, 1.0, 2, 1.2)


FOUR = tuple(map(line, range(4)))
DIFFERING = DifferingRanks(((0, 2, 3), (1,)), ("0", "head"), 3, 33, 32, True, 0.0042, True)
KILLED = RootCause(1, -9, "", "", None, None, False, (), (0, 2, 3))


@pytest.mark.parametrize(
    ("found", "sentence", "word"),
    [
        (
            RanksTogether(FOUR, differing=(DIFFERING,)),
            "the parameters of rank 1 and of ranks 0, 2 and 3 differ in module 0, head since step 33 "
            "(at step 32 they were the same), by about 0.42 % of their norm; "
            "the gradients that the optimizer steps by differ, too; under "
            "DistributedDataParallel they should be the same",
            "differ since step 33",
        ),
        (
            RanksTogether(
                FOUR[:2], differing=(DifferingRanks(((0,), (1,)), ("a",), 1, 1, None, False, math.inf, False),)
            ),
            "the parameters of rank 1 and of rank 0 differ since step 1; the gradients that the optimizer steps by "
            "are the same; nothing that is known here keeps them the same",
            "differ since step 1",
        ),
        (
            RanksTogether(FOUR, straggler=Straggler((1,), 0.045, 0.06)),
            "ranks 0, 2 and 3 wait for rank 1: 45 ms more than it does, of each step of 60 ms",
            "rank 1 is slow",
        ),
        (
            RanksTogether(FOUR[:2], straggler=Straggler((0,), 1.5, 2.0)),
            "rank 1 waits for rank 0: 1.5 s more than it does, of each step of 2 s",
            "rank 0 is slow",
        ),
        (
            RanksTogether(FOUR[:2], stopped=(StoppedRank(1, "behind", 40, (0,), 12.3),)),
            "rank 0 has waited 12 s for rank 1, which has not come to where they meet; it was last at step 40",
            "rank 1 is behind",
        ),
        (
            RanksTogether(FOUR, stopped=(StoppedRank(1, "stopped", 4_000, (0, 2, 3), 12.3),)),
            "ranks 0, 2 and 3 have waited 12 s for rank 1, which has been stopped by a signal; "
            "it was last at step 4,000",
            "rank 1 is stopped",
        ),
        (
            RanksTogether(FOUR[:2], stopped=(StoppedRank(1, "gone", 40, (0,), 12.3),)),
            "the process of rank 1 is gone, after step 40; rank 0 has not got on for 12 s",
            "rank 1 is gone",
        ),
        (
            RanksTogether(FOUR, root_cause=KILLED),
            "rank 1 was killed by SIGKILL (exit code -9); ranks 0, 2 and 3 ended because of it",
            "rank 1: SIGKILL",
        ),
        (
            RanksTogether(FOUR, root_cause=RootCause(1, 7, "", "", None, None, False)),
            "rank 1 ended with exit code 7",
            "rank 1: exit code 7",
        ),
        (
            RanksTogether(
                FOUR, root_cause=RootCause(0, 1, "KeyError", "'label'\n", "/home/me/train.py", 12, False, (), (1,))
            ),
            "rank 0 failed first: KeyError: 'label' (train.py, line 12), exit code 1; rank 1 ended because of it",
            "rank 0: KeyError",
        ),
        (
            RanksTogether(FOUR, root_cause=RootCause(0, 1, "KeyError", "", None, None, False, (1, 2, 3))),
            "ranks 0, 1, 2 and 3 failed: KeyError, exit code 1",
            "ranks 0, 1, 2 and 3: KeyError",
        ),
        (
            RanksTogether(FOUR, root_cause=RootCause(3, None, "RuntimeError", "Broken pipe", None, None, True)),
            "rank 3 lost the connection to another rank: RuntimeError: Broken pipe",
            "rank 3: RuntimeError",
        ),
    ],
)
def test_each_finding_is_one_sentence_and_a_word_for_tables(found: RanksTogether, sentence: str, word: str) -> None:
    (event,) = rank_events(found)
    assert (event.sentence, in_a_word(found)) == (sentence, word)
    json.dumps(event.fields, allow_nan=False)


def test_of_ranks_that_are_well_and_of_none_nothing_is_said() -> None:
    ranks = [RankRecord(number, 70, 0.0, 5, times=((1, 0.1), (5, 0.5)), process="runs") for number in (0, 1)]
    for records in (ranks, []):
        found = compared(records, (), is_running=True, time=1.0)
        assert list(rank_events(found)) == [] and in_a_word(found) == ""
        assert [line.state for line in found.lines] == ["trains"] * len(records)


def test_the_state_of_each_rank_is_on_its_line() -> None:
    records = [
        RankRecord(0, 70, 0.0, ended=3.0, process="gone"),
        RankRecord(1, 71, 0.0, process="gone"),
        RankRecord(2, 72, 0.0, process="stopped"),
    ]
    assert [line.state for line in compared(records, (), is_running=True, time=1.0).lines] == [
        "ended",
        "gone",
        "stopped",
    ]


def test_while_a_command_runs_no_cause_of_its_end_is_told() -> None:
    ends = [ProcessEnd(60, 1.0, "ChildFailedError", "", children=(ChildEnd(71, -9, 1),))]
    records = [RankRecord(1, 71, 0.0)]
    assert compared(records, ends, is_running=True, time=1.0).root_cause is None
    assert compared(records, ends, is_running=False, time=1.0).root_cause is not None


def test_the_same_finding_with_other_numbers_is_the_same() -> None:
    first, second = (RanksTogether(FOUR, straggler=Straggler((1,), seconds, 0.06)) for seconds in (0.04, 0.05))
    assert set(rank_events(first)) == set(rank_events(second))
