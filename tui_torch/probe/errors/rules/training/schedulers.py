"""Errors of optimizers' arguments, of schedulers, and of what scales a loss."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.articles import an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule

_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_RENAMED = {
    "learning_rate": "lr",
    "learningrate": "lr",
    "alpha": "lr",
    "decay": "weight_decay",
    "l2": "weight_decay",
    "beta": "betas",
    "epsilon": "eps",
}
"""What other libraries call the options of optimizers."""


def _class_called(case: ErrorCase, base: type) -> type | None:
    """The class that the failing line makes an object of, if it is a subclass of another."""
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    return made if isinstance(made, type) and issubclass(made, base) else None


@rule(r"__init__\(\) got an unexpected keyword argument '(\w+)'", TypeError, first=True)
def option_of_another_name(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `SGD(params, learning_rate=0.1)` and `Adam(params, momentum=0.9)`."""
    call, made = case.call(), _class_called(case, torch.optim.Optimizer)
    if call is None or made is None:
        return None
    name = _RENAMED.get(found[1].lower())
    keyword = next((one for one in call.keywords if one.arg == found[1]), None)
    if name is not None and keyword is not None and not any(one.arg == name for one in call.keywords):
        parts = [ast.unparse(part) for part in call.args]
        parts += [f"{name if one is keyword else one.arg}={ast.unparse(one.value)}" for one in call.keywords]
        return RuleResult(
            f"`{made.__name__}` has no option `{found[1]}`; it is called `{name}`.",
            SuggestedFix(f"{ast.unparse(call.func)}({', '.join(parts)})", None, call),
        )
    if found[1] == "momentum" and issubclass(made, torch.optim.Adam):
        return RuleResult(
            f"`{made.__name__}` has no option `momentum`: the first of its `betas` is what SGD calls so, 0.9 unless "
            "you say otherwise."
        )
    return None


@rule(r"'[<>]=?' not supported between instances of '\w+' and '\w+'", TypeError)
def option_of_another_kind(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `SGD(0.1, params)` and `SGD(params, lr="0.1")`."""
    call, made = case.call(), _class_called(case, torch.optim.Optimizer)
    if call is None or made is None or case.is_own:
        return None
    texts = {key.value: (key.arg, case.find(key.value)) for key in call.keywords}
    texts = {part: one for part, one in texts.items() if type(one[1]) is str and _NUMBER.fullmatch(one[1])}
    if texts:
        name, part, value = next((str(name), part, value) for part, (name, value) in texts.items())
        forms = {part: text if isinstance(part, ast.Constant) else "float({})" for part, (_, text) in texts.items()}
        return RuleResult(
            f"`{name}` is a number, and {case.quoted(part)} is "
            f"text{'' if isinstance(part, ast.Constant) else f', {value!r}'}"
            ": what is read from a file is text. `float(...)` makes the number.",
            SuggestedFix(rewritten(call, forms), None, call),
        )
    if len(call.args) > 1 and type(case.find(call.args[0])) in (int, float):
        first, second, *others = call.args
        parts = [ast.unparse(part) for part in (second, first, *others, *call.keywords)]
        return RuleResult(
            f"`{made.__name__}` takes the parameters first, and the learning rate after them.",
            SuggestedFix(f"{ast.unparse(call.func)}({', '.join(parts)})", None, call),
        )
    return None


@rule(r"'float' object is not (?:subscriptable|iterable)|cannot unpack non-iterable float", TypeError)
def one_beta(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `Adam(params, betas=0.9)`."""
    call, made = case.call(), _class_called(case, torch.optim.Optimizer)
    betas = next((one.value for one in call.keywords if one.arg == "betas"), None) if call is not None else None
    if call is None or made is None or betas is None:
        return None
    return RuleResult(
        f"`betas` is a pair, for the mean of the gradients and for that of their squares, and {case.quoted(betas)} "
        "is one number. The second is 0.999 unless you say otherwise.",
        SuggestedFix(rewritten(call, {betas: "({}, 0.999)"}), None, call),
    )


@rule(r"Nesterov momentum requires a momentum and zero dampening", ValueError)
def nesterov(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `SGD(params, nesterov=True)` without a momentum."""
    return RuleResult(
        "`nesterov=True` is a way to use momentum, and there is none: say `momentum=0.9`, for one, and leave "
        "`dampening` at 0."
    )


@rule(r"Invalid (beta parameter at index (\d)|(?:epsilon|momentum|weight_decay) value): (\S+)", ValueError, first=True)
def option_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an option of an optimizer that is out of its range."""
    if found[2] is not None:
        return RuleResult(
            f"`betas[{found[2]}]` is {found[3]}, and each of them is 0 or more and below 1: the part of a running "
            "mean that is kept at each step."
        )
    name = found[1].removesuffix(" value").replace("epsilon", "eps")
    return RuleResult(f"`{name}` is {found[3]}, and cannot be negative.")


@rule(r"optimizer can only optimize Tensors, but one of the params is ([\w.]+)", TypeError)
def something_else_to_optimize(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an optimizer that was given a state, a list of models, or names with parameters."""
    call = case.call()
    given = call.args[0] if call is not None and call.args else None
    if call is None or given is None:
        return None
    value = case.value(given)
    if found[1] == "str":
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "state_dict":
            text = rewritten(call, {given: f"{ast.unparse(given.func.value)}.parameters()"})
            return RuleResult(
                f"{case.quoted(given)} is a dict of names and tensors, and an optimizer takes the parameters "
                "themselves.",
                SuggestedFix(text, None, call),
            )
        if issubclass(type(value), dict):
            return RuleResult(
                f"{case.quoted(given)} is a dict, and an optimizer takes tensors: go over its `.values()`.",
                SuggestedFix(rewritten(call, {given: "{}.values()"}), None, call),
            )
        return RuleResult("An optimizer takes tensors, and one of what it was given is text: a name, as dicts have.")
    if found[1].startswith("torch.nn.") or found[1] == "Module.parameters":
        items = given.elts if isinstance(given, ast.List | ast.Tuple) else []
        if found[1] == "Module.parameters" and items:
            parts = ", ".join(f"*{ast.unparse(item)}" for item in items)
            return RuleResult(
                "The list holds generators of parameters, one for each module, and an optimizer takes one list of "
                "tensors. A `*` before each spreads it.",
                SuggestedFix(rewritten(call, {given: f"[{parts}]"}), None, call),
            )
        if items:
            parts = ", ".join(f"*{ast.unparse(item)}.parameters()" for item in items)
            return RuleResult(
                "The list holds modules, and an optimizer takes their parameters.",
                SuggestedFix(rewritten(call, {given: f"[{parts}]"}), None, call),
            )
    kind = found[1].rpartition(".")[2]
    return RuleResult(f"An optimizer takes tensors, and one of what it was given is {an_in_code(kind)}.")


@rule(r"unsupported operand type\(s\) for \+: 'generator' and 'generator'", TypeError)
def generators_added(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `a.parameters() + b.parameters()`."""
    if not isinstance(case.node, ast.BinOp):
        return None
    left, right = ast.unparse(case.node.left), ast.unparse(case.node.right)
    return RuleResult(
        "Both are generators, which are gone through once and cannot be added. Lists can.",
        SuggestedFix(f"list({left}) + list({right})", None, case.node),
    )


@rule(r"some parameters appear in more than one parameter group", ValueError)
def parameter_twice(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain parameter groups that share a tensor."""
    return RuleResult(
        "One tensor stands in two parameter groups, and would be changed twice in each step. Leave it out of one: "
        "`[p for name, p in model.named_parameters() if ...]` chooses by name."
    )


@rule(r"^'params'$", KeyError)
def group_without_parameters(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a parameter group without the key "params"."""
    if _class_called(case, torch.optim.Optimizer) is None:
        return None
    return RuleResult(
        "A parameter group is a dict whose parameters stand under 'params': `{'params': ..., 'lr': 0.1}`."
    )


@rule(r"LBFGS\.step\(\) missing 1 required positional argument: 'closure'", TypeError)
def no_closure(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `step()` of LBFGS without a closure."""
    return RuleResult(
        "LBFGS computes the loss several times in each step, so it is given a function that does: it resets the "
        "gradients, computes the loss, calls `backward()` and returns the loss. `optimizer.step(closure)`."
    )


@rule(r"'(?:Tensor|float)' object is not callable", TypeError)
def loss_for_step(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `optimizer.step(loss)`."""
    call = case.call("step")
    if call is None or case.is_own or not isinstance(call.func, ast.Attribute) or not call.args:
        return None
    if not issubclass(type(case.find(call.func.value)), torch.optim.Optimizer):
        return None
    return RuleResult(
        f"`step()` takes the gradients from the parameters, where `backward()` has put them, and is not given "
        f"{case.quoted(call.args[0])}.",
        SuggestedFix(f"{ast.unparse(call.func)}()", None, call),
    )


@rule(r"(Optimizer|Module)\.(\w+)\(\) missing 1 required positional argument: 'self'", TypeError)
@rule(r"(\w+)\.__init__\(\) takes (\d+) positional arguments? but \d+ were given", TypeError)
def class_not_made(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `optimizer = torch.optim.SGD` and `model = Net`, which are classes still."""
    call = case.call()
    if call is None:
        return None
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    value = case.find(owner)
    if not isinstance(owner, ast.Name) or not isinstance(value, type):
        return None
    if not issubclass(value, torch.nn.Module | torch.optim.Optimizer):
        return None
    given = case.given_by(owner)
    if given is None or isinstance(given, ast.Call):
        return None
    is_module = issubclass(value, torch.nn.Module)
    how = f"`{owner.id} = {ast.unparse(given)}(...)`"
    return RuleResult(
        f"`{owner.id}` is the class `{value.__name__}` itself, and no {'model' if is_module else 'optimizer'} has "
        f"been made of it: {how}, with what its `__init__` takes."
    )


@rule(r"^(\w+) is not an Optimizer$", TypeError)
def scheduler_without_optimizer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a scheduler that was given a model or parameters."""
    return RuleResult(
        "A scheduler changes the learning rate of an optimizer, which it is given first; it was given "
        f"{an_in_code(found[1])}. Make the optimizer before it, and give it that."
    )


@rule(r"ReduceLROnPlateau\.step\(\) missing 1 required positional argument: 'metrics'", TypeError)
def plateau_of_nothing(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `step()` of ReduceLROnPlateau without a loss."""
    owner = case.receiver()
    name = ast.unparse(owner) if owner is not None else "scheduler"
    return RuleResult(
        f"`ReduceLROnPlateau` waits until a number no longer improves, and has to be told it in each epoch: "
        f"`{name}.step(validation_loss)`."
    )


@rule(r"Tried to step (\d+) times\. The specified number of total steps is (\d+)", ValueError)
def steps_beyond(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a OneCycleLR that is stepped more often than it was made for."""
    return RuleResult(
        f"This schedule was made for {found[2]} steps, and was stepped {found[1]} times. Its number of steps is "
        "epochs times batches of an epoch (`len(loader)`), if it is stepped after each batch."
    )


@rule(r"You must define either total_steps OR \(epochs AND steps_per_epoch\)", ValueError)
def no_number_of_steps(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a OneCycleLR without a number of steps."""
    return RuleResult(
        "`OneCycleLR` goes up and down once in a number of steps, which it has to know: `total_steps=...`, or "
        "`epochs=...` and `steps_per_epoch=len(loader)` together."
    )


@rule(r"Expected (\d+) lr_lambdas, but got (\d+)", ValueError)
def number_of_lambdas(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a LambdaLR with another number of functions than parameter groups."""
    return RuleResult(
        f"There {'is' if found[1] == '1' else 'are'} {found[1]} parameter group{'s' if found[1] != '1' else ''}, and "
        f"{found[2]} functions: one for each, or a single function for all."
    )


@rule(r"param 'initial_lr' is not specified in param_groups\[(\d+)\]", KeyError)
def resumed_without_state(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `last_epoch=5` for an optimizer that has never had a scheduler."""
    return RuleResult(
        "`last_epoch` is for going on with a training, and this optimizer has no rate from before. Load the "
        "optimizer's state first, `optimizer.load_state_dict(...)`; for a first run leave `last_epoch` out."
    )


@rule(r"(unscale_|step)\(\) has already been called (?:on this optimizer )?since the last update\(\)", RuntimeError)
def scaler_without_update(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a GradScaler that is asked twice between two updates."""
    return RuleResult(
        f"`scaler.{found[1]}(optimizer)` is called once between two `scaler.update()`. The order in each step is "
        "`scaler.scale(loss).backward()`, `scaler.unscale_(optimizer)` if you clip, `scaler.step(optimizer)`, "
        "`scaler.update()`."
    )


@rule(r"Attempted (\w+) but _scale is None", AssertionError)
def scaler_before_scale(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a GradScaler that has not scaled a loss yet."""
    return RuleResult(
        f"`scaler.{found[1]}` comes after a loss was scaled, and none was: `scaler.scale(loss).backward()` takes the "
        "place of `loss.backward()`."
    )


@rule(r"No inf checks were recorded for this optimizer", AssertionError)
def scaler_without_gradients(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `scaler.step()` where no parameter of the optimizer has a gradient."""
    return RuleResult(
        "No parameter of this optimizer has a gradient: `scaler.scale(loss).backward()` was not called, or the loss "
        "does not depend on them."
    )
