"""Being told by PyTorch of what happens in a training loop, and leaving PyTorch as it was."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import torch
from torch.overrides import has_torch_function_unary
from torch.utils.data import DataLoader

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import next_sequence_number
from tui_torch.probe.training.step_ledger import Ledger
from tui_torch.probe.values.elements import Base


def listen_to_backward(
    before: Sequence[Callable[[torch.Tensor], None]],
    ledger: Ledger,
    record: Callable[[torch.Tensor, FrameType], None],
    after: Sequence[Callable[[torch.Tensor], None]],
) -> Uninstall:
    """Call each of `before` with every tensor whose `backward()` is about to begin; and when it is done and did not
    fail, note it in the ledger, or else call `record`, with the frame that called it, and each of `after`. Exceptions
    of `record` are dropped; the others have none. `before` and `after` may grow and shrink, in the midst of it too;
    while the ledger has `unlooked` room, neither is called."""
    frame_of, item, is_cpu = sys._getframe, Base.item, Base.is_cpu.__get__
    known, values = ledger.known, ledger.values
    note, note_place = values.append, ledger.places.append
    go_back = torch.autograd.backward  # all that the original does, and a call less in every step
    accelerated = torch.accelerator.is_available()

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(
            tensor: torch.Tensor,
            gradient: Any = None,
            retain_graph: Any = None,
            create_graph: Any = False,
            inputs: Any = None,
        ) -> None:
            # Of a subclass, or under a mode such as a default device, backward() calls itself: the inner call counts.
            if has_torch_function_unary(tensor):
                original(tensor, gradient, retain_graph, create_graph, inputs)
                return
            if len(values) < ledger.unlooked:
                go_back(tensor, gradient, retain_graph, create_graph, None, inputs)
                try:
                    note(item(tensor))
                except Exception:  # a tensor that has no element to give
                    with suppress(Exception):
                        record(tensor, frame_of(1))
                return
            ledger.begun_at = next_sequence_number()
            if before:
                for listen in tuple(before):
                    listen(tensor)
            go_back(tensor, gradient, retain_graph, create_graph, None, inputs)
            frame = frame_of(1)
            try:
                place = known[frame.f_lasti]
                noted = place.code is frame.f_code and len(values) < ledger.room
                # To read from another device would make the loop wait.
                if noted and (noted := not accelerated or is_cpu(tensor)):
                    note(item(tensor))
                    note_place(place)
            except Exception:  # a new place; a tensor that has no element to give
                noted = False
            if not noted:
                try:  # noqa: SIM105 - suppress() takes time, in every step of some loops
                    record(tensor, frame)
                except Exception:  # the learner's loop goes on, whatever is wrong here
                    pass
            if after:
                for listen in tuple(after):
                    listen(tensor)

        return backward

    return wrap_method(torch.Tensor, "backward", wrapper_of)


def listen_to_optimizers(made: Callable[[], None]) -> Uninstall:
    """Call `made`, which raises nothing, whenever an optimizer is made."""

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(optimizer, *args, **kwargs)
            made()

        return __init__

    return wrap_method(torch.optim.Optimizer, "__init__", wrapper_of)


def listen_to_loaders(begun: Callable[[Any], None]) -> Uninstall:
    """Call `begun`, which raises nothing, with the iterator of every pass over a DataLoader."""

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def __iter__(loader: DataLoader[Any]) -> Iterator[Any]:  # noqa: N807
            iterator = original(loader)
            begun(iterator)
            return iterator

        return __iter__

    return wrap_method(DataLoader, "__iter__", wrapper_of)
