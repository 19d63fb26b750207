"""Listening to what a training loop calls in PyTorch, and leaving PyTorch as it was."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import torch
from torch.overrides import has_torch_function_unary
from torch.utils.data import DataLoader

from tui_torch.probe.isolation.patching import Uninstall, leave_out_this_frame, wrap_method
from tui_torch.probe.isolation.torch_internals import next_sequence_number, stand_in_for_in_scripts
from tui_torch.probe.source.call_sites import CallSite, is_pytorchs
from tui_torch.probe.training.backward_log import BackwardLog
from tui_torch.probe.values.elements import Base


def listen_to_backward(
    before: Sequence[Callable[[torch.Tensor, CallSite | None], None]],
    site_of: Callable[[FrameType], CallSite | None],
    log: BackwardLog,
    record: Callable[[torch.Tensor, FrameType], None],
    after: Sequence[Callable[[torch.Tensor], None]],
) -> Uninstall:
    """Listen to every `Tensor.backward()`. While the log has unchecked room, neither `before` nor `after` is called.

    Args:
        before: Each is called with a tensor whose `backward()` is about to begin, and with its call site. It raises
            nothing. The sequence may grow and shrink at any time, also while it is gone through.
        site_of: Gives the call site at a frame. It raises nothing.
        log: Gets the loss of each `backward()` that did not fail, if it has room for it and knows where it comes from.
        record: Is called with each other tensor whose `backward()` did not fail, and with the frame that called it. Its
            exceptions are suppressed.
        after: Each is called with the tensor last of all. It raises nothing, and the sequence may change like `before`.
    """
    frame_of, item, is_cpu = sys._getframe, Base.item, Base.is_cpu.__get__
    known, values = log.known, log.values
    note, note_source = values.append, log.sources.append
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
                try:
                    original(tensor, gradient, retain_graph, create_graph, inputs)
                except BaseException as error:
                    leave_out_this_frame(error)
                    raise
                return
            if len(values) < log.unchecked_room:
                try:
                    go_back(tensor, gradient, retain_graph, create_graph, None, inputs)
                except BaseException as error:
                    leave_out_this_frame(error)
                    raise
                try:
                    note(item(tensor))
                except Exception:  # a tensor that has no element to give
                    with suppress(Exception):
                        record(tensor, frame_of(1))
                return
            log.begun_at = next_sequence_number()
            if before:
                site = site_of(frame_of(1))
                for listen in tuple(before):
                    listen(tensor, site)
            try:
                go_back(tensor, gradient, retain_graph, create_graph, None, inputs)
            except BaseException as error:
                leave_out_this_frame(error)
                raise
            frame = frame_of(1)
            try:
                source = known[frame.f_lasti]
                noted = source.code is frame.f_code and len(values) < log.room
                # To read from another device would make the loop wait.
                if noted and (noted := not accelerated or is_cpu(tensor)):
                    note(item(tensor))
                    note_source(source)
            except Exception:  # a new call site; a tensor that has no element to give
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


def listen_to_backward_function(
    before: Sequence[Callable[[torch.Tensor, CallSite | None], None]],
    site_of: Callable[[FrameType], CallSite | None],
    log: BackwardLog,
    record: Callable[[Sequence[torch.Tensor], FrameType], None],
    after: Sequence[Callable[[torch.Tensor], None]],
) -> Uninstall:
    """Listen to every `torch.autograd.backward()` that PyTorch does not call itself.

    Called with several tensors, it is one `backward()` on their sum: `before` and `after` get that.

    Args:
        before: As of `listen_to_backward()`.
        site_of: As of `listen_to_backward()`.
        log: Gets the loss as of `listen_to_backward()`, of a call with one tensor.
        record: Is called with the tensors of each other call that did not fail, and with the frame that made it. Its
            exceptions are suppressed.
        after: As of `listen_to_backward()`.
    """
    frame_of, item, is_cpu = sys._getframe, Base.item, Base.is_cpu.__get__
    known, values = log.known, log.values
    accelerated = torch.accelerator.is_available()

    def note(roots: Sequence[torch.Tensor], frame: FrameType) -> None:
        with suppress(Exception):  # a new call site; a tensor that has no element to give
            source, (root,) = known[frame.f_lasti], roots
            if source.code is frame.f_code and len(values) < log.room and (not accelerated or is_cpu(root)):
                values.append(item(root))
                log.sources.append(source)
                return
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            record(roots, frame)

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(*args: Any, **kwargs: Any) -> None:
            # A compiler reads this function. A checkpoint calls it within a backward(), and Tensor.backward() where it
            # is heard already.
            if torch.compiler.is_compiling() or is_pytorchs(frame := frame_of(1)):
                original(*args, **kwargs)
                return
            given = args[0] if args else kwargs.get("tensors")
            if isinstance(given, Iterator):
                given = tuple(given)
                args, kwargs = ((given, *args[1:]), kwargs) if args else (args, kwargs | {"tensors": given})
            roots = roots_of(given)
            if not roots:
                try:
                    original(*args, **kwargs)
                except BaseException as error:
                    leave_out_this_frame(error)
                    raise
                return
            root = roots[0] if len(roots) == 1 or not before else _sum(roots)
            log.begun_at = next_sequence_number()
            if before:
                site = site_of(frame)
                for listen in tuple(before):
                    listen(root, site)
            try:
                original(*args, **kwargs)
            except BaseException as error:
                leave_out_this_frame(error)
                raise
            note(roots, frame)
            for heard in tuple(after):
                heard(root)

        return backward

    return wrap_method(torch.autograd, "backward", wrapper_of, stand_in_for_in_scripts)


def roots_of(given: object) -> tuple[torch.Tensor, ...]:
    """The tensors that a `torch.autograd.backward()` begins with."""
    if isinstance(given, torch.Tensor):
        return (given,)
    # An edge of the graph is a tuple, too.
    if (isinstance(given, tuple) and hasattr(given, "node")) or not isinstance(given, Iterable):
        return ()
    return tuple(root for root in given if isinstance(root, torch.Tensor))


def _sum(roots: Sequence[torch.Tensor]) -> torch.Tensor:
    """The sum of the roots, with all their graphs below it; the first of them where they cannot be added."""
    try:
        with torch.enable_grad(), torch.DisableTorchFunction():
            total = roots[0]
            for root in roots[1:]:
                total = Base.add(total, root)
            return total
    except Exception:  # of shapes or devices that do not go together
        return roots[0]


def listen_to_optimizers(made: Callable[[], None]) -> Uninstall:
    """Call `made`, which raises nothing, whenever an optimizer is made."""

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            try:
                original(optimizer, *args, **kwargs)
            except BaseException as error:
                leave_out_this_frame(error)
                raise
            made()

        return __init__

    return wrap_method(torch.optim.Optimizer, "__init__", wrapper_of)


def listen_to_loaders(begun: Callable[[Any, Any], None]) -> Uninstall:
    """Call `begun`, which raises nothing, with the iterator and the dataset of every pass over a DataLoader."""

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def __iter__(loader: DataLoader[Any]) -> Iterator[Any]:  # noqa: N807
            try:
                iterator = original(loader)
            except BaseException as error:
                leave_out_this_frame(error)
                raise
            begun(iterator, loader.dataset)
            return iterator

        return __iter__

    return wrap_method(DataLoader, "__iter__", wrapper_of)


def listen_to_scalers(scaled: Callable[[object, object], None]) -> Uninstall:
    """Call `scaled`, which raises nothing, with what a `GradScaler` returns for losses, and with the losses."""

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def scale(scaler: torch.amp.GradScaler, outputs: Any) -> Any:
            try:
                result = original(scaler, outputs)
            except BaseException as error:
                leave_out_this_frame(error)
                raise
            scaled(result, outputs)
            return result

        return scale

    return wrap_method(torch.amp.GradScaler, "scale", wrapper_of)
