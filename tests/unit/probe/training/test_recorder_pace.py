"""How often a recorder publishes and looks at the clock, and whom it tells of what."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import FrameType

import pytest
import torch

from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import TrainingProgress


class Run:
    """A recorded run in which time passes only when the test lets it, and publishing costs `cost` seconds."""

    def __init__(self) -> None:
        self.now = self.cost = 0.0
        self.looks = 0
        self.begun: list[float] = []
        """When each event began to be published."""
        self.events: list[TrainingProgress] = []
        self.recorder = TrainingRecorder(self._publish, self._clock)
        self.recorder.install()
        self.recorder.begin()

    def _clock(self) -> float:
        self.looks += 1
        return self.now

    def _publish(self, event: TrainingProgress) -> None:
        self.begun.append(self.now)
        self.events.append(event)
        self.now += self.cost

    def steps(self, count: int, seconds: float) -> None:
        for _ in range(count):
            loss = torch.ones((), requires_grad=True) * 1
            loss.backward()
            self.now += seconds

    @property
    def published_at(self) -> list[int]:
        """The steps of the events so far."""
        return [event.step for event in self.events]


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.recorder.uninstall()


def test_an_event_that_came_late_is_made_up_for_by_the_next(run: Run) -> None:
    # Due at 0, 0.08, 0.16, 0.24, 0.32 and 0.40 s; each comes with the first step that is not before.
    run.steps(9, 0.051)
    assert run.published_at == [1, 3, 5, 6, 8, 9]


def test_a_long_pause_is_not_made_up_for(run: Run) -> None:
    run.steps(1, 10.0)
    run.steps(10, 0.03)
    assert run.published_at == [1, 2, 5, 8, 11]


@pytest.mark.parametrize(
    ("cost", "pause"),
    [(0.0, 0.08), (0.0001, 0.08), (0.0003, 0.15), (0.0004, 0.2), (0.001, 0.25), (0.1, 0.25)],
)
def test_events_that_cost_more_come_more_seldom_up_to_four_a_second(run: Run, cost: float, pause: float) -> None:
    run.cost = cost
    run.steps(1500, 0.001)
    pauses = [later - earlier for earlier, later in itertools.pairwise(run.begun)]
    assert len(pauses) >= 4
    assert sum(pauses[1:]) / len(pauses[1:]) == pytest.approx(pause, abs=0.002)


def test_a_slow_loop_looks_at_the_clock_in_every_step(run: Run) -> None:
    run.recorder.begin("loss.backward()")
    run.steps(100, 0.015)
    assert run.looks >= 100


def test_a_loop_with_some_steps_between_events_looks_four_times_at_least_and_after_four_steps_at_most(run: Run) -> None:
    run.recorder.begin("loss.backward()")
    run.steps(100, 0.0045)
    run.looks = 0
    run.steps(400, 0.0045)
    events = sum(event.step > 100 for event in run.events)
    assert 400 / 4 <= run.looks <= 400 / 4 + 6 * events
    assert events >= 400 * 0.0045 / 0.08 - 1


@pytest.mark.parametrize(("seconds", "steps"), [(1e-4, 50), (1e-5, 64)])
def test_a_fast_loop_looks_at_the_clock_sixteen_times_between_events_and_each_64_steps(
    run: Run, seconds: float, steps: int
) -> None:
    run.recorder.begin("loss.backward()")
    run.steps(2000, seconds)
    run.looks = 0
    run.steps(40 * steps, seconds)
    events = sum(event.step > 2000 for event in run.events)
    # And a few more for each event.
    assert 38 <= run.looks <= 40 + 6 * events


def test_how_fast_steps_come_is_measured_between_events(run: Run) -> None:
    run.steps(9, 0.1)
    run.steps(9, 0.05)
    speeds = [event.steps_per_second for event in run.events]
    assert speeds[0] is None
    assert speeds[1] == pytest.approx(10)
    assert speeds[-1] == pytest.approx(20)


def test_each_event_is_announced_to_the_loops_listeners_with_the_frame_that_went_backward(run: Run) -> None:
    heard: list[str] = []

    def fails(frame: FrameType) -> None:
        raise ValueError

    run.recorder.in_the_loop.append(fails)
    run.recorder.in_the_loop.append(lambda frame: heard.append(frame.f_code.co_name))
    run.steps(5, 0.05)
    assert heard == ["steps"] * len(run.events) and len(heard) == 3


def test_a_new_call_site_and_a_new_optimizer_are_told_once_each(run: Run) -> None:
    told: list[int] = []
    run.recorder.something_new.append(lambda: told.append(run.recorder.backwards))
    weight = torch.nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for _ in range(3):
        (weight * 1).backward()
        optimizer.step()
    # The site is told before its first loss is counted, the optimizer after.
    assert told == [0, 1]
    (weight * 2).backward()
    assert told == [0, 1, 3]


def test_what_is_logged_outside_a_run_is_not_kept(run: Run) -> None:
    run.recorder.end()
    run.recorder.log({"accuracy": 0.5})
    run.recorder.begin()
    run.recorder.end()
    assert run.events == []


def test_logging_alone_publishes_at_the_same_pace(run: Run) -> None:
    for number in range(9):
        run.recorder.log({"accuracy": number})
        run.now += 0.05
    points = [[point for series in event.series for point in series.points] for event in run.events]
    assert [len(part) for part in points] == [1, 2, 2, 2, 2]
    assert [point for part in points for point in part] == [(step, float(step - 1)) for step in range(1, 10)]


def test_the_steps_of_what_is_logged_only_grow(run: Run) -> None:
    for step in (10, 10, 5, None, 20, "30", True):
        run.recorder.log({"accuracy": 1.0}, step)
    run.recorder.end()
    steps = [step for event in run.events for series in event.series for step, _ in series.points]
    assert steps == [10, 11, 12, 13, 20, 21, 22]


def test_what_is_logged_in_a_loop_with_losses_stands_at_their_steps(run: Run) -> None:
    run.steps(3, 0.0)
    run.recorder.log({"accuracy": 0.5}, 100)
    run.recorder.end()
    logged = [series.points for event in run.events for series in event.series if series.kind == "logged"]
    assert logged == [((3, 0.5),)]


def test_what_is_logged_after_something_that_is_no_number_stands_at_the_second_call(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.recorder.log({"accuracy": "high"})
    run.recorder.log({"accuracy": 0.5})
    run.recorder.end()
    assert [series.points for event in run.events for series in event.series] == [((2, 0.5),)]
    assert "is not a number" in capsys.readouterr().err


def test_a_run_that_begins_before_the_last_one_has_ended_counts_from_nothing(run: Run) -> None:
    run.steps(3, 1.0)
    run.recorder.begin()
    run.events.clear()
    run.steps(2, 1.0)
    run.recorder.end()
    assert run.published_at == [1, 2]


def test_steps_can_be_asked_for_while_a_run_goes_on(run: Run) -> None:
    weight = torch.nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for number in range(5):
        assert (run.recorder.backwards, run.recorder.optimizer_steps) == (number, number)
        (weight * 1).backward()
        optimizer.step()


def test_how_fast_a_loop_is_that_only_logs_is_told_from_what_it_was_when_it_logged(run: Run) -> None:
    run.steps(1, 0.1)
    for _ in range(10):
        run.recorder.log({"accuracy": 1.0})
        run.now += 0.1
    assert [event.steps_per_second for event in run.events[-3:]] == [0.0, 0.0, 0.0]
