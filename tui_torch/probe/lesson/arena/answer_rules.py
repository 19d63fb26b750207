"""Rules about the code of an answer, read off its syntax tree: which names it uses, loops, how many statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_torch.protocol.events import CheckResult
from tui_torch.protocol.grading.asked import (
    ALLOWED_CALLS,
    NO_LOOPS,
    REQUIRED_CALLS,
    SHORT_ENOUGH,
    AnswerRules,
)

_OPERATORS: dict[type[ast.operator], str] = {ast.MatMult: "@", ast.Pow: "**"}
_LOOPS: dict[type[ast.AST], str] = {
    ast.For: "a `for` loop",
    ast.AsyncFor: "a `for` loop",
    ast.While: "a `while` loop",
    ast.ListComp: "a list comprehension",
    ast.SetComp: "a set comprehension",
    ast.DictComp: "a dict comprehension",
    ast.GeneratorExp: "a generator expression",
}
_LOOPING_CALLS = ("map", "filter", "reduce", "vectorize", "frompyfunc", "apply_", "map_")
"""Functions that call another for each element."""
_UNCOUNTED = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Pass,
    ast.Global,
    ast.Nonlocal,
)


def follow_rules(rules: AnswerRules, source: str, standing: Sequence[str]) -> list[CheckResult]:
    """A result for each rule that is set. Code that is not Python alone, such as IPython's `%time`, follows all rules.

    Args:
        rules: The rules.
        source: The answer.
        standing: The code before it, whose imports it can use.
    """
    try:
        tree = ast.parse(source)
        earlier = [ast.parse(code) for code in standing]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree, earlier = ast.Module([], []), []
    used = list(_uses(tree, _aliases([*earlier, tree])))
    results: list[CheckResult] = []
    if rules.forbid:
        results.append(_result(ALLOWED_CALLS, _forbidden(rules.forbid, used)))
    if rules.require:
        results.append(_result(REQUIRED_CALLS, _missing(rules.require, used) if tree.body else ""))
    if not rules.has_loops:
        results.append(_result(NO_LOOPS, _first_loop(tree, used)))
    if rules.statements is not None:
        results.append(_result(SHORT_ENOUGH, _too_many(tree, rules.statements)))
    return results


def _result(name: str, message: str) -> CheckResult:
    return CheckResult(name, not message, message)


@dataclass(frozen=True, slots=True)
class _Use:
    """A name that code uses."""

    path: str
    """As it is imported: `torch.softmax`, for `from torch import softmax as s` and `s(x)`, too."""
    line: int

    def is_of(self, rule: str) -> bool:
        """Whether a rule means this name: by its last part, or by its whole path."""
        if "." in rule:
            return self.path == rule or self.path.startswith(f"{rule}.")
        return self.path.rpartition(".")[2] == rule


def _aliases(trees: Sequence[ast.Module]) -> dict[str, str]:
    """What imported names stand for: `F` for `torch.nn.functional`."""
    found: dict[str, str] = {}
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=names):
                    found.update({alias.asname: alias.name for alias in names if alias.asname})
                case ast.ImportFrom(module=str(module), names=names):
                    found.update({alias.asname or alias.name: f"{module}.{alias.name}" for alias in names})
                case _:
                    pass
    return found


def _uses(tree: ast.Module, aliases: dict[str, str]) -> Iterator[_Use]:
    own = _bound(tree)
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in _OPERATORS:
                yield _Use(_OPERATORS[type(operator)], node.lineno)
            case ast.Attribute(value=ast.Name(id="self")):
                pass  # a method of the learner's own
            case ast.Attribute(ctx=ast.Load()):
                yield _Use(_path(node, aliases), node.lineno)
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name)), *_]):
                yield _Use(f"{_path(owner, aliases)}.{name}", node.lineno)
            case ast.Name(id=name, ctx=ast.Load()) if name in aliases or name not in own:
                yield _Use(aliases.get(name, name), node.lineno)
            case _:
                pass


def _bound(tree: ast.Module) -> set[str]:
    """The names that the learner's own code makes: functions, classes, variables, arguments."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case _:
                pass
    return found


def _path(node: ast.expr, aliases: dict[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            return aliases.get(name, name)
        case ast.Attribute(value=value, attr=name):
            return f"{_path(value, aliases)}.{name}"
        case _:
            return ""


def _forbidden(names: Sequence[str], used: Sequence[_Use]) -> str:
    broken = [(use, rule) for use in used for rule in names if use.is_of(rule)]
    if not broken:
        return ""
    use, rule = min(broken, key=lambda one: one[0].line)
    written = use.path.lstrip(".") if use.path.startswith("torch.") else rule
    return f"line {use.line} uses `{written}`, and this problem is to be solved without it"


def _missing(names: Sequence[str], used: Sequence[_Use]) -> str:
    absent = [f"`{rule}`" for rule in names if not any(use.is_of(rule) for use in used)]
    return f"your code does not use {' and '.join(absent)}, which this problem asks for" if absent else ""


def _first_loop(tree: ast.Module, used: Sequence[_Use]) -> str:
    loops = [(node.lineno, _LOOPS[type(node)]) for node in ast.walk(tree) if type(node) in _LOOPS]  # type: ignore[attr-defined]
    loops += [(use.line, f"`{rule}`") for use in used for rule in _LOOPING_CALLS if use.is_of(rule)]
    if not loops:
        return ""
    line, what = min(loops)
    return f"line {line} has {what}: here PyTorch is to go over the elements, and not Python"


def _too_many(tree: ast.Module, most: int) -> str:
    count = sum(
        isinstance(node, ast.stmt) and not isinstance(node, _UNCOUNTED) and not _is_text(node)
        for node in ast.walk(tree)
    )
    if count <= most:
        return ""
    return f"your code has {count} statements, expected at most {most} besides imports and `def` lines"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
