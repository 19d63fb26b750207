"""What a process needs of the learner's program, found when the process starts.

A fork has all of it. A process that is spawned, or forked by a server, imports the main module of a script, which is
its file; the learner's code has none, and it is not to be run again as a whole: it would train again. So of the code,
only the definitions are sent that the process's own objects lead to, with the values of the names that they use.
"""

from __future__ import annotations
import __future__

import ast
import functools
import marshal
import multiprocessing
import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from multiprocessing import spawn
from typing import Any

from tui_torch.probe.isolation.jupyter_internals import forget_folder_of, target_of
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.workers.revival import AS_MAIN, Program

KEY = "tui_torch"
"""The key of the program in what `multiprocessing` sends to a process that starts."""
MET = 5000
"""Maximum number of objects that are looked at on the way to the classes and functions of a process."""

_PLAIN = (int, float, complex, bool, str, bytes, type(None), types.ModuleType)
_COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)


class MainProgram:
    """The learner's program, of which each process that starts is sent what it needs.

    Args:
        names: The learner's namespace.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self.codes: list[tuple[str, str]] = []
        """The code that the namespace comes from: (file name, code), in its order."""
        self.is_in_a_file = False
        """Whether it is a program in a file, which each process that starts imports by itself."""

    def install(self) -> None:
        """Let `multiprocessing` send it to each process that is no fork."""
        original = spawn.get_preparation_data

        @functools.wraps(original)
        def get_preparation_data(name: str) -> dict[str, Any]:
            data: dict[str, Any] = original(name)
            # Whose name that is, is known to the function that asks.
            process = local_names(sys._getframe(1)).get("process_obj")
            if process is not None:
                forget_folder_of(process)
            if self.is_in_a_file:
                return data
            with suppress(Exception):
                data[KEY] = self.part_for(process)
                data.pop("init_main_from_path", None)
                data["init_main_from_name"] = AS_MAIN
            return data

        spawn.get_preparation_data = get_preparation_data
        if "forkserver" in multiprocessing.get_all_start_methods():
            # Else each of its processes would import it, for more than a second.
            multiprocessing.get_context("forkserver").set_forkserver_preload(["torch"])

    def part_for(self, process: object) -> Program:
        """Return what a process needs: what its objects are of, and all that this refers to.

        Args:
            process: A `multiprocessing.Process` that has not started.
        """
        statements = [
            (filename, statement, flags) for filename, code in self.codes for statement, flags in _statements(code)
        ]
        needed: dict[str, None] = {}
        values: dict[str, bytes] = {}
        waiting = list(_names_of(process))
        if not _is_given_all(process):
            waiting += (name for name, value in self._names.items() if _is_defined(value))
        while waiting:
            name = waiting.pop()
            if name in needed:
                continue
            needed[name] = None
            for _, statement, _ in statements:
                if self._defines(statement, {name: None}):
                    waiting += _used_by(statement)
            if name in self._names and not _is_defined(value := self._names[name]):
                with suppress(Exception):
                    values[name] = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
                    waiting += _names_of(value)
        kept = [
            (filename, statement, flags)
            for filename, statement, flags in statements
            if self._defines(statement, needed)
        ]
        definitions = [
            marshal.dumps(compile(ast.Module([statement], []), filename, "exec", flags, dont_inherit=True))
            for filename, statement, flags in kept
        ]
        files = {filename for filename, _, _ in kept}
        sources = tuple((filename, code) for filename, code in self.codes if filename in files)
        return Program(tuple(definitions), tuple(values.items()), sources)

    def _defines(self, statement: ast.stmt, needed: Mapping[str, None]) -> bool:
        """Whether a statement defines a name that is needed, and does nothing else."""
        bound = _bound_by(statement)
        if "*" in bound:
            return True
        if not needed.keys() & bound:
            return False
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            return True
        # `Point = namedtuple(...)` and `square = lambda x: x * x`, which cannot be pickled.
        is_simple = isinstance(statement.value, ast.Lambda | ast.Name | ast.Attribute)
        return all(_is_defined(self._names.get(name)) and (is_simple or _is_class(self._names[name])) for name in bound)


def _is_given_all(process: object) -> bool:
    """Whether a process is given what it works on when it starts. The workers of a pool get it later."""
    module = _module_of(target_of(process))
    return module == "__main__" or str(module).startswith("torch.utils.data.")


def _is_class(value: object) -> bool:
    return issubclass(type(value), type)


def _is_defined(value: object) -> bool:
    """Whether a value is a module, or a class or function of the learner's: what a definition makes, and no pickle."""
    if type(value) is types.ModuleType:
        return True
    return (type(value) is types.FunctionType or _is_class(value)) and _module_of(value) == "__main__"


def _module_of(value: object) -> object:
    return getattr(value, "__module__", None)


@functools.lru_cache(maxsize=64)
def _statements(code: str) -> tuple[tuple[ast.stmt, int], ...]:
    """The statements that bind names by definitions or assignments, with the compiler's flags for them."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        with suppress(SyntaxError):  # a command of IPython's, such as `%time`
            tree = ast.parse(TransformerManager().transform_cell(code))
            return tuple(_binding(tree.body, _flags(tree)))
        return ()
    return tuple(_binding(tree.body, _flags(tree)))


def _flags(tree: ast.Module) -> int:
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _binding(body: list[ast.stmt], flags: int) -> Iterator[tuple[ast.stmt, int]]:
    for statement in body:
        match statement:
            case ast.ImportFrom(module="__future__"):
                continue
            case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement, flags
            case ast.Assign() | ast.AnnAssign(value=ast.expr()):
                if _bound_by(statement):
                    yield statement, flags
            case _ if isinstance(statement, _COMPOUND):
                for part in ("body", "handlers", "orelse", "finalbody"):
                    for inner in getattr(statement, part, ()):
                        yield from _binding(inner.body if isinstance(inner, ast.ExceptHandler) else [inner], flags)
            case _:
                continue


def _bound_by(statement: ast.stmt) -> set[str]:
    """The names that a statement binds; `*` for all those of a module. Empty for `a.b = c` and `a, b = c`."""
    match statement:
        case ast.Import(names=aliases):
            return {alias.asname or alias.name.partition(".")[0] for alias in aliases}
        case ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name for alias in aliases}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


def _used_by(statement: ast.stmt) -> set[str]:
    """The names that a definition refers to."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _names_of(value: object) -> set[str]:
    """The names of the learner's classes and functions that a value is of, or holds."""
    found: set[str] = set()
    met: set[int] = set()
    waiting: list[object] = [value]
    while waiting and len(met) < MET:
        one = waiting.pop()
        if type(one) in _PLAIN or id(one) in met:
            continue
        met.add(id(one))
        is_definition = _is_class(one) or type(one) is types.FunctionType
        for own in getattr(one, "__mro__", (one,)) if is_definition else type(one).__mro__:
            if _module_of(own) == "__main__":
                found.add(str(getattr(own, "__qualname__", "")).partition(".")[0])
        if not is_definition:
            waiting += _held_by(one)
    return found


def _held_by(value: Any) -> Iterator[object]:
    """The objects that a value refers to, some of very many."""
    if type(value) is types.MethodType:
        yield value.__self__
        yield value.__func__
    elif type(value) is functools.partial:
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, dict):
        yield from islice(dict.values(value), MET)
    elif isinstance(value, list | tuple | set | frozenset):
        yield from islice(value, MET)
    # Not `vars()`, which a class of the learner's may answer.
    with suppress(AttributeError):
        yield from object.__getattribute__(value, "__dict__").values()
