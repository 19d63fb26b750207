"""The ways to call a function or a class: by its signature, or by the first lines of its documentation."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch

from tui_torch.probe.code_help.known import (
    InstanceOf,
    Known,
    Value,
    WrittenClass,
    WrittenFunction,
    WrittenInstance,
    class_of,
    in_class,
    is_class,
)
from tui_torch.probe.values.short_repr import short_repr
from tui_torch.protocol.code_help import Signature

_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
)
_WRITTEN = re.compile(r"^\s*(?:\.\. (?:function|method):: )?(?:[\w.]*\.)?(\w+)\((.*?)\)\s*(?:(?:->|→)\s*(.+?))?\s*$")
_LINES_READ = 120
DEFAULT = 24
"""Maximum characters of a default."""
WAYS = 4
"""Maximum number of ways."""


def is_function(value: object) -> bool:
    """Whether an object is a function or a method, of Python's or in C."""
    return type(value) in _FUNCTIONS


def name_of(function: object) -> str:
    """The name of a function or a class; empty if it has none."""
    if is_class(function):
        return str(type.__dict__["__name__"].__get__(function))
    name = function.__name__ if is_function(function) else ""  # type: ignore[attr-defined]
    return name if type(name) is str else ""


def documentation_of(value: object) -> str:
    """The documentation of a function or a class as it is written; empty if there is none. No property is asked."""
    if is_class(value):
        found = in_class(value, "__doc__")  # type: ignore[arg-type]
        doc = found[0] if found else None
        if type(doc) is types.GetSetDescriptorType:  # of a class in C
            doc = type.__dict__["__doc__"].__get__(value)
    elif is_function(value):
        doc = value.__doc__
    elif issubclass(type(value), types.ModuleType):
        doc = vars(value).get("__doc__")
    else:
        doc = None
    return doc if type(doc) is str else ""


def returned(function: object) -> tuple[object, Mapping[str, object]]:
    """What a function says that it returns, as an annotation, and the names by which that is to be read."""
    if type(function) is types.MethodType:
        function = function.__func__
    if type(function) is types.FunctionType:
        return function.__annotations__.get("return"), function.__globals__
    said = {way.returns for way in _documented(function)}
    return (said.pop() if len(said) == 1 else None), vars(torch)


def ways(known: Known) -> tuple[Signature, ...]:
    """The ways to call something; none where that is not known."""
    match known:
        case WrittenFunction(source, is_bound):
            return (_of_source("", source, skip=is_bound),)
        case WrittenClass(binding, bases):
            for member in binding.members:
                if member.name == "__init__" and member.kind == "function":
                    return (_of_source(binding.name, member.source, skip=True),)
            return next(filter(None, map(ways, bases)), (Signature(binding.name, ()),))
        case WrittenInstance(of):
            forward = (member for member in of.binding.members if member.name in ("forward", "__call__"))
            return tuple(_of_source(of.binding.name, member.source, skip=True) for member in forward)
        case Value(value, is_bound) if is_function(value):
            return _of_function(name_of(value), value, skip=is_bound)
        case Value(value) if is_class(value):
            for name in ("__init__", "__new__"):
                made = in_class(value, name)  # type: ignore[arg-type]
                function = made[0].__func__ if made and type(made[0]) is staticmethod else made[0] if made else None
                if type(function) is types.FunctionType:
                    made_by = _of_function(name_of(value), function, skip=True)
                    return tuple(replace(way, returns="") for way in made_by)
            return _documented(value) or _inspected(name_of(value), value, skip=False)
        case Value() | InstanceOf():
            cls = class_of(known)
            if cls is None:
                return ()
            name = "forward" if issubclass(cls, torch.nn.Module) else "__call__"
            found = in_class(cls, name)
            if found is None or type(found[0]) is not types.FunctionType:
                return ()
            return _of_function(name_of(cls), found[0], skip=True)


def _of_function(name: str, function: object, *, skip: bool) -> tuple[Signature, ...]:
    if type(function) is types.MethodType:
        function, skip = function.__func__, True
    if type(function) is types.FunctionType:
        found = _inspected(name, function, skip=skip)
        vague = (
            [parameter for parameter in found[0].parameters if not parameter.startswith("*")] == [] if found else True
        )
        # Functions of PyTorch's that only pass their arguments on say in their documentation what these are.
        return (_documented(function) or found) if vague else found
    return _documented(function) or _inspected(name, function, skip=skip)


def _inspected(name: str, function: object, *, skip: bool) -> tuple[Signature, ...]:
    try:
        found = inspect.signature(function, follow_wrapped=type(function) is types.FunctionType)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return ()
    parameters = [*found.parameters.values()]
    if (
        skip
        and parameters
        and parameters[0].kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ):
        parameters = parameters[1:]
    returns = found.return_annotation
    return (
        Signature(
            name, tuple(_written(parameters)), "" if returns is inspect.Signature.empty else _annotation(returns)
        ),
    )


def _written(parameters: list[inspect.Parameter]) -> Iterator[str]:
    before: inspect.Parameter | None = None
    for parameter in parameters:
        if before is not None and before.kind is parameter.POSITIONAL_ONLY and parameter.kind is not before.kind:
            yield "/"
        if parameter.kind is parameter.KEYWORD_ONLY and (
            before is None or before.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        ):
            yield "*"
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={short_repr(parameter.default, DEFAULT) or '…'}"
        yield f"{stars}{parameter.name}{default}"
        before = parameter
    if before is not None and before.kind is before.POSITIONAL_ONLY:
        yield "/"


def _annotation(annotation: object) -> str:
    if type(annotation) is str:
        return annotation[:DEFAULT]
    if annotation is None:
        return "None"
    return name_of(annotation) if is_class(annotation) else ""


def _documented(function: object) -> tuple[Signature, ...]:
    """The ways that the first lines of a documentation give: `matmul(input, other, *, out=None) -> Tensor`."""
    name = name_of(function)
    found: list[Signature] = []
    for number, line in enumerate(documentation_of(function).splitlines()[:_LINES_READ]):
        written = _WRITTEN.match(line)
        if written is None or written[1] != name:
            continue
        if number > 2 and not line.lstrip().startswith(".. "):  # an example
            continue
        way = Signature(name, tuple(_divided(written[2])), (written[3] or "").strip())
        if way not in found:
            found.append(way)
    return tuple(found[:WAYS])


def _divided(parameters: str) -> Iterator[str]:
    """The parameters of a signature that is written out, at the commas outside brackets."""
    depth, begin = 0, 0
    for at, character in enumerate(parameters):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            yield parameters[begin:at].strip()
            begin = at + 1
    if last := parameters[begin:].strip():
        yield last


def _of_source(name: str, source: str, *, skip: bool) -> Signature:
    """A signature of the code: `(self, x, bias=True) -> Tensor`."""
    written, _, returns = source.partition(") ->")
    parameters = tuple(_divided(written.strip().removeprefix("(").removesuffix(")")))
    return Signature(name, parameters[1:] if skip else parameters, returns.strip())
