"""Of a function that is called again, as once an epoch, the last call is shown, and each value as of one moment."""

from __future__ import annotations

import pytest

from tests.unit.probe.training_frames.frame_session import FrameSession
from tests.unit.probe.training_frames.test_training_frames import HEAD
from tui_torch.probe.training_frames.bound_names import names_bound_after, names_bound_before_loops
from tui_torch.protocol.events import Summary

EPOCHS = (
    HEAD
    + """
class Trainer:
    def __init__(self):
        self.w = nn.Linear(4, 1)
        self.opt = torch.optim.SGD(self.w.parameters(), lr=0.001)
    def epoch(self, n):
        half, total, seen = 0.5, 0.0, []
        for step in range(n * 1000, n * 1000 + STEPS):
            x = torch.full((3, 4), float(step))
            loss = (self.w(x) * 0).sum() + step
            loss.backward()
            self.opt.step()
            total += loss.item()
            seen = [torch.tensor(step)]
            tick(SECONDS)
    def fit(self, epochs):
        for n in range(1, epochs + 1):
            self.epoch(n)
            tick(0.3)
def main():
    Trainer().fit(EPOCHS)
main()
"""
)


def epochs(steps: int, seconds: float, count: int) -> FrameSession:
    code = EPOCHS.replace("STEPS", str(steps)).replace("SECONDS", str(seconds)).replace("EPOCHS", str(count))
    session = FrameSession(code)
    assert session.error is None and session.recorder.after_backward == []
    return session


def of_step(row: Summary, steps: int, frame_step: int) -> float:
    """The number of its epoch and step that a row must have, by the step that it is of."""
    read_at = row.read_at.removeprefix("step ").replace(",", "")
    at = (int(read_at) if read_at else frame_step) - 1
    return (at // steps + 1) * 1000 + at % steps


def test_a_slow_loop_is_shown_as_its_last_call_ended() -> None:
    session = epochs(20, 0.02, 3)
    frame = session.read[0]
    assert (frame.function, frame.state, frame.step, frame.steps) == ("Trainer.epoch", "ended", 60, 60)
    assert session.row("n").text == "3" and session.row("step").text == "3019"
    assert session.row("x").values == (3019.0,) * 12 and session.row("loss").values == (3019.0,)
    assert [row.name for row in frame.variables if row.read_at] == ["total", "seen"]
    assert session.row("total").read_at == "line 16" and session.row("total").note == "as it was in line 16 of step 60"
    assert float(session.row("total").text) == sum(range(3000, 3019))
    assert session.row("seen").read_at.startswith("step 5")  # no list has weak references


@pytest.mark.parametrize(
    ("steps", "seconds", "count"),
    [(20, 0.02, 3), (60, 0.05, 2), (100, 0.0002, 4), (300, 0.0001, 5), (1, 0.1, 9), (7, 0.004, 9)],
)
def test_no_value_is_of_another_step_than_the_table_says(steps: int, seconds: float, count: int) -> None:
    session = epochs(steps, seconds, count)
    frame = next(frame for frame in session.read if frame.function == "Trainer.epoch")
    place = session.read.index(frame)
    rows = {row.name: row for row in frame.variables}
    assert float(rows["step"].text) == of_step(rows["step"], steps, frame.step)
    assert rows["x"].values == (of_step(rows["x"], steps, frame.step),) * 12
    assert rows["loss"].values == (of_step(rows["loss"], steps, frame.step),)
    assert int(rows["n"].text) == of_step(rows["n"], steps, frame.step) // 1000
    assert not rows["n"].read_at and not rows["half"].read_at and rows["n"].text == str(count)
    assert session.view("values", "x", place) is not None


def test_of_a_run_that_is_recorded_the_locals_are_those_at_the_end() -> None:
    code = EPOCHS.replace("STEPS", "5").replace("SECONDS", "0.02").replace("EPOCHS", "3")
    plain, recorded = FrameSession(code), FrameSession(code, is_recorded=True)
    assert recorded.error is None and recorded.lines is not None
    assert recorded.functions == plain.functions == ["Trainer.epoch", "Trainer.fit", "main"]
    assert [(frame.state, frame.step, frame.steps) for frame in recorded.read] == [("ended", 15, 15)] * 3
    assert not any(row.read_at for row in recorded.read[0].variables)
    assert recorded.row("n").text == "3" and recorded.row("loss").values == (3004.0,)
    assert float(recorded.row("total").text) == sum(range(3000, 3005))
    assert recorded.row("seen").kind == "container" and recorded.view("items", "seen") is not None
    trace = recorded.lines.trace()
    assert trace.stopped is None and sum(position.event == "return" for position in trace.positions) > 5


def test_a_call_that_is_not_read_does_not_lend_its_loss_to_another() -> None:
    session = FrameSession(EPOCHS.replace("STEPS", "20").replace("SECONDS", "0.02").replace("EPOCHS", "3"))
    kept = next(iter(session.frames._kept.values()))
    before = kept.values["loss"].copy
    kept.ended_at = 20
    kept.values["loss"].step = 19
    kept.set_loss("loss", 60, 1.0)
    assert kept.values["loss"].copy is before and kept.values["loss"].step == 19
    kept.state, kept.ended_at = "running", 60
    kept.set_loss("loss", 60, 1.0)
    assert kept.values["loss"].copy is before


def test_names_that_a_loop_or_another_function_binds_are_not_those_of_before() -> None:
    def train(rate: float, count: int, twice: int) -> None:
        first, looped, deleted = 1, 0, 3
        shared = 2

        def other() -> None:
            nonlocal shared
            shared = 3

        for step in range(count):
            looped, twice = step, twice + looped
            while step:
                step -= 1
        del deleted
        after = first
        assert after and other

    assert names_bound_before_loops(train.__code__) == {"rate", "count", "first", "other"}
    assert names_bound_after(train.__code__, len(train.__code__.co_code)) == set()
