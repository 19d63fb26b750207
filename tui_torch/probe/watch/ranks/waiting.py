"""How long this process waits for others: in `backward()` under `DistributedDataParallel`, and in collectives.

`backward()` under `DistributedDataParallel` ends by waiting until the gradients of all ranks are averaged. Of two
callbacks that autograd calls at the end, the first runs before that, when the process's own gradients are there, and
the second, which the first one asks for, after it: between them the process has waited.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.parallel import DistributedDataParallel

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.isolation.torch_internals import collective_count, is_autograd_compiled, queue_callback
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.training.norms.common_steps import CommonSteps
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.watch.ranks.replicas import Replicas

COLLECTIVES = (
    *("all_reduce", "reduce", "broadcast", "barrier", "all_gather", "all_gather_into_tensor", "gather", "scatter"),
    *("reduce_scatter", "reduce_scatter_tensor", "all_to_all", "all_to_all_single"),
)
"""The functions of torch.distributed that wait for other ranks, unless they are asked not to."""
_SHORT = 0.02
"""In a loop of shorter steps, in seconds, only some are measured, and each stands for all since the last: to measure
one takes 0.1 ms after a step's kernels, when nothing of ours is in the processor's cache."""
_RECENT = 0.25
"""How much the last step counts in the mean of their times."""
_MOST = 64
NORMS = 0.001
"""The part of the run's time that norms of local gradients may take."""


class Waiting:
    """Measures what a process waits for others on the CPU, and the norm of its gradients before they are averaged.

    A GPU waits by itself, while the process goes on; there, nothing is measured.
    """

    def __init__(
        self,
        replicas: Replicas,
        step: Callable[[], int],
        arrive: Callable[[int, int, bool], None],
        scale_of: Callable[[torch.Tensor], float | None] = lambda loss: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Make it, for `install()` to begin.

        Args:
            replicas: The models whose gradients are averaged.
            step: Gives the number of `backward()` calls that have been done.
            arrive: Is called just before each wait that is measured, with the number of the operation of all ranks, the
                step, and whether the next one will be measured, too. It raises nothing.
            scale_of: Gives what a `GradScaler` has multiplied a loss by, which its gradients still have.
            clock: Gives the time, in seconds.
        """
        self.seconds = 0.0
        """How long the process has waited."""
        self.is_measured = False
        """Whether anything was there to measure."""
        self._replicas = replicas
        self._step = step
        self._arrive = arrive
        self._scale_of = scale_of
        self._clock = clock
        self._skipped = 0
        self._stride = 1
        self._measured_at: float | None = None
        self._took: float | None = None
        """The mean time of the last steps."""
        self._budget = TimeBudget(NORMS, clock=clock)
        self._norm_steps = CommonSteps()
        self._norms: list[tuple[int, float]] = []

    def install(self) -> Uninstall:
        """Listen to the collective operations that the program calls itself."""
        undo = [
            wrap_method(torch.distributed, name, self._timed)
            for name in COLLECTIVES
            if hasattr(torch.distributed, name)
        ]

        def uninstall() -> None:
            while undo:
                undo.pop()()

        return uninstall

    def take_norms(self) -> tuple[tuple[int, float], ...]:
        """The (step, norm of local gradients) pairs since the last call; another may be taken from now on."""
        norms, self._norms = tuple(self._norms), []
        self._norm_steps.choose_after(self._step())
        return norms

    def before_backward(self, loss: torch.Tensor, site: object = None) -> None:
        """A `backward()` is about to begin. Raises nothing."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        try:
            models = self._replicas.models()
            if any(model.device_type == "cpu" for model in models) and not is_autograd_compiled():
                self._measure(loss, models)
        except Exception:  # the program goes on, whatever is wrong here
            return

    def _measure(self, loss: torch.Tensor, models: list[DistributedDataParallel]) -> None:
        node: Any = Base.grad_fn.__get__(loss)
        if node is None:
            return
        stands_for, self._skipped = self._skipped, 0
        began = self._clock()
        if self._measured_at is not None:
            took = (began - self._measured_at) / stands_for
            self._took = took if self._took is None else self._took + _RECENT * (took - self._took)
            self._stride = min(max(round(_SHORT / self._took), 1), _MOST) if self._took > 0 else _MOST
        self._measured_at = began
        scale = self._scale_of(loss) or 1.0
        handle: Any = None
        ready = 0.0

        def averaged() -> None:
            self.seconds += stands_for * (self._clock() - ready)
            self.is_measured = True

        def own_are_ready() -> None:
            nonlocal ready
            handle.remove()
            try:
                self._own_are_ready(models, scale)
                ready = self._clock()
                queue_callback(averaged)
            except Exception:  # an error here would be the program's
                return

        def begun(*_: object) -> None:
            try:
                queue_callback(own_are_ready)
            except Exception:
                return

        handle = node.register_prehook(begun)

    def _own_are_ready(self, models: list[DistributedDataParallel], scale: float) -> None:
        step = self._step() + 1
        averaging = [model for model in models if model.require_backward_grad_sync]
        if not averaging:
            return
        if averaging[0].process_group is torch.distributed.group.WORLD:
            self._arrive(collective_count(averaging[0].process_group), step, self._stride == 1)
        # Where gradients are views of what is being averaged, they are not the process's own any more.
        if len(models) == 1 and not models[0].gradient_as_bucket_view and self._norm_steps.is_chosen(step):
            is_affordable = self._norm_steps.is_rare(step) or self._budget.permits()
            self._norm_steps.use(was_affordable=is_affordable)
            if not is_affordable:
                return
            with self._budget.spending(), unobserved():
                norms = [
                    torch.linalg.vector_norm(Base.detach(gradient))
                    for parameter in models[0].module.parameters()
                    if (gradient := grad_of(parameter)) is not None and not Base.is_sparse.__get__(gradient)
                ]
                if norms:
                    self._norms.append((step, torch.linalg.vector_norm(torch.stack(norms)).item() / scale))

    def _timed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def collective(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or torch.accelerator.is_available():
                return original(*args, **kwargs)
            try:
                group = torch.distributed.group.WORLD
                if kwargs.get("group") in (None, group):
                    self._arrive(collective_count(group) + 1, self._step(), self._stride == 1)
            except Exception:
                pass
            began = self._clock()
            result = original(*args, **kwargs)
            if result is None:  # or else there is something to wait for
                self.seconds += self._clock() - began
                self.is_measured = True
            return result

        return collective
