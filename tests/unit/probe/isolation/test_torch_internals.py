"""Each private name of PyTorch that the probe relies on exists, and does what it is relied on for."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

try:
    from tui_torch.probe.isolation import torch_internals
except (ImportError, AttributeError) as error:
    pytest.fail(
        f"PyTorch {torch.__version__} lacks a private name that tui_torch/probe/isolation/torch_internals.py needs "
        f"({error}): find what replaced it in PyTorch's source, and use that there.",
        pytrace=False,
    )


@contextmanager
def relied_on(function: str, on: str) -> Iterator[None]:
    """Makes whatever fails in the block say which function of `torch_internals` to repair, and what it relies on."""
    try:
        yield
    except Exception as error:
        pytest.fail(
            f"PyTorch {torch.__version__} changed `{on}`: repair `{function}` in "
            f"tui_torch/probe/isolation/torch_internals.py ({type(error).__name__}: {error}).",
            pytrace=False,
        )


def test_the_base_class_of_tensors_has_the_methods_that_a_subclass_may_hide() -> None:
    with relied_on("TensorBase", "torch._C.TensorBase"):

        class Hostile(torch.Tensor):
            def numel(self) -> int:
                raise AssertionError("the learner's code ran")

        assert torch_internals.TensorBase.numel(torch.ones(3).as_subclass(Hostile)) == 3
        assert torch_internals.TensorBase.shape.__get__(torch.ones(3)) == (3,)


def test_a_change_in_place_raises_a_tensors_version_by_one() -> None:
    with relied_on("version_of", "Tensor._version"):
        tensor = torch.zeros(2)
        before = torch_internals.version_of(tensor)
        tensor.add_(1)
        assert before is not None
        assert torch_internals.version_of(tensor) == before + 1


def test_an_inference_tensor_has_no_version() -> None:
    with relied_on("version_of", "Tensor._version"), torch.inference_mode():
        assert torch_internals.version_of(torch.zeros(2)) is None


def test_the_base_of_a_view_of_a_view() -> None:
    with relied_on("base_of", "Tensor._base"):
        tensor = torch.zeros(2, 3)
        assert torch_internals.base_of(tensor.view(6).view(3, 2)) is tensor
        assert torch_internals.base_of(tensor) is None


def test_a_parameter_made_from_a_subclass_is_known_by_its_mark() -> None:
    with relied_on("is_parameter", "Tensor._is_param"):

        class Own(torch.Tensor):
            pass

        assert torch_internals.is_parameter(torch.nn.Parameter(torch.ones(2)))
        assert torch_internals.is_parameter(torch.nn.Parameter(torch.ones(2).as_subclass(Own)))
        assert not torch_internals.is_parameter(torch.ones(2).as_subclass(Own))
        assert not torch_internals.is_parameter(torch.ones(2))


def test_a_pending_minus_sign_is_taken_off_without_a_copy() -> None:
    with relied_on("without_negation", "Tensor._neg_view"):
        negated = torch.tensor([1 + 2j]).conj().imag
        assert negated.is_neg()
        plain = torch_internals.without_negation(negated)
        assert not plain.is_neg()
        assert plain.tolist() == [2.0]
        assert plain.data_ptr() == negated.data_ptr()


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")
def test_the_stored_elements_of_an_uncoalesced_tensor_are_read_as_they_are() -> None:
    with relied_on("stored_count and stored_values", "Tensor._nnz and Tensor._values"):
        sparse = torch.sparse_coo_tensor(torch.tensor([[1, 1]]), torch.tensor([1.0, 2.0]), (4,), is_coalesced=False)
        assert torch_internals.stored_count(sparse) == 2
        assert torch_internals.stored_values(sparse).tolist() == [1.0, 2.0]


def test_operations_are_numbered_as_they_are_computed() -> None:
    with relied_on("next_sequence_number and sequence_number", "torch._C._autograd._get_sequence_nr"):
        x = torch.ones(1, requires_grad=True)
        first = torch_internals.next_sequence_number()
        product = x * 2
        total = product + 1
        assert torch_internals.sequence_number(product.grad_fn) == first
        assert torch_internals.sequence_number(total.grad_fn) == first + 1


def test_a_node_knows_the_shape_and_the_dtype_of_its_result() -> None:
    with relied_on("result_metadata", "Node._input_metadata"):
        product = torch.ones(2, 3, requires_grad=True, dtype=torch.float64) * 2
        assert torch_internals.result_metadata(product.grad_fn, 0) == ((2, 3), torch.float64)
        assert torch_internals.result_metadata(product.grad_fn, 1) == (None, None)


def test_a_node_lists_what_it_saves_and_tells_tensors_from_numbers() -> None:
    with relied_on("saved_names and saved_value", "Node._saved_… and Node._raw_saved_…"):
        x = torch.full((2,), 3.0, requires_grad=True)
        assert dict(torch_internals.saved_names(type((x * x).grad_fn))) == {"self": True, "other": True}
        power = (x**2).grad_fn
        assert dict(torch_internals.saved_names(type(power))) == {"self": True, "exponent": False}
        assert torch_internals.saved_value(power, "self") is x
        assert torch_internals.saved_value(power, "exponent") == 2
        with pytest.raises(AttributeError):
            torch_internals.saved_value(power, "nothing")


def test_what_a_backward_has_freed_cannot_be_read() -> None:
    with relied_on("saved_value", "Node._saved_…"):
        x = torch.ones(2, requires_grad=True)
        total = (x * x).sum()
        product = total.grad_fn.next_functions[0][0]  # type: ignore[union-attr]
        total.backward()
        with pytest.raises(RuntimeError, match="second time"):
            torch_internals.saved_value(product, "self")


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return gradient * 2


def test_a_hook_on_saved_tensors_is_seen_without_calling_it() -> None:
    with relied_on("has_unpack_hook", "SavedTensor.unpack_hook"):
        x = torch.ones(2, requires_grad=True)
        called: list[object] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, called.append):
            hooked = x * x
            many = torch.cat([x * 1, x * 1]).prod()
            own = Doubled.apply(x)
        assert torch_internals.has_unpack_hook(hooked.grad_fn, "self")
        assert torch_internals.has_unpack_hook(many.grad_fn, "self")
        assert torch_internals.has_unpack_hook(own.grad_fn, "tensors")
        assert not torch_internals.has_unpack_hook((x * x).grad_fn, "self")
        assert not torch_internals.has_unpack_hook(Doubled.apply(x).grad_fn, "tensors")
        assert not called


def test_the_node_of_a_function_of_the_learners_is_a_backward_c_function() -> None:
    with relied_on("nothing: see tui_torch/probe/autograd/saved_tensors.py", "BackwardCFunction"):
        x = torch.ones(2, requires_grad=True)
        doubled = Doubled.apply(x)
        node = doubled.grad_fn
        assert isinstance(node, BackwardCFunction)
        assert node.saved_tensors[0] is x  # type: ignore[attr-defined]


class Watching(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.seen += 1
        return func(*args, **(kwargs or {}))


def test_a_dispatch_mode_is_counted_and_sees_nothing_where_modes_are_off() -> None:
    with relied_on("dispatch_mode_count and without_dispatch_modes", "torch.utils._python_dispatch"):
        before = torch_internals.dispatch_mode_count()
        with Watching() as mode:
            assert torch_internals.dispatch_mode_count() == before + 1
            with torch_internals.without_dispatch_modes():
                torch.ones(1) + 1
            assert mode.seen == 0
            torch.ones(1) + 1
            assert mode.seen > 0


class Passing(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def test_torch_function_is_known_to_be_off() -> None:
    with relied_on("is_torch_function_enabled", "torch._C._is_torch_function_enabled"):
        assert torch_internals.is_torch_function_enabled()
        with torch.DisableTorchFunction():
            assert not torch_internals.is_torch_function_enabled()


def test_every_mode_that_was_entered_is_left() -> None:
    with relied_on("leave_modes", "torch._C._pop_torch_function_stack and _python_dispatch._pop_mode"):
        Passing().__enter__()
        Watching().__enter__()
        torch.device("meta").__enter__()
        torch_internals.leave_modes()
        assert torch_internals.dispatch_mode_count() == 0
        assert torch._C._len_torch_function_stack() == 0
        assert torch.ones(1).device.type == "cpu"
        assert torch.get_default_device().type == "cpu"


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_what_is_computed_untraced_is_not_in_the_traced_graph() -> None:
    with relied_on("untraced", "torch._C._get_tracing_state and _set_tracing_state"):
        was_tracing: list[bool] = []

        def traced(x: torch.Tensor) -> torch.Tensor:
            was_tracing.append(torch.jit.is_tracing())  # type: ignore[reportPrivateImportUsage]
            with torch_internals.untraced():
                was_tracing.append(torch.jit.is_tracing())  # type: ignore[reportPrivateImportUsage]
                torch.sin(x)
            return x + 1

        graph = str(torch.jit.trace(traced, torch.ones(1), check_trace=False).graph)
        assert was_tracing == [True, False]
        assert "sin" not in graph
        assert "add" in graph


def test_a_module_keeps_what_is_registered_in_it_in_three_dicts() -> None:
    with relied_on("registered", "Module._parameters, _buffers and _modules"):
        norm = torch.nn.BatchNorm1d(2)
        model = torch.nn.Sequential(norm)
        assert list(torch_internals.registered(norm, "parameters")) == ["weight", "bias"]
        assert list(torch_internals.registered(norm, "buffers")) == [
            "running_mean",
            "running_var",
            "num_batches_tracked",
        ]
        assert torch_internals.registered(model, "modules") == {"0": norm}
        torch_internals.registered(norm, "buffers")["running_mean"] = torch.ones(2)
        assert norm.running_mean is not None
        assert norm.running_mean.tolist() == [1.0, 1.0]


def test_a_module_before_its_init_has_nothing_registered() -> None:
    with relied_on("registered", "Module._parameters"):
        assert torch_internals.registered(object.__new__(torch.nn.Module), "parameters") == {}


def test_what_is_set_as_registered_is_what_the_module_uses() -> None:
    with relied_on("set_registered", "Module._parameters"):
        layer = torch.nn.Linear(1, 1)
        torch_internals.set_registered(layer, "parameters", {})
        assert list(layer.parameters()) == []


def test_a_copy_without_hooks_has_the_parameters_and_calls_nothing() -> None:
    with relied_on("copy_without_hooks", "Module._forward_hooks and its siblings"):
        layer = torch.nn.Linear(1, 1)
        called: list[object] = []
        layer.register_forward_hook(lambda *given: called.append(given))
        layer.register_forward_pre_hook(lambda *given: called.append(given))
        layer.register_full_backward_hook(lambda *given: called.append(given))
        layer.register_full_backward_pre_hook(lambda *given: called.append(given))
        copied = torch_internals.copy_without_hooks(layer)
        copied(torch.ones(1, 1, requires_grad=True)).sum().backward()
        assert not called
        assert copied.weight is layer.weight
        layer(torch.ones(1, 1, requires_grad=True)).sum().backward()
        assert len(called) == 4


def test_every_dropout_and_every_batch_norm_has_the_base_class_of_its_kind() -> None:
    with relied_on("DropoutBase and BatchNormBase", "_DropoutNd and _BatchNorm"):
        for cls in (torch.nn.Dropout, torch.nn.Dropout2d, torch.nn.AlphaDropout, torch.nn.FeatureAlphaDropout):
            assert issubclass(cls, torch_internals.DropoutBase)
        for cls in (torch.nn.BatchNorm1d, torch.nn.BatchNorm3d, torch.nn.SyncBatchNorm, torch.nn.LazyBatchNorm2d):
            assert issubclass(cls, torch_internals.BatchNormBase)
        assert not issubclass(torch.nn.LayerNorm, torch_internals.BatchNormBase)


@pytest.mark.parametrize("register", ["register_module_forward_hook", "register_module_forward_pre_hook"])
def test_a_hook_on_every_module_is_seen(register: str) -> None:
    with relied_on("has_hooks_on_every_module", "torch.nn.modules.module._global_forward_hooks"):
        before = torch_internals.has_hooks_on_every_module()
        handle = getattr(torch.nn.modules.module, register)(lambda *given: None)
        during = torch_internals.has_hooks_on_every_module()
        handle.remove()
        assert (before, during) == (False, True)


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_on_one_module_of_several_is_seen(register: str) -> None:
    with relied_on("has_forward_hooks", "torch.nn.Module._forward_hooks and _forward_pre_hooks"):
        model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU())
        before = torch_internals.has_forward_hooks(model)
        getattr(model[1], register)(lambda *given: None)
        assert (before, torch_internals.has_forward_hooks(model)) == (False, True)


def test_hooks_on_everything_are_in_dicts_that_are_found() -> None:
    with relied_on("hooks_on_everything", "the `_global_…_hooks` of torch.nn.modules.module and torch.optim.optimizer"):
        modules, optimizers = torch.nn.modules.module, sys.modules["torch.optim.optimizer"]

        def count() -> int:
            return sum(map(len, torch_internals.hooks_on_everything().values()))

        before = count()
        handles = [
            modules.register_module_forward_hook(lambda *given: None),
            modules.register_module_full_backward_hook(lambda *given: None),
            optimizers.register_optimizer_step_pre_hook(lambda *given: None),
            optimizers.register_optimizer_step_post_hook(lambda *given: None),
        ]
        during = count()
        for handle in handles:
            handle.remove()
        assert (during - before, count()) == (4, before)


def test_hooks_of_saved_tensors_that_were_not_left_are_taken_away() -> None:
    with relied_on("leave_saved_tensors_hooks", "torch._C._autograd._top_ and _pop_saved_tensors_default_hooks"):
        assert not torch_internals.leave_saved_tensors_hooks()
        for _ in range(2):
            torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x).__enter__()
        assert torch_internals.leave_saved_tensors_hooks()
        assert not torch_internals.leave_saved_tensors_hooks()


def test_hooks_of_saved_tensors_are_taken_away_for_a_block_and_put_back() -> None:
    with relied_on("without_saved_tensors_hooks", "torch._C._autograd._push_saved_tensors_default_hooks"):
        called: list[str] = []

        def hooks(name: str) -> torch.autograd.graph.saved_tensors_hooks:
            return torch.autograd.graph.saved_tensors_hooks(lambda x: (called.append(name), x)[1], lambda x: x)

        x = torch.ones(1, requires_grad=True)
        with hooks("outer"):
            with hooks("inner"):
                with torch_internals.without_saved_tensors_hooks():
                    x.exp()
                assert not called
                x.exp()
            x.exp()
        assert called == ["inner", "outer"]


def test_levels_of_transforms_that_were_not_left_are_left() -> None:
    with relied_on("leave_transforms", "torch._C._functorch.get_dynamic_layer_stack_depth and its undoing"):
        assert not torch_internals.leave_transforms()
        torch._C._functorch._vmap_increment_nesting(2, "error")
        torch._C._functorch._grad_increment_nesting()
        assert torch_internals.leave_transforms()
        assert torch._C._functorch.get_dynamic_layer_stack_depth() == 0


def test_to_leave_no_transform_makes_no_stack_that_each_operation_would_copy() -> None:
    library = ctypes.CDLL(str(Path(torch.__path__[0]) / "lib" / "libtorch_cpu.so"))
    stack_of_this_thread = library._ZN2at9functorch20functorchTLSAccessorEv
    stack_of_this_thread.restype = ctypes.POINTER(ctypes.c_void_p)
    made: list[bool] = []

    def leave() -> None:
        torch_internals.leave_transforms()
        made.append(bool(stack_of_this_thread()[0]))
        torch._C._functorch._grad_increment_nesting()
        made.append(bool(stack_of_this_thread()[0]))
        torch_internals.leave_transforms()

    # Each thread has a stack of its own, and others may have used theirs.
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    assert made == [False, True]


def test_a_scheduler_marks_the_optimizer_whose_steps_it_counts() -> None:
    with relied_on("is_counted_by_scheduler", "Optimizer.step._wrapped_by_lr_sched"):
        optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
        before = torch_internals.is_counted_by_scheduler(optimizer)
        torch.optim.lr_scheduler.StepLR(optimizer, 1)
        assert (before, torch_internals.is_counted_by_scheduler(optimizer)) == (False, True)


@pytest.mark.parametrize(("name", "is_of_norm"), [("clip_grad_norm_", True), ("clip_grad_value_", False)])
def test_what_gradients_are_clipped_with_is_known_before_they_are(name: str, is_of_norm: bool) -> None:
    with relied_on("clipping_arguments", f"{name}, which enters no_grad() around itself"):
        weight = torch.ones(1, requires_grad=True)
        weight.grad = torch.tensor([3.0])
        seen: list[tuple[object, ...]] = []
        original = torch.no_grad.__enter__

        def entered(guard: torch.no_grad) -> None:
            frame = sys._getframe(1)
            if torch_internals.is_clipping(frame.f_code):
                seen.append((torch_internals.clipping_arguments(frame.f_locals), float(weight.grad or 0)))
            original(guard)

        torch.no_grad.__enter__ = entered  # type: ignore[method-assign]
        try:
            getattr(torch.nn.utils, name)([weight], 0.5)
        finally:
            torch.no_grad.__enter__ = original  # type: ignore[method-assign]
        assert seen[0] == (([weight], 0.5, is_of_norm), 3.0)
        assert all(arguments is None for arguments, _ in seen[1:])


def test_a_step_that_a_scaler_calls_is_told_from_others() -> None:
    with relied_on("is_scalers_step", "GradScaler.step"):
        weight = torch.ones(1, requires_grad=True)
        scaler, optimizer = torch.amp.GradScaler("cpu"), torch.optim.SGD([weight], lr=0.1)
        found: list[bool] = []

        def stepping(*args: object) -> None:
            frame = sys._getframe(1)
            is_found = False
            while frame.f_back is not None and not is_found:
                is_found = torch_internals.is_scalers_step(frame)
                frame = frame.f_back
            found.append(is_found)

        optimizer.register_step_pre_hook(stepping)
        scaler.scale(weight.sum()).backward()
        scaler.step(optimizer)
        optimizer.step()
        assert found == [True, False]


def test_a_sampler_tells_how_many_it_was_asked_for_without_len_of_the_dataset() -> None:
    with relied_on("samples_asked_for", "RandomSampler._num_samples"):

        class Hostile:
            def __len__(self) -> int:
                raise AssertionError("the learner's code ran")

        assert torch_internals.samples_asked_for(RandomSampler(Hostile(), True, 7)) == 7
        assert torch_internals.samples_asked_for(RandomSampler(range(3))) is None


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loaders_iterator_knows_its_dataset(workers: int) -> None:
    with relied_on("dataset_of_iterator", "_BaseDataLoaderIter._dataset"):
        dataset = TensorDataset(torch.ones(2))
        iterator = iter(DataLoader(dataset, num_workers=workers))
        assert torch_internals.dataset_of_iterator(iterator, None) is dataset
        assert torch_internals.dataset_of_iterator(SimpleNamespace(), "nothing") == "nothing"


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loaders_iterator_knows_how_many_batches_it_has_given(workers: int) -> None:
    with relied_on("batch_of_iterator", "_BaseDataLoaderIter._num_yielded and _index_sampler"):
        loader = DataLoader(TensorDataset(torch.ones(4)), batch_size=2, num_workers=workers)
        iterator = iter(loader)
        assert torch_internals.batch_of_iterator(iterator) == (0, loader.batch_sampler)
        next(iterator)
        assert torch_internals.batch_of_iterator(iterator) == (1, loader.batch_sampler)
        assert torch_internals.batch_of_iterator(SimpleNamespace()) is None


def test_print_options_are_put_back() -> None:
    with relied_on("print_options and restore_print_options", "torch._tensor_str.PRINT_OPTS"):
        before, text = torch_internals.print_options(), repr(torch.tensor(1 / 3))
        torch.set_printoptions(precision=1, sci_mode=True)
        changed = repr(torch.tensor(1 / 3))
        torch_internals.restore_print_options(before)
        assert changed != text
        assert repr(torch.tensor(1 / 3)) == text


def test_the_compiler_is_known_to_be_imported_only_when_its_import_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with relied_on("is_compiler_imported", "torch._dynamo"):
        monkeypatch.delitem(sys.modules, "torch._dynamo", raising=False)
        assert not torch_internals.is_compiler_imported()

        class Spec:
            _initializing = True

        class Module:
            __spec__ = Spec

        monkeypatch.setitem(sys.modules, "torch._dynamo", Module)  # type: ignore[arg-type]
        assert not torch_internals.is_compiler_imported()
        Spec._initializing = False
        assert torch_internals.is_compiler_imported()


def test_the_compiler_is_where_it_is_imported_from() -> None:
    with relied_on("import_compiler", "torch._dynamo"):
        assert importlib.util.find_spec("torch._dynamo") is not None


def test_a_sparse_tensor_tells_the_indices_that_it_stores_before_they_are_coalesced() -> None:
    with relied_on("stored_indices", "Tensor._indices"):
        sparse = torch.sparse_coo_tensor(torch.tensor([[1, 1]]), torch.tensor([1.0, 2.0]), (4,), is_coalesced=False)
        assert torch_internals.stored_indices(sparse).tolist() == [[1, 1]]


def test_a_profiler_that_runs_is_known() -> None:
    with relied_on("is_profiler_running", "torch._C._autograd._profiler_enabled"):
        assert not torch_internals.is_profiler_running()
        with torch.autograd.profiler.profile():
            assert torch_internals.is_profiler_running()
        assert not torch_internals.is_profiler_running()


def test_levels_of_forward_differentiation_are_counted_and_left() -> None:
    with relied_on("dual_level and leave_dual_levels", "torch.autograd.forward_ad._current_level"):
        assert torch_internals.dual_level() == -1
        torch.autograd.forward_ad.enter_dual_level()
        assert torch_internals.dual_level() == 0
        torch_internals.leave_dual_levels(-1)
        assert torch_internals.dual_level() == -1


def test_hooks_on_saved_tensors_are_allowed_again() -> None:
    with relied_on("allow_saved_tensors_hooks", "torch._C._autograd._saved_tensors_hooks_enable"):
        assert torch_internals.are_saved_tensors_hooks_allowed()
        disabled = torch.autograd.graph.disable_saved_tensors_hooks("no")
        disabled.__enter__()
        assert not torch_internals.are_saved_tensors_hooks_allowed()
        torch_internals.allow_saved_tensors_hooks()
        assert torch_internals.are_saved_tensors_hooks_allowed()


def test_whether_backward_may_use_several_threads_is_known() -> None:
    with relied_on("is_multithreading_enabled", "torch._C._is_multithreading_enabled"):
        with torch.autograd.set_multithreading_enabled(False):
            assert not torch_internals.is_multithreading_enabled()
        assert torch_internals.is_multithreading_enabled()


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
def test_whether_onednn_is_used_is_known_and_set() -> None:
    with relied_on("is_mkldnn_enabled and enable_mkldnn", "torch._C._get_mkldnn_enabled"):
        with torch.backends.mkldnn.flags(enabled=False):
            assert not torch_internals.is_mkldnn_enabled()
        torch_internals.enable_mkldnn(False)
        assert not torch_internals.is_mkldnn_enabled()
        torch_internals.enable_mkldnn(True)
        assert torch_internals.is_mkldnn_enabled()


def test_a_tensor_that_stands_for_others_in_a_transform_is_told_from_one_of_numbers() -> None:
    with relied_on("is_functorch_tensor", "torch._C._functorch.is_functorch_wrapped_tensor"):
        seen: list[bool] = []

        def square(value: torch.Tensor) -> torch.Tensor:
            seen.append(torch_internals.is_functorch_tensor(value))
            return value * value

        torch.func.vmap(square)(torch.ones(2))
        square(torch.ones(()))
        assert seen == [True, False]
