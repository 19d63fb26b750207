"""`F.dropout` that is not told the mode, in a model that is judged in `eval()`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from torch import nn
from torch.nn import functional

from tui_torch.probe.coach.fixes import Fix, both, noted, replaced
from tui_torch.probe.coach.heard.without_gradients import block_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, reachable
from tui_torch.protocol.notes import Note

_DROPPING = ("dropout", "dropout1d", "dropout2d", "dropout3d")
"""Functions that drop values unless they are told not to."""
_ON_PURPOSE = re.compile(r"\bmc|_mc|monte|uncertain|bayes|ensembl|stochastic", re.IGNORECASE)
"""Words of code that predicts with other units dropped each time, to see how far the predictions differ."""
_MEASURES = re.compile(r"loss|acc|mse|mae|err|correct|score|metric|pred", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _DroppingCall:
    call: ast.Call
    itself: str
    """The name that the method has for its module: `self`."""


class DropoutInEval(CoachRule):
    """Looks at what is judged without gradients: a module in `eval()` whose code drops values in any mode."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._note: Note | None = None
        self._is_meant = False

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._source is None:
            self._source = snapshot.source
            self._is_meant = "dropout" not in snapshot.source.text or bool(_ON_PURPOSE.search(snapshot.source.text))

    def gradients_off(self, frame: FrameType, names: NamedValues) -> None:
        source = self._source
        if source is None or self._note is not None or self._is_meant:
            return
        found = _dropping(source, names)
        block = block_at(frame, source) if found else None
        if block is None or not _measures(block):
            return
        inside = [part for part in ast.walk(block) if isinstance(part, ast.Call)]
        if any(called(call) == "train" for call in inside):
            return
        # One module may have several names; what counts is the one that it is judged under.
        for name, module in reachable(names):
            if not issubclass(type(module), nn.Module):
                continue
            uses = [call for call in inside if name in (ast.unparse(call.func), *map(ast.unparse, call.args))]
            if not uses or _is_repeated(uses, block):
                continue
            switched = any(ast.unparse(call.func) == f"{name}.eval" for call in inside)
            for part in module.modules():
                if type(part).__name__ in found and (switched or not part.training):
                    self._note = _noted(name, part, found[type(part).__name__], source)
                    return

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None and facts.optimizers:
            yield self._note


def _noted(name: str, module: nn.Module, found: list[_DroppingCall], source: Source) -> Note:
    first = found[0]
    owner = "it" if type(module).__name__ == name else f"`{type(module).__name__}`"
    says = (
        f"`{name}` is judged in `eval()`, and `{source.named(first.call)}` of {owner} drops values at random there "
        f"too: it does not know the mode unless it is told"
    )
    says += "" if len(found) == 1 else f", nor {'does' if len(found) == 2 else 'do'} {times(len(found) - 1, 'other')}"
    fix: Fix | None = None
    for number, one in enumerate(found):
        told = f"{source.named(one.call)[:-1].rstrip().rstrip(',')}, training={one.itself}.training)"
        mended = replaced(source, one.call, told)
        fix = mended if number == 0 else both(source, fix, mended)
    if len({one.call.lineno for one in found}) < len(found):
        fix = None
    return noted("dropout-in-eval", f"{says}. Give it `training={first.itself}.training`.", first.call.lineno, fix)


def _dropping(source: Source, names: NamedValues) -> dict[str, list[_DroppingCall]]:
    """Return, by the name of a class, its calls of `F.dropout` that do not say whether to drop."""
    found: dict[str, list[_DroppingCall]] = {}
    for node in source.nodes:
        if not isinstance(node, ast.ClassDef):
            continue
        used = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
        for method in node.body:
            if not isinstance(method, ast.FunctionDef) or not method.args.args:
                continue
            # Code that asks for the mode knows what it does.
            asks = any(isinstance(part, ast.Attribute) and part.attr == "training" for part in ast.walk(method))
            if asks or (method.name != "forward" and method.name not in used):
                continue
            calls = [one for one in ast.walk(method) if isinstance(one, ast.Call) and _drops(one, names)]
            calls.sort(key=lambda call: (call.lineno, call.col_offset))
            if calls:
                found.setdefault(node.name, []).extend(_DroppingCall(c, method.args.args[0].arg) for c in calls)
    return found


def _drops(call: ast.Call, names: NamedValues) -> bool:
    """Return whether a call drops values in any mode."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            is_torchs = names.get(owner) is functional
        case ast.Attribute(value=ast.Attribute(attr="functional"), attr=name):
            is_torchs = True
        case ast.Name(id=name):
            is_torchs = names.get(name) is getattr(functional, name, call)
        case _:
            return False
    if not is_torchs or name not in _DROPPING or len(call.args) > 2:
        return False
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    if any(keyword.arg in (None, "training") for keyword in call.keywords):
        return False
    rates = [*call.args[1:], *[keyword.value for keyword in call.keywords if keyword.arg == "p"]]
    return not any(isinstance(rate, ast.Constant) and rate.value == 0 for rate in rates)


def _measures(block: ast.With | ast.FunctionDef) -> bool:
    """Return whether a block judges a model rather than drawing samples from it."""
    return any(
        (isinstance(part, ast.Call) and called(part) in ("item", "argmax"))
        or (isinstance(part, ast.Call) and bool(_MEASURES.search(called(part))))
        or (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and bool(_MEASURES.search(part.id)))
        for part in ast.walk(block)
    )


def _is_repeated(uses: list[ast.Call], block: ast.With | ast.FunctionDef) -> bool:
    """Return whether a model is asked the same several times, as one does to see how far its answers differ."""
    for part in ast.walk(block):
        if isinstance(part, ast.ListComp | ast.GeneratorExp):
            iterated = [one.iter for one in part.generators]
        elif isinstance(part, ast.For):
            iterated = [part.iter]
        else:
            continue
        counts = any(isinstance(one, ast.Call) and called(one) == "range" and len(one.args) == 1 for one in iterated)
        if counts and any(inner is use for inner in ast.walk(part) for use in uses):
            return True
    return False
