"""Errors of modules: how they are written, made, called and loaded."""

from __future__ import annotations

import ast
import difflib
import re

import torch

from tui_torch.probe.articles import an, an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_module, class_name


@rule(r"cannot assign (module|parameters?|buffer) before Module\.__init__\(\) call", AttributeError)
def no_super_init(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an `nn.Module` class whose `__init__` does not call `super().__init__()`."""
    for node in ast.walk(case.history.scope_of(case.statement) or ast.Pass()):
        match node:
            case ast.Call(ast.Attribute(ast.Call(ast.Name("super"), [ast.Name(cls)]) as upper, "__init__")):
                return RuleResult(
                    f"`{ast.unparse(upper)}` (line {node.lineno}) is bound to no object, so its `__init__` is not the "
                    f"module's: with one argument `super` needs the object too, `super({cls}, self)`, and without "
                    "any it "
                    "finds both.",
                    SuggestedFix("super().__init__()", None, node),
                    parts=[],
                )
            case ast.Call(ast.Attribute(ast.Call(ast.Name("super")), "__init__")) if node.lineno > (case.line or 0):
                return RuleResult(
                    f"`super().__init__()` stands in line {node.lineno}, after this one: until it has run, the "
                    "module has "
                    f"nowhere to keep its {found[1]}s. Make it the first line of your `__init__`.",
                    parts=[],
                )
            case _:
                continue
    return RuleResult(
        f"This class is an nn.Module whose own `__init__` has not run, so it has nowhere to keep its {found[1]}s. "
        "Make `super().__init__()` the first line of your `__init__`.",
        parts=[],
    )


@rule(r'Module \[(\w+)\] is missing the required "forward" function', NotImplementedError)
def no_forward(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the call of a module whose class has no `forward`."""
    home = case.history.definition(found[1])
    methods = [one for one in getattr(home, "body", []) if isinstance(one, ast.FunctionDef)]
    for method in methods:
        for node in ast.walk(method):
            if isinstance(node, ast.FunctionDef) and node.name == "forward" and node is not method:
                return RuleResult(
                    f"`{found[1]}` has no `forward` of its own: that of line {node.lineno} is indented too far, and "
                    "so a "
                    f"function within `{method.name}`. Move it to the left, until its `def` stands below that of "
                    f"`{method.name}`.",
                    parts=[],
                )
    loose = case.history.definition("forward")
    if isinstance(loose, ast.FunctionDef) and isinstance(case.history.scope_of(loose), ast.Module):
        return RuleResult(
            f"`{found[1]}` has no `forward` of its own: that of line {loose.lineno} is outside of the class. Indent "
            "it as "
            "`__init__` is.",
            parts=[],
        )
    return RuleResult(
        f"To call a module is to run its `forward`, and `{found[1]}` has none. Define `def forward(self, x):` in the "
        "class: look at its spelling, and that it is indented as `__init__` is."
    )


@rule(r"'(\w+)' object has no attribute '(\w+)'", AttributeError)
def no_such_layer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `self.fc` where a module has no such layer, and `nn.ReLU(x).sum()`."""
    owner = case.node.value if isinstance(case.node, ast.Attribute) else None
    module = case.find(owner)
    if module is MISSING and type(case.error) is AttributeError:
        module = case.error.obj  # a module that has no name, such as `nn.ReLU(x)`
    if not issubclass(type(module), torch.nn.Module):
        return None
    known = [name for kind in ("modules", "parameters", "buffers") for name in registered(module, kind)]
    name = found[2]
    own_class = not class_module(module).startswith("torch.")
    if not own_class and not known and hasattr(torch.Tensor, name) and not hasattr(torch.nn.Module, name):
        return RuleResult(
            f"{case.quoted(owner)} is {an(found[1])} module, not a tensor. Give it its options only, and then call it "
            f"with the tensor: `nn.{found[1]}()(x)`."
        )
    # `fc3` is no misspelling of `fc2`: it is the name of another layer, which is not there.
    letters = [one for one in known if re.sub(r"\D", "", one) == re.sub(r"\D", "", name)]
    close = difflib.get_close_matches(name, letters, 1, 0.75)
    if close and isinstance(case.node, ast.Attribute):
        text = f"{ast.unparse(case.node.value)}.{close[0]}"
        return RuleResult(
            f"`{found[1]}` has no `{name}`; it has `{close[0]}`.",
            case.working_fix(text, of=case.node, unseen=True, silent=True) or _fix_for_stored(case, text),
        )
    assign = f" Assign it in `__init__`, as `self.{name} = ...`." if own_class else ""
    has = (
        f" It has {', '.join(f'`{child}`' for child in known[:6])}." if known else " It holds no layers or parameters."
    )
    return RuleResult(f"`{found[1]}` has no `{name}`.{has}{assign}")


def _fix_for_stored(case: ErrorCase, text: str) -> SuggestedFix | None:
    # The layer is stored under that name; a trial would have to run the module.
    return SuggestedFix(text, None, case.node) if case.find(ast.parse(text, mode="eval").body) is not MISSING else None


@rule(r"(\w+)\.forward\(\) missing (\d+) required positional arguments?: (.*)", TypeError)
def forward_misses(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a module that is called with fewer inputs than its `forward` takes."""
    loss = found[1].endswith("Loss")
    more = " A loss is called with the prediction and the target: `loss_fn(pred, y)`." if loss else ""
    return RuleResult(f"`{found[1]}` was called without {found[3].replace(chr(39), '`')}.{more}")


@rule(r"(\w+)\.__init__\(\) missing (\d+) required positional arguments?: (.*)", TypeError)
def missing_constructor_arguments(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.Linear(3)`, and optimizers without parameters."""
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    name, missing = found[1], found[3].replace("'", "`")
    if made is MISSING or not isinstance(made, type) or not _module_of_class(made).startswith("torch."):
        return None
    if "params" in missing and issubclass(made, torch.optim.Optimizer):
        return RuleResult(f"`{name}` needs to know what to change: give it `model.parameters()` first.")
    hints = {
        "Linear": "`nn.Linear(in_features, out_features)`: the last size of its input, and of its output",
        "Conv2d": "`nn.Conv2d(in_channels, out_channels, kernel_size)`",
        "Conv1d": "`nn.Conv1d(in_channels, out_channels, kernel_size)`",
        "Embedding": "`nn.Embedding(num_embeddings, embedding_dim)`: how many rows, and how long each is",
    }
    how = f": it is made as {hints[name]}." if name in hints else "."
    return RuleResult(f"`{name}` was made without {missing}{how}")


def _module_of_class(cls: type) -> str:
    module = type.__dict__["__module__"].__get__(cls) if "__module__" in type.__dict__ else ""
    return module if type(module) is str else ""


@rule(r"__init__\(\) got an unexpected keyword argument '(\w+)'", TypeError)
def unknown_keyword(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.Linear(3, 1, biased=True)`."""
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    if call is None or not isinstance(made, type) or not _module_of_class(made).startswith("torch."):
        return None
    code = getattr(made.__init__, "__code__", None)
    if code is None:
        return None
    known = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    close = difflib.get_close_matches(found[1], known, 1, 0.5)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    return RuleResult(f"`{made.__name__}` has no option `{found[1]}`.{meant} It takes {', '.join(known[:8])}.")


@rule(r"^(.+) is not a Module subclass$", TypeError)
def not_a_module(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.Sequential([...])` and functions among the layers of a container."""
    if found[1] == "list":
        call = case.call("Sequential")
        text = None
        if call is not None and len(call.args) == 1:
            text = f"{ast.unparse(call.func)}(*{ast.unparse(call.args[0])})"
        return RuleResult(
            "`nn.Sequential` takes its layers one after another, and was given a list. A `*` before the list spreads it"
            + (f": `{text}`." if text and len(text) <= 100 else ".")
        )
    name = found[1].rpartition(".")[2]
    meant = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "flatten": "Flatten", "softmax": "Softmax"}
    how = f" Use the module `nn.{meant[name]}()`." if name in meant else " Give it an instance: with parentheses."
    return RuleResult(f"The layers of a container are modules, and `{name}` is a function or a class.{how}")


@rule(r"cannot assign '(\S+)' as parameter '(\w+)' \(torch\.nn\.Parameter or None expected\)", TypeError)
def tensor_as_parameter(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `layer.weight = torch.zeros(2)`."""
    match case.statement:
        case ast.Assign([ast.Attribute() as target], value) if any(
            ast.unparse(part) == ast.unparse(target) for part in ast.walk(value) if isinstance(part, ast.Attribute)
        ):
            return RuleResult(
                f"{case.quoted(target)} is a parameter, and this would put what is computed from it in its place. A "
                "part "
                f"of the computation gets a name of its own, `{found[2]} = {ast.unparse(value)}`; a change of the "
                "weight "
                "itself is made in place, under `torch.no_grad()`.",
                parts=[target],
            )
        case _:
            pass
    return RuleResult(
        f"`{found[2]}` is a parameter, which the optimizer finds because it is an nn.Parameter; a plain tensor cannot "
        "take its place. Wrap it: `nn.Parameter(...)`; or write its numbers in under `torch.no_grad()`.",
        parts=[case.statement] if case.statement is not None else None,
    )


@rule(r"Error\(s\) in loading state_dict for (\w+):\s*(.*)", RuntimeError)
def state_of_another_model(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `load_state_dict()` of a state whose names or shapes differ."""
    text = str(case.error)
    sizes = re.findall(
        r"size mismatch for (\S+): copying a param with shape torch\.Size\((\[.*?\])\) from checkpoint, the shape in "
        r"current model is torch\.Size\((\[.*?\])\)",
        text,
    )
    if sizes:
        name, saved, here = sizes[0]
        return RuleResult(
            f"`{name}` was saved as {saved}, and in this `{found[1]}` it is {here}: make the model with the sizes that "
            "it was saved with."
        )
    missing = re.search(r"Missing key\(s\) in state_dict: \"(.+?)\"", text)
    if '"state", "param_groups"' in text:
        return RuleResult(
            f"This is the state of an optimizer (`state` and `param_groups`), and {an_in_code(found[1])} loads that "
            "of a model, `model.state_dict()`. Look at which of the two was saved, and under which name."
        )
    unexpected = re.search(r"Unexpected key\(s\) in state_dict: \"(.+?)\"", text)
    wants = f"this `{found[1]}` looks for `{missing[1]}`" if missing else f"this `{found[1]}` has all it needs"
    holds = f"the saved state also holds `{unexpected[1]}`" if unexpected else "the saved state does not have it"
    return RuleResult(
        f"The names do not match: {wants}, and {holds}. Load it into a model built of the same layers under the same "
        "names."
    )


@rule(
    r"cannot assign '([\w.]+)' object to (buffer|parameter) '(\w+)' \(torch\.?(?:nn\.Parameter)? ?\w* or None req",
    TypeError,
)
def registered_value(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `register_buffer("mean", [0.1, 0.2])` and `register_parameter("w", torch.ones(3))`."""
    call = case.call("register_buffer", "register_parameter")
    given = call.args[1] if call is not None and len(call.args) > 1 else None
    kind = found[1].rpartition(".")[2]
    if found[2] == "parameter":
        form, what = "torch.nn.Parameter({})", "an `nn.Parameter`, which the optimizer finds"
    else:
        form, what = "torch.tensor({})", "a tensor"
    fix = None
    if (
        call is not None
        and given is not None
        and (found[2] == "parameter" or kind in ("list", "tuple", "float", "int"))
    ):
        fix = SuggestedFix(rewritten(call, {given: form}), None, call)
    return RuleResult(f"The {found[2]} `{found[3]}` is {what}, and this is {an(kind)}.", fix)


@rule(r"Expected state_dict to be dict-like, got <class '(.*?)'>", TypeError)
def state_from_a_path(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `load_state_dict('model.pt')`."""
    held = case.argument(case.call("load_state_dict"), 0, "state_dict")
    if found[1] == "str":
        return RuleResult(
            f"`load_state_dict` takes the state itself, and {case.quoted(held)} is a file's name: read it first, "
            f"`load_state_dict(torch.load({ast.unparse(held) if held else 'path'}))`."
        )
    return RuleResult("`load_state_dict` takes what `model.state_dict()` gave: a dict of names and tensors.")


@rule(r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'", TypeError)
def arithmetic_with_a_module(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `layer + x`, `nn.ReLU(x) * 2`, and a list or text in arithmetic with a tensor."""
    pair = case.pair()
    if pair is None:
        return None
    for part in pair:
        value = case.find(part)
        if issubclass(type(value), torch.nn.Module):
            return RuleResult(
                f"{case.quoted(part)} is a module ({class_name(value)}), not a tensor: call it with one, "
                f"`{ast.unparse(part)}(x)`, and compute with what it gives."
            )
        made = case.find(part.func) if isinstance(part, ast.Call) else MISSING
        if isinstance(part, ast.Call) and isinstance(made, type) and issubclass(made, torch.nn.Module):
            return RuleResult(
                f"{case.quoted(part)} makes a module, and does not compute: call what it makes with the tensor, "
                f"`{ast.unparse(part.func)}()({', '.join(map(ast.unparse, part.args))})`."
            )
    return _arithmetic_with_a_list_or_text(case, found, pair)


def _arithmetic_with_a_list_or_text(
    case: ErrorCase, found: re.Match[str], pair: tuple[ast.expr, ast.expr]
) -> RuleResult | None:
    for part, kind, other in ((pair[1], found[3], pair[0]), (pair[0], found[2], pair[1])):
        if kind not in ("list", "tuple", "str") or case.tensor(other) is None:
            continue
        if kind == "str":
            return RuleResult(
                f"{case.quoted(part)} is text, and {case.quoted(other)} a tensor: there is no arithmetic of the two."
            )
        return RuleResult(
            f"{case.quoted(part)} is a {kind}, which {case.quoted(other)} (a tensor) does not compute with. Make a "
            "tensor of it.",
            case.working_fix({part: "torch.tensor({})"}, unseen=True),
        )
    return None
