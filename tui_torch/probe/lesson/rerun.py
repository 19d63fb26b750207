"""Running the learner's code once more for a check, with other numbers, in a copy of the names that there are.

What was computed follows the numbers; what was typed in, or fits these numbers by chance, does not.
"""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch

from tui_torch.probe.lesson.namespace import seed

_FILE = "<your code, run again>"
_GIVEN = "__given_{}__"
"""The name of a value that is given in place of what the code assigns."""


_ASKING = ((torch.Tensor, "backward"), (torch.autograd, "backward"), (torch.autograd, "grad"))
"""How code asks for gradients."""


class NotRerunError(Exception):
    """The code cannot be run a second time, so that nothing is known of what it would do."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What code left when it was run again."""

    names: dict[str, Any]
    walks: int
    """How often autograd was asked for gradients, by `backward()` or by `torch.autograd.grad()`."""

    def __getitem__(self, name: str) -> Any:
        return self.names[name]


def rerun_of(source: str, namespace: Mapping[str, object]) -> Callable[..., Rerun]:
    """What checks call `rerun`: it runs the code again, and changes nothing that exists.

    Args:
        source: The learner's code.
        namespace: What it left, of which each run gets a copy of its own.
    """

    def rerun(random_seed: int = 0, /, **given: object) -> Rerun:
        """Run the code again, seeded. A given value takes the place of what the code first assigns to that name.

        Raises NotRerunError if the code has parts that are not Python's, or asks for input; and what the code raises.
        """
        code = _with_given(source, given)
        # Filled, and not replaced: the copied functions find their names there.
        names = copied(namespace)
        names.update(given)
        names.update({_GIVEN.format(name): value for name, value in given.items()})
        walks, within = 0, 0

        def counted(ask: Callable[..., Any]) -> Callable[..., Any]:
            def asked(*arguments: Any, **options: Any) -> Any:
                nonlocal walks, within
                # `Tensor.backward()` asks in its turn.
                walks += not within
                within += 1
                try:
                    return ask(*arguments, **options)
                finally:
                    within -= 1

            return asked

        with ExitStack() as patches:
            for owner, name in _ASKING:
                patches.enter_context(mock.patch.object(owner, name, counted(getattr(owner, name))))
            seed(random_seed)
            exec(code, names)
        return Rerun(names, walks)

    return rerun


def copied(namespace: Mapping[str, object]) -> dict[str, Any]:
    """A copy of names and of what they hold, in which functions use the copies, too.

    What holds parts of another, as an optimizer holds a model's, holds them in the copy. What cannot be copied, such as
    a tensor with a graph, is the same as before.
    """
    memo: dict[int, Any] = {}
    copies: dict[str, Any] = {}
    for name, value in namespace.items():
        if isinstance(value, types.FunctionType) and value.__globals__ is namespace:
            made = types.FunctionType(value.__code__, copies, value.__name__, value.__defaults__, value.__closure__)
            made.__kwdefaults__ = value.__kwdefaults__
            copies[name] = made
            continue
        known = set(memo)
        try:
            copies[name] = value if name.startswith("_") else copy.deepcopy(value, memo)
        except Exception:  # of any kind: a lock, a generator, a tensor with a graph
            copies[name] = value
            # What was copied halfway is gone, and the next object may get its number.
            for number in memo.keys() - known:
                del memo[number]
    return copies


def _with_given(source: str, given: Mapping[str, object]) -> types.CodeType:
    try:
        tree = ast.parse(source)
        if any(isinstance(node, ast.Call) and _name(node.func) == "input" for node in ast.walk(tree)):
            raise NotRerunError
        first: dict[str, str] = {}
        body: list[ast.stmt] = []
        for statement in tree.body:
            body.append(statement)
            # Whoever writes an answer below the starter may assign the same again.
            body.extend(
                _takes_given(name, statement)
                for name in sorted(_assigned(statement) & given.keys())
                if first.setdefault(name, ast.dump(statement)) == ast.dump(statement)
            )
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if bound & given.keys() - first.keys():  # by a loop, or in a block: the given value would not last
            raise NotRerunError
        tree.body = body
        return compile(ast.fix_missing_locations(tree), _FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotRerunError from None


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that an assignment binds, several at once too; none for other statements."""
    match statement:
        case ast.Assign(targets=targets):
            pass
        case ast.AnnAssign(target=target):
            targets = [target]
        case _:
            return set()
    nodes = [node for target in targets for node in ast.walk(target)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _takes_given(name: str, after: ast.stmt) -> ast.Assign:
    value = ast.Name(_GIVEN.format(name), ast.Load())
    return ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], value), after)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
