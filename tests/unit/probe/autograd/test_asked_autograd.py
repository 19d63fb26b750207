"""The installed autograd is asked without a trace, whatever the learner's code has switched on."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from tui_torch.probe.autograd.asked_autograd import Replaced, asked_factors, passed_on


class Functions(TorchFunctionMode):
    def __torch_function__(self, function: object, *_: object) -> object:
        raise AssertionError(f"a mode of the learner's saw {function}")


class Dispatched(TorchDispatchMode):
    def __torch_dispatch__(self, function: object, *_: object) -> object:
        raise AssertionError(f"a mode of the learner's saw {function}")


def fail(_: object) -> object:
    raise AssertionError("a hook of the learner's was called")


STATES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "nothing": nullcontext,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "saved_tensors_hooks": lambda: saved_tensors_hooks(fail, fail),
    "a mode of functions": Functions,
    "a mode of operations": Dispatched,
    "another default device": lambda: torch.device("meta"),
    "anomaly detection": torch.autograd.detect_anomaly,
}


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
@pytest.mark.parametrize("state", STATES)
def test_it_answers_in_every_state(state: str) -> None:
    with STATES[state]():
        enabled = torch.is_grad_enabled()
        assert passed_on(torch.Tensor.mul, 2.0, 3.0) == (3.0, 2.0)
        assert passed_on(torch.Tensor.log, [0.0, 2.0]) == ([math.inf, 0.5],)
        assert torch.is_grad_enabled() == enabled


@pytest.mark.parametrize("state", ["nothing", "no_grad", "inference_mode"])
def test_it_leaves_the_modes_as_they_were_after_an_error(state: str) -> None:
    with STATES[state]():
        before = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        with pytest.raises(RuntimeError):
            passed_on(lambda x: x.view(7), 1.0)
        assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before


def test_hooks_that_were_entered_are_there_afterwards() -> None:
    packed: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        packed.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        passed_on(torch.Tensor.exp, 1.0)
        assert not packed
        torch.ones(1, requires_grad=True).exp()
        assert packed


def test_a_gradient_that_is_replaced_by_0_is_told_from_one_that_is_multiplied_by_it() -> None:
    (replaced,) = asked_factors(torch.Tensor.relu, -1.0)
    (multiplied,) = asked_factors(torch.Tensor.cos, 0.0)
    assert replaced == multiplied == 0
    assert isinstance(replaced, Replaced)
    assert not isinstance(multiplied, Replaced)
    for function, at, passed in ((torch.relu, -1.0, 0.0), (torch.cos, 0.0, math.nan)):
        x = torch.tensor(at, requires_grad=True)
        (found,) = torch.autograd.grad(function(x), x, torch.tensor(math.inf))
        assert found.item() == pytest.approx(passed, nan_ok=True)
