"""Errors of attributes that a tensor has, asked of something else: a number, a list, a batch, a state, a loader."""

from __future__ import annotations

import ast
import difflib
import re
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from tui_torch.probe.articles import an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import tensor_shape_text
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.assignments import last_assignment
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.short_repr import class_module
from tui_torch.probe.values.tensor_facts import shape_of


def _owner(case: ErrorCase) -> tuple[ast.expr, str, Any] | None:
    """What an attribute was asked of, the attribute's name, and its value; None if the line did not ask itself."""
    error = case.error
    if not case.is_own or not isinstance(case.node, ast.Attribute) or type(error) is not AttributeError:
        return None
    return case.node.value, case.node.attr, error.obj


@rule(r"^'(?:float|int|numpy\.float\d+|numpy\.int\d+)' object has no attribute '(\w+)'", AttributeError)
def of_a_number(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `loss.backward()` and `loss.item()` where the loss is one of Python's numbers."""
    owner = _owner(case)
    if owner is None or not hasattr(torch.Tensor, owner[1]):
        return None
    piece, name, value = owner
    number = f"{case.quoted(piece)} is a Python number ({type(value).__name__}), not a tensor"
    if name in ("item", "detach", "cpu", "numpy", "tolist"):
        call = case.statement and next((n for n in ast.walk(case.statement) if _calls(n, case.node)), None)
        fix = SuggestedFix(ast.unparse(piece), None, call) if call is not None else None
        return RuleResult(f"{number}: it needs no `.{name}()`.", fix)
    took, fix = _number_taken(case, piece)
    if name == "backward":
        how = f"`{took}` took the number out of the tensor, and left its graph behind. " if took else ""
        return RuleResult(
            f"{number}: it has no graph to go back through. {how}Call `backward()` on the tensor, and take the number "
            "afterwards, to print or add it.",
            fix,
        )
    return RuleResult(f"{number}, so it has no `{name}`." + (f" `{took}` made it one." if took else ""), fix)


def _calls(node: ast.AST, function: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and node.func is function


def _number_taken(case: ErrorCase, piece: ast.expr) -> tuple[str, SuggestedFix | None]:
    """What made a number of a tensor, `.item()` or `float(...)`, and the line without it."""
    if not isinstance(piece, ast.Name):
        return "", None
    statement = last_assignment(case.tree, case.statement, piece.id)
    value = getattr(statement, "value", None)
    match value:
        case ast.Call(ast.Attribute(held, "item"), []):
            took = ".item()"
        case ast.Call(ast.Name("float"), [held]) if not isinstance(held, ast.Constant):
            took = "float(...)"
        case _:
            return "", None
    return took, SuggestedFix(rewritten(statement, {value: ast.unparse(held)}), None, statement)  # type: ignore[arg-type]


@rule(r"^'(list|tuple)' object has no attribute '(\w+)'", AttributeError, first=True)
def of_a_list(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `losses.mean()`, `batch.to(device)` and `dataset[0].shape`, where there are several tensors."""
    owner = _owner(case)
    if owner is None or not (hasattr(torch.Tensor, found[2]) or hasattr(torch.nn.Module, found[2])):
        return None
    piece, name, value = owner
    items: list[Any] = list(value[:100])
    what = f"{case.quoted(piece)} is a {found[1]} of {len(value)}{_items_text(value)}, which has no `{name}`"
    loop = last_assignment(case.tree, case.statement, piece.id) if isinstance(piece, ast.Name) else None
    if isinstance(loop, ast.For) and issubclass(type(case.find(_iterated(loop))), DataLoader):
        names = {1: "x,", 2: "x, y", 3: "x, y, z"}.get(len(value), "x, y, …")
        iterated = ast.unparse(_iterated(loop))
        return RuleResult(
            f"{what}: a loader gives the parts of a batch in a list. Unpack it, `for {names} in {iterated}`, and take "
            "the part that is meant."
        )
    if found[1] == "tuple":
        return None  # what a layer or a dataset gives has a rule of its own
    if items and issubclass(type(items[0]), torch.nn.Module):
        return RuleResult(
            f"{what}. One of its modules has: `{ast.unparse(piece)}[0]`. `nn.Sequential(*{ast.unparse(piece)})` makes "
            "a module that calls them one after another."
        )
    if name == "backward":
        return RuleResult(
            f"{what}: `backward()` starts from one tensor. Add them up, `sum({ast.unparse(piece)}).backward()`."
        )
    if items and all(type(item) in (int, float) for item in items):
        fix = SuggestedFix(f"torch.tensor({ast.unparse(piece)}).{name}", None, case.node)
        is_fraction = name in ("mean", "std", "var") and any(type(item) is int for item in items)
        return RuleResult(f"{what}; a tensor has. Make one of it.", None if is_fraction else fix)
    shapes = {shape_of(item) for item in items if issubclass(type(item), torch.Tensor)}
    if len(shapes) == 1 and all(issubclass(type(item), torch.Tensor) for item in items):
        return RuleResult(
            f"{what}. `torch.stack` makes one tensor of tensors of one shape, with a new first dimension.",
            SuggestedFix(f"torch.stack({ast.unparse(piece)}).{name}", None, case.node),
        )
    return RuleResult(f"{what}. Take the one that is meant, as `{ast.unparse(piece)}[0]`, or unpack them.")


def _iterated(loop: ast.For) -> ast.expr:
    match loop.iter:
        case ast.Call(ast.Name("enumerate" | "tqdm"), [held, *_]):
            return held
        case held:
            return held


@rule(r"^'tuple' object has no attribute '(\w+)'", AttributeError)
def of_a_tuple(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `dataset[0].shape`, where a sample has several parts."""
    owner = _owner(case)
    if owner is None or not hasattr(torch.Tensor, found[1]):
        return None
    piece, name, value = owner
    return RuleResult(
        f"{case.quoted(piece)} is a tuple of {len(value)}{_items_text(value)}, which has no `{name}`. Take the one "
        f"that is meant, as `{ast.unparse(piece)}[0]`, or unpack them."
    )


def _items_text(value: Any) -> str:
    """The shapes and kinds of the first items, in parentheses and with a space before them."""
    items = [tensor_shape_text(one) if issubclass(type(one), torch.Tensor) else type(one).__name__ for one in value[:4]]
    return f" ({', '.join(items)}{', …' if len(value) > 4 else ''})" if items else ""


@rule(
    r"^'(?:collections\.OrderedDict|OrderedDict|dict)' object (?:has no attribute '(\w+)'|is not callable)", first=True
)
def of_a_dict(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a state that is used as a model, and a batch that is a dict."""
    call = case.call()
    piece = call.func if found[1] is None and call is not None else getattr(case.node, "value", None)
    value: Any = case.error.obj if isinstance(case.error, AttributeError) and found[1] else case.find(piece)
    if not case.is_own or not isinstance(piece, ast.expr) or not issubclass(type(value), dict):
        return None
    keys: list[Any] = list(value)[:6]
    if keys and all(type(key) is str for key in keys):
        named = ", ".join(f"'{key}'" for key in keys[:4]) + (", …" if len(value) > 4 else "")
    else:
        named = ""
    is_state = keys and all(issubclass(type(value[key]), torch.Tensor) for key in keys)
    if found[1] is None or (hasattr(torch.nn.Module, found[1]) and not hasattr(torch.Tensor, found[1])):
        kind = "a state, the names and tensors of a model" if is_state else "a dict"
        return RuleResult(
            f"{case.quoted(piece)} is {kind} ({named or 'empty'}), and no model itself. Make the model as it was made "
            f"before, and let it `load_state_dict({ast.unparse(piece)})`."
            + ("" if is_state else " The state may be under one of those keys.")
        )
    if found[1] in keys:
        text = f"{ast.unparse(piece)}[{found[1]!r}]"
        return RuleResult(
            f"{case.quoted(piece)} is a dict: what it holds is taken by its key, in brackets.",
            SuggestedFix(text, None, case.node),
        )
    if not named or not hasattr(torch.Tensor, found[1]):
        return None
    return RuleResult(
        f"{case.quoted(piece)} is a dict with the keys {named}, and has no `{found[1]}`. Take what is meant by its "
        f"key, `{ast.unparse(piece)}['{keys[0]}']`."
    )


@rule(r"^'torch\.return_types\.(\w+)' object has no attribute '(\w+)'", AttributeError)
def of_values_and_indices(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.max(1).float()`: values and indices together."""
    owner = _owner(case)
    if owner is None or not hasattr(owner[2], "values"):
        return None
    text = f"{ast.unparse(owner[0])}.values.{owner[1]}"
    return RuleResult(
        f"`{found[1]}` along a dimension gives two tensors, and {case.quoted(owner[0])} is both: `.values`, and "
        "`.indices`, which say where they are.",
        SuggestedFix(text, None, case.node),
    )


@rule(r"^'(?:numpy\.)?ndarray' object has no attribute '(\w+)'", AttributeError)
def of_an_array(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `a.unsqueeze(0)` on a NumPy array."""
    owner = _owner(case)
    if owner is None or not hasattr(torch.Tensor, owner[1]):
        return None
    name = ast.unparse(owner[0])
    if owner[1] == "backward":
        return RuleResult(
            f"{case.quoted(owner[0])} is a NumPy array: autograd does not follow what NumPy computes. Compute the loss "
            "with torch's functions, on tensors, from the model to the end."
        )
    is_number = np.issubdtype(np.ndarray.view(owner[2], np.ndarray).dtype, np.number)
    fix = SuggestedFix(f"torch.from_numpy({name}).{owner[1]}", None, case.node) if is_number else None
    return RuleResult(f"{case.quoted(owner[0])} is a NumPy array, and `{owner[1]}` is a tensor's.", fix)


@rule(r"^'_(?:Single|Multi)Process\w*DataLoaderIter' object has no attribute 'next'", AttributeError)
def next_of_an_iterator(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `iter(loader).next()`."""
    call = case.call() or next((n for n in ast.walk(case.statement or ast.Pass()) if _calls(n, case.node)), None)
    owner = _owner(case)
    if owner is None:
        return None
    text = f"next({ast.unparse(owner[0])})"
    return RuleResult(
        "An iterator's next batch is taken by Python's function `next`, and not by a method.",
        SuggestedFix(text, None, call) if call is not None else None,
    )


@rule(r"^'DataLoader' object has no attribute '(\w+)'", AttributeError)
def of_a_loader(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `loader.shape` and `loader.to(device)`."""
    owner = _owner(case)
    if owner is None or not hasattr(torch.Tensor, owner[1]):
        return None
    name = ast.unparse(owner[0])
    return RuleResult(
        f"{case.quoted(owner[0])} is a DataLoader: it makes the batches, and is none. A batch has "
        f"{an_in_code(owner[1])}: go over them with `for`, or take the first, `next(iter({name}))`."
    )


_OF_OPTIMIZERS = {
    "lr": "its options are in `{}.param_groups[0]['lr']`",
    "learning_rate": "its options are in `{}.param_groups[0]['lr']`",
    "momentum": "its options are in `{}.param_groups[0]['momentum']`",
    "weight_decay": "its options are in `{}.param_groups[0]['weight_decay']`",
    "backward": "`backward()` is the loss's; the optimizer's own are `zero_grad()` and `step()`",
    "parameters": "what it changes is in `{}.param_groups[0]['params']`; `parameters()` is the model's",
    "grad": "gradients are the parameters': `weight.grad`",
    "zero_gradients": "it is called `zero_grad()`",
    "update": "it is called `step()`",
    "train": "`train()` is the model's",
    "eval": "`eval()` is the model's",
}
_OF_SCHEDULERS = {
    "lr": "`{}.get_last_lr()[0]` is the learning rate",
    "learning_rate": "`{}.get_last_lr()[0]` is the learning rate",
    "zero_grad": "`zero_grad()` is the optimizer's",
    "update": "it is called `step()`",
}


@rule(r"^'\w+' object has no attribute '(\w+)'", AttributeError)
def of_an_optimizer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `optimizer.lr`, `optimizer.backward()` and `scheduler.lr`."""
    owner = _owner(case)
    if owner is None:
        return None
    piece, name, value = owner
    if issubclass(type(value), torch.optim.Optimizer):
        kind, known = "an optimizer", _OF_OPTIMIZERS
    elif class_module(value) == "torch.optim.lr_scheduler":
        kind, known = "a scheduler", _OF_SCHEDULERS
    else:
        return None
    if name not in known:
        return None
    held = ast.unparse(piece)
    text = f"{known[name].format(held)}"
    fix = None
    if (code := re.search(r"`(\S+(?:\[0\]|\['\w+'\]))`", text)) and held in code[1]:
        fix = SuggestedFix(code[1], None, case.node) if case.find(piece) is not MISSING else None
    return RuleResult(f"{case.quoted(piece)} is {kind} ({type(value).__name__}), which has no `{name}`: {text}.", fix)


@rule(r"^'(\w+)' object has no attribute '(\w+)'", AttributeError)
def misspelt_attribute(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `self.dta` of an object of the learner's that has `data`."""
    if case.history.definition(found[1]) is None:
        return None
    for node in ast.walk(case.statement or ast.Pass()):
        if not isinstance(node, ast.Attribute) or node.attr != found[2]:
            continue
        owner = case.find(node.value)
        if owner is MISSING or type(owner).__name__ != found[1]:
            continue
        try:
            held = object.__getattribute__(owner, "__dict__")
        except AttributeError:  # a class that has only slots
            return None
        known = [name for name in [*held, *vars(type(owner))] if not name.startswith("__")]
        close = difflib.get_close_matches(found[2], known, 1, 0.7)
        if close:
            text = f"{ast.unparse(node.value)}.{close[0]}"
            return RuleResult(
                f"`{found[1]}` has no `{found[2]}`; it has `{close[0]}`.", SuggestedFix(text, None, node), parts=[]
            )
        has = ", ".join(f"`{name}`" for name in known[:6])
        return RuleResult(
            f"{case.quoted(node.value)} is {an_in_code(found[1])}, which has no "
            f"`{found[2]}`{f': it has {has}' if has else ''}. "
            f"Give it one in `__init__`, as `self.{found[2]} = ...`, before this line runs.",
            parts=[],
        )
    return None
