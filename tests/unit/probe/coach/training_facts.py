"""What a program does when it runs without the coach: seen by means of PyTorch alone, to judge a suggested fix by."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

from tests.unit.probe.coach.runs import FILE, IMPORTS

_LOSSES = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
)
_COMPARING = frozenset((*_LOSSES, "sub", "__sub__"))
_EQUALITIES = frozenset(("eq", "ne", "__eq__", "__ne__"))
_OF_LIKE_SHAPES = frozenset(
    ("sub", "__sub__", "__rsub__", "rsub", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
)
_OTHERS = ("softmax", "log_softmax", "dropout", "dropout2d", "conv1d", "conv2d", "conv3d", "linear")
_NOTED = _COMPARING | _EQUALITIES | _OF_LIKE_SHAPES | frozenset(_OTHERS)
"""Names of functions whose calls are seen."""
_SHAPING = ("Squeeze", "Unsqueeze", "View", "Reshape")


@dataclass(eq=False)
class TrainingFacts:
    """What was seen of one run."""

    losses: dict[int, list[float]] = field(default_factory=dict)
    """The values that `backward()` was called on, by the line that it was called on."""
    unlike: list[float] = field(default_factory=list)
    """At each step of an optimizer: how far the gradients that it uses are from those of the losses that went backward
    since the last step of any, as a part of their norm."""
    empty_steps: int = 0
    """Steps at which not a single parameter had a gradient other than 0."""
    steps: int = 0
    filled: dict[int, torch.Tensor] = field(default_factory=dict)
    """The leaves that a loss depends on, and the parameters of optimizers that step."""
    before: dict[int, torch.Tensor] = field(default_factory=dict)
    """What these were when they were met first."""
    modes: list[tuple[bool, bool]] = field(default_factory=list)
    """Of each call of a dropout or batch norm: whether gradients were on, and whether it was in training."""
    new_norms: int = 0
    """Calls of a batch norm in `eval()` whose statistics nothing ever set."""
    compared_shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    """The shapes of two tensors of which was asked where they are equal, or are not."""
    masks: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)
    """The keys that attention got, and where it does not look."""
    graphs_made: list[bool] = field(default_factory=list)
    """Of each `torch.autograd.grad()` of the program: whether its results have a graph."""
    loads: list[bool] = field(default_factory=list)
    """Of each state that a module is given: whether it changes a number."""
    loss_calls: list[tuple[str, torch.Tensor, torch.Tensor, str]] = field(default_factory=list)
    """The loss functions that were called, with copies of their first two tensors, and the operations that made the
    first, the last one first."""
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    """The shapes of two tensors that were subtracted, or compared by a loss of regression."""
    graphs_kept: int = 0
    """The greatest number of losses alive at a time whose `backward()` had run."""
    stale: int = 0
    """Times that a leaf had a gradient when a `backward()` began, and had moved since that was made."""
    rates: list[float] = field(default_factory=list)
    """The learning rate at each step of an optimizer."""
    base: list[float] = field(default_factory=list)
    """The rate that a schedule begins with, at each step."""
    norms: list[float] = field(default_factory=list)
    """The norm of the gradients that each step uses."""
    unreached: list[int] = field(default_factory=list)
    """The number of parameters without a gradient, at each step of an optimizer."""
    clipped: list[tuple[str, float]] = field(default_factory=list)
    """Of each clipping: `backward` or `step`, whichever was called before it, and the norm of the gradients it met."""
    softmax_dims: list[int | None] = field(default_factory=list)
    """The dimensions that softmaxes were taken over."""
    targets: list[torch.Tensor] = field(default_factory=list)
    """Copies of what losses and differences compared with."""
    random_states: list[int] = field(default_factory=list)
    """Of the generators of PyTorch and NumPy, at each `backward()`."""
    first_inputs: torch.Tensor | None = None
    """What the first linear layer got first."""
    channel_means: list[float] = field(default_factory=list)
    """The mean of each channel that the first convolution got."""
    steps_of_sequences: set[int] = field(default_factory=set)
    """The lengths of the sequences that recurrent layers and attention run over."""
    compared: list[str] = field(default_factory=list)
    """What computed the first side of each loss and difference, but for what only shapes: `SigmoidBackward0`."""
    latest: str = ""
    """What was called last: `backward` or `step`."""
    is_inside: bool = False
    """Whether a `backward()` is running."""
    optimizers: set[int] = field(default_factory=set)
    """The ids of the optimizers that stepped."""

    @property
    def moved(self) -> bool:
        """Whether all of these have other numbers at the end."""
        return all(not torch.equal(leaf, self.before[number]) for number, leaf in self.filled.items())

    def falls(self, to: float = 1.0) -> bool:
        """Whether each loss is finite at the end and lower than that part of the first."""
        return all(values[-1] < to * values[0] for values in self.losses.values() if len(values) > 1)

    @property
    def honest(self) -> bool:
        """Whether each step uses the gradients of its own losses, and none is without."""
        return self.empty_steps == 0 and self.steps > 0 and max(self.unlike) < 1e-3


class _Calls(TorchFunctionMode):
    def __init__(self, facts: TrainingFacts) -> None:
        super().__init__()
        self._facts = facts

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in _NOTED:
            self._note(name, args, kwargs or {})
        return func(*args, **(kwargs or {}))

    def _note(self, name: str, args: Any, kwargs: Any) -> None:
        facts = self._facts
        match name:
            case "softmax" | "log_softmax":
                facts.softmax_dims.append(kwargs.get("dim", args[1] if len(args) > 1 else None))
            case "dropout" | "dropout2d" if "training" in kwargs:
                facts.modes.append((torch.is_grad_enabled(), kwargs["training"]))
            case "conv1d" | "conv2d" | "conv3d" if not facts.channel_means:
                facts.channel_means = args[0].detach().transpose(0, 1).flatten(1).mean(1).tolist()
            case "linear" if facts.first_inputs is None:
                facts.first_inputs = args[0].detach().clone()
        if name in _COMPARING and isinstance(args[0], torch.Tensor):
            kinds = [kind for kind in _made_by(args[0]).split() if not kind.startswith(_SHAPING)]
            facts.compared.append(next(iter(kinds), ""))
        tensors = [one for one in args[:2] if isinstance(one, torch.Tensor)]
        if len(tensors) != 2:
            return
        if name in _LOSSES:
            given, target = tensors[0].detach().clone(), tensors[1].detach().clone()
            facts.targets.append(target)
            facts.loss_calls.append((name, given, target, _made_by(tensors[0])))
        shapes = tuple(tensors[0].shape), tuple(tensors[1].shape)
        if name in _EQUALITIES:
            facts.compared_shapes.append(shapes)
        if name in _OF_LIKE_SHAPES:
            facts.shapes.append(shapes)


def _made_by(tensor: torch.Tensor) -> str:
    names, node = [], tensor.grad_fn
    while node is not None and len(names) < 4:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return " ".join(names)


class _Alive:
    """Lives as long as the graph that holds it."""

    count = 0

    def __init__(self) -> None:
        _Alive.count += 1

    def __del__(self) -> None:
        _Alive.count -= 1

    def __call__(self, *gradients: object) -> None: ...


def _leaves(loss: torch.Tensor) -> list[torch.Tensor]:
    found: dict[int, torch.Tensor] = {}
    waiting, met = [loss.grad_fn], {loss.grad_fn}
    while waiting:
        node: Any = waiting.pop()
        if node is None:
            continue
        if hasattr(node, "variable"):
            found[id(node.variable)] = node.variable
        fresh = [parent for parent, _ in node.next_functions if parent not in met]
        met.update(fresh)
        waiting += fresh
    return list(found.values())


@contextlib.contextmanager
def _clippings(facts: TrainingFacts) -> Iterator[None]:
    originals = {name: getattr(nn.utils, name) for name in ("clip_grad_norm_", "clip_grad_value_")}

    def noted(original: Any) -> Any:
        def clipping(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            given = [parameters] if isinstance(parameters, torch.Tensor) else list(parameters)
            size = sum(float(one.grad.norm() ** 2) for one in given if one.grad is not None) ** 0.5
            facts.clipped.append((facts.latest, size))
            return original(given, *args, **kwargs)

        return clipping

    for name, original in originals.items():
        setattr(nn.utils, name, noted(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(nn.utils, name, original)


@contextlib.contextmanager
def _masks_and_slopes(facts: TrainingFacts) -> Iterator[None]:
    attend, grad = nn.MultiheadAttention.forward, torch.autograd.grad

    def forward(layer: Any, query: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        mask = kwargs.get("key_padding_mask")
        if mask is not None:
            rows = (key if layer.batch_first else key.transpose(0, 1)).detach().clone()
            facts.masks.append((rows, mask if mask.dtype == torch.bool else torch.isneginf(mask)))
        return attend(layer, query, key, *args, **kwargs)

    def taken(*args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_code.co_filename == FILE:
            facts.graphs_made.append(bool(kwargs.get("create_graph")))
        return grad(*args, **kwargs)

    nn.MultiheadAttention.forward, torch.autograd.grad = forward, taken  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.MultiheadAttention.forward, torch.autograd.grad = attend, grad  # type: ignore[method-assign]


@contextlib.contextmanager
def _loads(facts: TrainingFacts) -> Iterator[None]:
    original = nn.Module.load_state_dict

    def load_state_dict(module: Any, *args: Any, **kwargs: Any) -> Any:
        before = [value.detach().clone() for value in module.state_dict().values()]
        result = original(module, *args, **kwargs)
        after = module.state_dict().values()
        facts.loads.append(not all(torch.equal(one, other) for one, other in zip(before, after, strict=True)))
        return result

    nn.Module.load_state_dict = load_state_dict  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.load_state_dict = original  # type: ignore[method-assign]


@contextlib.contextmanager
def _watching(facts: TrainingFacts) -> Iterator[None]:
    own: dict[int, torch.Tensor] = {}
    left: dict[int, torch.Tensor] = {}
    original = torch.Tensor.backward

    def backward(loss: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        # The mode calls it again.
        if facts.is_inside:
            original(loss, *args, **kwargs)
            return
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != FILE:
            frame = frame.f_back
        with torch._C.DisableTorchFunction():
            before_backward(loss, frame.f_lineno if frame is not None else 0)
        facts.is_inside = True
        try:
            original(loss, *args, **kwargs)
        finally:
            facts.is_inside = False

    def before_backward(loss: torch.Tensor, line: int) -> None:
        leaves = _leaves(loss)
        facts.latest = "backward"
        _, numbers, *places = np.random.get_state()
        facts.random_states.append(hash((torch.get_rng_state().numpy().tobytes(), numbers.tobytes(), *places)))
        facts.graphs_kept = max(facts.graphs_kept, _Alive.count)
        for leaf in leaves:
            facts.filled.setdefault(id(leaf), leaf)
            facts.before.setdefault(id(leaf), leaf.detach().clone())
            was = left.get(id(leaf))
            filled = leaf.grad is not None and bool(leaf.grad.to_dense().any())
            facts.stale += filled and was is not None and not torch.equal(was, leaf)
            left[id(leaf)] = leaf.detach().clone()
        with contextlib.suppress(RuntimeError):
            gradients = torch.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True) if leaves else ()
            for leaf, gradient in zip(leaves, gradients, strict=True):
                if gradient is not None:
                    own[id(leaf)] = own[id(leaf)] + gradient if id(leaf) in own else gradient.clone()
        facts.losses.setdefault(line, []).append(float(loss))
        if loss.grad_fn is not None:
            loss.grad_fn.register_hook(_Alive())

    def before_step(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        with torch._C.DisableTorchFunction():
            look_at_step(optimizer)

    def look_at_step(optimizer: torch.optim.Optimizer) -> None:
        facts.steps += 1
        facts.latest = "step"
        facts.rates.append(float(optimizer.param_groups[0]["lr"]))
        facts.base.append(float(optimizer.param_groups[0].get("initial_lr", facts.rates[-1])))
        facts.optimizers.add(id(optimizer))
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for parameter in parameters:
            facts.filled.setdefault(id(parameter), parameter)
            facts.before.setdefault(id(parameter), parameter.detach().clone())
        facts.unreached.append(sum(one.grad is None for one in parameters))
        gradients = {id(one): one.grad.to_dense() for one in parameters if one.grad is not None}
        facts.norms.append(sum(float(gradient.norm() ** 2) for gradient in gradients.values()) ** 0.5)
        facts.empty_steps += not any(bool(gradient.any()) for gradient in gradients.values())
        used = {number: own.get(number, torch.zeros_like(gradient)) for number, gradient in gradients.items()}
        far = sum(float((gradients[number] - used[number].to_dense()).norm()) for number in gradients)
        size = sum(float(gradient.to_dense().norm()) for gradient in used.values())
        # What was clipped points where it pointed before.
        along = sum(float((gradients[number] * used[number].to_dense()).sum()) for number in gradients)
        lengths = [sum(float(one.to_dense().norm() ** 2) for one in side.values()) ** 0.5 for side in (gradients, used)]
        if lengths[0] * lengths[1] > 0 and along > 0.9999 * lengths[0] * lengths[1] and lengths[0] <= lengths[1]:
            far = 0.0
        facts.unlike.append(far / max(size, 1e-12) if gradients else 0.0)

    def after_step(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        own.clear()

    def before_forward(module: nn.Module, args: Any) -> None:
        if isinstance(module, _DropoutNd | _BatchNorm):
            facts.modes.append((torch.is_grad_enabled(), module.training))
        if isinstance(module, _BatchNorm) and not module.training and module.num_batches_tracked is not None:
            facts.new_norms += int(module.num_batches_tracked) == 0
        if isinstance(module, nn.RNNBase | nn.MultiheadAttention) and isinstance(args[0], torch.Tensor):
            facts.steps_of_sequences.add(args[0].shape[1 if module.batch_first else 0])

    handles = [
        register_optimizer_step_pre_hook(before_step),
        register_optimizer_step_post_hook(after_step),
        register_module_forward_pre_hook(before_forward),
    ]
    torch.Tensor.backward = backward  # type: ignore[method-assign]
    try:
        with _Calls(facts), _clippings(facts), _masks_and_slopes(facts), _loads(facts):
            yield
    finally:
        torch.Tensor.backward = original  # type: ignore[method-assign]
        for handle in handles:
            handle.remove()


def training_facts(code: str) -> TrainingFacts:
    """What a program does, which has to run to its end."""
    facts = TrainingFacts()
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(IMPORTS, names)
    torch.manual_seed(0)
    _Alive.count = 0
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"), _watching(facts):
        exec(compile(code, FILE, "exec", dont_inherit=True), names)
    return facts
