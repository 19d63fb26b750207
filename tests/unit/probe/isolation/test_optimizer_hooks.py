"""Whoever listens to optimizers may begin and end to listen within a step, and PyTorch's hooks stay as they were."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.optim.optimizer import (
    _global_optimizer_post_hooks,
    _global_optimizer_pre_hooks,  # type: ignore[attr-defined]
    register_optimizer_step_post_hook,
)

from tui_torch.probe.isolation.optimizer_hooks import after_optimizer_step, before_optimizer_step
from tui_torch.probe.isolation.patching import Uninstall

Listen = Callable[[Callable[..., None]], Uninstall]


def step() -> None:
    parameter = torch.zeros(1, requires_grad=True)
    parameter.grad = torch.ones(1)
    torch.optim.SGD([parameter], lr=0.1).step()


def test_pytorch_raises_where_a_hook_is_added_within_a_step() -> None:
    """If this fails, PyTorch goes through a copy of its hooks: probe/isolation/optimizer_hooks.py may go."""
    added: list[Uninstall] = []
    hooks = [
        register_optimizer_step_post_hook(
            lambda *_: added.append(register_optimizer_step_post_hook(lambda *_: None).remove)
        ),
        register_optimizer_step_post_hook(lambda *_: None),
    ]
    try:
        with pytest.raises(RuntimeError, match="mutated"):
            step()
    finally:
        for remove in (*added, *(hook.remove for hook in hooks)):
            remove()


@pytest.mark.parametrize("listen", [before_optimizer_step, after_optimizer_step])
def test_within_a_step_one_begins_and_another_ends_to_listen(listen: Listen) -> None:
    heard: list[str] = []
    ends: dict[str, Uninstall] = {}

    def first(*_: object) -> None:
        heard.append("first")
        ends.pop("first")()
        ends["third"] = listen(lambda *_: heard.append("third"))

    ends["first"] = listen(first)
    ends["second"] = listen(lambda *_: heard.append("second"))
    theirs = register_optimizer_step_post_hook(lambda *_: heard.append("theirs"))
    step()
    step()
    for end in (*ends.values(), theirs.remove):
        end()
    step()
    assert heard == ["first", "second", "theirs", "second", "third", "theirs"]
    assert not _global_optimizer_pre_hooks and not _global_optimizer_post_hooks


@pytest.mark.parametrize("listen", [before_optimizer_step, after_optimizer_step])
def test_the_hook_of_the_last_who_ends_within_a_step_goes_with_the_next_end(listen: Listen) -> None:
    heard: list[str] = []

    def only(*_: object) -> None:
        heard.append("only")
        end()

    end = listen(only)
    theirs = register_optimizer_step_post_hook(lambda *_: None)
    step()
    step()
    assert heard == ["only"]
    end()
    theirs.remove()
    assert not _global_optimizer_pre_hooks and not _global_optimizer_post_hooks
