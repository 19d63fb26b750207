"""Every private name of PyTorch that the probe relies on, each with the reason for it. Last seen in torch 2.13.0.

An upgrade of PyTorch that removes or changes one makes `tests/unit/probe/isolation/test_torch_internals.py` fail, with
a sentence that says what to do. Nothing else in the probe may touch a private name of PyTorch's.
It has over 500 lines because each name comes with its reason, in one place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache, partial
from threading import get_ident
from types import CodeType, FrameType
from typing import Any, Literal

import torch
from torch._tensor_str import PRINT_OPTS
from torch.jit import _builtins as _script_builtins
from torch.nn.modules import batchnorm as _batchnorm
from torch.nn.modules import dropout as _dropout
from torch.nn.modules import module as _module
from torch.nn.utils import clip_grad as _clip_grad
from torch.utils import _device, _python_dispatch

# What PyTorch's stubs leave out.
_C: Any = torch._C

# Tensors

TensorBase: Any = _C.TensorBase
"""The class that `torch.Tensor` derives from. Its methods are called past those of a subclass of the learner's."""

counted_version: Callable[[torch.Tensor], int] = TensorBase._version.__get__
"""How often PyTorch has changed a tensor in place. Raises RuntimeError for an inference tensor."""


def version_of(tensor: torch.Tensor) -> int | None:
    """How often PyTorch has changed a tensor in place; None for an inference tensor, which does not count."""
    return None if TensorBase.is_inference(tensor) else counted_version(tensor)


def base_of(tensor: torch.Tensor) -> torch.Tensor | None:
    """The tensor that a view shows numbers of, the first of a row of views; None if it is no view."""
    return TensorBase._base.__get__(tensor)


def is_parameter(tensor: torch.Tensor) -> bool:
    """Whether a tensor is an `nn.Parameter`. `isinstance()` would read an attribute of a subclass of the learner's."""
    cls = type(tensor)
    if cls is torch.Tensor:
        return False
    # A Parameter made from a subclass stays of that class, and carries a mark.
    return issubclass(cls, torch.nn.Parameter) or "_is_param" in object.__getattribute__(tensor, "__dict__")


def is_functorch_tensor(tensor: torch.Tensor) -> bool:
    """Whether a tensor stands for others within `torch.func`: its numbers cannot be read."""
    return _C._functorch.is_functorch_wrapped_tensor(tensor)


def is_batched(tensor: torch.Tensor) -> bool:
    """Whether a tensor stands for one of many within `torch.vmap`."""
    return _C._functorch.is_batchedtensor(tensor)


def is_functional(tensor: torch.Tensor) -> bool:
    """Whether a tensor is one of functionalization's, which wraps another."""
    return torch._is_functional_tensor(tensor)  # pyright: ignore[reportPrivateImportUsage]


def without_negation(tensor: torch.Tensor) -> torch.Tensor:
    """The elements in memory of a tensor with a pending minus sign; `resolve_neg()` would copy them all."""
    return TensorBase._neg_view(tensor)


def stored_count(tensor: torch.Tensor) -> int:
    """Number of stored elements of a COO tensor, coalesced or not."""
    return TensorBase._nnz(tensor)


def stored_indices(tensor: torch.Tensor) -> torch.Tensor:
    """The indices of a COO tensor's stored elements, coalesced or not."""
    return TensorBase._indices(tensor)


def stored_values(tensor: torch.Tensor) -> torch.Tensor:
    """The stored elements of a COO tensor, coalesced or not; `values()` refuses one that is not coalesced."""
    return TensorBase._values(tensor)


# Nodes of the autograd graph

next_sequence_number: Callable[[], int] = _C._autograd._get_sequence_nr
"""The sequence number that the thread's next operation gets. A C function: it is called in every step of a loop."""


def sequence_number(node: Any) -> int:
    """A number that no other operation of the thread has. All leaves have the same one."""
    return node._sequence_nr()


def result_metadata(node: Any, at: int) -> tuple[tuple[int, ...] | None, torch.dtype | None]:
    """Shape and dtype of an operation's result number `at`; the shape is None for a nested tensor, both if unknown."""
    try:
        metadata = node._input_metadata[at]
        shape = None if metadata.is_nested_tensor else tuple(int(size) for size in metadata.shape)
    except (AttributeError, IndexError, TypeError, RuntimeError):  # a leaf; a result that is kept by nothing
        return None, None
    return shape, metadata.dtype


_SAVED, _PACKED = "_saved_", "_raw_saved_"


@cache
def saved_names(cls: type) -> tuple[tuple[str, bool], ...]:
    """What the nodes of one of autograd's own classes save: (name, whether it is a tensor or a tuple of tensors)."""
    attributes = dir(cls)
    names = [attribute.removeprefix(_SAVED) for attribute in attributes if attribute.startswith(_SAVED)]
    return tuple((name, _PACKED + name in attributes) for name in names)


def saved_value(node: Any, name: str) -> Any:
    """What a node saved under a name.

    Raises AttributeError if it saves nothing of that name; RuntimeError once it has been freed, or if the tensor has
    been changed in place.
    """
    return getattr(node, _SAVED + name)


def has_unpack_hook(node: Any, name: str) -> bool:
    """Whether reading a saved tensor, or any of a tuple of them, would run code: a hook's, or a checkpoint's forward.

    `name` is "tensors" for an `autograd.Function`. Raises RuntimeError once it has been freed.
    """
    packed = getattr(node, _PACKED + name, None)
    if _noted_hooks is not None:
        return packed is not None and _noted_hooks.would_be_called(node, name)
    if isinstance(packed, tuple):
        return any(getattr(one, "unpack_hook", None) is not None for one in packed)
    return getattr(packed, "unpack_hook", None) is not None


class _WouldBeCalled(Exception):  # noqa: N818 - an answer
    """A saved tensor is behind a hook."""


class _NotedHooks:
    """What `saved_tensors_hooks` enters and leaves, for releases in which a saved tensor does not tell: up to 2.9.

    The hooks that are entered are wrapped: one that is called because the probe asks answers in its own place.
    """

    def __init__(self) -> None:
        self.entered: list[tuple[Any, Any]] = []
        """The hooks that are entered now, the innermost last."""
        self._asking: int | None = None
        """The thread in which the probe asks."""
        self._push, self._pop = (
            _C._autograd._push_saved_tensors_default_hooks,
            _C._autograd._pop_saved_tensors_default_hooks,
        )
        _C._autograd._push_saved_tensors_default_hooks = self._pushed
        _C._autograd._pop_saved_tensors_default_hooks = self._popped

    def _pushed(self, pack: Any, unpack: Any) -> None:
        is_told = type(unpack) is partial and unpack.func == self._unpacked
        # PyTorch refuses what cannot be called.
        told = partial(self._unpacked, unpack) if callable(unpack) and not is_told else unpack
        self._push(pack, told)
        self.entered.append((pack, told))

    def _unpacked(self, unpack: Callable[[Any], Any], packed: Any) -> Any:
        if self._asking == get_ident():
            raise _WouldBeCalled
        return unpack(packed)

    def _popped(self) -> None:
        self._pop()
        if self.entered:
            self.entered.pop()

    def would_be_called(self, node: Any, name: str) -> bool:
        """Whether reading this saved tensor would call a hook. Raises what reading it raises."""
        self._asking = get_ident()
        try:
            node.saved_tensors if name == "tensors" else saved_value(node, name)
        except _WouldBeCalled:
            return True
        finally:
            self._asking = None
        return False


_TELLS_INNERMOST = hasattr(_C._autograd, "_top_saved_tensors_default_hooks")
_noted_hooks = None if hasattr(_C._autograd.SavedTensor, "unpack_hook") and _TELLS_INNERMOST else _NotedHooks()


def _innermost_hooks() -> tuple[Any, Any] | None:
    """The (pack, unpack) that was entered last and not left; None if there is none."""
    if _TELLS_INNERMOST:
        return _C._autograd._top_saved_tensors_default_hooks(True)
    assert _noted_hooks is not None
    return _noted_hooks.entered[-1] if _noted_hooks.entered else None


def queue_callback(call: Callable[[], None]) -> None:
    """Call something at the end of the `backward()` that is under way, after what was queued before; also in a call.

    `DistributedDataParallel` queues there, once the last gradient is computed, what waits for the averages.
    """
    torch.autograd.Variable._execution_engine.queue_callback(call)


def is_autograd_compiled() -> bool:
    """Whether `backward()` is compiled, and its hooks with it."""
    return bool(getattr(sys.modules.get("torch._dynamo.compiled_autograd"), "compiled_autograd_enabled", False))


def collective_count(group: Any) -> int:
    """How many operations of all ranks of a process group this process has begun."""
    return group._get_sequence_number_for_group()


def communication_hook(model: Any) -> str:
    """The name of the hook by which `DistributedDataParallel` averages gradients; empty where it has none."""
    return str(model._get_ddp_logging_data().get("comm_hook", ""))


# Modes and tracing

TorchDispatchMode = _python_dispatch.TorchDispatchMode
"""A mode that sees each operation, and what it takes and makes."""

dispatch_mode_count: Callable[[], int] = _C._len_torch_dispatch_stack
"""Number of `TorchDispatchMode`s that are active."""

is_torch_function_enabled: Callable[[], bool] = _C._is_torch_function_enabled
"""Whether `__torch_function__` of subclasses and modes is called."""

set_grad_enabled: Callable[[bool], None] = _C._set_grad_enabled
"""Switch the recording of operations for the thread. `torch.no_grad()` does the same in five times the time."""

without_dispatch_modes: Callable[[], AbstractContextManager[object]] = _python_dispatch._disable_current_modes
"""A block in which no `TorchDispatchMode` sees what is computed."""


def leave_modes() -> None:
    """Leave every mode that was entered and never left, such as a `torch.device(...)` entered by hand."""
    # PyTorch 2.6 ends the process where nothing else holds the mode that is taken away.
    held: list[object] = []
    while count := _C._len_torch_function_stack():
        held.append(_C._get_function_stack_at(count - 1))
        _C._pop_torch_function_stack()
    while count := dispatch_mode_count():
        held.append(_C._get_dispatch_stack_at(count - 1))
        _python_dispatch._pop_mode()
    _device.CURRENT_DEVICE = None


tracing_state: Callable[[], object] = _C._get_tracing_state
"""What `torch.jit.trace` is making of what is computed; None if it is not at work."""


def untraced() -> AbstractContextManager[None]:
    """Keep what is computed in the block out of the graph that `torch.jit.trace` is making."""
    state = _C._get_tracing_state()
    return _NOT_TRACING if state is None else _untraced(state)


_NOT_TRACING = nullcontext()


@contextmanager
def _untraced(state: object) -> Iterator[None]:
    _C._set_tracing_state(None)
    try:
        yield
    finally:
        _C._set_tracing_state(state)


# Modules, optimizers, data loaders

_REGISTRIES = {"parameters": "_parameters", "buffers": "_buffers", "modules": "_modules"}


def registered(module: object, kind: Literal["parameters", "buffers", "modules"]) -> dict[str, Any]:
    """A module's own parameters, buffers or submodules by name, None among them: the dict that the module itself uses.

    Its public methods may be the learner's. Empty before `Module.__init__()` has run.
    """
    return object.__getattribute__(module, "__dict__").get(_REGISTRIES[kind]) or {}


def own_parts(module: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `registered()` gives for the parameters and for the modules, in one step."""
    held = object.__getattribute__(module, "__dict__").get
    return held("_parameters") or {}, held("_modules") or {}


def set_registered(module: torch.nn.Module, kind: Literal["parameters", "buffers", "modules"], to: object) -> None:
    """Replace the dict of `registered()`, in a module of ours."""
    module.__dict__[_REGISTRIES[kind]] = to


def copy_without_hooks(module: torch.nn.Module) -> torch.nn.Module:
    """A shallow copy of a module, without a hook and without running code of its class."""
    copied = object.__new__(type(module))
    for name, value in object.__getattribute__(module, "__dict__").items():
        is_hooks = name.endswith("hooks") or "_hooks_" in name
        copied.__dict__[name] = type(value)() if is_hooks and value is not None else value
    return copied


DropoutBase = _dropout._DropoutNd
"""The class that every Dropout of PyTorch's derives from."""

BatchNormBase = _batchnorm._BatchNorm
"""The class that every BatchNorm of PyTorch's derives from, synchronised and lazy ones too."""


def has_hooks_on_every_module() -> bool:
    """Whether `register_module_forward_hook` or its `pre` sibling has hooks, which may be the learner's code."""
    return bool(_module._global_forward_hooks or _module._global_forward_pre_hooks)


def has_forward_hooks(module: torch.nn.Module) -> bool:
    """Whether a module, or one inside it, has hooks that run with its forward, which may be the learner's code."""
    return any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


def is_counted_by_scheduler(optimizer: torch.optim.Optimizer) -> bool:
    """Whether a learning rate scheduler has wrapped this optimizer's `step()`, as each does when it is made."""
    return hasattr(optimizer.step, "_wrapped_by_lr_sched")


def samples_asked_for(sampler: object) -> int | None:
    """The `num_samples` that a RandomSampler was made with; None if it draws each item of the dataset once.

    The public property calls `len()` of the learner's dataset.
    """
    return object.__getattribute__(sampler, "__dict__").get("_num_samples")


def dataset_of_iterator(iterator: object, default: object) -> object:
    """The dataset that a DataLoader's iterator reads from; `default` if it has none."""
    return object.__getattribute__(iterator, "__dict__").get("_dataset", default)


def batch_of_iterator(iterator: object) -> tuple[int, object] | None:
    """Return how many batches a DataLoader's iterator has given, and what gives it their indices; None if unknown."""
    held = object.__getattribute__(iterator, "__dict__")
    given = held.get("_num_yielded")
    if type(given) is not int or held.get("_in_order") is False:  # batches come as they are ready
        return None
    return given, held.get("_index_sampler")


_CLIPPING = {"clip_grad_norm_": "max_norm", "clip_grad_value_": "clip_value"}


def is_clipping(code: CodeType) -> bool:
    """Whether code is what PyTorch puts around `clip_grad_norm_` and `clip_grad_value_`, and around parts of them.

    It enters `no_grad()` and calls the function, under whatever name the learner has imported that.
    """
    return code.co_filename == _clip_grad.__file__ and code.co_name == "_no_grad_wrapper"


def clipping_arguments(called_with: Mapping[str, Any]) -> tuple[Any, Any, bool] | None:
    """The parameters whose gradients are clipped, the limit, and whether that is one of the norm, not of each value.

    `called_with` are the names in a frame of such code.

    None if it is around a part.
    """
    name = called_with["func"].__name__
    if name not in _CLIPPING:
        return None
    args, kwargs = called_with["args"], called_with["kwargs"]
    limit = args[1] if len(args) > 1 else kwargs[_CLIPPING[name]]
    return args[0] if args else kwargs["parameters"], limit, name == "clip_grad_norm_"


def is_scalers_step(frame: FrameType) -> bool:
    """Whether a frame is `GradScaler.step()`, of any of its classes."""
    return frame.f_code is torch.amp.GradScaler.step.__code__


# Settings and the compiler


def print_options() -> dict[str, Any]:
    """A copy of what `torch.set_printoptions` has set, which it does not tell."""
    return vars(PRINT_OPTS).copy()


def restore_print_options(options: dict[str, Any]) -> None:
    """Set every print option as `print_options()` gave them."""
    vars(PRINT_OPTS).update(options)


def import_compiler() -> None:
    """Import what the learner's first optimizer would import, which takes about a second."""
    import torch._dynamo  # noqa: F401


def is_compiler_imported() -> bool:
    """Whether `import_compiler()` or PyTorch itself has imported the compiler to the end."""
    compiler = sys.modules.get("torch._dynamo")
    # Python's own mark of a module whose import is under way, in another thread perhaps.
    return compiler is not None and not getattr(compiler.__spec__, "_initializing", False)


# What outlives a run


@contextmanager
def without_saved_tensors_hooks() -> Iterator[None]:
    """A block in which what operations save goes through no `saved_tensors_hooks` that were entered before."""
    entered: list[tuple[Any, Any]] = []
    while (hooks := _innermost_hooks()) is not None:
        entered.append(hooks)
        _C._autograd._pop_saved_tensors_default_hooks()
    try:
        yield
    finally:
        for pack, unpack in reversed(entered):
            _C._autograd._push_saved_tensors_default_hooks(pack, unpack)


def hooks_on_everything() -> dict[str, dict[Any, Any]]:
    """The dicts of the hooks that are called for every module, and for every optimizer."""
    of_modules, of_optimizers = vars(_module), vars(sys.modules["torch.optim.optimizer"])
    return {
        name: hooks
        for name, hooks in (of_modules | of_optimizers).items()
        if name.startswith("_global_") and name.endswith("_hooks")
    }


def leave_saved_tensors_hooks() -> bool:
    """Take away the `saved_tensors_hooks` that were entered and never left; whether there were any."""
    count = 0
    while _innermost_hooks() is not None:
        _C._autograd._pop_saved_tensors_default_hooks()
        count += 1
    return count > 0


def leave_transforms() -> bool:
    """Leave the levels of `vmap` and `grad` that were entered and never left; whether there were any."""
    # To ask for the depth makes a stack, which each operation and each `backward()` copies from then on.
    if not _C._are_functorch_transforms_active():
        return False
    depth = _C._functorch.get_dynamic_layer_stack_depth()
    for _ in range(depth):
        with suppress(RuntimeError):  # PyTorch 2.6 raises it of a level of vmap, which it has left by then
            _C._functorch.pop_dynamic_layer_stack_and_undo_to_depth(0)
        if not _C._functorch.get_dynamic_layer_stack_depth():
            break
    return depth > 0


def is_profiler_running() -> bool:
    """Whether a profiler of autograd's, or `torch.profiler`, was entered and not left: no other one can be then."""
    return _C._autograd._profiler_enabled()


def dual_level() -> int:
    """The level of `torch.autograd.forward_ad` that was entered and not left; -1 where none was."""
    return torch.autograd.forward_ad._current_level


def leave_dual_levels(level: int) -> None:
    """Leave the levels above this one."""
    while dual_level() > level:
        torch.autograd.forward_ad.exit_dual_level()


are_saved_tensors_hooks_allowed: Callable[[], bool] = _C._autograd._saved_tensors_hooks_is_enabled
"""Whether no `disable_saved_tensors_hooks` was entered and not left."""

allow_saved_tensors_hooks: Callable[[], None] = _C._autograd._saved_tensors_hooks_enable
"""Leave `disable_saved_tensors_hooks`, however often it was entered."""

is_multithreading_enabled: Callable[[], bool] = _C._is_multithreading_enabled
"""Whether `backward()` may use several threads, as `torch.autograd.set_multithreading_enabled` sets."""

is_mkldnn_enabled: Callable[[], bool] = _C._get_mkldnn_enabled
"""Whether oneDNN's operations are used, as `torch.backends.mkldnn.set_flags` sets."""

enable_mkldnn: Callable[[bool], None] = _C._set_mkldnn_enabled
"""Set that."""


# TorchScript


def stand_in_for_in_scripts(wrapper: Callable[..., Any], original: Callable[..., Any]) -> None:
    """Let `torch.jit.script` take a wrapper for the function it wraps. It knows some of PyTorch's by their identity.

    The wrapper is kept alive: its identity is to be nobody else's.
    """
    with suppress(Exception):  # of a PyTorch that knows them otherwise
        operator = next(name for known, name in _script_builtins._builtin_ops if known is original)
        _script_builtins._builtin_ops.append((wrapper, operator))
        if _script_builtins._builtin_table is not None:  # else it is made from these, when it is needed first
            _script_builtins._builtin_table[id(wrapper)] = operator
