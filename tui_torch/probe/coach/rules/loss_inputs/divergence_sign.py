"""A Kullback-Leibler divergence that a loss has with the wrong sign: the lower the loss, the further apart they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import CoachRule, Facts
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import Note

ENOUGH = 5
"""The number of steps after which the loss shows it."""
_KEEPING = ("sum", "mean")
"""Calls whose result has the sign of what they are given."""
_DEPTH = 8
"""Maximum number of statements that a divergence passes on its way into a loss."""


class DivergenceSign(CoachRule):
    """Follows the sign that a divergence of two distributions has in what goes backward, as far as the text shows."""

    def notes(self, facts: Facts) -> Iterator[Note]:
        if facts.backwards < ENOUGH or not facts.optimizers:
            return
        source = facts.source
        signs = _Signs(source, {record.line for record in facts.sites})
        for node in source.nodes:
            # 1 + logvar - mu² - exp(logvar) is never above 0, and is -2 times the divergence.
            negative = isinstance(node, ast.BinOp) and _is_negative(node, source)
            divergence = isinstance(node, ast.Call) and called(node) == "kl_divergence"
            if not negative and not divergence:
                continue
            assert isinstance(node, ast.expr)
            sign = signs.of(node)
            if sign != (1 if negative else -1) or (divergence and not signs.has_loss_beside):
                continue
            losses = [loss for record in facts.sites for _, loss in facts.losses_of(record)]
            if not losses or losses[-1] >= losses[0]:
                continue
            what = f"`{source.named(node)}` is never above 0: it is minus twice the divergence" if negative else (
                "The divergence is taken away from the loss"
            )  # fmt: skip
            says = (
                f"{what}. So the loss falls, from {number(losses[0])} to {number(losses[-1])}, while the two "
                f"distributions move apart, without an end. A loss adds the divergence, which is never below 0."
            )
            yield noted("kl-sign", says, node.lineno, signs.turned())
            return


def _is_negative(node: ast.BinOp, source: Source) -> bool:
    """Return whether it is `1 + logvar - mu ** 2 - logvar.exp()`, in any order."""
    terms = list(_terms(node, 1))
    if len(terms) != 4:
        return False
    ones = [one for sign, one in terms if sign > 0 and isinstance(one, ast.Constant) and one.value == 1]
    names = [ast.unparse(one) for sign, one in terms if sign > 0 and not isinstance(one, ast.Constant)]
    squares = [one for sign, one in terms if sign < 0 and _squared(one)]
    exponentials = [_exponent(one) for sign, one in terms if sign < 0 and _exponent(one)]
    return len(ones) == 1 and len(names) == 1 and len(squares) == 1 and exponentials == names


def _terms(node: ast.expr, sign: int) -> Iterator[tuple[int, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if isinstance(node.op, ast.Add) else -sign)
    else:
        yield sign, node


def _squared(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=2)):
            return True
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return ast.unparse(left) == ast.unparse(right)
        case ast.Call(func=ast.Attribute(attr="pow"), args=[*_, ast.Constant(value=2)]):
            return True
        case ast.Call(func=ast.Attribute(attr="square")):
            return True
        case _:
            return False


def _exponent(node: ast.expr) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="exp"), args=[inner]):
            return ast.unparse(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="exp"), args=[]):
            return ast.unparse(inner)
        case _:
            return ""


class _Signs:
    """The sign of a part of the code in the loss that it goes into."""

    def __init__(self, source: Source, lines: set[int]) -> None:
        self._source = source
        self._lines = lines
        self._parents: dict[int, ast.expr | ast.stmt] = {}
        for node in source.nodes:
            for child in ast.iter_child_nodes(node):
                self._parents[id(child)] = node
        self._turn: tuple[ast.expr, str] | None = None
        """What to replace so that the sign is the other one."""
        self.has_loss_beside = False
        """Whether a call of a loss is added to it."""

    def of(self, node: ast.expr) -> int | None:
        """Return 1 or -1; None if it cannot be told."""
        self._turn, self.has_loss_beside = None, False
        sign = 1
        for _ in range(_DEPTH):
            found = self._in_statement(node)
            if found is None:
                return None
            here, statement = found
            sign *= here
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    follows = self._uses(name, statement)
                case ast.Return():
                    function = self._source.function_around(statement.lineno)
                    return sign if function is not None and "loss" in function.name.lower() else None
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr="backward"))):
                    return sign if statement.lineno in self._lines else None
                case _:
                    return None
            if follows is None:
                return None
            node = follows
        return None

    def turned(self) -> Fix | None:
        return None if self._turn is None else replaced(self._source, *self._turn)

    def _uses(self, name: str, made: ast.stmt) -> ast.Name | None:
        """Return the only use of a name, after it was given, that a loss may be computed of."""
        source = self._source
        function = source.function_around(made.lineno)
        uses = [
            node
            for node in source.nodes
            if isinstance(node, ast.Name)
            and node.id == name
            and isinstance(node.ctx, ast.Load)
            and node.lineno > made.lineno
            and source.function_around(node.lineno) is function
        ]
        real = [use for use in uses if (found := self._in_statement(use)) is not None and not _shows(found[1])]
        return real[0] if len(real) == 1 else None

    def _in_statement(self, node: ast.expr) -> tuple[int, ast.stmt] | None:
        """Return the sign that an expression has in its statement; None where it is no summand of that."""
        sign, current = 1, node
        while True:
            parent = self._parents.get(id(current))
            match parent:
                case ast.UnaryOp(op=ast.USub()):
                    sign = -sign
                case ast.BinOp(op=ast.Add()):
                    self._look_beside(parent, current)
                case ast.BinOp(op=ast.Sub(), left=left, right=right):
                    self._look_beside(parent, current)
                    if current is right:
                        sign = -sign
                        text = f"{self._source.named(left)} + {self._source.named(right)}"
                        self._turn = self._turn or (parent, text)
                case ast.BinOp(op=ast.Mult() | ast.Div()):
                    other = parent.right if current is parent.left else parent.left
                    value = _constant(other)
                    if value is not None:
                        sign = -sign if value < 0 else sign
                        if value > 0:
                            self._turn = self._turn or (other, f"-{self._source.named(other)}")
                    elif not isinstance(other, ast.Name | ast.Attribute):
                        return None
                case ast.Attribute(attr=name) if name in (*_KEEPING, "backward"):
                    pass
                case ast.Call() if called(parent) in (*_KEEPING, "backward"):
                    pass
                case ast.stmt():
                    return sign, parent
                case _:
                    return None
            assert isinstance(parent, ast.expr)
            current = parent

    def _look_beside(self, node: ast.BinOp, part: ast.expr) -> None:
        other = node.right if part is node.left else node.left
        made = self._source.assigned(other.id) if isinstance(other, ast.Name) else None
        value = other if made is None else made.value
        calls = [one for one in ast.walk(value) if isinstance(one, ast.Call)]
        self.has_loss_beside |= any(
            called(one).endswith(("_loss", "cross_entropy", "cross_entropy_with_logits")) for one in calls
        ) and not any(isinstance(one, ast.UnaryOp) for one in ast.walk(value))


def _constant(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -float(value)
        case _:
            return None


def _shows(statement: ast.stmt) -> bool:
    """Return whether a statement only prints or counts something."""
    return isinstance(statement, ast.AugAssign) or (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and called(statement.value) in ("print", "append", "log")
    )
