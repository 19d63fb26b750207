"""Where the learner's code applies a softmax, sigmoid or the like, and the code without it, or along other numbers."""

from __future__ import annotations

import ast

from tui_torch.probe.coach.fixes import Fix, replaced
from tui_torch.probe.coach.loss_calls import nearest
from tui_torch.probe.coach.rule import BackwardSnapshot
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.source.lines import Source, called

CLASSES = {
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "ReLU",
}
"""The class of each function."""


def application(snapshot: BackwardSnapshot, function: str) -> ast.Call | None:
    """Return the code that applies a function nearest before a `backward()`, or makes its layer; None if unknown."""
    source = snapshot.source
    found = nearest(source.calls(function, CLASSES[function]), snapshot.record, source)
    return found if isinstance(found, ast.Call) else None


def without(call: ast.Call, snapshot: BackwardSnapshot) -> Fix | None:
    """Return the code with the numbers left as they are; None if it cannot be told."""
    source = snapshot.source
    if called(call) in CLASSES.values():
        around = next((node for node in source.calls("Sequential") if call in node.args), None)
        if around is not None:
            kept = [source.named(argument) for argument in around.args if argument is not call]
            return replaced(source, around, f"{source.named(around.func)}({', '.join(kept)})")
        layer = spelled(snapshot.names, "torch.nn.Identity")
        return None if layer is None else replaced(source, call, f"{layer}()")
    given = argument_of(call, source)
    return None if given is None else replaced(source, call, source.named(given))


def argument_of(call: ast.Call, source: Source) -> ast.expr | None:
    """Return what a function is applied to: `z` of `torch.sigmoid(z)` and of `z.sigmoid()`."""
    if is_of_module(call, source):
        return call.args[0] if call.args else None
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def is_of_module(call: ast.Call, source: Source) -> bool:
    """Return whether a function is called by its name or a module's, rather than as a method of a tensor."""
    if isinstance(call.func, ast.Name):
        return True
    return isinstance(call.func, ast.Attribute) and source.named(call.func.value) in (
        "F",
        "torch",
        "nn.functional",
        "torch.nn.functional",
    )


def over(call: ast.Call, dim: int, source: Source) -> Fix | None:
    """Return the code with a softmax over another dimension."""
    keyword = next((keyword.value for keyword in call.keywords if keyword.arg == "dim"), None)
    at = 0 if called(call) in CLASSES.values() or not is_of_module(call, source) else 1
    given = keyword if keyword is not None else call.args[at] if len(call.args) > at else None
    if given is not None:
        return replaced(source, given, str(dim))
    arguments = [source.named(argument) for argument in (*call.args, *call.keywords)]
    return replaced(source, call, f"{source.named(call.func)}({', '.join([*arguments, f'dim={dim}'])})")


def renamed(call: ast.Call, name: str, source: Source) -> Fix | None:
    """Return the code with another function of the same place called: `F.log_softmax` for `F.softmax`."""
    text = source.named(call.func)
    return replaced(source, call.func, f"{text[: -len(called(call))]}{name}") if text.endswith(called(call)) else None
