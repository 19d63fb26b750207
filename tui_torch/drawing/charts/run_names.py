"""Names of runs, by what differs between their versions of a step's code: `lr=1e-5` and `lr=1e-2`."""

from __future__ import annotations

import ast
import difflib
import warnings
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, cast

from tui_torch.protocol.late_dataclass import dataclass

LONGEST = 24
"""Maximum length of a name, in characters."""

_MAX_PARSED = 50_000
"""Maximum length of code that is parsed, in characters; longer code is compared by its lines."""

_MAX_DIFFERENCES = 2
"""Maximum number of differences in a name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two versions, as short text of each."""

    before: str
    after: str


def differences(before: str, after: str) -> tuple[Difference, ...]:
    """The differences of two versions of some code, in the order of the code; comments and layout do not count.

    An argument is written as `lr=0.1`, an assignment as `epochs=100`, another function or class as its name. A line
    of only one version is written as that line, and after `no` for the other version.
    """
    if before == after:
        return ()
    old, new = _Source.of(before), _Source.of(after)
    if old is None or new is None:
        return tuple(_by_lines(before, after))
    found = _Comparison(old, new).bodies(old.tree.body, new.tree.body)
    return tuple(dict.fromkeys(found))


def names_of(codes: Sequence[str], numbers: Sequence[int]) -> tuple[str, ...]:
    """Name each run of a step by the differences of its code from the last run's, and the last run by all of them.

    Args:
        codes: The code of each run, oldest first.
        numbers: The number of each run, which distinguishes runs that would have the same name: `run 3`.
    """
    *earlier, last = codes
    apart = [differences(code, last) for code in earlier]
    names = [_joined([difference.before for difference in found]) for found in apart]
    # The most recent change comes first.
    own = _joined(list(dict.fromkeys(difference.after for found in reversed(apart) for difference in found)))
    names = [*(name or own for name in names), own]
    return tuple(
        f"run {number}" if not name else f"{name} (run {number})" if names.count(name) > 1 else name
        for name, number in zip(names, numbers, strict=True)
    )


def _joined(texts: list[str]) -> str:
    name = ", ".join(texts[:_MAX_DIFFERENCES])
    return name if len(name) <= LONGEST else _shortened(texts[0])


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 2].rstrip() + ".."


def _by_lines(before: str, after: str) -> Iterator[Difference]:
    """The first line that differs, of code that cannot be parsed."""
    for old, new in zip_longest(before.splitlines(), after.splitlines(), fillvalue=""):
        if old.strip() != new.strip():
            yield _one_sided(old, new)
            return


def _one_sided(old: str, new: str) -> Difference:
    """A difference of two lines, one of which may be empty: missing."""
    old, new = old.strip(), new.strip()
    return Difference(_shortened(old or f"no {new}"), _shortened(new or f"no {old}"))


@dataclass(frozen=True, slots=True)
class _Source:
    """Some code with its syntax tree."""

    code: str
    tree: ast.Module

    @classmethod
    def of(cls, code: str) -> _Source | None:
        """Parse some code; None if it is not Python, or too long."""
        if len(code) > _MAX_PARSED:
            return None
        try:
            with warnings.catch_warnings():
                # Warnings about escapes in strings do not belong on the learner's screen.
                warnings.simplefilter("ignore")
                return cls(code, ast.parse(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def text(self, node: ast.AST) -> str:
        """The source of a node, on one line."""
        return " ".join((ast.get_source_segment(self.code, node) or ast.unparse(node)).split())

    def line(self, node: ast.AST) -> str:
        """The first line of a statement."""
        return self.text(node) if isinstance(node, ast.Expr | ast.Assign) else ast.unparse(node).splitlines()[0]


def _placed(nodes: list[object]) -> list[ast.AST] | None:
    """The nodes of a list, when each of them is somewhere in the code; None for operators, None, names and the like."""
    placed = [node for node in nodes if isinstance(node, ast.AST) and hasattr(node, "lineno")]
    return placed if len(placed) == len(nodes) else None


def _dumped(node: object) -> object:
    return ast.dump(node) if isinstance(node, ast.AST) else node


class _Comparison:
    """Two trees, gone through side by side."""

    def __init__(self, old: _Source, new: _Source) -> None:
        self._old = old
        self._new = new

    def bodies(self, old: Sequence[ast.AST], new: Sequence[ast.AST]) -> Iterator[Difference]:
        """Two lists of statements, of arguments or of other nodes, aligned."""
        matcher = difflib.SequenceMatcher(
            None, [ast.dump(node) for node in old], [ast.dump(node) for node in new], autojunk=False
        )
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag == "equal":
                continue
            for one, other in zip_longest(old[i:j], new[k:m]):
                if one is None or other is None:
                    yield _one_sided(
                        self._old.line(one) if one is not None else "",
                        self._new.line(other) if other is not None else "",
                    )
                else:
                    yield from self.nodes(one, other)

    def nodes(self, old: ast.AST, new: ast.AST) -> Iterator[Difference]:
        """The differences of two nodes in the same place."""
        if ast.dump(old) == ast.dump(new):
            return
        match old, new:
            case ast.Assign(targets=[ast.Name(name)]), ast.Assign(targets=[ast.Name(other)]) if name == other:
                yield from self._named(name, old.value, new.value)
            case (
                ast.Assign(targets=[ast.Tuple(targets)], value=ast.Tuple(values)),
                ast.Assign(targets=[ast.Tuple(others)], value=ast.Tuple(now)),
            ) if list(map(ast.dump, targets)) == list(map(ast.dump, others)) and len(values) == len(now):
                for target, before, after in zip(targets, values, now, strict=False):
                    if ast.dump(before) != ast.dump(after):
                        yield from self._named(ast.unparse(target), before, after)
            case ast.AnnAssign(target=ast.Name(name)), ast.AnnAssign(target=ast.Name(other)) if (
                name == other and old.value is not None and new.value is not None
            ):
                yield from self._named(name, old.value, new.value)
            case ast.Call(), ast.Call():
                yield from self._calls(old, new)
            case ast.Attribute(value=before, attr=attribute), ast.Attribute(value=after, attr=other) if ast.dump(
                before
            ) == ast.dump(after):
                yield Difference(_shortened(attribute), _shortened(other))
            case _ if type(old) is type(new) and not isinstance(old, ast.Constant | ast.Name):
                yield from self._fields(old, new)
            case _:
                yield self._whole(old, new)

    def _fields(self, old: ast.AST, new: ast.AST) -> Iterator[Difference]:
        found: list[Difference] = []
        for field in old._fields:
            one: Any = getattr(old, field, None)
            other: Any = getattr(new, field, None)
            match one, other:
                case list(), list():
                    befores, afters = cast("list[object]", one), cast("list[object]", other)
                    nodes, others = _placed(befores), _placed(afters)
                    if nodes is not None and others is not None:
                        found += self.bodies(nodes, others)
                    elif list(map(_dumped, befores)) != list(map(_dumped, afters)):
                        found.append(self._whole(old, new))
                case ast.AST(), ast.AST():
                    if isinstance(one, ast.operator | ast.unaryop | ast.cmpop | ast.boolop | ast.expr_context):
                        if type(one) is not type(other):
                            found.append(self._whole(old, new))
                    else:
                        found += self.nodes(one, other)
                case _ if one != other:
                    found.append(self._whole(old, new))
                case _:
                    pass
        short = self._whole(old, new)
        # A small expression is clearer as a whole than as its digit: `x * 2` and `x * 3`.
        if isinstance(old, ast.expr) and isinstance(new, ast.expr) and max(map(len, self._texts(old, new))) <= LONGEST:
            yield short
            return
        yield from found

    def _named(self, name: str, old: ast.expr, new: ast.expr) -> Iterator[Difference]:
        """The value of an argument or a variable: as `name=value` if it is short, or else its inner differences."""
        before, after = self._texts(old, new)
        compound = isinstance(old, ast.Call) and isinstance(new, ast.Call)
        if not compound and max(len(before), len(after)) + len(name) < LONGEST:
            yield Difference(f"{name}={before}", f"{name}={after}")
        else:
            yield from self.nodes(old, new)

    def _calls(self, old: ast.Call, new: ast.Call) -> Iterator[Difference]:
        if ast.dump(old.func) != ast.dump(new.func):
            yield from self.nodes(old.func, new.func)
        short = max(map(len, self._texts(old, new))) <= LONGEST
        if short and ast.dump(old.func) == ast.dump(new.func) and not old.keywords and not new.keywords:
            # `range(100)` is clearer than 100.
            yield self._whole(old, new)
            return
        yield from self.bodies(old.args, new.args)
        given = {keyword.arg: keyword.value for keyword in old.keywords}
        now = {keyword.arg: keyword.value for keyword in new.keywords}
        for name in dict.fromkeys([*given, *now]):
            before, after = given.get(name), now.get(name)
            keyword = name or "**"
            if before is not None and after is not None:
                if ast.dump(before) != ast.dump(after):
                    yield from self._named(keyword, before, after)
            elif before is not None:
                yield Difference(_shortened(f"{keyword}={self._old.text(before)}"), _shortened(f"no {keyword}"))
            elif after is not None:
                yield Difference(_shortened(f"no {keyword}"), _shortened(f"{keyword}={self._new.text(after)}"))

    def _texts(self, old: ast.AST, new: ast.AST) -> tuple[str, str]:
        return self._old.text(old), self._new.text(new)

    def _whole(self, old: ast.AST, new: ast.AST) -> Difference:
        match old, new:
            case ast.Call(func=ast.Attribute(attr=before)), ast.Call(func=ast.Attribute(attr=after)):
                # `Linear(3, 5)`: without its module.
                texts = self._texts(old, new)
                prefixes = self._texts(old.func, new.func)
                return Difference(
                    _shortened(before + texts[0].removeprefix(prefixes[0])),
                    _shortened(after + texts[1].removeprefix(prefixes[1])),
                )
            case ast.stmt(), ast.stmt():
                return Difference(_shortened(self._old.line(old)), _shortened(self._new.line(new)))
            case _:
                before, after = self._texts(old, new)
                return Difference(_shortened(before), _shortened(after))
