"""The models of this process that `DistributedDataParallel` keeps the same as those of other ranks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch.nn.parallel import DistributedDataParallel

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import communication_hook

MODELS = 16
"""Maximum number of models that are known at once; the latest."""
_AVERAGES = re.compile(r"allreduce|compress|powersgd", re.IGNORECASE)
"""The names of PyTorch's communication hooks that leave the same gradients on all ranks. Others need not."""


class Replicas:
    """The models that were wrapped in `DistributedDataParallel` while it was listened to. None is kept alive."""

    def __init__(self) -> None:
        self._models: list[ReferenceType[DistributedDataParallel]] = []

    def install(self) -> Uninstall:
        """Listen to `DistributedDataParallel(...)`."""

        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def __init__(model: DistributedDataParallel, *args: Any, **kwargs: Any) -> None:  # noqa: N807
                original(model, *args, **kwargs)
                self._models = [*(known for known in self._models if known() is not None), ref(model)][-MODELS:]

            return __init__

        return wrap_method(DistributedDataParallel, "__init__", wrapper_of)

    def models(self) -> list[DistributedDataParallel]:
        """Those that are alive, in the order in which they were made."""
        return [model for known in self._models if (model := known()) is not None]

    def names(self) -> dict[int, tuple[str, DistributedDataParallel]]:
        """By the id of each parameter that is kept the same: its name in the model, and the model."""
        return {
            id(parameter): (name, model)
            for model in self.models()
            for name, parameter in model.module.named_parameters()
            if name not in model.parameters_to_ignore
        }


def ranks_alike(model: DistributedDataParallel) -> tuple[int, ...]:
    """The ranks on which a model's parameters should be the same at every step; empty where nothing promises it.

    A communication hook may leave each rank its own gradients, as that of local SGD does.
    """
    hook = communication_hook(model)
    if hook and not _AVERAGES.search(hook):
        return ()
    return tuple(torch.distributed.get_process_group_ranks(model.process_group))
