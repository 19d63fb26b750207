"""The names of a place in the code, and what expressions made of them are."""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from tui_torch.probe.code_help.known import (
    InstanceOf,
    Known,
    Value,
    WrittenClass,
    WrittenFunction,
    WrittenInstance,
    class_of,
    declared_in_class,
    in_class,
    in_instance,
    is_class,
    is_module,
    is_tensor,
    layer,
    names_in_class,
)
from tui_torch.probe.code_help.signatures import is_function, returned
from tui_torch.protocol.code_help import Binding, Member

_OF_TENSORS: dict[str, type] = {
    "shape": torch.Size,
    "dtype": torch.dtype,
    "device": torch.device,
    "ndim": int,
    "requires_grad": bool,
    "is_leaf": bool,
    **dict.fromkeys(("T", "mT", "H", "mH", "data", "real", "imag"), torch.Tensor),
}
"""The classes of what tensors have by descriptors, which would have to be called."""
_DISPLAYS: dict[type[ast.expr], type] = {
    ast.List: list,
    ast.ListComp: list,
    ast.Tuple: tuple,
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
    ast.JoinedStr: str,
    ast.GeneratorExp: types.GeneratorType,
}


class Scope:
    """What is known where the cursor is.

    Args:
        bindings: The names that the code binds there.
        namespace: What code left that has run. It is asked for those names alone that the code binds to the same.
    """

    def __init__(self, bindings: Sequence[Binding], namespace: Mapping[str, object]) -> None:
        self.bindings = {binding.name: binding for binding in bindings}
        self._namespace = namespace
        self._met: set[str] = set()
        """The names that are being looked up, for names that are bound to each other."""

    def named(self, name: str) -> Known | None:
        """What a name is; None if that is not known."""
        if name in self._met:
            return None
        binding = self.bindings.get(name)
        if binding is None:
            return Value(vars(builtins)[name]) if name in vars(builtins) else None
        # What a class of the code gives to its instances, only the code says.
        if binding.is_run and binding.kind != "class" and name in self._namespace:
            return Value(self._namespace[name])
        self._met.add(name)
        try:
            return self._bound(binding)
        finally:
            self._met.discard(name)

    def known(self, source: str) -> Known | None:
        """What an expression is; None if that is not known. Nothing of it runs."""
        try:
            return self._evaluated(ast.parse(source.strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def names_of(self, known: Known) -> Iterator[str]:
        """The names of the attributes of something, those first that are its own. Some may come twice."""
        match known:
            case Value(value) if is_module(value):
                yield from list(vars(value))
            case Value(value) if is_class(value):
                yield from names_in_class(value)
            case Value(value):
                yield from in_instance(value)
                yield from names_in_class(type(value))
            case InstanceOf(cls):
                yield from names_in_class(cls)
            case WrittenClass(binding, bases) | WrittenInstance(WrittenClass(binding, bases)):
                is_instance = isinstance(known, WrittenInstance)
                yield from (member.name for member in binding.members)
                for base in bases:
                    yield from self.names_of(_instance(base) if is_instance else base)
            case WrittenFunction():
                yield from names_in_class(types.FunctionType)

    def attribute(self, known: Known, name: str) -> Known | None:
        """What an attribute of something is; None if that is not known."""
        match known:
            case Value(value) if is_module(value):
                if name in vars(value):
                    return Value(vars(value)[name])
                submodule = sys.modules.get(f"{vars(value).get('__name__')}.{name}")
                return None if submodule is None else Value(submodule)
            case Value(value) if is_class(value):
                return _as_function(in_class(value, name), bound=False)
            case Value(value):
                own = in_instance(value)
                return Value(own[name]) if name in own else self._of_class(type(value), name)
            case InstanceOf(cls):
                return self._of_class(cls, name)
            case WrittenClass(binding, bases) | WrittenInstance(WrittenClass(binding, bases)):
                is_instance = isinstance(known, WrittenInstance)
                for member in binding.members:
                    if member.name == name:
                        return self._of_member(member, bound=is_instance)
                found = (self.attribute(_instance(base) if is_instance else base, name) for base in bases)
                return next((one for one in found if one is not None), None)
            case WrittenFunction():
                return None

    def called(self, known: Known | None) -> Known | None:
        """What a call gives; None if that is not known."""
        match known:
            case Value(value) if is_class(value):
                return InstanceOf(value) if in_class(type(value), "__call__") == (type.__call__,) else None
            case Value(value) if is_function(value):
                return self._annotated(*returned(value))
            case WrittenClass():
                return WrittenInstance(known)
            case WrittenFunction(source):
                return self._made(self.known(source.rpartition("->")[2])) if "->" in source else None
            case Value() | InstanceOf() | WrittenInstance():
                cls = class_of(known)
                if cls is not None and issubclass(cls, torch.nn.Module):
                    return self.called(self.attribute(known, "forward"))
                return None
            case None:
                return None

    def _bound(self, binding: Binding | Member) -> Known | None:
        match binding.kind:
            case "import":
                return imported(binding.source)
            case "class" if isinstance(binding, Binding):
                bases = (self.known(base) for base in _parts(binding.source))
                return WrittenClass(binding, tuple(base for base in bases if base is not None))
            case "function":
                return WrittenFunction(binding.source)
            case "value" if binding.source:
                return self.known(binding.source)
            case "annotated" | "instance":
                return self._made(self.known(binding.source))
            case _:
                return None

    def _of_member(self, member: Member, *, bound: bool) -> Known | None:
        found = self._bound(member)
        return WrittenFunction(found.source, bound) if isinstance(found, WrittenFunction) else found

    def _of_class(self, cls: type, name: str) -> Known | None:
        """What an instance of a class has under a name that only the class knows."""
        if issubclass(cls, torch.Tensor) and name in _OF_TENSORS:
            return InstanceOf(_OF_TENSORS[name])
        found = in_class(cls, name)
        if found is None:
            return self._annotated(declared_in_class(cls, name), _globals_of(cls))
        if type(found[0]) is property:
            return self._annotated(*returned(found[0].fget)) if is_function(found[0].fget) else None
        return _as_function(found, bound=True)

    def _annotated(self, annotation: object, names: Mapping[str, object]) -> Known | None:
        """An instance of what an annotation of a function or a class says, which may be a text."""
        if type(annotation) is str:
            first, *rest = annotation.strip("\"' ").split(".")
            found: Known | None = Value(names[first]) if first in names else None
            if found is None and first in vars(builtins):
                found = Value(vars(builtins)[first])
            for name in rest:
                found = None if found is None else self.attribute(found, name)
            return self._made(found)
        return self._made(Value(annotation))

    @staticmethod
    def _made(known: Known | None) -> Known | None:
        match known:
            case Value(value) if is_class(value) and value is not type(None):
                return InstanceOf(value)
            case WrittenClass():
                return WrittenInstance(known)
            case _:
                return None

    def _evaluated(self, node: ast.expr) -> Known | None:
        match node:
            case ast.Constant(value):
                return Value(value)
            case ast.Name(name):
                return self.named(name)
            case ast.Attribute(of, name):
                held = self._evaluated(of)
                return None if held is None else self.attribute(held, name)
            case ast.Call(function):
                return self.called(self._evaluated(function))
            case ast.Subscript(of, key):
                return _item(self._evaluated(of), key)
            case ast.BinOp(left, _, right):
                sides = (self._evaluated(left), self._evaluated(right))
                return InstanceOf(torch.Tensor) if any(map(is_tensor, sides)) else None
            case ast.UnaryOp(ast.USub() | ast.UAdd() | ast.Invert(), operand):
                held = self._evaluated(operand)
                return InstanceOf(torch.Tensor) if is_tensor(held) else None
            case ast.Lambda(arguments):
                return WrittenFunction(f"({ast.unparse(arguments)})")
            case _:
                made = _DISPLAYS.get(type(node))
                return None if made is None else InstanceOf(made)


def imported(path: str) -> Known | None:
    """What an import binds, if its module has been imported: nothing is imported for this."""
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        module = sys.modules.get(name)
        if module is None:
            continue
        found: Known | None = Value(module)
        for part in parts[count:]:
            found = None if found is None else Scope((), {}).attribute(found, part)
        return found
    return None


def _parts(bases: str) -> list[str]:
    """The bases of a class, which are written as the elements of a tuple."""
    try:
        node = ast.parse(f"({bases},)" if bases else "()", mode="eval").body
    except SyntaxError:
        return []
    return [ast.unparse(base) for base in node.elts] if isinstance(node, ast.Tuple) else []


def _instance(base: Known) -> Known:
    """Some instance of a base."""
    match base:
        case Value(value) if is_class(value):
            return InstanceOf(value)
        case WrittenClass():
            return WrittenInstance(base)
        case _:
            return base


def _as_function(found: tuple[object] | None, *, bound: bool) -> Known | None:
    """What a class has under a name, as one gets it from the class or from an instance."""
    if found is None:
        return None
    held: Any = found[0]
    if type(held) in (staticmethod, classmethod):
        return Value(held.__func__, is_bound=type(held) is classmethod)
    return Value(held, is_bound=bound and is_function(held))


def _globals_of(cls: type) -> Mapping[str, object]:
    module = sys.modules.get(str(type.__dict__["__module__"].__get__(cls)))
    return {} if module is None else vars(module)


def _item(held: Known | None, key: ast.expr) -> Known | None:
    if is_tensor(held):
        return InstanceOf(torch.Tensor)
    at = key.value if isinstance(key, ast.Constant) else None
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub) and isinstance(key.operand, ast.Constant):
        at = -key.operand.value if type(key.operand.value) is int else None
    if not isinstance(held, Value) or at is None:
        return None
    value = held.value
    if type(value) is dict:
        return Value(value[at]) if at in value else None
    if type(at) is int:
        if type(value) in (list, tuple) and -len(value) <= at < len(value):  # type: ignore[arg-type]
            return Value(value[at])  # type: ignore[index]
        found = layer(value, at)
        return None if found is None else Value(found)
    return None
