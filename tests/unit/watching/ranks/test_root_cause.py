"""The rank that failed first is told from those that only lost it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tui_torch.protocol.events import Failed, Frame
from tui_torch.protocol.records.ranks import ChildEnd, ProcessEnd
from tui_torch.watching.ranks.findings import RootCause
from tui_torch.watching.ranks.rank_record import RankRecord
from tui_torch.watching.ranks.root_cause import is_lost_connection, root_cause

LOST = "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:22361"


def rank(number: int, error: str = "", message: str = "", at: float | None = None) -> RankRecord:
    """One that trained from 1000 on, and failed so."""
    failed = Failed(error, message, (Frame(12, "main", "raise", "/home/me/train.py"),)) if error else None
    return RankRecord(number, 70 + number, 1000.0, 5, failed=failed, ended=at, process="gone")


def launcher(*codes: int | None, seen: tuple[float, ...] = ()) -> ProcessEnd:
    """What torchrun tells at its end: the exit code of each rank; None of one that did not fail."""
    times = seen or (1010.0,) * len(codes)
    children = tuple(
        ChildEnd(70 + number, code, number, times[number]) for number, code in enumerate(codes) if code is not None
    )
    return ProcessEnd(60, 1011.0, "ChildFailedError", "failed", children=children)


def early(number: int, error: str, message: str) -> ProcessEnd:
    """A rank that failed before it trained."""
    return ProcessEnd(70 + number, 1009.0, error, message, number, file="/home/me/train.py", line=3)


KILLED = RootCause(1, -9, "", "", None, None, False, (), (0,))


@pytest.mark.parametrize(
    ("ranks", "ends", "cause"),
    [
        pytest.param([rank(0, "RuntimeError", LOST, 9.0), rank(1)], [launcher(1, -9)], KILLED, id="killed"),
        pytest.param([rank(0), rank(1)], [launcher(-15, -9)], KILLED, id="killed, and the other ended by torchrun"),
        pytest.param(
            [rank(0), rank(1)], [launcher(-15, -11)], replace(KILLED, exit_code=-11), id="a segmentation fault"
        ),
        pytest.param(
            [rank(0), rank(1)], [launcher(-6, -9)], KILLED, id="killed, and the other aborted by its watchdog"
        ),
        pytest.param([rank(0), rank(1)], [launcher(-15, 7)], replace(KILLED, exit_code=7), id="sys.exit(7)"),
        pytest.param(
            [rank(0, "RuntimeError", LOST, 9.0), rank(1, "KeyError", "'label'", 8.0)],
            [launcher(1, 1)],
            RootCause(1, 1, "KeyError", "'label'", "/home/me/train.py", 12, False, (), (0,)),
            id="raised",
        ),
        pytest.param(
            [rank(0, "RuntimeError", LOST, 7.0), rank(1, "KeyError", "'label'", 8.0)],
            [],
            RootCause(1, None, "KeyError", "'label'", "/home/me/train.py", 12, False, (), (0,)),
            id="raised, and no launcher tells",
        ),
        pytest.param(
            [],
            [early(1, "ValueError", "no data"), launcher(-15, 1)],
            RootCause(1, 1, "ValueError", "no data", "/home/me/train.py", 3, False, (), (0,)),
            id="raised before it trained",
        ),
        pytest.param(
            [rank(0, "KeyError", "3", 8.0), rank(1, "KeyError", "3", 8.1)],
            [launcher(1, 1)],
            RootCause(0, 1, "KeyError", "3", "/home/me/train.py", 12, False, (1,), ()),
            id="all alike",
        ),
        pytest.param(
            [rank(0, "KeyError", "'label'", 8.0), rank(1)],
            [launcher(1, -9, seen=(1010.0, 1040.0))],
            RootCause(0, 1, "KeyError", "'label'", "/home/me/train.py", 12, False, (), (1,)),
            id="the other was killed since it did not end",
        ),
        pytest.param(
            [rank(0, "RuntimeError", LOST, 9.0)],
            [launcher(1)],
            RootCause(0, 1, "RuntimeError", LOST, "/home/me/train.py", 12, True, (), ()),
            id="the rank that is gone is on another machine",
        ),
        pytest.param([rank(0), rank(1)], [launcher(-15, -15)], None, id="ended from outside"),
        pytest.param([rank(0), rank(1)], [], None, id="ended, and nobody tells how"),
        pytest.param([rank(0, "RuntimeError", LOST, 9.0), rank(1)], [], None, id="interrupted, one before the other"),
        pytest.param([], [], None, id="nothing"),
    ],
)
def test_the_root_cause_where(ranks: list[RankRecord], ends: list[ProcessEnd], cause: RootCause | None) -> None:
    for seed in range(3):
        random.Random(seed).shuffle(ranks)
        assert root_cause(ranks, ends) == cause


@pytest.mark.parametrize(
    ("error", "message", "is_lost"),
    [
        ("RuntimeError", LOST, True),
        ("RuntimeError", "[../gloo/transport/tcp/buffer.cc:72] Timed out waiting 1800000ms for recv operation", True),
        ("DistBackendError", "NCCL communicator was aborted on rank 0.", True),
        ("DistNetworkError", "failed to recv, got 0 bytes", True),
        ("ConnectionResetError", "[Errno 104] Connection reset by peer", False),
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (4x3 and 5x2)", False),
        ("ValueError", "the connection closed", False),
    ],
)
def test_an_exception_that_says_another_rank_is_gone(error: str, message: str, is_lost: bool) -> None:
    assert is_lost_connection(error, message) is is_lost


def test_processes_of_spawn_are_known_by_their_number() -> None:
    spawn = ProcessEnd(60, 1011.0, "ProcessRaisedException", "…", children=(ChildEnd(71, 1, message="KeyError: 'a'"),))
    assert root_cause([rank(0), rank(1)], [spawn]) == RootCause(1, 1, "KeyError", "'a'", None, None, False)
