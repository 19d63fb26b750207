"""Tries a learning rate: a few steps from where the run began, on copies of the weights, with the learner's loss."""

from __future__ import annotations

import builtins
import copy
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import torch
from torch import nn

from tui_torch.probe.coach import learning_rates
from tui_torch.probe.coach.trials.loss_code import LossCode, loss_code
from tui_torch.probe.isolation.torch_internals import has_forward_hooks
from tui_torch.probe.isolation.undisturbed import inspecting, output_discarded, random_state_kept, warnings_ignored
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues

STEPS = 40
"""The number of steps that a rate is tried for."""
LARGEST = 1_000_000
"""Maximum number of elements of all weights, and of each other tensor, that a trial copies."""
SECONDS = 0.5
"""The time of the processor after which a trial is given up: a busy machine changes no advice."""

Settings = Mapping[str, Any]
"""An optimizer's settings: `lr`, `momentum`, …"""


class RateTrial:
    """What a trial of a `backward()` needs: its code, the values that it uses, and the weights as they were."""

    def __init__(
        self, code: LossCode, values: Mapping[str, Any], state: Sequence[torch.Tensor], leaves: Sequence[torch.Tensor]
    ) -> None:
        self._code = code
        self._values = values
        self._state = [(tensor, tensor.detach().clone()) for tensor in state]
        self._leaves = leaves

    @classmethod
    def of(
        cls, source: Source, line: int, site: CallSite, names: NamedValues, leaves: Sequence[torch.Tensor]
    ) -> RateTrial | None:
        """Return a trial of a `backward()` that is about to run; None if it cannot be tried.

        Args:
            source: The learner's code.
            line: The line of the learner's code that calls it, by way of other code perhaps.
            site: Where it is called.
            names: The names in scope there.
            leaves: What the `backward()` will fill.
        """
        if not learning_rates.written(source):
            return None
        end = site.columns[1] if site.columns is not None and site.line == line else None
        code = loss_code(source, line, end)
        if code is None or not code.names <= names.keys():
            return None
        values = {name: names[name] for name in code.names}
        state = list(
            {id(tensor): tensor for value in (*values.values(), *leaves) for tensor in _state_of(value)}.values()
        )
        if not leaves or any(one.is_meta for one in state) or sum(one.numel() for one in state) > LARGEST:
            return None
        return cls(code, values, state, leaves) if all(map(_can_be_copied, values.values())) else None

    def losses(self, rate: float, kind: str, settings: Settings, held: frozenset[int] | None) -> list[float] | None:
        """Return the losses of STEPS steps with a learning rate; None if it cannot be tried after all.

        Args:
            rate: The learning rate to try.
            kind: The class of the optimizer; empty if the learner steps by hand.
            settings: The optimizer's other settings.
            held: The ids of the parameters that the optimizer holds; None for all.
        """
        if kind not in ("", "SGD", "Adam", "AdamW"):
            return None
        try:
            with random_state_kept(), inspecting(), output_discarded(), warnings_ignored(), torch.enable_grad():
                return self._tried(rate, kind, settings, held)
        except Exception:  # the learner's code, in a state that it was not written for
            return None

    def _tried(self, rate: float, kind: str, settings: Settings, held: frozenset[int] | None) -> list[float] | None:
        memo: dict[int, Any] = {}
        names: dict[str, Any] = {"__builtins__": builtins}
        for name, value in self._values.items():
            names[name] = value if isinstance(value, ModuleType) else copy.deepcopy(value, memo)
        moving: list[torch.Tensor] = []
        with torch.no_grad():
            for tensor, began in self._state:
                if (copied := memo.get(id(tensor))) is not None:
                    copied.copy_(began)
        for leaf in self._leaves:
            copied = memo.get(id(leaf))
            if not isinstance(copied, torch.Tensor):
                return None
            if held is None or id(leaf) in held:
                moving.append(copied)
        if not moving:
            return None
        step, found, until = _Stepping(rate, kind, settings, moving), list[float](), time.thread_time() + SECONDS
        torch.manual_seed(0)
        for _ in range(STEPS):
            exec(self._code.statements, names)
            loss = eval(self._code.loss, names)
            found.append(float(loss))
            if not math.isfinite(found[-1]):
                break
            if time.thread_time() > until:
                return None
            step.step(torch.autograd.grad(loss, moving, allow_unused=True))
        return found


class _Stepping:
    """The steps of an optimizer, without an optimizer: nobody hears of them."""

    def __init__(self, rate: float, kind: str, settings: Settings, moving: Sequence[torch.Tensor]) -> None:
        self._rate, self._kind, self._settings, self._moving = rate, kind, settings, moving
        self._averages = [[torch.zeros_like(one), torch.zeros_like(one)] for one in moving]
        self._count = 0

    @torch.no_grad()
    def step(self, gradients: Iterable[torch.Tensor | None]) -> None:
        self._count += 1
        decay = float(self._settings.get("weight_decay", 0.0) or 0.0)
        for weight, gradient, averages in zip(self._moving, gradients, self._averages, strict=True):
            if gradient is None:
                continue
            if self._kind == "AdamW":
                weight.mul_(1 - self._rate * decay)
            elif decay:
                gradient = gradient + decay * weight
            weight.sub_(self._rate * self._direction(gradient, averages))

    def _direction(self, gradient: torch.Tensor, averages: list[torch.Tensor]) -> torch.Tensor:
        if self._kind.startswith("Adam"):
            first, second = self._settings.get("betas", (0.9, 0.999))
            averages[0].lerp_(gradient, 1 - first)
            averages[1].mul_(second).addcmul_(gradient, gradient, value=1 - second)
            mean, square = averages[0] / (1 - first**self._count), averages[1] / (1 - second**self._count)
            return mean / (square.sqrt() + float(self._settings.get("eps", 1e-8)))
        momentum = float(self._settings.get("momentum", 0.0) or 0.0)
        if not momentum:
            return gradient
        kept = averages[0].mul_(momentum)
        kept.add_(gradient, alpha=1.0 if self._count == 1 else 1 - float(self._settings.get("dampening", 0.0)))
        return gradient + momentum * kept if self._settings.get("nesterov") else kept


def learns(losses: Sequence[float], part: float = 0.05) -> bool:
    """Return whether losses end finite, lower by a part of the first, and never much above it."""
    if len(losses) < STEPS or not all(map(math.isfinite, losses)):
        return False
    first = losses[0]
    return max(losses[-3:]) <= first - part * abs(first) and max(losses) <= first + 0.5 * abs(first)


def _state_of(value: object) -> list[torch.Tensor]:
    """Return what training may change in a value: weights and buffers."""
    match value:
        case nn.Module():
            return [*value.parameters(), *value.buffers()]
        case torch.Tensor() if value.requires_grad and value.grad_fn is None:
            return [value]
        case _:
            return []


def _can_be_copied(value: Any, depth: int = 0) -> bool:
    """Return whether a copy of a value has nothing in common with it that a trial could change."""
    match value:
        case None | bool() | int() | float() | str() | torch.dtype() | torch.device() | ModuleType() | type():
            return True
        case torch.Tensor():
            return value.grad_fn is None and value.numel() <= LARGEST
        case nn.Module():
            return not has_forward_hooks(value)
        case FunctionType():
            return (value.__module__ or "").partition(".")[0] == "torch" or not _reaches_weights(value)
        case BuiltinFunctionType():
            return True
        case list() | tuple():
            return depth < 3 and len(value) <= 100 and all(_can_be_copied(one, depth + 1) for one in value)
        case dict():
            return depth < 3 and len(value) <= 100 and all(_can_be_copied(one, depth + 1) for one in value.values())
        case _:
            return False


def _reaches_weights(function: FunctionType) -> bool:
    """Return whether a function of the learner's uses weights, or anything like them, that it is not given."""
    outer = [function.__globals__.get(name) for name in function.__code__.co_names]
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return any(
        isinstance(value, nn.Module | torch.optim.Optimizer)
        or (isinstance(value, torch.Tensor) and value.requires_grad)
        or (isinstance(value, FunctionType) and value is not function and value.__globals__ is function.__globals__)
        for value in (*outer, *held)
    )
