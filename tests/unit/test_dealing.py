"""How tests are dealt out to processes: each once, those of a group to one process, and from both ends."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dealing import Dealer

GROUPED = [f"tests/test_a.py::test_{number}@kernel" for number in range(20)]
PAIRS = [f"tests/test_b.py::test_{number}@pair {number // 2}" for number in range(10)]
ALONE = [f"tests/test_c.py::test_{number}" for number in range(60)]


class Process:
    """Stands for a process that runs what it is given, one test after the other, as pytest-xdist's do."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.given: deque[int] = deque()
        self.run: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def dealt(tests: list[str], count: int) -> list[list[str]]:
    """What each of some processes runs, where all tests take as long."""
    options: Any = SimpleNamespace(getvalue=lambda _: [f"{count}*popen"], option=SimpleNamespace(loadscopereorder=True))
    dealer = Dealer(options, SimpleNamespace(loadscopesched=lambda *_: None, loadgroupsched=lambda *_: None))  # type: ignore[arg-type]
    processes: list[Any] = [Process(str(number)) for number in range(count)]
    for process in processes:
        dealer.add_node(process)
        dealer.add_node_collection(process, tests)
    dealer.schedule()
    while any(process.given for process in processes):
        for process in processes:
            if process.given:
                process.run.append(process.given.popleft())
                dealer.mark_test_complete(process, process.run[-1])
    assert dealer.tests_finished and not dealer.has_pending
    return [[tests[at] for at in process.run] for process in processes]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_each_test_is_run_once_and_those_of_a_group_by_one_process(count: int) -> None:
    tests = ALONE[:30] + GROUPED + PAIRS + ALONE[30:]
    run = dealt(tests, count)
    assert sorted(test for one in run for test in one) == sorted(tests)
    groups = [{test.split("@")[1] for test in one if "@" in test} for one in run]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 6


def test_every_other_process_begins_with_the_last_tests() -> None:
    run = dealt(GROUPED + PAIRS + ALONE, 2)
    assert run[0][: len(GROUPED)] == GROUPED
    assert run[1][:3] == [ALONE[-1], ALONE[-2], ALONE[-3]]
