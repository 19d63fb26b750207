"""Errors of saved models: whole models that are not loaded, files of another kind, and states that do not fit."""

from __future__ import annotations

import ast
import re
from pickle import UnpicklingError
from typing import Any

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.module_tree import parameters
from tui_torch.probe.values.short_repr import plain
from tui_torch.probe.values.tensor_facts import shape_of


@rule(r"Weights only load failed[\s\S]*?(?:Unsupported global: GLOBAL|unsupported GLOBAL) ([\w.]+)", UnpicklingError)
@rule(r"Weights only load failed[\s\S]*?Unsupported class (\S+)", UnpicklingError)
def whole_model(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.load` of a file that holds objects of a class, and not tensors alone."""
    call = case.call("load")
    name = found[1].rpartition(".")[2]
    of_numpy = found[1].startswith("numpy")
    fix = None
    if (
        call is not None
        and not any(keyword.arg == "weights_only" for keyword in call.keywords)
        and _was_saved_here(case)
    ):
        given = [ast.unparse(part) for part in (*call.args, *call.keywords)]
        fix = SuggestedFix(f"{ast.unparse(call.func)}({', '.join([*given, 'weights_only=False'])})", None, call)
    if of_numpy:
        return RuleResult(
            f"The file holds NumPy's objects (`{name}`) among the tensors, and `torch.load` makes tensors and plain "
            "numbers only: to make other objects is to run code of the file. Save numbers as `float(...)` and arrays "
            "as tensors; `weights_only=False` loads a file that you made yourself.",
            fix,
        )
    return RuleResult(
        f"The file holds an object of the class `{name}`, such as a whole model, and `torch.load` makes tensors and "
        "plain numbers only: to make others is to run code of the file. Save `model.state_dict()`, and load that "
        "into a model that you make; `weights_only=False` loads a file that you made yourself.",
        fix,
    )


def _was_saved_here(case: ErrorCase) -> bool:
    """Whether this code saves something before it loads the file."""
    if case.tree is None or case.statement is None:
        return False
    return any(
        isinstance(node, ast.Call) and called_name(node) == "save" and node.lineno < case.statement.lineno
        for node in ast.walk(case.tree)
    )


@rule(r"PytorchStreamReader failed (?:reading zip archive: )?(.*)", RuntimeError)
def damaged_file(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a file that is cut off or damaged."""
    return RuleResult(
        "The file is not whole: it was cut off while it was written or downloaded, or something else changed it. "
        "Compare its size with the original's, and save or download it again."
    )


@rule(r"^$|Ran out of input", EOFError)
def nothing_left_to_read(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.load` of an empty file, and of a buffer that was read or written to its end."""
    call = case.call("load")
    if call is None or not call.args:
        return None
    held = call.args[0]
    value = case.find(held)
    if value is not MISSING and hasattr(type(value), "seek"):
        return RuleResult(
            f"{case.quoted(held)} is at its end, and nothing is left to read: what was written or read before has "
            f"moved it there. Go back to its beginning first, `{ast.unparse(held)}.seek(0)`."
        )
    return RuleResult("The file is empty: nothing was written, or it was cut off. Look at where it is saved.")


@rule(r"invalid load key, '(.*?)'|Unsupported operand \d+", UnpicklingError)
@rule(r"^(\d+)$", KeyError)
def no_saved_file(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.load` of a file that `torch.save` has not written."""
    if case.call("load") is None or case.is_own:
        return None
    return RuleResult(
        "`torch.load` reads what `torch.save` has written, and this file is of another kind: a text, an image, or "
        "the page that a download gave in the file's place. Look at its beginning in an editor."
    )


@rule(r"Attempting to deserialize object on a(?:n?) (\w+) device but torch\.\S+ is (?:False|not)", RuntimeError)
def saved_on_a_gpu(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.load` of tensors that were saved on a GPU, where there is none."""
    call = case.call("load")
    fix = None
    if call is not None and not any(keyword.arg == "map_location" for keyword in call.keywords):
        given = [ast.unparse(part) for part in (*call.args, *call.keywords)]
        fix = SuggestedFix(f"""{ast.unparse(call.func)}({", ".join([*given, "map_location='cpu'"])})""", None, call)
    return RuleResult(
        f"The tensors were saved on a GPU ({found[1].lower()}), and this PyTorch sees none. `map_location` says "
        "where they are to be put.",
        fix,
    )


@rule(r"expected 'f' to be string, path, or a file-like object with a 'write' attribute", AttributeError, TypeError)
def save_turned_around(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.save("model.pt", model)`."""
    call = case.call("save")
    if call is None or len(call.args) < 2:
        return None
    first, second, *others = map(ast.unparse, call.args)
    keywords = [ast.unparse(keyword) for keyword in call.keywords]
    text = f"{ast.unparse(call.func)}({', '.join([second, first, *others, *keywords])})"
    return RuleResult(
        "`torch.save` takes what is to be saved first, and the file after it.", SuggestedFix(text, None, call)
    )


@rule(r"Parent directory (.*) does not exist", RuntimeError)
def no_such_folder(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.save` into a folder that does not exist."""
    folder = plain(found[1].rstrip("."), 100)
    return RuleResult(
        f"There is no folder `{folder}`, and `torch.save` makes none. Make it before: "
        f"`os.makedirs({folder!r}, exist_ok=True)`."
    )


@rule(r"^'(model\w*|state\w*|optim\w*|opt|net|weights|epoch|loss|scheduler)'$", KeyError)
def no_such_part_of_a_checkpoint(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `checkpoint["model"]` where the checkpoint has that part under another name."""
    if not isinstance(case.node, ast.Subscript):
        return None
    held = case.find(case.node.value)
    if not issubclass(type(held), dict) or not held or not all(type(key) is str for key in held):
        return None
    keys = list(held)
    named = ", ".join(f"'{plain(key, 40)}'" for key in keys[:6]) + (", …" if len(keys) > 6 else "")
    what = f"{case.quoted(case.node.value)} has the keys {named}, and no '{found[1]}'."
    if all(issubclass(type(value), torch.Tensor) for value in held.values()):
        text = ast.unparse(case.node.value)
        return RuleResult(
            f"{what} It is a state itself: pass `{text}` on as it is.", SuggestedFix(text, None, case.node)
        )
    return RuleResult(f"{what} Take the one that was meant.")


@rule(r"Error\(s\) in loading state_dict for (\w+):", RuntimeError, first=True)
def state_of_another_kind(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a checkpoint in the place of a state."""
    call = case.call("load_state_dict")
    held = call.args[0] if call is not None and call.args else None
    state = case.find(held)
    module = case.find(call.func.value) if call is not None and isinstance(call.func, ast.Attribute) else MISSING
    if (
        call is None
        or held is None
        or not issubclass(type(state), dict)
        or not issubclass(type(module), torch.nn.Module)
    ):
        return None
    for key, value in state.items():
        if type(key) is str and issubclass(type(value), dict) and _fits(module, value):
            text = rewritten(call, {held: f"{{}}[{key!r}]"})
            return RuleResult(
                f"{case.quoted(held)} is a checkpoint, and the state of the model is one of its parts, under {key!r}.",
                SuggestedFix(text, None, call),
            )
    return None


def _fits(module: torch.nn.Module, state: dict[Any, Any]) -> bool:
    """Whether a dict holds a tensor of the right shape for each parameter of a module."""
    own = dict(parameters(module))
    given = {name: shape_of(state[name]) for name in own if issubclass(type(state.get(name)), torch.Tensor)}
    return bool(own) and given == {name: shape_of(tensor) for name, tensor in own.items()}


@rule(r"loaded state dict contains a parameter group that doesn't match the size of optimizer's group", ValueError)
@rule(r"loaded state dict has a different number of parameter groups", ValueError)
def state_of_another_optimizer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the state of an optimizer of other parameters."""
    call = case.call("load_state_dict")
    numbers = ""
    if call is not None and isinstance(call.func, ast.Attribute) and call.args:
        own, state = case.find(call.func.value), case.find(call.args[0])
        if issubclass(type(own), torch.optim.Optimizer) and issubclass(type(state), dict):
            here, there = _group_sizes(own.param_groups), _group_sizes(state.get("param_groups", []))
            numbers = f": it was saved with {there}, and this optimizer has {here}"
    return RuleResult(
        f"The state of an optimizer belongs to its parameters{numbers}. Make the optimizer with the same groups of "
        "the same parameters as the one that was saved."
    )


def _group_sizes(groups: object) -> str:
    sizes = [len(group["params"]) for group in groups if type(group) is dict] if type(groups) is list else []
    if len(sizes) == 1:
        return f"{sizes[0]} parameter{'s' if sizes[0] != 1 else ''}"
    return f"{len(sizes)} groups ({', '.join(map(str, sizes[:6]))} parameters)"


@rule(r"Expected state_dict to be dict-like, got <class '([\w.]+)'>", TypeError, first=True)
def state_that_is_none(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `load_state_dict(other_model)` and `load_state_dict(model.state_dict)`."""
    call = case.call("load_state_dict")
    held = call.args[0] if call is not None and call.args else None
    if call is None or held is None:
        return None
    if found[1] == "method":
        return RuleResult(
            f"{case.quoted(held)} is a method: parentheses call it, and give the state.",
            SuggestedFix(rewritten(call, {held: "{}()"}), None, call),
        )
    value = case.value(held)
    if found[1].startswith("torch.nn.") or issubclass(type(value), torch.nn.Module):
        return RuleResult(
            f"{case.quoted(held)} is a module, and its state is what `load_state_dict` takes.",
            SuggestedFix(rewritten(call, {held: "{}.state_dict()"}), None, call),
        )
    return None
