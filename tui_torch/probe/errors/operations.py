"""The operations that a trial may run: none calls the learner's code, and none draws a random number."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_TORCH_FOLDER = str(Path(torch.__file__).parent)

OPERATIONS = words(
    """
    abs add add_ addmm all amax amin any arange argmax argmin as_tensor atleast_1d atleast_2d batch_norm bincount bmm
    binary_cross_entropy binary_cross_entropy_with_logits bool broadcast_to cat ceil chunk clamp clamp_ clone concat
    contiguous conv1d conv2d conv3d cos copy_ cosine_similarity cross_entropy cumsum detach diag dim div div_ dot
    double einsum elu embedding empty eq exp expand eye fill_ flatten flip float floor from_numpy full full_like
    gather ge gelu gt half hstack huber_loss int inverse item kl_div l1_loss layer_norm le leaky_relu linear linspace
    log log10 log1p log2 log_softmax logical_and logical_not logical_or logsumexp long lt masked_fill matmul
    matrix_norm max maximum max_pool1d max_pool2d mean median min minimum mm movedim mse_loss mul mul_ mv narrow
    ndimension ne neg nelement nll_loss norm normalize numel numpy one_hot ones ones_like outer permute pow prod
    quantile rand randint randn reciprocal relu requires_grad_ reshape roll rsqrt scatter select sigmoid sign silu sin
    size smooth_l1_loss softmax softplus sqrt square squeeze stack std sub sub_ sum swapaxes t tan tanh tensor to
    tolist topk transpose tril triu unflatten unsqueeze var view view_as vstack where zero_ zeros zeros_like
    """
)
"""Names of functions and of tensor methods."""
CREATIONS = words(
    """
    arange empty eye full linspace ones rand randint randn tensor zeros
    """
)
"""Functions that make a tensor from sizes and numbers; of a random one a trial makes zeros."""
SAME_DTYPE = words(
    """
    addmm binary_cross_entropy bmm conv1d conv2d conv3d dot linear matmul mm mv binary_cross_entropy_with_logits
    """
)
"""Operations that need all their tensors to have one dtype; on the meta device PyTorch does not check it."""
ATTRIBUTES = words(
    """
    T mT H shape dtype ndim requires_grad real imag values indices
    """
)
"""Attributes of a tensor, or of what `max(dim)` returns."""
LOSSES_AND_ACTIVATIONS = words(
    """
    BCELoss BCEWithLogitsLoss CrossEntropyLoss ELU Flatten GELU HuberLoss Identity KLDivLoss L1Loss LeakyReLU
    LogSoftmax MSELoss NLLLoss ReLU Sigmoid SiLU SmoothL1Loss Softmax Softplus Tanh
    """
)
"""Modules without parameters: making one draws no random number."""
BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
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
"""What each binary operator computes."""
IN_PLACE: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.Mult: operator.imul,
    ast.Div: operator.itruediv,
    ast.Pow: operator.ipow,
}
"""What each augmented assignment computes."""
UNARY: Mapping[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
"""What each unary operator computes."""
COMPARISONS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
"""What each comparison computes."""


@cache
def listed_operations() -> dict[int, str]:
    """Return the names of PyTorch's own functions in OPERATIONS by the functions' ids.

    A function that the learner has put in the place of one of them is left out.
    """
    found: dict[int, str] = {}
    for home in (torch, F, torch.linalg, torch.special):
        for name in OPERATIONS:
            function = vars(home).get(name)
            if function is not None and is_pytorchs(function):
                found[id(function)] = name
    return found


def is_pytorchs(function: object) -> bool:
    """Return whether a function is PyTorch's own: built in, or written in a file of the package."""
    cls = type(function)
    if cls is FunctionType:
        return function.__code__.co_filename.startswith(_TORCH_FOLDER)  # type: ignore[attr-defined]
    return cls in (BuiltinFunctionType, MethodDescriptorType)
