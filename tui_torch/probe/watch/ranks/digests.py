"""Digests of what optimizers step: small numbers by which the parameters of several ranks are compared."""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.isolation.optimizer_hooks import after_optimizer_step
from tui_torch.probe.isolation.patching import Uninstall
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.training.device_reads import is_capturing, recorded_event
from tui_torch.probe.training.parameter_groups import module_groups
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import USUAL
from tui_torch.probe.watch.ranks.replicas import Replicas, ranks_alike
from tui_torch.protocol.records.ranks import GroupDigest, RecordDigest

LARGEST, PIECES = 2**14, 64
"""Elements of one tensor that a digest reads, and the number of pieces that they are in where it has more."""
OPTIMIZERS = 8
"""Maximum number of optimizers that are told apart; those that have stepped last."""
GROUPS = 16
"""Maximum number of groups of one optimizer's parameters."""
SHARE = 0.002
"""The part of the run's time that digests may take, apart from the first ones."""
INTERVAL = 1.0
"""Seconds between two digests of an optimizer, about, after the first ones."""
_PENDING, _SIGNATURES = 16, 1000
_MOST_STEPS = 2**20
_INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Integers by the bytes of an element."""

Named = tuple[str, torch.Tensor]


@dataclass(slots=True)
class _SteppingOptimizer:
    """An optimizer that steps. It is not kept alive."""

    optimizer: ReferenceType[torch.optim.Optimizer]
    since: float
    count: int = 0
    stride: int = 1
    """Of its steps, each so many has a digest: a power of two, so that ranks with other ones have digests in common."""
    signature: str = ""
    place: int = 0
    """Which one it is of those with the same signature that have ever stepped: also in a loop that makes new ones."""
    latest: int = 0
    """Which of all optimizers' steps its last one was."""


@dataclass(frozen=True, slots=True)
class _Unread:
    """A digest whose numbers may still be on their way from a device."""

    stepping: _SteppingOptimizer
    count: int
    step: int
    replicas: tuple[int, ...]
    names: tuple[str, ...]
    have_gradients: tuple[bool, ...]
    integers: torch.Tensor
    numbers: torch.Tensor
    arrived: Any

    def read(self) -> RecordDigest:
        integers, numbers = Base.tolist(self.integers), Base.tolist(self.numbers)
        groups = (
            GroupDigest(name, bits, gradients if has_gradients else None, total, norm)
            for name, (bits, gradients), (total, norm), has_gradients in zip(
                self.names, integers, numbers, self.have_gradients, strict=True
            )
        )
        optimizer = f"{self.stepping.signature}-{self.stepping.place}"
        return RecordDigest(optimizer, self.count, self.step, self.replicas, tuple(groups))


class ParameterDigests:
    """Makes digests after an optimizer's steps 1, 2, 4, 8, and so on, and then about once a second."""

    def __init__(
        self, replicas: Replicas, step: Callable[[], int], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Make it, for `install()` to begin.

        Args:
            replicas: The models that should be the same on several ranks.
            step: Gives the number of steps that the loop has done.
            clock: Gives the time, in seconds.
        """
        self._replicas = replicas
        self._step = step
        self._clock = clock
        self._stepping: dict[int, _SteppingOptimizer] = {}
        """By the optimizer's id."""
        self._places = Counter[str]()
        """By signature, how many optimizers there have been."""
        self._steps = 0
        self._unread: list[_Unread] = []

    def install(self) -> Uninstall:
        """Listen to the steps of all optimizers."""
        return after_optimizer_step(self._stepped)

    def take(self) -> tuple[RecordDigest, ...]:
        """The digests that have come since the last call, oldest first. It waits for no device."""
        taken: list[RecordDigest] = []
        while self._unread and (self._unread[0].arrived is None or self._unread[0].arrived.query()):
            taken.append(self._unread.pop(0).read())
        return tuple(taken)

    def _stepped(self, optimizer: torch.optim.Optimizer, args: Any = (), kwargs: Any = None) -> None:
        if torch.compiler.is_compiling():
            return
        try:
            stepping = self._stepping.get(id(optimizer))
            if stepping is None or stepping.optimizer() is not optimizer:
                stepping = self._new(optimizer)
            self._steps += 1
            stepping.latest = self._steps
            stepping.count += 1
            if stepping.count & (stepping.count - 1) == 0 or stepping.count % stepping.stride == 0:
                began = self._clock()
                self._digest(optimizer, stepping)
                now = self._clock()
                apart = max(INTERVAL, (now - began) / SHARE)
                steps = apart * stepping.count / max(now - stepping.since, 1e-9)
                stepping.stride = 2 ** min(max(math.ceil(math.log2(steps)), 0), 20) if steps > 0 else 1
        except Exception:  # the program goes on, whatever is wrong here
            return

    def _new(self, optimizer: torch.optim.Optimizer) -> _SteppingOptimizer:
        self._stepping = {key: known for key, known in self._stepping.items() if known.optimizer() is not None}
        if len(self._stepping) >= OPTIMIZERS:
            del self._stepping[min(self._stepping, key=lambda key: self._stepping[key].latest)]
        stepping = self._stepping[id(optimizer)] = _SteppingOptimizer(ref(optimizer), self._clock())
        return stepping

    def _digest(self, optimizer: torch.optim.Optimizer, stepping: _SteppingOptimizer) -> None:
        if len(self._unread) >= _PENDING or is_capturing():
            return
        with unobserved():
            parameters, replicas = self._parameters(optimizer)
            if not parameters:
                return
            if not stepping.signature:
                stepping.signature = _signature(parameters, bool(replicas))
                stepping.place = self._places[stepping.signature]
                self._places[stepping.signature] += 1
                if len(self._places) > _SIGNATURES:
                    del self._places[next(iter(self._places))]
            groups = grouped(parameters)
            rows = [_numbers([tensor for _, tensor in tensors]) for tensors in groups.values()]
            integers = torch.stack([torch.stack(row[:2]) for row in rows])
            numbers = torch.stack([torch.stack(row[2:4]) for row in rows])
            device = Base.device.__get__(integers)
            unread = _Unread(
                stepping,
                stepping.count,
                self._step(),
                replicas,
                tuple(groups),
                tuple(any(grad_of(tensor) is not None for _, tensor in tensors) for tensors in groups.values()),
                Base.to(integers, "cpu", non_blocking=True),
                Base.to(numbers, "cpu", non_blocking=True),
                recorded_event(device),
            )
        self._unread.append(unread)

    def _parameters(self, optimizer: torch.optim.Optimizer) -> tuple[list[Named], tuple[int, ...]]:
        """What an optimizer steps that can be compared, with names, and the ranks on which it should be the same."""
        held = [tensor for group in optimizer.param_groups for tensor in group["params"] if _can_be_read(tensor)]
        devices = {Base.device.__get__(tensor) for tensor in held}
        if len(devices) != 1:
            return [], ()
        names = self._replicas.names()
        model = next((names[id(tensor)][1] for tensor in held if id(tensor) in names), None)
        if model is None:
            return [("", tensor) for tensor in held], ()
        named = [(names[id(tensor)][0], tensor) for tensor in held if names.get(id(tensor), ("", None))[1] is model]
        return named, ranks_alike(model)


def grouped(parameters: Sequence[Named]) -> dict[str, list[Named]]:
    """Parameters by the module that holds them, or several of them where there would be more than GROUPS."""
    holders = [tuple(name.split(".")[:-1]) for name, _ in parameters]
    groups: dict[str, list[Named]] = {}
    for named, group in zip(parameters, module_groups(holders, GROUPS), strict=True):
        groups.setdefault(".".join(group) or "parameters", []).append(named)
    return groups


def _signature(parameters: Iterable[Named], are_replicas: bool) -> str:
    text = "\n".join(f"{name} {tuple(tensor.shape)} {tensor.dtype}" for name, tensor in parameters)
    return hashlib.sha256(f"{are_replicas}\n{text}".encode()).hexdigest()[:12]


def _can_be_read(tensor: object) -> bool:
    """Whether a tensor's elements lie in memory as they are: it is no shard, no subclass, not sparse."""
    if type(tensor) not in USUAL or Base.layout.__get__(tensor) is not torch.strided:
        return False
    if Base.is_nested.__get__(tensor) or Base.is_meta.__get__(tensor) or Base.is_quantized.__get__(tensor):
        return False
    shape, expected = Base.shape.__get__(tensor), 1
    for stride, size in sorted(zip(Base.stride(tensor), shape, strict=True)):
        if size == 1:
            continue
        if stride != expected:  # with gaps, or with elements that lie in the same place
            return False
        expected *= size
    return expected > 0 and Base.numel(tensor) > 0


def _sampled(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor's elements in the order in which they lie in memory: all, or PIECES from end to end."""
    count, offset = Base.numel(tensor), Base.storage_offset(tensor)
    if count <= LARGEST:
        return Base.as_strided(tensor, (count,), (1,), offset)
    size = LARGEST // PIECES
    jump = (count - size) // (PIECES - 1)
    return Base.reshape(Base.as_strided(tensor, (PIECES, size), (jump, 1), offset), (-1,))


def _numbers(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The bits of parameters and of their gradients as sums of integers, and the parameters' sum and norm."""
    device = Base.device.__get__(tensors[0])
    bits = torch.zeros((), dtype=torch.int64, device=device)
    gradient_bits = torch.zeros((), dtype=torch.int64, device=device)
    total = torch.zeros((), dtype=torch.float64, device=device)
    squares = torch.zeros((), dtype=torch.float64, device=device)
    for joined in _joined(tensors):
        bits = bits + _bits(joined)
        total = total + torch.sum(joined, dtype=torch.float64)
        squares = squares + torch.linalg.vector_norm(joined, dtype=torch.float64) ** 2
    gradients = [gradient for tensor in tensors if (gradient := grad_of(tensor)) is not None]
    for joined in _joined([gradient for gradient in gradients if _can_be_read(gradient)]):
        gradient_bits = gradient_bits + _bits(joined)
    return [bits, gradient_bits, total, torch.sqrt(squares)]


def _joined(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Samples of tensors, those of one dtype in one tensor."""
    by_dtype: dict[torch.dtype, list[torch.Tensor]] = {}
    for tensor in tensors:
        real = torch.view_as_real(tensor) if Base.is_complex(tensor) else tensor
        by_dtype.setdefault(real.dtype, []).append(_sampled(Base.detach(real)))
    return [torch.cat(samples) if len(samples) > 1 else samples[0] for samples in by_dtype.values()]


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return torch.sum(Base.view(tensor, _INTEGERS[Base.element_size(tensor)]), dtype=torch.int64)
