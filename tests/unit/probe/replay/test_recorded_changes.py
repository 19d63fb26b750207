"""What a recording notices of layers, and that it never stops the code whose gradients it cannot read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from tui_torch.probe.replay import line_recorder
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.protocol.events import Trace

FILE = "<your code>"


def recorded(source: str, **limits: float) -> Trace:
    namespace: dict[str, object] = {"torch": torch, "nn": torch.nn}
    recorder = LineRecorder(namespace, FILE, source=source, **limits)  # type: ignore[arg-type]
    code = compile(source, FILE, "exec")
    recorder.start()
    try:
        exec(code, namespace)
    finally:
        recorder.stop(None)
    return recorder.trace()


def changes(trace: Trace, name: str) -> list[tuple[int, str]]:
    return [
        (position.line, summary.change)
        for position in trace.positions
        for summary in position.summaries
        if summary.name == name
    ]


@pytest.mark.parametrize(
    "change",
    [
        "model[0] = nn.Tanh()",
        "model[1][0] = nn.Tanh()",
        "model.append(nn.ReLU())",
        "del model[0]",
        "model[1].add_module('last', nn.ReLU())",
    ],
)
def test_a_layer_without_parameters_that_is_replaced_added_or_removed_changes_its_model(change: str) -> None:
    trace = recorded(f"model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU()))\nx = 1\n{change}\nx = 2\nx = 3")
    assert changes(trace, "model") == [(2, "new"), (4, "changed in place")]


def test_a_backward_whose_gradients_cannot_be_read_goes_on_without_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(seen: Mapping[str, object]) -> None:
        raise ValueError

    monkeypatch.setattr(line_recorder, "named_gradients", fails)
    trace = recorded("w = torch.ones(1, requires_grad=True)\nw.sum().backward()\ng = w.grad.item()")
    assert trace.stopped is None
    assert [position.event for position in trace.positions] == ["line", "line", "line", "return"]
    assert changes(trace, "g")[-1][1] == "new"


def test_positions_of_the_module_belong_to_call_0_and_those_of_functions_to_calls_from_1() -> None:
    trace = recorded("def f():\n    return 1\nf()\nf()")
    calls = [(position.function, position.call) for position in trace.positions]
    assert {call for function, call in calls if function == "<module>"} == {0}
    assert {call for function, call in calls if function == "f"} == {1, 2}


def test_a_gradient_that_a_backward_does_not_fill_is_not_in_its_note() -> None:
    made = "a = torch.ones(1, requires_grad=True)\nb = torch.ones(1, requires_grad=True)\nc = torch.ones(1)\n"
    trace = recorded(made + "(a * 2).sum().backward()\n(b * 3).sum().backward()\n")
    notes = [position.note or "" for position in trace.positions if position.event == "backward"]
    assert ["a.grad" in note for note in notes] == [True, False]
    assert ["b.grad" in note for note in notes] == [False, True]


def test_a_recording_that_has_looked_for_longer_than_it_may_ends() -> None:
    trace = recorded("x = 1\nx = 2\nx = 3", limit_seconds=1e-9)
    assert len(trace.positions) == 1
    assert trace.stopped is not None and "to look at every line so far" in trace.stopped
