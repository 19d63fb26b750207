"""Loops without a `backward()` are drawn, under the name of their loss, or it is said why they are not."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

from tests.nursery import Nursery
from tests.unit.probe.training.recorded_run import Run
from tui_torch.probe.training.gradient_functions import MANY_VALUES, NO_VALUE, calls_backward

X, Y = torch.randn(16, 3), torch.randn(16, 1)


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.recorder.uninstall()


def loss_of(weight: torch.Tensor) -> torch.Tensor:
    return (X @ weight - Y).square().mean()


def test_a_loop_by_autograd_grad_is_drawn_by_its_loss(run: Run) -> None:
    weight, seen = torch.zeros(3, 1, requires_grad=True), []
    for _ in range(50):
        loss = loss_of(weight)
        (gradient,) = torch.autograd.grad(loss, weight)
        weight = (weight - 0.1 * gradient).detach().requires_grad_()
        seen.append(loss.item())
    assert run.recorder.backwards == 50
    assert run.series()["loss"] == list(enumerate(seen, 1))


def test_a_loop_of_a_functional_model_is_drawn_by_the_name_of_its_value(run: Run) -> None:
    model, seen = nn.Linear(3, 1), []
    parameters = {name: value.detach() for name, value in model.named_parameters()}

    def compute(parameters: dict[str, torch.Tensor]) -> torch.Tensor:
        return functional.mse_loss(functional_call(model, parameters, (X,)), Y)

    step = torch.func.grad_and_value(compute)
    for _ in range(20):
        gradients, training_loss = step(parameters)
        parameters = {name: value - 0.1 * gradients[name] for name, value in parameters.items()}
        seen.append(training_loss.item())
    assert run.series() == {"training_loss": list(enumerate(seen, 1))}


def test_a_value_with_more_beside_it_or_in_a_name_for_both_is_found(run: Run) -> None:
    def with_aux(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return loss_of(weight), X @ weight

    weight = torch.zeros(3, 1)
    _, (error, _) = torch.func.grad_and_value(with_aux, has_aux=True)(weight)
    both = torch.func.grad_and_value(loss_of)(weight)
    weight -= torch.func.grad_and_value(loss_of)(weight)[0]
    series = run.series()
    assert series == {"error": [(1, error.item())], "both[1]": [(2, both[1].item())], "loss": [(3, both[1].item())]}


@pytest.mark.parametrize("code", ["loss.backward()", ""], ids=["spoken of", "called"])
def test_where_there_is_a_backward_only_that_is_a_step(run: Run, code: str) -> None:
    run.recorder.begin(code)
    weight = torch.zeros(3, 1, requires_grad=True)
    if not code:
        loss_of(weight).backward()
    for _ in range(3):
        torch.autograd.grad(loss_of(weight), weight)
        torch.func.grad_and_value(loss_of)(weight.detach())
    loss_of(weight).backward()
    assert run.recorder.backwards == (1 if code else 2)


def test_a_gradient_that_a_loss_is_to_be_computed_of_is_no_step(run: Run) -> None:
    x = torch.linspace(0, 1, 5, requires_grad=True)
    (slope,) = torch.autograd.grad(x.square().sum(), x, create_graph=True)
    torch.autograd.grad(slope, x, torch.ones(5))
    torch.func.hessian(lambda at: at.square().sum())(torch.ones(2))
    assert run.recorder.backwards == 0


def test_where_no_loss_is_returned_it_is_said_why(run: Run) -> None:
    weight = torch.zeros(3, 1)
    for _ in range(5):
        weight = weight - 0.1 * torch.func.grad(loss_of)(weight)
    assert run.series() == {}
    assert [event.why_no_loss for event in run.events] == [NO_VALUE]


def test_where_many_losses_are_returned_at_once_it_is_said_so(run: Run) -> None:
    step = vmap(torch.func.grad_and_value(loss_of))
    weights = torch.zeros(4, 3, 1)
    losses = weights
    for _ in range(5):
        gradients, losses = step(weights)
        weights = weights - 0.1 * gradients
    assert losses.shape == (4,)
    assert run.series() == {}
    assert [event.why_no_loss for event in run.events] == [MANY_VALUES]


def test_one_gradient_is_no_loop(run: Run) -> None:
    torch.func.grad(loss_of)(torch.zeros(3, 1))
    assert run.series() == {}
    assert run.events == []


def test_transforms_are_compiled_as_one_graph(run: Run) -> None:
    def step(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.func.grad_and_value(loss_of)(weight)

    gradient, value = torch.compile(step, backend="eager", fullgraph=True)(torch.zeros(3, 1))
    made = torch.func.grad_and_value(loss_of)
    again, same = torch.compile(made, backend="eager", fullgraph=True)(torch.zeros(3, 1))
    assert torch.equal(gradient, again)
    assert torch.equal(value, same)


COMPILED = """
import torch, torch._dynamo
from tui_torch.probe.training.recorder import TrainingRecorder

TrainingRecorder(print).install()
if hasattr(torch._dynamo.config, "trace_autograd_ops"):  # others break the graph there
    torch._dynamo.config.trace_autograd_ops = True
    weight = torch.ones(2, requires_grad=True)

    def step():
        loss = weight.square().sum()
        loss.backward()

    def gradient():
        return torch.autograd.grad(weight.square().sum(), weight)[0]

    torch.compile(step, backend="eager", fullgraph=True)()
    assert weight.grad.tolist() == [2.0, 2.0]
    assert torch.compile(gradient, backend="eager", fullgraph=True)().tolist() == [2.0, 2.0]
"""


def test_a_backward_that_is_compiled_with_its_loss_is_one_graph(nursery: Nursery) -> None:
    # In a process of its own: the compiler keeps for good what stood for a function when it first compiled.
    done = nursery.python(COMPILED)
    assert done.returncode == 0, done.stderr


def gradients_in_a_script(value: torch.Tensor) -> list[torch.Tensor | None]:
    return torch.autograd.grad([value.square().sum()], [value])


def backward_in_a_script(value: torch.Tensor) -> None:
    torch.autograd.backward([value.square().sum()])


@pytest.mark.filterwarnings("ignore:.*torch.jit.script. is deprecated:DeprecationWarning")
def test_a_function_that_takes_gradients_is_compiled_as_a_script_beside_the_recorder(run: Run) -> None:
    value = torch.tensor([1.0, 2.0], requires_grad=True)
    (gradient,) = torch.jit.script(gradients_in_a_script)(value)
    assert gradient.tolist() == [2.0, 4.0]
    torch.jit.script(backward_in_a_script)(value)
    assert value.grad is not None and value.grad.tolist() == [2.0, 4.0]
    assert run.recorder.backwards == 0  # scripts compute without Python


@pytest.mark.parametrize(
    "code",
    [
        "# without a backward()\ntorch.autograd.grad(loss, w)",
        '"""Trains by torch.autograd.grad, not by backward."""',
        "class Square(torch.autograd.Function):\n    @staticmethod\n    def backward(ctx, gradient): return gradient",
    ],
    ids=["a comment", "a docstring", "a definition"],
)
def test_a_loop_by_autograd_grad_is_drawn_also_where_a_text_or_a_definition_says_backward(run: Run, code: str) -> None:
    run.recorder.begin(code)
    weight = torch.zeros(3, 1, requires_grad=True)
    for _ in range(3):
        (gradient,) = torch.autograd.grad(loss_of(weight), weight)
        with torch.no_grad():
            weight -= 0.1 * gradient
    assert run.recorder.backwards == 3


@pytest.mark.parametrize(
    "code",
    ["loss.backward()", "go = loss.backward", "getattr(loss, 'backward')()", "%time loss.backward()",
     "from torch.autograd import backward\nbackward(loss)"],
)  # fmt: skip
def test_a_code_that_calls_a_backward_says_so(code: str) -> None:
    assert calls_backward(code)


class Broken(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        raise ZeroDivisionError


FAILING: dict[str, Callable[[], object]] = {
    "backward": lambda: torch.zeros(2).backward(),
    "a second backward": lambda: [loss.backward() for loss in [torch.ones(2, requires_grad=True).exp().sum()] * 2],
    "autograd.backward": lambda: torch.autograd.backward(torch.zeros(2)),
    "autograd.grad": lambda: torch.autograd.grad(torch.zeros(()), torch.zeros(2)),
    "an optimizer": lambda: torch.optim.SGD([], lr=0.1),
    "a loader": lambda: iter(DataLoader(Broken())),
}


@pytest.mark.parametrize("fails", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("is_unchecked", [False, True], ids=["heard", "counted"])
def test_what_fails_has_no_frame_of_ours_in_its_traceback(
    run: Run, fails: Callable[[], object], is_unchecked: bool
) -> None:
    run.recorder.begin("loss.backward()" if is_unchecked else "")
    if is_unchecked:
        run.recorder._backward_log.unchecked_room = 5
    with pytest.raises(Exception) as failed:
        fails()
    files = [entry.filename for entry in traceback.extract_tb(failed.value.__traceback__)]
    assert not [file for file in files if "tui_torch" in file.split("/site-packages/")[-1] and "/tests/" not in file]
    assert files[1:]
