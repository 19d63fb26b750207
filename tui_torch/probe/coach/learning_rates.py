"""Where the learner's code states a learning rate, and how a rate is written."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from tui_torch.probe.source.lines import Source

_NAMES = frozenset({"lr", "learning_rate", "rate", "eta", "alpha", "step_size", "LR", "LEARNING_RATE"})


def written(source: Source) -> list[tuple[ast.Constant, float]]:
    """Return the positive numbers in the code that are learning rates: `lr=0.1`, `lr = 0.1`, `w -= 0.1 * w.grad`."""
    found = [node for node in _candidates(source) if type(node.value) in (int, float)]
    return [(node, float(node.value)) for node in found if float(node.value) > 0]  # type: ignore[arg-type]


def _candidates(source: Source) -> Iterator[ast.Constant]:
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as value) if name in _NAMES:
                yield value
            case ast.Call(keywords=keywords):
                for keyword in keywords:
                    if keyword.arg in _NAMES and isinstance(keyword.value, ast.Constant):
                        yield keyword.value
            case ast.FunctionDef(args=arguments):
                named = [*arguments.posonlyargs, *arguments.args]
                pairs = [*zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True)]
                for argument, default in pairs:
                    if argument.arg in _NAMES and isinstance(default, ast.Constant):
                        yield default
            case ast.AugAssign(op=ast.Sub(), value=ast.BinOp(op=ast.Mult(), left=left, right=right)):
                for factor, other in ((left, right), (right, left)):
                    if isinstance(factor, ast.Constant) and ".grad" in ast.unparse(other):
                        yield factor
            case _:
                pass


def the_rate(source: Source, rate: float | None) -> tuple[float | None, ast.Constant | None]:
    """Return a run's learning rate, and where the code states it; each may be None.

    `rate` is that of the optimizer. If it is None, the rate is the only one in the code, if there is just one.
    """
    numbers = written(source)
    if rate is None:
        return (numbers[0][1], numbers[0][0]) if len(numbers) == 1 else (None, None)
    return rate, next((node for node, value in numbers if math.isclose(value, rate, rel_tol=1e-6)), None)


def power_of_ten(value: float) -> float:
    """Return the largest power of ten that is not above a positive number."""
    return float(f"1e{math.floor(math.log10(value) + 1e-9)}")


def as_written(rate: float) -> str:
    """Return a learning rate as a person writes it: `0.01`, `1e-5`, `1.0`."""
    if rate >= 0.001:
        return f"{rate:g}" if rate < 1 else str(float(rate))
    mantissa, _, exponent = f"{rate:e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"
