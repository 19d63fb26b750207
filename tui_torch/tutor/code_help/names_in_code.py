"""The names that code binds where the cursor is, and to what as far as the code says; read, and not run."""

from __future__ import annotations

import ast
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from tui_torch.protocol.code_help import Binding, Member

LONGEST = 300
"""Maximum characters of an expression that is passed on."""
_REPAIRS = 30
"""Maximum number of lines that are left out of code that is no Python as it stands."""
_LONG = 200
"""The number of lines from which on code is read in blocks, of which only those that have changed are read again."""
_BLOCK = 16
"""The number of lines of a block that stand at the left, about."""
_NO_BEGINNING = re.compile(r"(?:else|elif|except|finally)\b")
_TARGETS = re.compile(r"\bfor\s+([\w\s,()]+?)\s+in\b|\blambda\s+([\w\s,*]+?):|\b(\w+)\s*:=")
_ASSIGNED = re.compile(r"^[ \t]*([^\W\d]\w*)[ \t]*=(?!=)", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def names_at(
    code: str, row: int, standing: Sequence[str] = (), run: Mapping[str, Binding] | None = None
) -> tuple[Binding, ...]:
    """The names that there are when the statement at a row (0 is the first) runs.

    Args:
        standing: Code that has run before, oldest first.
        run: What the code that ran last has bound, so that it is known of which names there is a value.
    """
    lines = code.split("\n")
    first, last = _statement_around(lines, row)
    blank = [*lines[:first], _idle(lines[first]), *[""] * (last - first), *lines[last + 1 :]]
    around = _names_around_in_blocks(blank, first) if len(blank) >= _LONG else None
    everywhere, here = around or _names_around("\n".join(blank), first)
    ran = run or {}
    found: dict[str, Binding] = {}
    if around is None and not _is_python("\n".join(blank)):
        # What a broken line would bind is there if it has run before it was broken.
        _add(found, ran, ran)
    for earlier in standing:
        _add(found, bound_in(earlier), ran)
    _add(found, everywhere, ran)
    found |= here
    for match in _TARGETS.finditer("\n".join(lines[first : last + 1])):
        for name in re.findall(r"[^\W\d]\w*", " ".join(filter(None, match.groups()))):
            found[name] = Binding(name, "value")
    return tuple(found.values())


def _add(found: dict[str, Binding], newer: Mapping[str, Binding], ran: Mapping[str, Binding]) -> None:
    """Add what later code binds, marked where it is what ran last."""
    for name, binding in newer.items():
        if ran.get(name) == binding:
            found[name] = replace(binding, is_run=True)
        elif name not in found or not _refers_to_itself(binding):
            found[name] = binding


def _refers_to_itself(binding: Binding) -> bool:
    """Whether it is as `x = f(x)`, which says nothing more of x than was known before."""
    return binding.kind == "value" and re.search(rf"\b{re.escape(binding.name)}\b", binding.source) is not None


@lru_cache(8)
def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@lru_cache(8)
def _names_around(code: str, row: int) -> tuple[dict[str, Binding], dict[str, Binding]]:
    """The names that code binds before a row, those of the module and those of the functions around it."""
    everywhere: dict[str, Binding] = {}
    here: dict[str, Binding] = {}
    tree = _parsed(code)
    if tree is None:
        above = "\n".join(code.split("\n")[:row])
        return {name: Binding(name, "value") for name in _ASSIGNED.findall(above)}, here
    functions = [*_functions_around(tree, row + 1)]
    # In a function, what the code binds below it is there once it is called.
    _bind(everywhere, tree.body, None if functions else row + 1)
    for function, cls in functions:
        _bind_parameters(here, function, cls)
        _bind(here, function.body, row + 1)
    return everywhere, here


def _names_around_in_blocks(lines: Sequence[str], row: int) -> tuple[dict[str, Binding], dict[str, Binding]] | None:
    """What `_names_around()` gives for long code; None where one of its blocks is no Python by itself.

    Python reads 5,000 lines in 60 ms, in which no other thread goes on: the app would not hear a key.
    """
    blocks = [*_blocks(lines)]
    bound = [_bound_in_block(code) for _, code in blocks]
    known = [names for names in bound if names is not None]
    if len(known) < len(bound):
        return None
    at = max(number for number, (first, _) in enumerate(blocks) if first <= row)
    first, code = blocks[at]
    within, here = _names_around(code, row - first)
    everywhere: dict[str, Binding] = {}
    below = known[at + 1 :] if any(True for _ in _functions_around(ast.parse(code), row - first + 1)) else []
    for names in (*known[:at], within, *below):
        for binding in names.values():
            _put(everywhere, binding)
    return everywhere, here


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Parts of code, and the row where each begins. Where all of them are Python, the code is what they are in turn.

    What a line says tells whether a block begins with it: so the blocks stay the same around one that is changed.
    """
    first = 0
    for row in range(1, len(lines)):
        line = lines[row]
        if not line[:1].isidentifier() or zlib.crc32(line.encode("utf-8", "replace")) % _BLOCK:
            continue
        if lines[row - 1][:1] != "@" and not _NO_BEGINNING.match(line):
            yield first, "\n".join(lines[first:row])
            first = row
    yield first, "\n".join(lines[first:])


@lru_cache(2048)
def _bound_in_block(code: str) -> dict[str, Binding] | None:
    """The names that a block binds; None if it is no Python."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: dict[str, Binding] = {}
    _bind(found, tree.body, None)
    return found


@lru_cache(512)  # a notebook of many cells, read again at every key
def _bound_in(code: str) -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    tree = _parsed(code)
    if tree is not None:
        _bind(found, tree.body, None)
    return found


def bound_in(code: str) -> dict[str, Binding]:
    """The names that code has bound once it has run, and to what."""
    return dict(_bound_in(code))


@lru_cache(8)
def _parsed(code: str) -> ast.Module | None:
    """The syntax tree of code, without the lines that are no Python; None if too many are none."""
    lines = code.split("\n")
    for _ in range(_REPAIRS):
        try:
            return ast.parse("\n".join(lines))
        except (ValueError, RecursionError, MemoryError):  # a null character, brackets without end
            return None
        except SyntaxError as error:
            at = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
            opened = re.search(r"on line (\d+)$", error.msg or "")
            if isinstance(error, IndentationError) and opened is not None:
                lines[int(opened[1]) - 1] += " pass"
            elif isinstance(error, IndentationError) and lines[at].strip():
                lines[at] = ""
            elif lines[at].strip() in ("", "pass") or lines[at] == _stand_in(lines[at]):
                # The fault is further up: what stands before the line where Python noticed it.
                above = next((number for number in range(at - 1, -1, -1) if lines[number].strip()), None)
                if above is None:
                    return None
                lines[above], lines[at] = _idle(lines[above]), ""
            else:
                lines[at] = _stand_in(lines[at])
    return None


def _stand_in(line: str) -> str:
    """A line that is Python in place of one that is not, as deep; what is assigned to has some value then."""
    assigned = _ASSIGNED.match(line)
    return _idle(line) if assigned is None else f"{assigned[0]} _"


def _idle(line: str) -> str:
    """A line that does nothing in place of another, as deep."""
    code = line.lstrip(" \t")
    return line[: len(line) - len(code)] + ("if True:" if code.rstrip().endswith(":") else "pass")


def _statement_around(lines: Sequence[str], row: int) -> tuple[int, int]:
    """The first and the last row of the statement at a row: it may begin above, with a bracket that is open."""
    row = min(row, len(lines) - 1)
    depth, first = 0, row
    for number in range(max(0, row - 40), row):
        if depth <= 0:
            depth, first = 0, number
        line = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", lines[number])
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
    is_inside = depth > 0 and _depth(lines[row]) > _depth(lines[first])
    return (first if is_inside else row), row


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _functions_around(
    node: ast.AST, line: int, cls: ast.ClassDef | None = None
) -> Iterator[tuple[Function, ast.ClassDef | None]]:
    """The functions that a line is in, the outermost first, and the class that each is a method of."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        begin, end = getattr(child, "lineno", line), getattr(child, "end_lineno", line)
        if begin <= line <= (end or begin):
            if isinstance(child, Function):
                yield child, cls
            yield from _functions_around(child, line, child if isinstance(child, ast.ClassDef) else None)


def _bind(found: dict[str, Binding], body: Sequence[ast.stmt], until: int | None) -> None:
    """Add what statements bind, those of the blocks in them too, up to a line."""
    for node in body:
        if until is not None and node.lineno >= until:
            return
        for binding in _bindings(node):
            _put(found, binding)
        for name in ("body", "orelse", "finalbody"):
            if not isinstance(node, Function | ast.ClassDef):
                _bind(found, getattr(node, name, ()), until)
        for inner in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            _bind(found, inner.body, until)


def _put(found: dict[str, Binding], binding: Binding) -> None:
    """Add what is bound later than all that was found before."""
    before = found.get(binding.name)
    if before is None or not _refers_to_itself(binding):
        found[binding.name] = binding
    else:
        found[binding.name] = Binding(before.name, before.kind, before.source, before.members)


def _bindings(node: ast.stmt) -> Iterator[Binding]:
    match node:
        case ast.Import(names):
            for alias in names:
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                yield Binding(alias.asname or path, "import", path)
        case ast.ImportFrom(module, names, 0):
            yield from (
                Binding(alias.asname or alias.name, "import", f"{module}.{alias.name}")
                for alias in names
                if alias.name != "*"
            )
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield Binding(node.name, "function", _header(node))
        case ast.ClassDef(name):
            yield Binding(name, "class", ", ".join(map(_source, node.bases)), tuple(_members(node)))
        case ast.Assign(targets, value):
            for target in targets:
                yield from _assigned(target, value)
        case ast.AnnAssign(ast.Name(name), annotation):
            yield Binding(name, "annotated", _source(annotation))
        case ast.For(target) | ast.AsyncFor(target):
            yield from _assigned(target, None)
        case ast.With(items) | ast.AsyncWith(items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _assigned(item.optional_vars, None)
        case _:
            pass


def _assigned(target: ast.expr, value: ast.expr | None) -> Iterator[Binding]:
    match target, value:
        case ast.Name(name), _:
            yield Binding(name, "value", "" if value is None else _source(value))
        case ((ast.Tuple(names) | ast.List(names)), (ast.Tuple(values) | ast.List(values))) if len(names) == len(
            values
        ):
            for one, its in zip(names, values, strict=True):
                yield from _assigned(one, its)
        case ((ast.Tuple(names) | ast.List(names)), _):
            for one in names:
                yield from _assigned(one, None)
        case ast.Starred(inner), _:
            yield from _assigned(inner, None)
        case _:
            pass


def _bind_parameters(found: dict[str, Binding], function: Function, cls: ast.ClassDef | None) -> None:
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in (*given, arguments.vararg, arguments.kwarg):
        if argument is None:
            continue
        if cls is not None and argument is (given or [None])[0] and not _is_static(function):
            found[argument.arg] = Binding(argument.arg, "instance", cls.name)
            # The class itself, whose name is bound only after its block.
            found[cls.name] = next(_bindings(cls))
        elif argument.annotation is not None and argument not in (arguments.vararg, arguments.kwarg):
            found[argument.arg] = Binding(argument.arg, "annotated", _source(argument.annotation))
        else:
            found[argument.arg] = Binding(argument.arg, "value")


def _is_static(function: Function) -> bool:
    return any(
        isinstance(one, ast.Name) and one.id in ("staticmethod", "classmethod") for one in function.decorator_list
    )


def _members(cls: ast.ClassDef) -> Iterator[Member]:
    """What a class defines, and what its methods give to `self`, each name once."""
    given: dict[str, Member] = {}
    defined: dict[str, Member] = {}
    for node in cls.body:
        if isinstance(node, Function):
            defined[node.name] = Member(node.name, "function", _header(node))
            for name, value in _given_to_self(node):
                given.setdefault(name, Member(name, "value", "" if value is None else _source(value)))
        else:
            for binding in _bindings(node):
                given[binding.name] = Member(binding.name, binding.kind, binding.source)
    yield from (given | defined).values()


def _given_to_self(method: Function) -> Iterator[tuple[str, ast.expr | None]]:
    """The attributes that a method gives to its first argument, and their values."""
    first = method.args.args[0].arg if method.args.args else ""
    for node in ast.walk(method):
        match node:
            case ast.Assign(targets, value):
                pass
            case ast.AnnAssign(target, value=value):
                targets = [target]
            case _:
                continue
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == first:
                yield target.attr, value


def _header(function: Function) -> str:
    returns = f" -> {_source(function.returns)}" if function.returns is not None else ""
    return f"({_source(function.args)}){returns}"


def _source(node: ast.AST) -> str:
    """An expression as text; empty for one that is too long."""
    text = ast.unparse(node)
    return text if len(text) <= LONGEST else ""
