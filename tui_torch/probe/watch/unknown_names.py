"""The names of a line whose values nobody knows any more."""

from __future__ import annotations

import ast
import re
from typing import Any

from tui_torch.probe.errors.names import MISSING, FrameNames

SAID_BY_MESSAGES = re.compile(
    r"mat1 and mat2 shapes cannot be multiplied"
    r"|must match the size of tensor b"
    r"|Sizes of tensors must match except in dimension|Tensors must have same number of dimensions"
    r"|Kernel size can't be greater|Output size is too small"
    r"|running_mean should contain|normalized_shape=|Expected more than 1 value per channel|expected \dD"
    r"|must be equal to input_size"
    r"|Dimension out of range|is out of bounds for dimension|^Target \d+ is out of bounds"
    r"|stack expects each tensor to be equal size"
    r"|not on the expected device|Expected all tensors to be on the same device"
)
"""Messages that hold all the numbers which their explanations have: without values, too, these are true."""


class UnknownNames(FrameNames):
    """Finds literals alone, and remembers whether anything else was asked for."""

    def __init__(self) -> None:
        super().__init__(None)
        self.were_asked_for = False
        """Whether a rule has asked for a value that is not known: what it says without is not to be relied on."""

    def find(self, node: ast.AST | None) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        self.were_asked_for = True
        return MISSING
