"""Trying a suggested fix: an expression is evaluated with stand-ins for the tensors that it names.

While there are few elements the stand-ins are zeros on the CPU, whose kernels raise what they raise for the learner;
beyond that they are on the meta device, where no element is computed. Nothing of the learner's is run, changed or drawn
from: a trial runs the operations of `operations`, and PyTorch's own modules as copies.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.operations import (
    ATTRIBUTES,
    BINARY,
    COMPARISONS,
    CREATIONS,
    IN_PLACE,
    LOSSES_AND_ACTIVATIONS,
    OPERATIONS,
    SAME_DTYPE,
    UNARY,
    is_pytorchs,
    listed_operations,
)
from tui_torch.probe.errors.stand_ins import (
    MOST_ON_CPU,
    CannotTryError,
    StandIns,
    TooManyElementsError,
    are_plain_or_tensors,
    is_allowed,
    is_plain,
    is_return_type,
    is_tensor,
    require,
)
from tui_torch.probe.isolation.torch_internals import has_hooks_on_every_module, is_compiler_imported
from tui_torch.probe.isolation.undisturbed import output_discarded, unobserved, warnings_ignored
from tui_torch.probe.values.elements import Base

MOST_COMPUTED = 1 << 22
"""Maximum number of elements that one operation may compute on the CPU."""
_LARGEST_NUMBER = 1e6
"""Arithmetic without tensors is tried on smaller numbers only, so that it takes no time."""


def _is_small_number(value: object) -> bool:
    return type(value) in (int, float, bool) and abs(value) < _LARGEST_NUMBER  # type: ignore[arg-type]


def outcome(code: ast.stmt | ast.expr, names: FrameNames) -> Any:
    """Return what a statement or an expression evaluates to, with stand-ins for the tensors that it names.

    Of an assignment, that is the value assigned.

    Raises:
        CannotTryError: The code does what a trial may not do.
        Exception: Whatever PyTorch raises for the code.
    """
    statement = ast.Expr(code) if isinstance(code, ast.expr) else code
    with unobserved(), warnings_ignored(), output_discarded(), torch.enable_grad(), torch.inference_mode(False):
        try:
            return _Trial(names, "cpu").run(statement)
        except TooManyElementsError:
            if not is_compiler_imported():
                raise CannotTryError("too many elements") from None
        return _Trial(names, "meta").run(statement)


class _Trial:
    """One evaluation. In-place operations change its stand-ins, so that each candidate needs its own."""

    def __init__(self, names: FrameNames, device: str) -> None:
        self._names = names
        self._device = device
        self._stand_ins = StandIns(device)

    def run(self, statement: ast.stmt) -> Any:
        """Return what a statement evaluates to; raises as `outcome()` does, and TooManyElementsError."""
        match statement:
            case ast.Expr(value):
                return self._evaluate(value)
            case ast.Assign([ast.Name()], value):
                return self._evaluate(value)
            case ast.Assign([ast.Subscript(owner, index)], value):
                held, at, written = self._evaluate(owner), self._evaluate(index), self._evaluate(value)
                require(is_tensor(held) and are_plain_or_tensors(at, written))
                operator.setitem(held, at, written)
                return held
            case ast.AugAssign(target, op, value) if type(op) in IN_PLACE:
                held, other = self._evaluate(target), self._evaluate(value)
                require(is_tensor(held) and are_plain_or_tensors(other))
                return IN_PLACE[type(op)](held, other)
            case ast.With([ast.withitem(ast.Call(guard, []))], [body]):
                require(self._names.find(guard) is torch.no_grad)
                with torch.no_grad():
                    return self.run(body)
            case _:
                raise CannotTryError

    def _evaluate(self, node: ast.AST | None) -> Any:
        found = self._names.find(node)
        if found is not MISSING:
            return self._stand_ins.of(found)
        match node:
            case ast.Tuple(items) | ast.List(items):
                made = [self._evaluate(item) for item in items]
                return tuple(made) if isinstance(node, ast.Tuple) else made
            case ast.Slice(lower, upper, step):
                return slice(*(None if part is None else self._evaluate(part) for part in (lower, upper, step)))
            case ast.BinOp(left, op, right) if type(op) in BINARY:
                return self._combine(BINARY[type(op)], self._evaluate(left), self._evaluate(right))
            case ast.Compare(left, [op], [right]) if type(op) in COMPARISONS:
                return self._combine(COMPARISONS[type(op)], self._evaluate(left), self._evaluate(right))
            case ast.UnaryOp(op, operand):
                value = self._evaluate(operand)
                require(are_plain_or_tensors(value))
                return UNARY[type(op)](value)
            case ast.Subscript(owner, index):
                held, at = self._evaluate(owner), self._evaluate(index)
                require(is_tensor(held) or type(held) in (list, tuple, torch.Size))
                require(are_plain_or_tensors(at))
                return held[at]
            case ast.Attribute(owner, "data"):
                return self._tensor(owner).detach()
            case ast.Attribute(owner, "device"):
                self._tensor(owner)
                return torch.device(self._device)
            case ast.Attribute(owner, name) if name in ATTRIBUTES:
                held = self._evaluate(owner)
                require(is_tensor(held) or is_return_type(held))
                return getattr(held, name)
            case ast.Call(function, arguments, keywords):
                return self._call(function, arguments, keywords)
            case _:
                raise CannotTryError

    def _tensor(self, node: ast.expr) -> torch.Tensor:
        held = self._evaluate(node)
        require(is_tensor(held))
        return held

    def _combine(self, operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        require(are_plain_or_tensors(left, right))
        if not (is_tensor(left) or is_tensor(right)):
            # Lists are left out: `[0] * 10**9` would fill the memory.
            # With None the operation fails at once, as it did in the code.
            require(all(side is None or _is_small_number(side) for side in (left, right)))
            require(operation is not operator.pow)
        if operation is operator.matmul:
            self._check_dtypes((left, right))
        return self._compute(operation, left, right)

    def _compute(self, operation: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        if self._device == "cpu":
            shapes = [argument.shape for argument in arguments if is_tensor(argument)]
            elements = 1
            for shape in shapes[:2]:
                elements *= shape.numel()
            # The operations of a trial make at most as many elements as an outer product of their tensors has.
            if elements > MOST_COMPUTED:
                raise TooManyElementsError
        return operation(*arguments, **keywords)

    def _check_dtypes(self, values: Any) -> None:
        dtypes = {value.dtype for value in values if is_tensor(value)}
        if len(dtypes) > 1:
            raise TypeError(f"expected one dtype, not {dtypes}")

    def _call(self, function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        given = [self._evaluate(argument) for argument in arguments]
        require(all(keyword.arg for keyword in keywords))
        named: dict[str, Any] = {str(keyword.arg): self._evaluate(keyword.value) for keyword in keywords}
        found = self._names.find(function)
        if found is not MISSING:
            if issubclass(type(found), torch.nn.Module):
                return self._run_module(found, given, named)
            if found is float or found is int:
                require(len(given) == 1 and not named and (is_tensor(given[0]) or type(given[0]) in (int, float, bool)))
                return found(given[0])
            if found is len:
                require(len(given) == 1 and not named and (is_tensor(given[0]) or type(given[0]) in (list, tuple, str)))
                return len(given[0])
            if type(found) is type:
                return self._make_module(found, given, named)
            name = listed_operations().get(id(found))
            require(name is not None and is_pytorchs(found))
            return self._run_operation(str(name), found, given, named)
        if isinstance(function, ast.Attribute):
            held = self._evaluate(function.value)
            name = function.attr
            if type(held) is torch.Size and name == "numel":
                return held.numel()
            require(is_tensor(held) and name in OPERATIONS)
            method = getattr(Base, name, None) or getattr(torch.Tensor, name)
            require(is_pytorchs(method))
            return self._run_operation(name, method, [held, *given], named)
        if isinstance(function, ast.Call):
            made = self._evaluate(function)
            require(issubclass(type(made), torch.nn.Module))
            return self._run_module(made, given, named)
        raise CannotTryError

    def _run_operation(self, name: str, operation: Callable[..., Any], given: list[Any], named: dict[str, Any]) -> Any:
        require("out" not in named and "generator" not in named)
        require(all(is_allowed(value) for value in (*given, *named.values())))
        if name in CREATIONS and not (given and is_tensor(given[0])):
            return self._make_tensor(name, given, named)
        if name in ("from_numpy", "as_tensor") and not is_tensor(given[0]):
            return self._tensor_from_array(given, named)
        if name == "to":
            # All stand-ins are on one device, whichever device their tensors are on.
            given = [value for value in given if type(value) not in (str, torch.device)]
            named.pop("device", None)
            if len(given) == 1 and not named:
                return given[0]
        if name in SAME_DTYPE or (name in ("cross_entropy", "nll_loss") and self._device == "meta"):
            self._check_loss_dtypes(name, given, named)
        if name == "numpy" and self._device == "meta":
            require(not given[0].requires_grad)
            return np.broadcast_to(np.zeros(()), tuple(given[0].shape))
        if name in ("item", "numpy"):
            return operation(*given, **named)
        if name == "one_hot" and self._device == "cpu":
            require(len(given) + len(named) > 1)
            count = named.get("num_classes", given[1] if len(given) > 1 else 0)
            if type(count) is not int or count > MOST_ON_CPU:
                raise TooManyElementsError
        return self._compute(operation, *given, **named)

    def _check_loss_dtypes(self, name: str, given: list[Any], named: dict[str, Any]) -> None:
        if name in SAME_DTYPE:
            self._check_dtypes((*given, *named.values()))
            return
        target: Any = named.get("target", given[1] if len(given) > 1 else None)
        if is_tensor(target) and target.dim() < given[0].dim() and target.dtype not in (torch.int64, torch.uint8):
            raise TypeError("class indices are int64")

    def _make_tensor(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        require(str(named.pop("device", None)) != "meta")
        require(not any(is_tensor(value) for value in given))
        if name in ("rand", "randn"):
            name = "zeros"
        if name == "randint":
            require(len(given) > 1 and type(given[-1]) in (tuple, list) and not named)
            name, given, named = "zeros", [given[-1]], {"dtype": torch.int64}
        if self._device == "cpu":
            sizes = given[0] if given and type(given[0]) in (tuple, list, torch.Size) else given
            elements = 1
            for size in sizes if name != "tensor" else ():
                elements *= max(1, int(abs(size)))
            if elements > MOST_COMPUTED:
                raise TooManyElementsError
        return getattr(torch, name)(*given, device=self._device, **named)

    def _tensor_from_array(self, given: list[Any], named: dict[str, Any]) -> torch.Tensor:
        array = given[0]
        require(type(array) is np.ndarray and len(given) == 1 and not named)
        empty = np.zeros((0,), array.dtype)
        return torch.zeros(array.shape, dtype=torch.from_numpy(empty).dtype, device=self._device)

    def _make_module(self, cls: type, given: list[Any], named: dict[str, Any]) -> torch.nn.Module:
        name = cls.__name__
        require(name in LOSSES_AND_ACTIVATIONS and vars(torch.nn).get(name) is cls)
        require(all(is_plain(value) for value in (*given, *named.values())))
        return cls(*given, **named)

    def _run_module(self, module: torch.nn.Module, given: list[Any], named: dict[str, Any]) -> Any:
        require(all(is_allowed(value) for value in (*given, *named.values())))
        # Hooks on every module may be the learner's code.
        require(not has_hooks_on_every_module())
        copied = self._stand_ins.of_module(module)
        first = next(copied.parameters(), None)
        takes_indices = issubclass(type(next(copied.modules())), (torch.nn.Embedding, torch.nn.Sequential))
        if self._device == "meta" and first is not None and not takes_indices:
            self._check_dtypes((first, *given))
        return self._compute(copied, *given, **named)
