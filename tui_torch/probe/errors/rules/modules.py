"""Errors of modules and optimizers: how they are written, made, called, and given parameters."""

from __future__ import annotations

import ast
import difflib
import re

import torch

from tui_torch.probe.errors.case import Case, SuggestedFix, Told, called
from tui_torch.probe.errors.names import MISSING, attribute_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_module, class_name


@rule(r"cannot assign (module|parameters?|buffer) before Module\.__init__\(\) call", AttributeError)
def no_super_init(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        f"This class is an nn.Module whose own `__init__` has not run, so it has nowhere to keep its {found[1]}s. Make "
        "`super().__init__()` the first line of your `__init__`.",
        parts=[],
    )


@rule(r'Module \[(\w+)\] is missing the required "forward" function', NotImplementedError)
def no_forward(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        f"To call a module is to run its `forward`, and `{found[1]}` has none. Define `def forward(self, x):` in the "
        "class: look at its spelling, and that it is indented as `__init__` is."
    )


@rule(r"'(\w+)' object has no attribute '(\w+)'", AttributeError)
def no_such_layer(case: Case, found: re.Match[str]) -> Told | None:
    owner = case.node.value if isinstance(case.node, ast.Attribute) else None
    module = case.find(owner)
    if module is MISSING and type(case.error) is AttributeError:
        module = case.error.obj  # of what was made on the spot
    if not issubclass(type(module), torch.nn.Module):
        return None
    known = [name for kind in ("modules", "parameters", "buffers") for name in registered(module, kind)]
    name = found[2]
    own_class = not class_module(module).startswith("torch.")
    if not own_class and not known and hasattr(torch.Tensor, name) and not hasattr(torch.nn.Module, name):
        return Told(
            f"{case.said(owner)} is a {found[1]} module, not a tensor. Give it its options only, and then call it with "
            f"the tensor: `nn.{found[1]}()(x)`."
        )
    close = difflib.get_close_matches(name, known, 1)
    if close and isinstance(case.node, ast.Attribute):
        text = f"{ast.unparse(case.node.value)}.{close[0]}"
        return Told(
            f"`{found[1]}` has no `{name}`; it has `{close[0]}`.",
            case.working_fix(text, of=case.node, unseen=True, silent=True) or _named(case, text),
        )
    assign = f" Assign it in `__init__`, as `self.{name} = ...`." if own_class else ""
    has = (
        f" It has {', '.join(f'`{child}`' for child in known[:6])}." if known else " It holds no layers or parameters."
    )
    return Told(f"`{found[1]}` has no `{name}`.{has}{assign}")


def _named(case: Case, text: str) -> SuggestedFix | None:
    # What the name leads to is there: a module is not run to show it.
    return SuggestedFix(text, None, case.node) if case.find(ast.parse(text, mode="eval").body) is not MISSING else None


@rule(r"forward\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given", TypeError)
def forward_arguments(case: Case, found: re.Match[str]) -> Told | None:
    wants, given = int(found[1]), int(found[2])
    if wants == 1:
        return Told(
            "`forward` was written with `self` alone, and was called with an input. Write `def forward(self, x):`."
            if given == 2
            else f"`forward` takes nothing but `self`, and was called with {given - 1} inputs: name them after `self`."
        )
    return Told(
        f"`forward` takes {wants - 1} inputs besides `self`, and was called with {given - 1}. Call the module with as "
        "many as its `forward` names."
    )


@rule(r"(\w+)\.forward\(\) missing (\d+) required positional arguments?: (.*)", TypeError)
def forward_misses(case: Case, found: re.Match[str]) -> Told | None:
    loss = found[1].endswith("Loss")
    more = " A loss is called with the prediction and the target: `loss_fn(pred, y)`." if loss else ""
    return Told(f"`{found[1]}` was called without {found[3].replace(chr(39), '`')}.{more}")


@rule(r"(\w+)\.__init__\(\) missing (\d+) required positional arguments?: (.*)", TypeError)
def made_with_too_little(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    name, missing = found[1], found[3].replace("'", "`")
    if made is MISSING or not isinstance(made, type) or not class_module_of(made).startswith("torch."):
        return None
    if "params" in missing and issubclass(made, torch.optim.Optimizer):
        return Told(f"`{name}` needs to know what to change: give it `model.parameters()` first.")
    hints = {
        "Linear": "`nn.Linear(in_features, out_features)`: the last size of its input, and of its output",
        "Conv2d": "`nn.Conv2d(in_channels, out_channels, kernel_size)`",
        "Conv1d": "`nn.Conv1d(in_channels, out_channels, kernel_size)`",
        "Embedding": "`nn.Embedding(num_embeddings, embedding_dim)`: how many rows, and how long each is",
    }
    how = f": it is made as {hints[name]}." if name in hints else "."
    return Told(f"`{name}` was made without {missing}{how}")


def class_module_of(cls: type) -> str:
    module = type.__dict__["__module__"].__get__(cls) if "__module__" in type.__dict__ else ""
    return module if type(module) is str else ""


@rule(r"__init__\(\) got an unexpected keyword argument '(\w+)'", TypeError)
def unknown_keyword(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    if call is None or not isinstance(made, type) or not class_module_of(made).startswith("torch."):
        return None
    code = getattr(made.__init__, "__code__", None)
    if code is None:
        return None
    known = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    close = difflib.get_close_matches(found[1], known, 1, 0.5)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    return Told(f"`{made.__name__}` has no option `{found[1]}`.{meant} It takes {', '.join(known[:8])}.")


@rule(r"Boolean value of Tensor with (more than one value|no values) is ambiguous", RuntimeError)
def truth_of_many(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    if call is not None and isinstance(made, type) and vars(torch.nn).get(made.__name__) is made:
        arguments = ", ".join(ast.unparse(part) for part in (*call.args, *call.keywords))
        function = ast.unparse(call.func)
        return Told(
            f"`{function}` is a class: it is made once, with its options, and then called with tensors. Here "
            f"the tensors "
            "went to where the options go.",
            case.working_fix(f"{function}()({arguments})", unseen=True),
        )
    test = case.node
    if isinstance(case.statement, ast.If | ast.While | ast.Assert) and isinstance(test, ast.expr):
        held = case.shape(test)
        if held is not None and found[1] != "no values":
            return Told(
                f"{case.is_shaped(test)}: it holds many answers, and Python wants one. `.any()` is True when "
                f"some element "
                "is, `.all()` when all are.",
                case.working_fix(f"({ast.unparse(test)}).all()", unseen=True, silent=True),
            )
    if found[1] == "no values":
        return Told("An empty tensor is neither true nor false. Ask for `x.numel() == 0`.")
    return Told(
        "Python wants one True or False here, and the tensor holds many. `.any()` is True when some element is, "
        "`.all()` "
        "when all are; `and`, `or` and `not` become `&`, `|` and `~` on tensors.",
    )


@rule(r"^(.+) is not a Module subclass$", TypeError)
def not_a_module(case: Case, found: re.Match[str]) -> Told | None:
    if found[1] == "list":
        call = case.call("Sequential")
        text = None
        if call is not None and len(call.args) == 1:
            text = f"{ast.unparse(call.func)}(*{ast.unparse(call.args[0])})"
        return Told(
            "`nn.Sequential` takes its layers one after another, and was given a list. A `*` before the list spreads it"
            + (f": `{text}`." if text and len(text) <= 100 else ".")
        )
    name = found[1].rpartition(".")[2]
    meant = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "flatten": "Flatten", "softmax": "Softmax"}
    how = f" Use the module `nn.{meant[name]}()`." if name in meant else " Give it an instance: with parentheses."
    return Told(f"The layers of a container are modules, and `{name}` is a function or a class.{how}")


@rule(r"cannot assign '(\S+)' as parameter '(\w+)' \(torch\.nn\.Parameter or None expected\)", TypeError)
def tensor_as_parameter(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        f"`{found[2]}` is a parameter, which the optimizer finds because it is an nn.Parameter; a plain tensor cannot "
        "take its place. Wrap it: `nn.Parameter(...)`; or write its numbers in under `torch.no_grad()`.",
        parts=[case.statement] if case.statement is not None else None,
    )


@rule(r"Error\(s\) in loading state_dict for (\w+):\s*(.*)", RuntimeError)
def state_of_another_model(case: Case, found: re.Match[str]) -> Told | None:
    text = str(case.error)
    sizes = re.findall(
        r"size mismatch for (\S+): copying a param with shape torch\.Size\((\[.*?\])\) from checkpoint, the shape in "
        r"current model is torch\.Size\((\[.*?\])\)",
        text,
    )
    if sizes:
        name, saved, here = sizes[0]
        return Told(
            f"`{name}` was saved as {saved}, and in this `{found[1]}` it is {here}: make the model with the "
            f"sizes that it "
            "was saved with."
        )
    missing = re.search(r"Missing key\(s\) in state_dict: \"(.+?)\"", text)
    unexpected = re.search(r"Unexpected key\(s\) in state_dict: \"(.+?)\"", text)
    wants = f"this `{found[1]}` looks for `{missing[1]}`" if missing else f"this `{found[1]}` has all it needs"
    holds = f"the saved state also holds `{unexpected[1]}`" if unexpected else "the saved state does not have it"
    return Told(
        f"The names do not match: {wants}, and {holds}. Load it into a model built of the same layers under the same "
        "names."
    )


@rule(r"Expected state_dict to be dict-like, got <class '(.*?)'>", TypeError)
def state_from_a_path(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call("load_state_dict"), 0, "state_dict")
    if found[1] == "str":
        return Told(
            f"`load_state_dict` takes the state itself, and {case.said(held)} is a file's name: read it first, "
            f"`load_state_dict(torch.load({ast.unparse(held) if held else 'path'}))`."
        )
    return Told("`load_state_dict` takes what `model.state_dict()` gave: a dict of names and tensors.")


@rule(r"optimizer got an empty parameter list", ValueError)
def nothing_to_optimize(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        "The model has no parameters to train. Layers count when they are assigned to `self` in `__init__` (a "
        "plain list "
        "hides them: use `nn.ModuleList`), and a generator such as `parameters()` is empty after its first use."
    )


@rule(r"params argument given to the optimizer should be an iterable of Tensors or dicts", TypeError)
def one_tensor_to_optimize(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    held = call.args[0] if call is not None and call.args else None
    if held is None:
        return None
    return Told(
        f"An optimizer takes a list of tensors, and {case.said(held)} is one tensor: write `[{ast.unparse(held)}]`.",
        of_autograd=True,
    )


@rule(r"'(method|\w+)' object is not iterable", TypeError)
def parameters_not_called(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    if call is None or not isinstance(made, type) or not issubclass(made, torch.optim.Optimizer) or not call.args:
        return None
    first = call.args[0]
    if found[1] == "method":
        return Told(f"`{ast.unparse(first)}` is a method: call it, `{ast.unparse(first)}()`, to get the parameters.")
    if case.is_module(first):
        return Told(
            f"An optimizer takes parameters, and {case.said(first)} is a module: give it "
            f"`{ast.unparse(first)}.parameters()`."
        )
    return None


@rule(r"Invalid (learning rate|momentum value|weight_decay value|beta parameter at index \d): (\S+)", ValueError)
def invalid_option(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        f"The {found[1]} is {found[2]}, which is out of its range: a learning rate is 0 or more, usually 0.001 to 0.1."
    )


@rule(r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'", TypeError)
def arithmetic_with_a_module(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    for part in pair:
        value = case.find(part)
        if issubclass(type(value), torch.nn.Module):
            return Told(
                f"{case.said(part)} is a module ({class_name(value)}), not a tensor: call it with one, "
                f"`{ast.unparse(part)}(x)`, and compute with what it gives."
            )
        made = case.find(part.func) if isinstance(part, ast.Call) else MISSING
        if isinstance(part, ast.Call) and isinstance(made, type) and issubclass(made, torch.nn.Module):
            return Told(
                f"{case.said(part)} makes a module, and does not compute: call what it makes with the tensor, "
                f"`{ast.unparse(part.func)}()({', '.join(map(ast.unparse, part.args))})`."
            )
    return _list_or_text(case, found, pair)


def _list_or_text(case: Case, found: re.Match[str], pair: tuple[ast.expr, ast.expr]) -> Told | None:
    for part, kind, other in ((pair[1], found[3], pair[0]), (pair[0], found[2], pair[1])):
        if kind not in ("list", "tuple", "str") or case.tensor(other) is None:
            continue
        if kind == "str":
            return Told(
                f"{case.said(part)} is text, and {case.said(other)} a tensor: there is no arithmetic of the two."
            )
        return Told(
            f"{case.said(part)} is a {kind}, which {case.said(other)} (a tensor) does not compute with. Make a "
            f"tensor of it.",
            case.working_fix({part: "torch.tensor({})"}, unseen=True),
        )
    return None


@rule(r"'(\w+)' object is not callable", TypeError)
def loss_not_made(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    if call is None or found[1] not in ("Tensor", "Parameter", "Size"):
        return None
    if called(call) == "" or attribute_of(case.find(call.func), "shape") is MISSING:
        return None
    function = ast.unparse(call.func)
    arguments = ", ".join(map(ast.unparse, call.args))
    more = (
        " If it was a function before, you have used its name for something else."
        if isinstance(call.func, ast.Name)
        else ""
    )
    if not arguments:
        return Told(
            f"`{function}` is a tensor, and not called: leave the parentheses out.{more}",
            case.working_fix(function, unseen=True),
        )
    return Told(
        f"`{function}` is a tensor, and not called: an element is taken with square brackets.{more}",
        case.working_fix(f"{function}[{arguments}]", unseen=True),
    )
