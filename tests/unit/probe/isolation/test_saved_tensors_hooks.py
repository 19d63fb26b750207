"""Whether a saved tensor is behind a hook is known without calling it, on releases that tell and on those up to 2.9."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tui_torch.probe.isolation import torch_internals


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> torch_internals._NotedHooks:
    """As in releases up to 2.9, whatever this one tells."""
    autograd = torch._C._autograd  # type: ignore[attr-defined]
    for name in ("_push_saved_tensors_default_hooks", "_pop_saved_tensors_default_hooks"):
        monkeypatch.setattr(autograd, name, getattr(autograd, name))  # put back afterwards
    noted = torch_internals._NotedHooks()
    monkeypatch.setattr(torch_internals, "_noted_hooks", noted)
    monkeypatch.setattr(torch_internals, "_TELLS_INNERMOST", False)
    return noted


def test_hooks_on_saved_tensors_are_noted_where_pytorch_does_not_tell(noted: torch_internals._NotedHooks) -> None:
    x = torch.ones(2, requires_grad=True)
    called: list[object] = []
    before = x * x
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, called.append):
        outer = x * x
        with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, called.append):
            inner = x * x
        assert len(noted.entered) == 1
        with torch_internals.without_saved_tensors_hooks():
            assert not noted.entered
            without = x * x
        assert len(noted.entered) == 1
    after = x * x
    products = (before, outer, inner, without, after)
    seen = [torch_internals.has_unpack_hook(one.grad_fn, "self") for one in products]
    assert seen == [False, True, True, False, False]
    torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, called.append).__enter__()
    assert torch_internals.leave_saved_tensors_hooks() and not torch_internals.leave_saved_tensors_hooks()
    assert not called


@pytest.mark.parametrize("tells", [True, False])
def test_what_was_not_saved_is_behind_no_hook(tells: bool, request: pytest.FixtureRequest) -> None:
    if not tells:
        request.getfixturevalue("noted")
    x = torch.ones(2, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
        node = (x * torch.ones(2)).grad_fn
    assert not torch_internals.has_unpack_hook(node, "self")
    assert torch_internals.has_unpack_hook(node, "other")


@pytest.mark.parametrize("tells", [True, False])
def test_a_function_of_the_learners_own_tells_of_hooks_too(tells: bool, request: pytest.FixtureRequest) -> None:
    if not tells:
        request.getfixturevalue("noted")

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x * x

    x = torch.ones(2, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
        hooked = Square.apply(x)
    assert torch_internals.has_unpack_hook(hooked.grad_fn, "tensors")
    assert not torch_internals.has_unpack_hook(Square.apply(x).grad_fn, "tensors")


@pytest.mark.usefixtures("noted")
def test_a_noted_hook_is_the_learners_in_their_backward_however_often_it_was_left_out() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    called: list[float] = []

    def unpack(packed: torch.Tensor) -> torch.Tensor:
        called.append(packed.item())
        return packed * 10

    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        for _ in range(2000):  # more than calls may be nested
            with torch_internals.without_saved_tensors_hooks():
                pass
        product = x * torch.tensor(2.0)
    assert torch_internals.has_unpack_hook(product.grad_fn, "other")
    product.backward()
    assert called == [2.0] and x.grad == 20


@pytest.mark.usefixtures("noted")
def test_a_hook_that_is_none_is_refused_as_ever() -> None:
    with pytest.raises(TypeError), torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, 3):  # type: ignore[arg-type]
        pass
    assert not torch_internals.leave_saved_tensors_hooks()
