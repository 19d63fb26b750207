"""When PyTorch's threads are gathered, told by clocks that the test sets."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import pytest
import torch

from tui_torch.probe.training.thread_placement import Clocks, ThreadPlacement


@dataclass
class Machine:
    """Two processors, on which a loop of two threads runs beside other programs."""

    can_gather: bool = True
    are_gathered: bool = False
    leases: list[float] = field(default_factory=list)
    wall: float = 0.0
    process: float = 0.0
    thread: float = 0.0
    idle: float = 0.0
    steps: int = 0

    def gather(self, seconds: float) -> None:
        self.are_gathered = True
        self.leases.append(self.wall)

    def release(self) -> None:
        self.are_gathered = False


class Loop:
    """A loop on a machine, judged every tenth of a second."""

    def __init__(self) -> None:
        self.machine = machine = Machine()
        clocks = Clocks(lambda: machine.wall, lambda: machine.process, lambda: machine.thread, lambda: machine.idle)
        self.placement = ThreadPlacement(machine, lambda: machine.steps, clocks)
        self.placement._processors = 2
        self.judge()

    def judge(self) -> None:
        self.placement.in_the_loop(sys._getframe())

    def runs(
        self, steps: int, *, main: float = 1.0, other: float = 1.0, idle: float = 0.0, seconds: float = 0.1
    ) -> None:
        """Let so many steps be done in so many seconds.

        Args:
            steps: Their number.
            main: How much of a processor the loop's thread gets.
            other: How much of a processor PyTorch's other thread gets.
            idle: How many processors have nothing to do.
            seconds: On the wall.
        """
        machine = self.machine
        machine.steps += steps
        machine.wall += seconds
        machine.thread += main * seconds
        machine.process += (main + other) * seconds
        machine.idle += idle * seconds
        self.judge()

    def run_beside_another(self) -> None:
        """Until its threads are gathered, and that helps."""
        self.runs(2, main=0.5, other=0.5)
        self.runs(10, main=0.5, other=0.5)
        assert self.placement.are_gathered


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    return Loop()


def test_on_a_free_machine_nothing_is_tried(loop: Loop) -> None:
    for _ in range(50):
        loop.runs(10)
    assert loop.machine.leases == []


def test_a_loop_that_computes_in_one_thread_is_left_alone(loop: Loop) -> None:
    for _ in range(50):
        loop.runs(10, main=0.4, other=0.0)
    assert loop.machine.leases == []


def test_threads_whose_processors_others_take_are_gathered_and_stay_so_where_steps_come_faster(loop: Loop) -> None:
    loop.runs(2, main=0.5, other=0.5)
    assert loop.machine.are_gathered and not loop.placement.are_gathered
    loop.runs(10, main=0.5, other=0.5)
    assert loop.placement.are_gathered
    for _ in range(50):
        loop.runs(10, main=0.5, other=0.5)
    assert loop.machine.are_gathered and loop.placement.are_gathered
    assert len(loop.machine.leases) == 52


def test_threads_are_let_go_where_steps_come_no_faster_and_each_further_trial_waits_twice_as_long(loop: Loop) -> None:
    for _ in range(200):
        loop.runs(10, main=0.9, other=0.5)
    waits = [later - sooner for sooner, later in zip(loop.machine.leases, loop.machine.leases[1:], strict=False)]
    assert waits == pytest.approx([1.1, 2.1, 4.1, 8.1], abs=0.15)
    assert not loop.placement.are_gathered


def test_a_step_that_outlasts_the_lease_ends_the_trial(loop: Loop) -> None:
    loop.runs(1, main=0.5, other=0.5)
    loop.machine.are_gathered = False
    loop.runs(1, main=0.5, other=0.5, seconds=2.0)
    assert not loop.machine.are_gathered and not loop.placement.are_gathered


def test_threads_are_let_go_when_the_machine_is_free_again(loop: Loop) -> None:
    loop.run_beside_another()
    for _ in range(10):
        loop.runs(10, main=0.5, other=0.5, idle=0.5)
    assert loop.placement.are_gathered
    for _ in range(12):
        loop.runs(10, main=0.5, other=0.5, idle=1.0)
    assert not loop.machine.are_gathered and not loop.placement.are_gathered


def test_a_gathered_loop_that_gets_much_slower_is_let_go_and_not_tried_again_at_once(loop: Loop) -> None:
    loop.run_beside_another()
    tried = len(loop.machine.leases)
    loop.runs(4, main=0.5, other=0.5)
    assert not loop.machine.are_gathered
    for _ in range(8):
        loop.runs(4, main=0.5, other=0.5)
    assert len(loop.machine.leases) == tried


def test_the_end_of_a_run_lets_threads_go(loop: Loop) -> None:
    loop.run_beside_another()
    loop.placement.end()
    assert not loop.machine.are_gathered and not loop.placement.are_gathered


def test_another_number_of_threads_set_by_the_learner_is_left_alone(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.run_beside_another()
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    tried = len(loop.machine.leases)
    for _ in range(50):
        loop.runs(10, main=0.5, other=0.5)
    assert not loop.machine.are_gathered
    assert len(loop.machine.leases) == tried


def test_where_threads_cannot_be_gathered_no_clock_is_read(loop: Loop) -> None:
    loop.machine.can_gather = False
    loop.placement._clocks = Clocks(wall=lambda: pytest.fail("read"))
    loop.runs(2, main=0.5, other=0.5)
