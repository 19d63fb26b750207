"""Answers what the session asks about code that is being written."""

from __future__ import annotations

import builtins
import inspect
import keyword
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping

from tui_torch.probe.code_help.attributes import about_attributes
from tui_torch.probe.code_help.description import described
from tui_torch.probe.code_help.known import Known, Value, WrittenClass, class_of, in_class, is_class, is_module
from tui_torch.probe.code_help.scope import Scope, imported
from tui_torch.probe.code_help.signatures import documentation_of, is_function, ways
from tui_torch.probe.values.learner_names import may_be_learners
from tui_torch.probe.values.short_repr import plain
from tui_torch.protocol.code_help import (
    COMPLETIONS,
    DOCUMENTATION,
    Binding,
    Completion,
    Completions,
    Documentation,
    Signatures,
)
from tui_torch.protocol.orders import Complete, DescribeCall, DescribeExpression, Question


def answer(question: Question, namespace: Mapping[str, object]) -> Completions | Signatures | Documentation:
    """What is asked. Nothing of the learner's runs for it; raises nothing."""
    bindings = (*_left_in(namespace), *question.bindings) if question.goes_on else question.bindings
    scope = Scope(bindings, namespace)
    match question:
        case Complete():
            try:
                return Completions(_chosen(question, scope))
            except Exception:  # what changes while it is looked at: the code runs in another thread
                return Completions(())
        case DescribeCall(_, function, _):
            try:
                known = scope.known(function)
                return Signatures(() if known is None else ways(known))
            except Exception:
                return Signatures(())
        case DescribeExpression(_, expression, _):
            try:
                return documentation(expression, scope.known(expression))
            except Exception:
                return Documentation(expression, "")


def _left_in(namespace: Mapping[str, object]) -> Iterator[Binding]:
    """The names that what ran has left, but for those that IPython puts there."""
    for name in tuple(namespace):  # another thread may add to it
        if type(name) is str and may_be_learners(name):
            yield Binding(name, "value", is_run=True)


def _chosen(asked: Complete, scope: Scope) -> tuple[Completion, ...]:
    if asked.keys_of is not None:
        return tuple(_keys(scope.known(asked.keys_of), asked.prefix))
    if asked.of is not None:
        known = scope.known(asked.of)
        return () if known is None else _attributes(known, scope, asked.prefix)
    if asked.package is not None:
        names = _submodules(asked.package) if asked.package else _modules()
        return tuple(Completion(name, "module") for name in _fitting(names, asked.prefix))
    if asked.module is not None:
        known = imported(asked.module)
        if known is None:
            return ()
        found = _attributes(known, scope, asked.prefix)
        more = [
            name
            for name in _fitting(_submodules(asked.module), asked.prefix)
            if name not in {one.text for one in found}
        ]
        return (*found, *(Completion(name, "module") for name in more))[:COMPLETIONS]
    return (*_arguments(asked, scope), *_names(asked, scope))[:COMPLETIONS]


def _fitting(names: Iterable[str], prefix: str) -> list[str]:
    """The names that go on from a prefix, each once: those of the same case first, and private ones if it is asked."""
    fit = [
        name
        for name in dict.fromkeys(names)
        if type(name) is str
        and name.isidentifier()
        and name.casefold().startswith(prefix.casefold())
        and (name[:1] != "_" or prefix[:1] == "_")
    ]
    return sorted(fit, key=lambda name: not name.startswith(prefix))[:COMPLETIONS]


def _attributes(known: Known, scope: Scope, prefix: str) -> tuple[Completion, ...]:
    own, more = [*scope.names_of(known)], []
    if not isinstance(known, WrittenClass) and not (
        isinstance(known, Value) and (is_module(known.value) or is_class(known.value))
    ):
        # What an instance holds stands first, in its order, and what its class has behind it.
        cls = class_of(known)
        inherited = set() if cls is None else {name for name in own if in_class(cls, name) is not None}
        more = sorted(inherited, key=str.casefold)
        own = [name for name in own if name not in inherited]
    else:
        own.sort(key=str.casefold)
    return tuple(Completion(name, described(scope.attribute(known, name))) for name in _fitting([*own, *more], prefix))


def _arguments(asked: Complete, scope: Scope) -> Iterator[Completion]:
    """The names of arguments that the call does not have yet."""
    known = scope.known(asked.call) if asked.call else None
    met = set(asked.given)
    for way in () if known is None else ways(known):
        is_positional_only = "/" in way.parameters
        for parameter in way.parameters:
            is_positional_only = is_positional_only and parameter != "/"
            name, _, default = parameter.partition("=")
            name = name.partition(":")[0].strip()
            if name.isidentifier() and not is_positional_only and name not in met and name.startswith(asked.prefix):
                met.add(name)
                yield Completion(f"{name}=", f"argument, {default.strip()}" if default else "argument")


def _names(asked: Complete, scope: Scope) -> Iterator[Completion]:
    prefix = asked.prefix
    bound = _fitting(scope.bindings, prefix)
    for name in bound:
        yield Completion(name, described(scope.named(name)))
    for name in _fitting([*keyword.kwlist, *sorted(vars(builtins), key=str.casefold)], prefix):
        if name not in bound:
            yield Completion(name, "keyword" if keyword.iskeyword(name) else described(scope.named(name)))


def _keys(known: Known | None, prefix: str) -> Iterator[Completion]:
    if isinstance(known, Value) and type(known.value) is dict:
        for key, value in list(known.value.items())[: 10 * COMPLETIONS]:
            if type(key) is str and key.startswith(prefix) and key.isprintable():
                yield Completion(key, described(Value(value)))


def _modules() -> list[str]:
    return sorted(
        {name.partition(".")[0] for name in list(sys.modules)} | set(sys.stdlib_module_names), key=str.casefold
    )


def _submodules(package: str) -> list[str]:
    """The modules in a package that has been imported."""
    module = sys.modules.get(package)
    folders = None if module is None else vars(module).get("__path__")
    return [] if folders is None else sorted(found.name for found in pkgutil.iter_modules(folders))


def documentation(expression: str, known: Known | None) -> Documentation:
    """What there is to read about something: its class's, for an instance."""
    words = described(known)
    title = f"{expression}: {words}" if words else expression
    text = ""
    match known:
        case Value(value) if is_module(value) or is_class(value) or is_function(value):
            text = documentation_of(value)
        case Value(value) if type(value) is property:
            text = documentation_of(value.fget)
        case None:
            pass
        case _ if (cls := class_of(known)) is not None:
            text = documentation_of(cls) or about_attributes(expression, cls)
        case _:
            pass
    called = "" if known is None else "\n".join(f"{way.name}({', '.join(way.parameters)})" for way in ways(known))
    text = inspect.cleandoc(text)
    if called and not text.startswith(called.partition("(")[0] + "("):
        text = f"{called}\n\n{text}"
    return Documentation(title, plain(text.strip(), DOCUMENTATION))
