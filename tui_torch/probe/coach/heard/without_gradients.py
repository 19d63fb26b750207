"""Functions that `@torch.no_grad()` or `@torch.inference_mode()` turns gradients off around."""

from __future__ import annotations

import ast
from types import CodeType, FrameType, FunctionType

import torch

from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.source.lines import Source


def _decorated() -> None: ...


def _code_of(function: object) -> CodeType:
    assert isinstance(function, FunctionType)
    return function.__code__


_WRAPPER = _code_of(torch.no_grad()(_decorated))
"""PyTorch's own function, which enters the block and calls the decorated one. Its name differs between releases."""


def is_decorator(code: CodeType) -> bool:
    """Whether code is PyTorch's wrapper, which has the decorated function as `func`, and what it is given as `args`."""
    return code.co_firstlineno == _WRAPPER.co_firstlineno and code.co_filename == _WRAPPER.co_filename


def block_at(frame: FrameType, source: Source) -> ast.With | ast.FunctionDef | None:
    """Return the code in which gradients are off: a `with`, or the function that has a decorator; None if not found."""
    if is_decorator(frame.f_code):
        line = local_names(frame)["func"].__code__.co_firstlineno
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef) and line in (node.lineno, *(d.lineno for d in node.decorator_list)):
                return node
        return None
    found = [node for node in source.nodes if isinstance(node, ast.With) and node.lineno == frame.f_lineno]
    return found[-1] if found else None
