"""A part of what an optimizer holds that never gets a gradient, since the code leaves autograd where it is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import FrameType

import torch

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.wording import listed, times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, name_of_tensor
from tui_torch.protocol.notes import Note

ENOUGH = 3
"""The number of steps at which a parameter has to be without a gradient."""
_MOST = 50
"""Maximum number of parameters that are named."""
_OFF = ("no_grad", "inference_mode")
_PARTS = re.compile(r"\w+")


class UntrainedPart(CoachRule):
    """Finds parameters that no step has a gradient of, and where their part runs without gradients, or as an array."""

    def __init__(self) -> None:
        self._without: dict[OptimizerRecord, dict[int, str | None]] = {}
        """The parameters that had no gradient at any step, by id, with their names."""
        self._off: set[int] = set()
        """The lines that have switched gradients off."""

    def before_step(self, step: Step) -> None:
        parameters = [parameter for group in step.optimizer.param_groups for parameter in group["params"]]
        empty = {id(one): one for one in parameters if one.requires_grad and one.grad is None}
        known = self._without.get(step.record)
        if known is None:
            self._without[step.record] = {id(one): name_of_tensor(one, step.names) for one in [*empty.values()][:_MOST]}
        else:
            self._without[step.record] = {number: name for number, name in known.items() if number in empty}

    def gradients_off(self, frame: FrameType, names: NamedValues) -> None:
        self._off.add(frame.f_lineno)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer in facts.optimizers:
            names = [name for name in self._without.get(optimizer, {}).values() if name]
            if not names or optimizer.looks < ENOUGH or optimizer.steps_with_gradient != optimizer.looks:
                continue
            note = self._under_no_grad(names, optimizer, facts) or _by_numpy(names, optimizer, facts)
            if note is not None:
                yield note
                return

    def _under_no_grad(self, names: list[str], optimizer: OptimizerRecord, facts: Facts) -> Note | None:
        source = facts.source
        for node in source.nodes:
            if not isinstance(node, ast.With) or node.lineno not in self._off:
                continue
            for call in ast.walk(node):
                if not isinstance(call, ast.Call):
                    continue
                part = called(call)
                cut = [name for name in names if part in _PARTS.findall(name)]
                elsewhere = [other for other in source.calls(part) if not _is_within(other, self._off, source)]
                if not cut or elsewhere:
                    continue
                says = (
                    f"{listed(cut)} {'has' if len(cut) == 1 else 'have'} no gradient at any of "
                    f"{times(optimizer.steps, 'step')}, though `{optimizer.name}` holds "
                    f"{'it' if len(cut) == 1 else 'them'}: `{source.named(call.func)}` runs without gradients on line "
                    f"{call.lineno}. If it is to stay as it is, leave it out of `{optimizer.name}`."
                )
                return noted("untrained-part", says, node.lineno, _without_block(node, source))
        return None


def _is_within(call: ast.Call, lines: set[int], source: Source) -> bool:
    """Return whether a call is in a block that has switched gradients off."""
    return any(
        isinstance(node, ast.With) and node.lineno in lines and node.lineno <= call.lineno <= (node.end_lineno or 0)
        for node in source.nodes
    )


def _without_block(node: ast.With, source: Source) -> Fix | None:
    """Return the code with a block's statements in its place."""
    if len(node.items) != 1:
        return None
    last = node.body[-1].end_lineno or node.body[-1].lineno
    shift = node.body[0].col_offset - node.col_offset
    lines = source.lines[node.body[0].lineno - 1 : last]
    if node.body[0].lineno == node.lineno or any(line[:shift].strip() for line in lines):
        return None
    return replaced(source, node, "\n".join(line[shift:] for line in lines).lstrip())


def _by_numpy(names: list[str], optimizer: OptimizerRecord, facts: Facts) -> Note | None:
    """Return a note on a tensor that goes by way of an array."""
    source = facts.source
    for call in source.calls("from_numpy", "tensor", "as_tensor", "FloatTensor"):
        if not call.args or (kept := _kept(call.args[0], source)) is None:
            continue
        tensor, rest = kept
        who = f"{listed(names)} {'has' if len(names) == 1 else 'have'}"
        says = (
            f"{who} no gradient at any of {times(optimizer.steps, 'step')}, though `{optimizer.name}` holds "
            f"{'it' if len(names) == 1 else 'them'}: an array has no history, and `{tensor}` goes by way of one on "
            f"line {call.lineno}. Nothing before it learns."
        )
        fix = replaced(source, call, rest) if rest is not None else None
        return noted("untrained-part", says, call.lineno, fix)
    return None


def _kept(node: ast.expr, source: Source) -> tuple[str, str | None] | None:
    """Return what is turned into an array by way of `detach()`, and the code that does the same with tensors."""
    if isinstance(node, ast.Call) and called(node) == "numpy" and isinstance(node.func, ast.Attribute):
        inner = node.func.value
        while isinstance(inner, ast.Call) and called(inner) in ("cpu", "contiguous"):
            assert isinstance(inner.func, ast.Attribute)
            inner = inner.func.value
        if isinstance(inner, ast.Call) and called(inner) == "detach" and isinstance(inner.func, ast.Attribute):
            text = source.named(inner.func.value)
            return text, text
        if isinstance(inner, ast.Attribute) and inner.attr == "data":
            text = source.named(inner.value)
            return text, text
        return None
    if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
        found = _kept(node.args[0], source)
        if found is not None:
            function = node.func.attr
            is_known = len(node.args) == 1 and not node.keywords and hasattr(torch, function)
            return found[0], f"torch.{function}({found[1]})" if is_known and found[1] is not None else None
    if isinstance(node, ast.BinOp):
        left, right = _kept(node.left, source), _kept(node.right, source)
        found = left or right
        return None if found is None else (found[0], None)
    return None
