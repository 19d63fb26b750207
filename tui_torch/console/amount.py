"""An amount on the command line: a number above 0, with what it is a number of."""

from __future__ import annotations

import math
from typing import Any

import click


class Amount(click.ParamType):
    """Reads a number above 0; what is none is refused by what was expected: a number of minutes."""

    name = "amount"

    def __init__(self, unit: str) -> None:
        """`unit` is what it is a number of: `minutes`."""
        self._unit = unit

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number that was typed. Raises click's BadParameter for anything else."""
        try:
            amount = float(value)
        except ValueError:
            amount = math.nan
        if not (math.isfinite(amount) and amount > 0):
            self.fail(f"expected a number of {self._unit} above 0, not {value!r}", param, ctx)
        return amount
