"""Trying a suggested fix: an expression is evaluated with stand-ins for the tensors that it names.

A stand-in has its tensor's shape, strides and dtype, and none of its elements. While few elements are involved the
stand-ins are zeros on the CPU, whose kernels refuse what they refuse; beyond that they are on the meta device, where no
element is computed. Nothing of the learner's is run, changed or drawn from: only operations of PyTorch that are listed
here, which draw no random numbers, and PyTorch's own modules, copied with stand-ins for their parameters.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
from torch.nn.modules.lazy import LazyModuleMixin

from tui_torch.probe.errors.names import MISSING, Names, dtype_text, shape_text
from tui_torch.probe.isolation.torch_internals import (
    DropoutBase,
    copy_without_hooks,
    has_hooks_on_every_module,
    is_compiler_imported,
    registered,
    set_registered,
)
from tui_torch.probe.isolation.undisturbed import output_discarded, unobserved, warnings_ignored
from tui_torch.probe.values.elements import Base

FEW = 1 << 16
"""Up to so many elements of all stand-ins together, they are on the CPU."""
RESULT = 1 << 22
"""More elements than that are not computed on the CPU."""
ITEMS = 1000
"""A longer list is not looked through."""

_HOME = str(Path(torch.__file__).parent)

_OPERATION_NAMES = """
    abs add addmm all amax amin any arange argmax argmin as_tensor atleast_1d atleast_2d batch_norm bincount bmm
    binary_cross_entropy binary_cross_entropy_with_logits bool broadcast_to cat ceil chunk clamp clone concat
    contiguous conv1d conv2d conv3d cos cosine_similarity cross_entropy cumsum detach diag dim div dot double einsum
    elu embedding empty eq exp expand eye flatten flip float floor from_numpy full full_like gather ge gelu gt half
    hstack huber_loss int interpolate inverse item kl_div l1_loss layer_norm le leaky_relu linear linspace log log10
    log1p log2 log_softmax logical_and logical_not logical_or logsumexp long lt masked_fill matmul matrix_norm
    max maximum max_pool1d max_pool2d mean median min minimum mm movedim mse_loss mul mv narrow ndimension ne neg
    nelement nll_loss norm normalize numel numpy one_hot ones ones_like outer pad permute pow prod quantile rand randint
    randn reciprocal relu requires_grad_ reshape roll rsqrt scatter select sigmoid sign silu sin size smooth_l1_loss
    softmax softplus sqrt square squeeze stack std sub sum swapaxes t tan tanh tensor to topk transpose tril triu
    unflatten unsqueeze var view view_as vstack where zeros zeros_like"""
_OPERATIONS = frozenset(_OPERATION_NAMES.split())
_CREATIONS = frozenset(
    ["arange", "empty", "eye", "full", "linspace", "ones", "rand", "randint", "randn", "tensor", "zeros"]
)
_SAME_DTYPE = frozenset(
    [
        "addmm",
        "binary_cross_entropy",
        "bmm",
        "conv1d",
        "conv2d",
        "conv3d",
        "dot",
        "linear",
        "matmul",
        "mm",
        "mv",
        "binary_cross_entropy_with_logits",
    ]
)
"""Operations that want one dtype of all their tensors; on the meta device they do not look."""
_ATTRIBUTES = frozenset(
    ["T", "mT", "H", "shape", "dtype", "ndim", "requires_grad", "real", "imag", "values", "indices"]
)
_LOSSES_AND_ACTIVATIONS = frozenset(
    [
        "BCELoss",
        "BCEWithLogitsLoss",
        "CrossEntropyLoss",
        "ELU",
        "Flatten",
        "GELU",
        "HuberLoss",
        "Identity",
        "KLDivLoss",
        "L1Loss",
        "LeakyReLU",
        "LogSoftmax",
        "MSELoss",
        "NLLLoss",
        "ReLU",
        "Sigmoid",
        "SiLU",
        "SmoothL1Loss",
        "Softmax",
        "Softplus",
        "Tanh",
    ]
)
"""Modules without parameters: to make one is to draw no random number."""
_NOT_COPIED = (torch.nn.RNNBase, torch.nn.MultiheadAttention, torch.nn.Transformer)
"""Modules that hold their parameters twice, or do more than their forward says."""

_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_IN_PLACE: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.Mult: operator.imul,
    ast.Div: operator.itruediv,
    ast.Pow: operator.ipow,
}
_UNARY: Mapping[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_COMPARISONS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class CannotTellError(Exception):
    """What this code does cannot be known without running what is the learner's, or without computing too much."""


def outcome(code: ast.stmt | ast.expr, names: Names) -> Any:
    """What a statement or an expression evaluates to, with stand-ins for the tensors that it names. Raises what
    PyTorch raises, and CannotTellError."""
    statement = ast.Expr(code) if isinstance(code, ast.expr) else code
    with unobserved(), warnings_ignored(), output_discarded(), torch.enable_grad(), torch.inference_mode(False):
        try:
            return _Trial(names, "cpu").run(statement)
        except _TooManyError:
            if not _meta_is_ready():
                raise CannotTellError("too many elements") from None
        return _Trial(names, "meta").run(statement)


def gives(value: Any, *, with_dtype: bool = False) -> str | None:
    """What a suggested fix evaluates to, in half a line."""
    if issubclass(type(value), torch.Tensor):
        shape = shape_text(tuple(value.shape))
        return f"{shape} {dtype_text(value.dtype)}" if with_dtype or not value.dim() else shape
    if type(value) is np.ndarray:
        return f"array {shape_text(value.shape)}"
    if type(value) in (int, bool):
        return str(value)
    if type(value) is torch.Size:
        return shape_text(tuple(value))
    return None


def _meta_is_ready() -> bool:
    """The meta device's Python part imports the compiler's symbols, which takes two seconds; the probe imports them
    ahead, and an error does not wait for it."""
    return is_compiler_imported()


class _TooManyError(Exception):
    """More elements than the CPU should compute for a trial."""


class _Trial:
    """One evaluation: in-place operations change its stand-ins, so each candidate needs its own."""

    def __init__(self, names: Names, device: str) -> None:
        self._names = names
        self._device = device
        self._room = FEW if device == "cpu" else sys.maxsize
        self._stand_ins: dict[int, Any] = {}

    def run(self, statement: ast.stmt) -> Any:
        match statement:
            case ast.Expr(value):
                return self._of(value)
            case ast.Assign([ast.Name()], value):
                return self._of(value)
            case ast.Assign([ast.Subscript(owner, index)], value):
                held, at, written = self._of(owner), self._of(index), self._of(value)
                _require(_is_tensor(held) and _plain_or_tensor(at, written))
                operator.setitem(held, at, written)
                return held
            case ast.AugAssign(target, op, value) if type(op) in _IN_PLACE:
                held, other = self._of(target), self._of(value)
                _require(_is_tensor(held) and _plain_or_tensor(other))
                return _IN_PLACE[type(op)](held, other)
            case ast.With([ast.withitem(ast.Call(guard, []))], [body]):
                _require(self._names.find(guard) is torch.no_grad)
                with torch.no_grad():
                    return self.run(body)
            case _:
                raise CannotTellError

    def _of(self, node: ast.AST | None) -> Any:
        found = self._names.find(node)
        if found is not MISSING:
            return self._stand_in(found)
        match node:
            case ast.Tuple(items) | ast.List(items):
                made = [self._of(item) for item in items]
                return tuple(made) if isinstance(node, ast.Tuple) else made
            case ast.Slice(lower, upper, step):
                return slice(*(None if part is None else self._of(part) for part in (lower, upper, step)))
            case ast.BinOp(left, op, right) if type(op) in _BINARY:
                return self._binary(_BINARY[type(op)], self._of(left), self._of(right))
            case ast.Compare(left, [op], [right]) if type(op) in _COMPARISONS:
                return self._binary(_COMPARISONS[type(op)], self._of(left), self._of(right))
            case ast.UnaryOp(op, operand):
                value = self._of(operand)
                _require(_plain_or_tensor(value))
                return _UNARY[type(op)](value)
            case ast.Subscript(owner, index):
                held, at = self._of(owner), self._of(index)
                _require(_is_tensor(held) or type(held) in (list, tuple, torch.Size))
                _require(_plain_or_tensor(at))
                return held[at]
            case ast.Attribute(owner, "data"):
                return self._held(owner).detach()
            case ast.Attribute(owner, "device"):
                self._held(owner)
                return torch.device(self._device)
            case ast.Attribute(owner, name) if name in _ATTRIBUTES:
                held = self._of(owner)
                _require(_is_tensor(held) or _is_return_type(held))
                return getattr(held, name)
            case ast.Call(function, arguments, keywords):
                return self._call(function, arguments, keywords)
            case _:
                raise CannotTellError

    def _held(self, node: ast.expr) -> torch.Tensor:
        held = self._of(node)
        _require(_is_tensor(held))
        return held

    def _binary(self, operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        _require(_plain_or_tensor(left, right))
        if not (_is_tensor(left) or _is_tensor(right)):
            # Numbers, with no room for one that takes a minute to compute; and no lists.
            _require(all(type(side) in (int, float, bool) and abs(side) < 1e6 for side in (left, right)))
            _require(operation is not operator.pow)
        if operation is operator.matmul:
            self._check_dtypes((left, right))
        return self._bounded(operation, left, right)

    def _bounded(self, operation: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        if self._device == "cpu":
            shapes = [argument.shape for argument in arguments if _is_tensor(argument)]
            elements = 1
            for shape in shapes[:2]:
                elements *= shape.numel()
            # No operation here makes more elements than a product of all its tensors' would.
            if elements > RESULT:
                raise _TooManyError
        return operation(*arguments, **keywords)

    def _check_dtypes(self, values: Any) -> None:
        dtypes = {value.dtype for value in values if _is_tensor(value)}
        if len(dtypes) > 1:
            raise TypeError(f"one dtype is wanted, not {dtypes}")

    def _call(self, function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        given = [self._of(argument) for argument in arguments]
        _require(all(keyword.arg for keyword in keywords))
        named: dict[str, Any] = {str(keyword.arg): self._of(keyword.value) for keyword in keywords}
        found = self._names.find(function)
        if found is not MISSING:
            if issubclass(type(found), torch.nn.Module):
                return self._call_module(found, given, named)
            if type(found) is type:
                return self._make(found, given, named)
            if found is float or found is int:
                raise CannotTellError
            name = _operations().get(id(found))
            _require(name is not None and _is_pytorchs(found))
            return self._operate(str(name), found, given, named)
        if isinstance(function, ast.Attribute):
            held = self._of(function.value)
            name = function.attr
            if type(held) is torch.Size and name == "numel":
                return held.numel()
            _require(_is_tensor(held) and name in _OPERATIONS)
            method = getattr(Base, name, None) or getattr(torch.Tensor, name)
            _require(_is_pytorchs(method))
            return self._operate(name, method, [held, *given], named)
        if isinstance(function, ast.Call):
            made = self._of(function)
            _require(issubclass(type(made), torch.nn.Module))
            return self._call_module(made, given, named)
        raise CannotTellError

    def _operate(self, name: str, operation: Callable[..., Any], given: list[Any], named: dict[str, Any]) -> Any:
        _require("out" not in named and "generator" not in named)
        _require(all(_allowed(value) for value in (*given, *named.values())))
        if name in _CREATIONS and not (given and _is_tensor(given[0])):
            return self._create(name, given, named)
        if name in ("from_numpy", "as_tensor") and not _is_tensor(given[0]):
            return self._from_array(operation, given, named)
        if name == "to":
            # Every stand-in is on one device, whatever its tensor is on.
            given = [value for value in given if type(value) not in (str, torch.device)]
            named.pop("device", None)
            if len(given) == 1 and not named:
                return given[0]
        if name in _SAME_DTYPE or (name in ("cross_entropy", "nll_loss") and self._device == "meta"):
            self._check_loss(name, given, named)
        if name == "numpy" and self._device == "meta":
            _require(not given[0].requires_grad)
            return np.broadcast_to(np.zeros(()), tuple(given[0].shape))
        if name in ("item", "numpy"):
            return operation(*given, **named)
        if name == "one_hot" and self._device == "cpu":
            _require(len(given) + len(named) > 1)
            count = named.get("num_classes", given[1] if len(given) > 1 else 0)
            if type(count) is not int or count > FEW:
                raise _TooManyError
        if name in ("pad", "interpolate"):
            raise CannotTellError
        return self._bounded(operation, *given, **named)

    def _check_loss(self, name: str, given: list[Any], named: dict[str, Any]) -> None:
        if name in _SAME_DTYPE:
            self._check_dtypes((*given, *named.values()))
            return
        target: Any = named.get("target", given[1] if len(given) > 1 else None)
        if _is_tensor(target) and target.dim() < given[0].dim() and target.dtype not in (torch.int64, torch.uint8):
            raise TypeError("class indices are int64")

    def _create(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        _require(str(named.pop("device", None)) != "meta")
        _require(not any(_is_tensor(value) for value in given))
        if name in ("rand", "randn"):
            name = "zeros"
        if name == "randint":
            _require(len(given) > 1 and type(given[-1]) in (tuple, list) and not named)
            name, given, named = "zeros", [given[-1]], {"dtype": torch.int64}
        if self._device == "cpu":
            sizes = given[0] if given and type(given[0]) in (tuple, list, torch.Size) else given
            elements = 1
            for size in sizes if name != "tensor" else ():
                elements *= max(1, int(abs(size)))
            if elements > RESULT:
                raise _TooManyError
        return getattr(torch, name)(*given, device=self._device, **named)

    def _from_array(self, operation: Callable[..., Any], given: list[Any], named: dict[str, Any]) -> torch.Tensor:
        array = given[0]
        _require(type(array) is np.ndarray and len(given) == 1 and not named)
        small = np.zeros((0,), array.dtype)
        return torch.zeros(array.shape, dtype=torch.from_numpy(small).dtype, device=self._device)

    def _make(self, cls: type, given: list[Any], named: dict[str, Any]) -> torch.nn.Module:
        name = cls.__name__
        _require(name in _LOSSES_AND_ACTIVATIONS and vars(torch.nn).get(name) is cls)
        _require(all(_plain(value) for value in (*given, *named.values())))
        return cls(*given, **named)

    def _call_module(self, module: torch.nn.Module, given: list[Any], named: dict[str, Any]) -> Any:
        _require(all(_allowed(value) for value in (*given, *named.values())))
        # Hooks on every module are the learner's code.
        _require(not has_hooks_on_every_module())
        copied = self._copied(module)
        first = next(copied.parameters(), None)
        takes_indices = issubclass(type(next(copied.modules())), (torch.nn.Embedding, torch.nn.Sequential))
        if self._device == "meta" and first is not None and not takes_indices:
            self._check_dtypes((first, *given))
        return self._bounded(copied, *given, **named)

    def _copied(self, module: torch.nn.Module, depth: int = 0) -> torch.nn.Module:
        """One of PyTorch's own modules with stand-ins for what it holds, and without its hooks."""
        cls = type(module)
        home = sys.modules.get(cls.__module__)
        stored: dict[str, Any] = object.__getattribute__(module, "__dict__")
        _require(depth < 10 and cls.__module__.startswith("torch.nn.modules."))
        _require(getattr(home, cls.__name__, None) is cls and not issubclass(cls, _NOT_COPIED))
        _require("forward" not in stored and not issubclass(cls, LazyModuleMixin))
        copied = copy_without_hooks(module)
        for kind in ("parameters", "buffers"):
            set_registered(
                copied, kind, {name: self._stand_in(value) for name, value in registered(module, kind).items()}
            )
        children = {
            name: None if child is None else self._copied(child, depth + 1)
            for name, child in registered(module, "modules").items()
        }
        set_registered(copied, "modules", children)
        # A Dropout that trains would draw random numbers.
        if issubclass(cls, DropoutBase):
            copied.__dict__["training"] = False
        return copied

    def _stand_in(self, value: Any) -> Any:
        """What stands for a value: zeros for a tensor, itself for what cannot change."""
        cls = type(value)
        if id(value) in self._stand_ins:
            return self._stand_ins[id(value)]
        if cls in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer):
            self._stand_ins[id(value)] = made = self._zeros(value)
            return made
        if cls is np.ndarray:
            self._take(0)
            return value
        if cls in (list, tuple):
            _require(len(value) <= ITEMS)
            return cls(self._stand_in(item) for item in value)
        if _plain(value):
            return value
        raise CannotTellError

    def _zeros(self, tensor: torch.Tensor) -> torch.Tensor:
        # Of what has no elements, none would come out, and the trial would not see it.
        _require(not Base.is_meta.__get__(tensor))
        _require(Base.layout.__get__(tensor) is torch.strided and not Base.is_nested.__get__(tensor))
        shape, strides = tuple(Base.shape.__get__(tensor)), tuple(Base.stride(tensor))
        stored = sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) + 1
        self._take(max(stored, Base.numel(tensor)))
        made = torch.empty_strided(shape, strides, dtype=Base.dtype.__get__(tensor), device=self._device)
        if self._device == "cpu" and Base.numel(tensor):
            # All of its memory at once: some of its elements may be one and the same.
            made.as_strided((stored,), (1,)).zero_()
        if Base.requires_grad.__get__(tensor):
            made.requires_grad_()
            if not Base.is_leaf.__get__(tensor):
                made = made * 1
        return made

    def _take(self, elements: int) -> None:
        self._room -= elements
        if self._room < 0:
            raise _TooManyError


@cache
def _operations() -> dict[int, str]:
    """The functions of PyTorch that are listed, by identity: the learner's under the same names are not among them."""
    found: dict[int, str] = {}
    for home in (torch, F, torch.linalg, torch.special):
        for name in _OPERATIONS:
            function = vars(home).get(name)
            if function is not None and _is_pytorchs(function):
                found[id(function)] = name
    return found


def _is_pytorchs(function: object) -> bool:
    cls = type(function)
    if cls is FunctionType:
        return function.__code__.co_filename.startswith(_HOME)  # type: ignore[attr-defined]
    return cls in (BuiltinFunctionType, MethodDescriptorType)


def _require(known: object) -> None:
    if not known:
        raise CannotTellError


def _is_tensor(value: object) -> bool:
    return type(value) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)


def _is_return_type(value: object) -> bool:
    return issubclass(type(value), tuple) and type(value).__module__ == "torch.return_types"


def _plain(value: object) -> bool:
    """Numbers, text and their like: nothing of them is the learner's code."""
    kinds = (int, float, bool, str, complex, type(None), type(...), slice, torch.dtype, torch.device, torch.Size)
    return type(value) in kinds


def _allowed(value: object) -> bool:
    if type(value) in (list, tuple):
        return all(_allowed(item) for item in value)  # type: ignore[attr-defined]
    return _plain(value) or _is_tensor(value) or type(value) is np.ndarray


def _plain_or_tensor(*values: object) -> bool:
    return all(_allowed(value) and type(value) is not np.ndarray for value in values)
