"""`torch.autograd.backward()` is heard like the method: by the chart, by the coach, and in a replay."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import pytest
import torch
from torch import nn
from torch.autograd import graph
from torch.utils.checkpoint import checkpoint

from tests.spread import part_of_each
from tests.unit.probe.coach.mistakes_of_stepping import STEPPING
from tests.unit.probe.coach.mistakes_of_targets import TARGETS
from tests.unit.probe.coach.mistakes_of_training import TRAINING
from tests.unit.probe.coach.runs import notes_of
from tests.unit.probe.training.recorded_run import Run
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.source.call_sites import CallSite


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.recorder.uninstall()


def number(value: float) -> torch.Tensor:
    return torch.tensor(float(value), requires_grad=True) * 1


def test_a_loss_is_recorded_under_its_expression_however_it_is_given(run: Run) -> None:
    loss = number(1.0)
    torch.autograd.backward(loss, retain_graph=True)
    torch.autograd.backward(tensors=number(2.0) + 1)
    torch.autograd.backward([number(4.0)])
    torch.autograd.backward((loss,))
    assert run.recorder.backwards == 4
    assert run.series() == {
        "loss": [(1, 1.0), (4, 1.0)],
        "(number(2.0)+1)": [(2, 3.0)],
        "number(4.0)": [(3, 4.0)],
    }


def test_several_losses_are_one_step_and_each_has_its_curve(run: Run) -> None:
    for step in range(3):
        a, b = number(step), number(10 * step)
        torch.autograd.backward([a, b])
    losses = [number(5.0), number(6.0)]
    torch.autograd.backward(losses)
    torch.autograd.backward(loss for loss in [number(7.0), number(8.0)])
    series = run.series()
    assert series["a"] == [(1, 0.0), (2, 1.0), (3, 2.0)]
    assert series["b"] == [(1, 0.0), (2, 10.0), (3, 20.0)]
    assert (series["losses[0]"], series["losses[1]"]) == ([(4, 5.0)], [(4, 6.0)])
    assert series["loss"] == [(5, 7.0), (5, 8.0)]
    assert run.events[-1].step == 5


def test_a_fast_loop_of_it_counts_every_step(run: Run) -> None:
    for step in range(500):
        loss = number(step)
        torch.autograd.backward(loss)
    assert run.series()["loss"] == [(step + 1, step) for step in range(500)]


def test_a_gradient_is_computed_as_without_us_and_errors_are_pytorchs(run: Run) -> None:
    x = torch.tensor(2.0, requires_grad=True)
    torch.autograd.backward([x * 3, x * x], [torch.tensor(1.0), torch.tensor(10.0)])
    assert x.grad is not None
    assert x.grad.item() == 43.0
    with pytest.raises(RuntimeError, match="does not require grad"):
        torch.autograd.backward(torch.tensor(1.0))
    with pytest.raises(TypeError):
        torch.autograd.backward(None)  # type: ignore[arg-type]
    torch.autograd.backward(graph.get_gradient_edge(x * 2), torch.tensor(1.0))  # type: ignore[arg-type]
    torch.autograd.backward(torch.ones(2, requires_grad=True) * x, torch.ones(2))
    assert run.recorder.backwards == 1


def test_what_pytorch_calls_itself_is_no_step(run: Run) -> None:
    layer = nn.Linear(2, 1)
    loss = checkpoint(layer, torch.ones(1, 2, requires_grad=True), use_reentrant=True).sum()
    loss.backward()
    assert run.recorder.backwards == 1
    torch.autograd.backward(checkpoint(layer, torch.ones(1, 2, requires_grad=True), use_reentrant=True).sum())
    assert run.recorder.backwards == 2


def test_a_call_is_worded_as_it_is_written(run: Run) -> None:
    sites: list[CallSite | None] = []
    run.recorder.before_backward.append(lambda _, site: sites.append(site))
    a, b = number(1.0), number(2.0)
    torch.autograd.backward([a, b])
    torch.autograd.backward(tensors=number(3.0) * 1)
    (number(2.0) * 1).backward()
    assert [site and site.call for site in sites] == [
        "torch.autograd.backward([a, b])",
        "torch.autograd.backward(number(3.0) * 1)",
        "(number(2.0)*1).backward()",
    ]


def test_what_is_compiled_is_compiled_with_it(run: Run) -> None:
    weight = torch.ones(2, requires_grad=True)

    @torch.compile(backend="eager")
    def step(x: torch.Tensor) -> torch.Tensor:
        loss = (weight * x).sum()
        torch.autograd.backward(loss)
        return loss

    step(torch.ones(2))
    assert weight.grad is not None
    assert weight.grad.tolist() == [1.0, 1.0]


LOOPS = STEPPING | TRAINING | TARGETS
SOME = part_of_each({name: mistake.rule for name, mistake in LOOPS.items()}, 0)


@pytest.mark.parametrize(
    ("names", "least"),
    [pytest.param(SOME, 6, id="some of each rule"), pytest.param(LOOPS, 20, id="all", marks=pytest.mark.slow)],
)
def test_every_mistake_of_a_loop_is_found_with_the_function_too(names: Collection[str], least: int) -> None:
    tried = 0
    for name in names:
        mistake = LOOPS[name]
        code = re.sub(r"(?<![\w.])(\w+)\.backward\(\)", r"torch.autograd.backward(\1)", mistake.code)
        if code == mistake.code or mistake.is_refused:
            continue
        as_method, as_function = notes_of(mistake.code), notes_of(code)
        assert [note.rule for note in as_function] == [note.rule for note in as_method], name
        assert [note.line for note in as_function] == [note.line for note in as_method], name
        tried += 1
    assert tried >= least


def test_a_sum_of_losses_is_coached_as_one_backward() -> None:
    code = """
torch.manual_seed(0)
x = torch.randn(16, 2)
model = nn.Linear(2, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(6):
    out = model(x)
    a, b = out[:, 0].square().mean(), out[:, 1].square().mean()
    {zero}
    torch.autograd.backward([a, b])
    opt.step()
"""
    assert notes_of(code.format(zero="opt.zero_grad()")) == []
    (note,) = notes_of(code.format(zero="pass"))
    assert (note.rule, note.line) == ("never-zeroed", 10)
    assert "`torch.autograd.backward(loss)` added" in note.says
    broken = code.format(zero="opt.zero_grad()").replace("lr=0.01", "lr=1e9").replace("range(6)", "range(60)")
    (note,) = notes_of(broken)
    assert (note.rule, note.line) == ("loss-not-finite", 10)


def test_a_replay_tells_which_gradient_arrives_where() -> None:
    source = """w = torch.tensor(2., requires_grad=True)
a, b = w * 3, w * w
torch.autograd.backward([a, b])
torch.autograd.backward(tensors=w * 2, grad_tensors=torch.tensor(5.))
torch.autograd.backward([w * 2, w * 3], [torch.tensor(1.), torch.tensor(2.)])
"""
    names: dict[str, object] = {"torch": torch}
    recorder = LineRecorder(names, "<your code>", source=source)
    recorder.start()
    exec(compile(source, "<your code>", "exec"), names)
    recorder.stop()
    notes = [position.note for position in recorder.trace().positions if position.event == "backward"]
    assert notes == [
        "the gradient 1.0 arrives at a and at b; w.grad 7.0",
        "the gradient 5.0 arrives at the result; w.grad 7.0 → 17.0",
        "the gradients arrive: 1.0 at the result, 2.0 at the result; w.grad 17.0 → 25.0",
    ]
