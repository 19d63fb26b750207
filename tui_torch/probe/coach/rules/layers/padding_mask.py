"""A mask of padding the wrong way round: attention sees the padding, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import AttentionCall, CoachRule, Facts
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

ENOUGH = 2
"""The number of calls of attention that have to show it."""
_OTHER_WAY: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}


class PaddingMask(CoachRule):
    """Compares what a mask leaves with what it hides: one and the same vector, or token, beside many."""

    def __init__(self) -> None:
        self._looks = 0
        self._found: list[tuple[int, int]] = []
        """The line of a call, and the number of positions that are seen."""

    def attending(self, call: AttentionCall) -> None:
        mask = call.mask
        if mask.dim() != 2:
            return
        hidden = mask if mask.dtype == torch.bool else torch.isneginf(mask)
        if not bool(hidden.any()) or int((~hidden).sum()) < 2:
            return
        self._looks += 1
        if _sees_one_token(hidden, call) or _sees_one_vector(hidden, call):
            self._found.append((call.line, int((~hidden).sum())))

    def notes(self, facts: Facts) -> Iterator[Note]:
        if len(self._found) < ENOUGH or len(self._found) < self._looks or not facts.optimizers:
            return
        line, count = self._found[0]
        says = (
            f"The mask of padding is the wrong way round: where it is True, attention does not look. The "
            f"{times(count, 'position')} that it leaves are all the same, the padding, and all others are hidden."
        )
        place = _given(facts.source)
        fix = None if place is None else _turned(place, facts.source)
        at = line if place is None else place.lineno
        yield noted("mask-hides-the-rest", says, at, fix)


def _sees_one_token(hidden: torch.Tensor, call: AttentionCall) -> bool:
    """Return whether the names around have numbers of tokens, of which the mask leaves a single one and hides more."""
    for value in list(call.names.values()):
        if type(value) is not torch.Tensor or value.dtype not in (torch.int64, torch.int32):
            continue
        for tokens in (value, value.T) if value.dim() == 2 else ():
            if tokens.shape == hidden.shape:
                seen, unseen = tokens[~hidden], tokens[hidden]
                return bool((seen == seen[0]).all()) and not bool((unseen == unseen[0]).all())
    return False


def _sees_one_vector(hidden: torch.Tensor, call: AttentionCall) -> bool:
    key = call.key.detach()
    if key.dim() != 3:
        return False
    rows = key if call.batch_first else key.transpose(0, 1)
    if rows.shape[:2] != hidden.shape:
        return False
    seen, unseen = rows[~hidden], rows[hidden]
    return bool((seen == seen[0]).all()) and not bool((unseen == unseen[0]).all())


def _given(source: Source) -> ast.expr | None:
    """Return the code of the only mask of padding: what a name was given, or else what attention is."""
    given = [
        keyword.value
        for node in source.nodes
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("key_padding_mask", "src_key_padding_mask") and not _is_none(keyword.value)
    ]
    if len({ast.unparse(one) for one in given}) != 1:
        return None
    if isinstance(given[0], ast.Name):
        made = [
            one
            for one in source.nodes
            if isinstance(one, ast.Assign)
            and source.function_around(one.lineno) is source.function_around(given[0].lineno)
            and any(ast.unparse(target) == given[0].id for target in one.targets)
        ]
        if len(made) == 1:
            return made[0].value
    return given[0] if len(given) == 1 else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _turned(place: ast.expr, source: Source) -> Fix | None:
    match place:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPPOSITE:
            sign = _OTHER_WAY[_OPPOSITE[type(op)]]
            return replaced(source, place, f"{source.named(left)} {sign} {source.named(right)}")
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return replaced(source, place, source.named(inner))
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
            return replaced(source, place, f"~{source.named(place)}")
        case _:
            return replaced(source, place, f"~({source.named(place)})")
