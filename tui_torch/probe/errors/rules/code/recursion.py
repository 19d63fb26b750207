"""Errors of code that runs itself without an end, and of modules that are within themselves."""

from __future__ import annotations

import ast
import re
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.articles import article
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.frames import frames_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.values.short_repr import class_name

_DEEPEST = 20
"""Maximum number of modules within modules that are gone through."""
_LOOKED_AT = 200
"""Number of the last frames in which a repetition is looked for."""


@rule(r"maximum recursion depth exceeded", RecursionError)
def endless_recursion(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a module that is a part of its own part, and functions that call themselves without an end."""
    frames = list(frames_of(case.error))
    return _of_modules(case, frames) or _of_functions(case, frames)


def _of_modules(case: ErrorCase, frames: list[FrameType]) -> RuleResult | None:
    for frame in frames[:_LOOKED_AT]:
        for name in ("self", "module", "model"):
            module = local_names(frame).get(name, MISSING)
            if issubclass(type(module), torch.nn.Module) and (way := _way_to_itself(module, [])) is not None:
                return _within_itself(case, way)
    return None


def _way_to_itself(module: Any, way: list[tuple[Any, str]]) -> list[tuple[Any, str]] | None:
    """Return the modules and names along which a module is reached from itself; None if it is not."""
    if len(way) > _DEEPEST:
        return None
    for name, child in registered(module, "modules").items():
        if not issubclass(type(child), torch.nn.Module):
            continue
        so_far = [*way, (module, name)]
        above = [one for one, _ in so_far]
        at = next((place for place, one in enumerate(above) if one is child), None)
        if at is not None:
            return so_far[at:]
        if (found := _way_to_itself(child, so_far)) is not None:
            return found
    return None


def _within_itself(case: ErrorCase, way: list[tuple[Any, str]]) -> RuleResult:
    for owner, name in reversed(way):
        home = case.history.definition(class_name(owner))
        for method in home.body if isinstance(home, ast.ClassDef) else ():
            if not isinstance(method, ast.FunctionDef):
                continue
            for made in case.history.all(f"self.{name}", method):
                # What is handed in is the module above; what is made here is a part.
                if isinstance(made.statement, ast.Assign) and isinstance(made.value, ast.Name):
                    text = f"object.__setattr__(self, {name!r}, {ast.unparse(made.value)})"
                    whole = class_name(way[0][0]) if owner is not way[0][0] else class_name(owner)
                    return RuleResult(
                        f"Line {made.statement.lineno}, `{ast.unparse(made.statement)}`, makes a module a part of "
                        "its own "
                        f"part, since a module that is assigned to `self` counts as a part: to go through the parts of "
                        f"`{whole}` never ends. Give the part only what it needs, or keep the module unregistered.",
                        SuggestedFix(text, None, made.statement) if len(made.statement.targets) == 1 else None,
                        parts=[],
                    )
    path = ".".join(name for _, name in way)
    return RuleResult(
        f"{article(class_name(way[0][0])).capitalize()} `{class_name(way[0][0])}` is a part of itself: its `{path}` "
        "is the same module again, so to go through its parts never ends. Leave it out there.",
        parts=[],
    )


def _of_functions(case: ErrorCase, frames: list[FrameType]) -> RuleResult | None:
    last = [frame for frame in frames[-_LOOKED_AT:] if frame.f_code.co_filename == case.filename]
    counts: dict[str, int] = {}
    for frame in last:
        counts[frame.f_code.co_name] = counts.get(frame.f_code.co_name, 0) + 1
    repeated = [name for name, count in counts.items() if count > 2]
    if not repeated or case.statement is None:
        return None
    name = case.frame.f_code.co_name if case.frame is not None else repeated[0]
    if len(repeated) > 1:
        every = " and ".join(f"`{one}`" for one in repeated[:3])
        return RuleResult(f"{every} call one another without an end: one of them has to stop, or to call another.")
    own = {"forward": "self(...)", "__getitem__": "self[...]", "__len__": "len(self)", "__call__": "self(...)"}.get(
        name
    )
    if own is not None:
        return RuleResult(
            f"`{name}` is run from within itself without an end: `{own}` runs it again, and so may what it calls. Use "
            "what the object holds, such as a layer or a list in an attribute of `self`."
        )
    if _is_property(case):
        return RuleResult(
            f"`{name}` is run from within itself without an end: `self.{name}` in it (line {case.line}) asks for the "
            "same "
            f"again. Keep the value under another name, such as `self._{name}`, and return that.",
            parts=[],
        )
    if name == "__getattr__":
        return RuleResult(
            f"`__getattr__` is asked for what an object does not have, and line {case.line} asks for such a thing "
            "again, "
            "without an end. Take what the object holds from `self.__dict__`, and raise AttributeError for the rest."
        )
    return RuleResult(
        f"`{name}` calls itself in line {case.line}, and never stops. A function that calls itself needs a case in "
        "which "
        "it does not; a wrapper of another function calls that by another name."
    )


def _is_property(case: ErrorCase) -> bool:
    function = case.history.scope_of(case.statement)
    decorators = function.decorator_list if isinstance(function, ast.FunctionDef) else []
    return any(
        "property" in ast.unparse(one) or ast.unparse(one).endswith((".setter", ".getter")) for one in decorators
    )
