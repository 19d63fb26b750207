"""What a loop binds to another value in each step is shown as it was at the end, or says of which step it is."""

from __future__ import annotations

import weakref

import numpy as np
from torch.optim.optimizer import _global_optimizer_post_hooks

from tests.unit.probe.training_frames.frame_session import FrameSession
from tests.unit.probe.training_frames.test_training_frames import HEAD
from tui_torch.probe.training_frames.kept_locals import KeptLocals
from tui_torch.protocol.views import AutogradGraphView

SLOW = (
    HEAD
    + """
def main():
    model = net()
    made = object.__new__(type("Namespace", (), {}))
    for step in range(30):
        batch = torch.full((3, 2), float(step))
        out = model(batch)
        loss = out.sum()
        loss.backward()
        tick(0.003)
main()
"""
)


def test_what_a_slow_loop_binds_anew_is_that_of_its_last_step() -> None:
    session = FrameSession(SLOW)
    (frame,) = session.read
    assert (frame.state, frame.step, frame.steps) == ("ended", 30, 30)
    assert session.row("batch").values == (29.0,) * 6 and session.row("step").text == "29"
    assert all(row.note is None for row in frame.variables)
    graph = session.view("graph", "loss")
    assert isinstance(graph, AutogradGraphView) and graph.graph.note is None
    assert session.recorder.after_backward == []


BY_HAND = (
    HEAD
    + """
def main():
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(30):
        x = torch.full((4, 2), float(step))
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        tick(0.003)
    GRADS
main()
"""
)


def test_a_function_that_steps_without_a_backward_is_seen() -> None:
    session = FrameSession(BY_HAND.replace("GRADS", "pass"))
    (frame,) = session.read
    assert (frame.function, frame.state, frame.step, frame.steps) == ("main", "ended", 30, 30)
    assert session.row("x").values == (29.0,) * 8 and session.row("step").text == "29"
    assert session.row("optimizer").kind == "optimizer"
    assert not _global_optimizer_post_hooks


def test_steps_are_counted_once_where_gradients_are_computed_by_grad() -> None:
    grads = "grads = torch.autograd.grad(model(x).sum(), list(model.parameters()))\n        optimizer.step()"
    session = FrameSession(BY_HAND.replace("optimizer.step()", grads).replace("GRADS", "pass"))
    (frame,) = session.read
    assert (frame.state, frame.step, frame.steps) == ("ended", 30, 30)
    assert len(session.row("grads").name) and session.row("x").values == (29.0,) * 8


def test_what_a_fast_loop_binds_anew_says_of_which_step_it_is() -> None:
    session = FrameSession(SLOW.replace("tick(0.003)", "tick(0.0001)").replace("range(30)", "range(3000)"))
    (frame,) = session.read
    batch = session.row("batch")
    assert (frame.state, frame.step, frame.steps) == ("ended", 3000, 3000)
    assert batch.note is not None and batch.note.startswith("as it was at step 1,")
    assert batch.read_at.startswith("step 1,")
    step = session.row("step")
    assert step.read_at == f"step {int(step.text) + 1:,}" and step.note == f"as it was at {step.read_at} of 3,000"
    assert session.row("loss").note is None and not session.row("model").read_at


def test_what_is_bound_is_seen_without_any_code_of_its_class() -> None:
    asked: list[str] = []

    class Meta(type):
        def __eq__(cls, other: object) -> bool:
            asked.append("==")
            return True

        def __hash__(cls) -> int:
            asked.append("hash")
            return 0

        def __getattribute__(cls, name: str) -> object:
            asked.append(name)
            return type.__getattribute__(cls, name)

    class Own(metaclass=Meta):
        pass

    kept, one = KeptLocals((lambda: None).__code__), Own()
    kept.see({"one": one, "count": 3, "rows": [1], "array": np.zeros(2)}, 7)
    assert asked == [] and kept.seen == 7
    assert kept.bound == {"one": weakref.ref(one), "count": 3}


SEVERAL = (
    HEAD
    + """
def steps_needed(kind, **settings):
    model = net()
    optimizer = kind(model.parameters(), **settings)
    for step in range(12):
        loss = model(torch.ones(3, 2)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tick(0.001)
    return step
rolling = steps_needed(torch.optim.SGD, lr=0.01, momentum=0.8)
plain = steps_needed(torch.optim.SGD, lr=0.01)
other = steps_needed(torch.optim.Adam, lr=0.01)
"""
)


def test_optimizers_that_are_made_one_after_the_other_step() -> None:
    """PyTorch goes through the hooks of optimizers when the first step of a new one is told of."""
    session = FrameSession(SEVERAL)
    assert session.names["other"] == 11
    assert [frame.function for frame in session.read] == ["steps_needed"]
    assert not _global_optimizer_post_hooks
