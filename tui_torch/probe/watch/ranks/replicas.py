"""The models of this process that `DistributedDataParallel` keeps the same as those of other ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from weakref import ReferenceType, ref

import torch
from torch.nn.modules.module import register_module_module_registration_hook
from torch.nn.parallel import DistributedDataParallel

from tui_torch.probe.isolation.patching import Uninstall
from tui_torch.probe.isolation.torch_internals import communication_hook

MODELS = 16
"""Maximum number of models that are known at once; the latest."""
_AVERAGES = re.compile(r"allreduce|compress|powersgd", re.IGNORECASE)
"""The names of PyTorch's communication hooks that leave the same gradients on all ranks. Others need not."""


KnownModel = ReferenceType[DistributedDataParallel]
"""A model that is not kept alive."""


class Replicas:
    """The models that were wrapped in `DistributedDataParallel` while it was listened to."""

    def __init__(self, models: Sequence[KnownModel] = ()) -> None:
        """Begin with those that are known already."""
        self._models = list(models)

    def install(self) -> Uninstall:
        """Listen to `DistributedDataParallel(...)`, which takes the model for a submodule of its own.

        A function around its `__init__` would be felt: the warnings in it are of whoever calls it.
        """

        def registered(module: torch.nn.Module, name: str, submodule: torch.nn.Module | None) -> None:
            if isinstance(module, DistributedDataParallel) and all(known() is not module for known in self._models):
                self._models = [*(known for known in self._models if known() is not None), ref(module)][-MODELS:]

        return register_module_module_registration_hook(registered).remove

    def models(self) -> list[DistributedDataParallel]:
        """Those that are alive, in the order in which they were made; without those that could not be."""
        found = [model for known in self._models if (model := known()) is not None]
        return [model for model in found if "reducer" in model.__dict__]

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
