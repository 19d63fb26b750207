"""What waits to be described after a line: how much memory it takes, and that it keeps nothing of the learner's."""

from __future__ import annotations

import gc
import sys
import tracemalloc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.replay.changed_names import NameChange, VisibleNames, size_of
from tui_torch.probe.replay.late_elements import LateElements, WaitingElements
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.replay.tensor_states import HELD, TensorStates
from tui_torch.probe.values.elements import statistics, statistics_of_rows
from tui_torch.protocol.events import Trace

FILE = "<your code>"


class Looking:
    """Looks at names as a recorder does."""

    def __init__(self) -> None:
        self.states, self.waiting = TensorStates(), WaitingElements()
        self.names = VisibleNames(self.states, self.waiting)

    def look(self, **names: object) -> list[NameChange]:
        with unobserved():
            self.states.begin_look()
            return self.names.look(tuple(names), list(names.values()))

    def make(self) -> None:
        with unobserved():
            self.waiting.make()


def recorded(source: str) -> Trace:
    namespace: dict[str, object] = {"torch": torch, "np": np, "nn": torch.nn}
    recorder = LineRecorder(namespace, FILE, source=source)
    recorder.start()
    try:
        exec(compile(source, FILE, "exec"), namespace)
    finally:
        recorder.stop()
    return recorder.trace()


@given(arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=40)))
def test_statistics_of_many_rows_are_those_of_each_to_the_last_digit(rows: np.ndarray) -> None:
    assert repr(statistics_of_rows(rows)) == repr([statistics(row) for row in rows])


@given(
    arrays.arrays(
        np.float64, st.tuples(st.just(4), st.integers(2, 300)), elements=st.floats(-1e6, 1e6, allow_nan=False)
    )
)
def test_statistics_of_rows_of_usual_numbers_are_those_of_each(rows: np.ndarray) -> None:
    assert repr(statistics_of_rows(rows)) == repr([statistics(row) for row in rows])


def test_what_was_copied_is_what_is_told_though_the_value_has_changed_since() -> None:
    looking, t = Looking(), torch.tensor([1.0, 2.0])
    [change] = looking.look(t=t)
    t.mul_(10)
    looking.make()
    assert change.summary().values == (1.0, 2.0)


def test_what_was_copied_is_what_is_told_though_the_value_is_gone() -> None:
    looking, t = Looking(), torch.tensor([1.0, 2.0])
    [change] = looking.look(t=t)
    alive = weakref.ref(t)
    del t
    assert alive() is None
    looking.make()
    assert change.summary().values == (1.0, 2.0)


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(3),
        torch.ones(3, requires_grad=True) * 2,
        torch.nn.Linear(2, 1),
        np.ones(3),
        {"a": torch.ones(2)},
        torch.optim.SGD([torch.ones(1, requires_grad=True)]),
        [torch.ones(2)],
        type("Mine", (), {})(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_look_holds_no_reference_to_a_value(value: object) -> None:
    looking = Looking()
    looking.look(v=value)
    gc.collect()
    before = sys.getrefcount(value)
    looking.look(v=value)
    del looking
    gc.collect()
    assert sys.getrefcount(value) == before


def test_bytes_that_wait_are_let_go_when_there_are_more_than_may() -> None:
    waiting = WaitingElements(limit=10_000)
    first = LateElements(torch.float32, 1000)
    waiting.describe(first, bytes(4000))
    assert first.statistics is None
    for _ in range(2):
        waiting.describe(LateElements(torch.float32, 1000), bytes(4000))
    assert first.statistics is not None


def test_elements_are_described_once_though_two_names_have_them() -> None:
    looking, t = Looking(), torch.ones(2)
    changes = looking.look(a=t, b=t)
    looking.make()
    assert changes[0].summary().statistics is changes[1].summary().statistics


def test_a_recording_takes_no_more_memory_than_is_kept_and_what_may_wait() -> None:
    source = "t = torch.zeros(5000)\nfor i in range(2000):\n    t += 1\n"
    recorded("a = 1")
    tracemalloc.start()
    try:
        trace = recorded(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert trace.stopped is None
    assert peak < 2000 * 20_000 / 2  # all copies would have taken twice as much


def test_copies_to_compare_with_take_a_bounded_share_of_memory() -> None:
    source = "kept = []\n" + "".join(f"t{n} = torch.zeros(60_000)\n" for n in range(60)) + "t3[5] = 1\nt59[5] = 1\n0"
    tracemalloc.start()
    try:
        trace = recorded(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * HELD
    found = [
        (position.line, summary.name, summary.change)
        for position in trace.positions[-4:]
        for summary in position.summaries
    ]
    assert found == [
        (62, "t59", "new"),
        (63, "t3", "changed in place"),
        (64, "t59", "changed in place"),
    ]


def test_no_copy_of_a_gibibyte_is_made() -> None:
    tracemalloc.start()
    try:
        trace = recorded("t = torch.empty(2**28)\nt[0] = 1\nv = t[1:]\n0")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**24
    assert [s.name for position in trace.positions for s in position.summaries][-1] == "v"


def test_the_size_that_is_estimated_at_a_look_is_that_of_the_summary() -> None:
    looking = Looking()
    w = torch.ones(3, requires_grad=True)
    (w * 2).sum().backward()
    layer = torch.nn.Linear(3, 2)
    changes = looking.look(w=w, layer=layer, big=torch.zeros(500), rows=[1, 2], text="x" * 80, number=1.5)
    looking.make()
    for change in changes:
        assert abs(change.size - size_of(change.summary())) < 100, change.name


def test_a_gradient_that_is_a_gradient_of_its_own_gradient_is_looked_at_once() -> None:
    a, b = torch.ones(2), torch.ones(2)
    a.grad, b.grad = b, a
    looking = Looking()
    assert [change.name for change in looking.look(a=a, b=b)] == ["a", "b"]
    a.grad = b.grad = None
    assert [change.change for change in looking.look(a=a, b=b)] == ["changed in place", "changed in place"]
