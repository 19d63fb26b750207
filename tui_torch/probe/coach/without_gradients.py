"""Functions that `@torch.no_grad()` or `@torch.inference_mode()` turns gradients off around."""

from __future__ import annotations

from types import CodeType, FunctionType

import torch


def _decorated() -> None: ...


def _code_of(function: object) -> CodeType:
    assert isinstance(function, FunctionType)
    return function.__code__


_WRAPPER = _code_of(torch.no_grad()(_decorated))
"""PyTorch's own function, which enters the block and calls the decorated one. Its name differs between releases."""


def is_decorator(code: CodeType) -> bool:
    """Whether code is PyTorch's wrapper, which has the decorated function as `func`, and what it is given as `args`."""
    return code.co_firstlineno == _WRAPPER.co_firstlineno and code.co_filename == _WRAPPER.co_filename
