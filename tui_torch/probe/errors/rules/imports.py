"""Errors of names: absent from PyTorch or from a module, not imported, or not defined at all."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.known_packages import DISTRIBUTIONS
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule

_USUAL_IMPORTS = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "plt": "import matplotlib.pyplot as plt",
    "pd": "import pandas as pd",
    "optim": "from torch import optim",
    "math": "import math",
    "random": "import random",
    "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from torch.utils.data import Dataset",
    "TensorDataset": "from torch.utils.data import TensorDataset",
    "random_split": "from torch.utils.data import random_split",
}
"""The usual import of names that everyone calls so."""
_USUAL_MODULES = (
    "torch",
    "torch.nn",
    "torch.nn.functional",
    "torch.optim",
    "torch.utils.data",
    "torch.optim.lr_scheduler",
)
"""The modules of PyTorch in which a name is looked for."""
_NAMES_IN_NUMPY = {
    "array": "tensor",
    "concatenate": "cat",
    "expand_dims": "unsqueeze",
    "random": "rand",
    "ndarray": "Tensor",
    "matrix": "tensor",
}
"""What NumPy's names are called in `torch`."""
_INSTEAD_OF_METHODS = {
    "astype": "`x.to(torch.float32)` converts a tensor",
    "append": "a tensor has a fixed size: collect tensors in a list, and join them with `torch.stack` or `torch.cat`",
    "length": "`len(x)` is its first size, `x.numel()` counts its elements",
    "len": "`len(x)` is its first size, `x.numel()` counts its elements",
    "copy": "`x.clone()` copies a tensor",
    "to_numpy": "`x.numpy()` gives the array",
    "array": "`x.numpy()` gives the array",
    "backwards": "the method is `backward()`",
    "parameters": "`parameters()` is a module's method; this is a tensor",
    "index": "`(x == value).nonzero()` gives where a value is",
}
"""What to write instead of methods that other libraries' arrays and lists have."""


def _home_of(name: str) -> str | None:
    """Return the module of PyTorch that has a name; None if none of the usual ones has."""
    return next((home for home in _USUAL_MODULES if _is_public(name, sys.modules.get(home, torch.nn))), None)


def _import_line(home: str, name: str) -> str:
    return f"from {home} import {name}"


@rule(r"cannot import name '(\w+)' from '([\w.]+)'", ImportError)
def not_in_the_package(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `from torch import Linear`."""
    name, home = found.groups()
    if home.partition(".")[0] != "torch":
        return None
    if name == "F":
        return RuleResult(
            "`F` is what people call `torch.nn.functional` itself; there is no `F` in it.",
            _import_fix(case, "import torch.nn.functional as F"),
            parts=[],
        )
    real = _home_of(name)
    if real is not None and real != home:
        return RuleResult(
            f"`{name}` is in `{real}`, not in `{home}`.", _import_fix(case, _import_line(real, name)), parts=[]
        )
    close = _similar_name(name, sys.modules.get(home))
    if close is None:
        return RuleResult(
            f"`{home}` has no `{name}`. Look at its spelling, and at which version of PyTorch a text was for.", parts=[]
        )
    return RuleResult(
        f"`{home}` has no `{name}`; it has `{close}`.", _import_fix(case, _import_line(home, close)), parts=[]
    )


def _import_fix(case: ErrorCase, text: str) -> SuggestedFix | None:
    match case.statement:
        case ast.Import(names=[_]):
            return SuggestedFix(text, None, case.statement)
        case ast.ImportFrom(names=[alias]) if alias.asname is None or alias.asname == text.split()[-1]:
            return SuggestedFix(text, None, case.statement)
        case ast.ImportFrom(names=[alias]):
            return SuggestedFix(f"{text} as {alias.asname}", None, case.statement)
        case ast.ImportFrom(module=home, names=aliases) as statement:
            return _among_others(case, str(home), statement, aliases, text)
        case _:
            return SuggestedFix(text)


def _among_others(
    case: ErrorCase, home: str, statement: ast.ImportFrom, aliases: list[ast.alias], text: str
) -> SuggestedFix | None:
    """The line with one of its names changed, and a second import where that name is elsewhere."""
    wanted = re.search(r"cannot import name '(\w+)'", str(case.error))
    wrong = next((alias for alias in aliases if wanted is not None and alias.name == wanted[1]), None)
    if wrong is None:
        return None
    others = [ast.unparse(alias) for alias in aliases if alias is not wrong]
    as_name = f" as {wrong.asname}" if wrong.asname is not None and not text.endswith(f" {wrong.asname}") else ""
    if not text.startswith(f"from {home} import "):
        return SuggestedFix(f"from {home} import {', '.join(others)}; {text}{as_name}", None, statement)
    right = f"{text.removeprefix(f'from {home} import ')}{as_name}"
    named = [right if alias is wrong else ast.unparse(alias) for alias in aliases]
    return SuggestedFix(f"from {home} import {', '.join(named)}", None, statement)


def _similar_name(name: str, module: ModuleType | None) -> str | None:
    """Return what a module has of nearly a name: the same letters first, then one that goes on, `mse_loss`."""
    if module is None:
        return None
    # `Dataloader` is the class, and not the module of that name.
    names = [
        known for known in vars(module) if not known.startswith("_") and not _changes_in_place(known, name, module)
    ]
    names.sort(key=lambda known: isinstance(vars(module)[known], ModuleType))
    letters = name.replace("_", "").lower()
    same = next((known for known in names if known.replace("_", "").lower() == letters), None)
    longer = [known for known in names if known.lower() in (f"{name.lower()}_loss", f"{name.lower()}loss")]
    return same or next(iter([*longer, *difflib.get_close_matches(name, names, 1, 0.75)]), None)


def _changes_in_place(known: str, name: str, module: ModuleType) -> bool:
    """Whether torch's function of that name is not meant: it writes into a tensor, and the name does not end so."""
    return module is torch and known.endswith("_") and not name.endswith("_")


@rule(r"module '([\w.]+)' has no attribute '(\w+)'", AttributeError)
def not_in_the_module(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.array(...)` and other names that PyTorch has elsewhere, or not at all."""
    home, name = found.groups()
    if home.partition(".")[0] != "torch" or home not in sys.modules:
        return None
    written = case.node if isinstance(case.node, ast.Attribute) else None
    owner = ast.unparse(written.value) if written is not None else home
    if home == "torch" and name == "append":
        return _appended(case)
    if home == "torch" and name in _NAMES_IN_NUMPY:
        return _found_as(case, written, f"torch.{_NAMES_IN_NUMPY[name]}", f"`{name}` is NumPy's; PyTorch's is")
    if home == "torch.nn" and name == "optim":
        return _found_as(case, written, "torch.optim", "`optim` is in `torch`, beside `nn`:")
    known_names = sorted(
        vars(sys.modules[home]), key=lambda known: isinstance(vars(sys.modules[home])[known], ModuleType)
    )
    same_letters = next((known for known in known_names if known.lower() == name.lower()), None)
    real = _home_of(name)
    if same_letters is not None:
        return _found_as(case, written, f"{owner}.{same_letters}", f"`{home}` has no `{name}`; letters count:")
    if real is not None:
        return _found_as(case, written, f"{real}.{name}", f"`{home}` has no `{name}`; it is")
    close = _similar_name(name, sys.modules[home])
    if close is not None:
        return _found_as(case, written, f"{owner}.{close}", f"`{home}` has no `{name}`; it has")
    return RuleResult(
        f"`{home}` has no `{name}`. Look at its spelling, and at which version of PyTorch a text was for."
    )


def _appended(case: ErrorCase) -> RuleResult:
    """Explain `torch.append(x, y)`, which NumPy has: it takes two arrays, and `cat` takes a list."""
    outer = next(iter(case.history.around(case.node)), None)
    fix = None
    if isinstance(outer, ast.Call) and len(outer.args) == 2 and not outer.keywords:
        fix = SuggestedFix(f"torch.cat([{', '.join(map(ast.unparse, outer.args))}])", None, outer)
    return RuleResult("`append` is NumPy's; PyTorch joins a list of tensors, by `torch.cat`.", fix, parts=[])


def _found_as(case: ErrorCase, written: ast.Attribute | None, text: str, words: str) -> RuleResult:
    suggested_fix = None
    # A name that `getattr` was given is text elsewhere in the code.
    if written is not None and case.find(ast.parse(text, mode="eval").body) is not MISSING:
        suggested_fix = SuggestedFix(text, None, written)
    return RuleResult(f"{words} `{text}`.", suggested_fix, parts=[])


@rule(r"'(Tensor|Parameter)' object has no attribute '(\w+)'", AttributeError)
def no_such_tensor_attribute(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.astype(...)` and other names that a tensor does not have."""
    name = found[2]
    held = case.node.value if isinstance(case.node, ast.Attribute) else None
    if name in _INSTEAD_OF_METHODS:
        return RuleResult(f"{case.quoted(held)} is a tensor, which has no `{name}`: {_INSTEAD_OF_METHODS[name]}.")
    known = [entry for entry in dir(torch.Tensor) if not entry.startswith("_")]
    close = next(iter(difflib.get_close_matches(name, known, 1, 0.75)), None)
    if name in vars(torch.nn.functional) or name in vars(torch):
        where = "torch.nn.functional" if name in vars(torch.nn.functional) else "torch"
        return RuleResult(
            f"A tensor has no `{name}`; it is a function: `{where}.{name}({ast.unparse(held) if held else 'x'})`."
        )
    if close is None or held is None:
        return RuleResult(f"{case.quoted(held)} is a tensor, which has no `{name}`. Look at its spelling.")
    return RuleResult(
        f"{case.quoted(held)} is a tensor, which has no `{name}`; it has `{close}`.",
        SuggestedFix(f"{ast.unparse(held)}.{close}", None, case.node),
    )


@rule(r"No module named '([\w.]+)'", ModuleNotFoundError)
def no_such_package(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `import pytorch`, and packages that are not installed."""
    name = found[1]
    if name in ("pytorch", "Torch", "PyTorch"):
        suggested_fix = None
        match case.statement:
            case ast.Import(names=[ast.alias(asname=None)]):
                suggested_fix = SuggestedFix("import torch", None, case.statement)
            case ast.ImportFrom(names=names):
                suggested_fix = SuggestedFix(
                    f"from torch import {', '.join(map(ast.unparse, names))}", None, case.statement
                )
            case _:
                pass
        return RuleResult("PyTorch is the project's name; the package is called `torch`.", suggested_fix, parts=[])
    head, _, tail = name.rpartition(".")
    if head in sys.modules and head.startswith("torch"):
        close = _similar_name(tail, sys.modules[head])
        if close is not None:
            text = f"import {head}.{close}"
            is_module = isinstance(vars(sys.modules[head]).get(close), ModuleType)
            return RuleResult(
                f"`{head}` has no `{tail}`; it has `{close}`.",
                SuggestedFix(text, None, case.statement)
                if is_module and isinstance(case.statement, ast.Import)
                else None,
                parts=[],
            )
        return RuleResult(f"`{head}` has no part `{tail}`. Look at its spelling.", parts=[])
    first = name.partition(".")[0]
    if first != name and _is_installed(first):
        return _no_such_part(case, name)
    return _not_installed(case, first)


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError, AttributeError):
        return package in sys.modules


def _no_such_part(case: ErrorCase, name: str) -> RuleResult:
    head, _, tail = name.rpartition(".")
    close = _similar_name(tail, sys.modules.get(head))
    words = f"`{head}` is installed, and has no part `{tail}`"
    return RuleResult(f"{words}; it has `{close}`." if close else f"{words}. Look at its spelling.", parts=[])


def _not_installed(case: ErrorCase, name: str) -> RuleResult:
    """Advise to install a package only where it is a known one: anyone may have registered the name of another."""
    words = f"Python finds no module `{name}`"
    own = Path.cwd() / f"{name}.py"
    if own.is_file() or own.with_suffix("").is_dir():
        found = own.name if own.is_file() else f"{name}/"
        return RuleResult(
            f"{words}: `{found}` is in {own.parent}, a folder that is not searched here. To search it, put "
            f"`import sys; sys.path.insert(0, {str(own.parent)!r})` before the import.",
            parts=[],
        )
    if name in DISTRIBUTIONS:
        return RuleResult(
            f"The package `{name}` is not installed where this code runs: `pip install {DISTRIBUTIONS[name]}` in that "
            f"environment ({sys.prefix}).",
            parts=[],
        )
    installed = [known for known in DISTRIBUTIONS if _is_installed(known)]
    # A package is more likely meant than a module of Python that nobody imports: `nunpy` is as close to `runpy`.
    close = next(
        (near[0] for names in (installed, sys.stdlib_module_names) if (near := _close_names(name, names))), None
    )
    if close is not None:
        return RuleResult(f"{words}; there is `{close}`.", _module_fix(case, close), parts=[])
    return RuleResult(
        f"{words}. Look at its spelling; if it is a package, its own documentation says what it is installed as.",
        parts=[],
    )


def _close_names(name: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, list(names), 1, 0.75)


def _module_fix(case: ErrorCase, module: str) -> SuggestedFix | None:
    match case.statement:
        case ast.Import(names=[ast.alias(asname=None)]):
            return SuggestedFix(f"import {module}", None, case.statement)
        case ast.Import(names=[ast.alias(asname=str(asname))]):
            return SuggestedFix(f"import {module} as {asname}", None, case.statement)
        case _:
            return None


_CONSTANTS = {"true": "True", "false": "False", "none": "None", "null": "None", "nil": "None"}
"""What other languages, and other spellings, call a constant of Python."""


def _compared_argument(case: ErrorCase, name: str) -> RuleResult | None:
    """Explain a comparison `name == …` that stands where a call takes its arguments."""
    pieces = ast.walk(case.statement) if case.statement is not None else ()
    for call in (piece for piece in pieces if isinstance(piece, ast.Call)):
        for at, argument in enumerate(call.args):
            match argument:
                case ast.Compare(left=ast.Name(id=left), ops=[ast.Eq()], comparators=[value]) if left == name:
                    meant = ast.keyword(name, value)
                    mended = ast.Call(call.func, call.args[:at], [*call.keywords, meant])
                    return RuleResult(
                        f"`{ast.unparse(argument)}` compares. An argument is given by one `=`: `{ast.unparse(meant)}`.",
                        # What stands behind it would take its place.
                        SuggestedFix(ast.unparse(mended), None, call) if at == len(call.args) - 1 else None,
                        parts=[],
                    )
                case _:
                    pass
    return None


@rule(r"name '(\w+)' is not defined|(?:local|free) variable '(\w+)'", NameError)
def not_defined(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a name that is misspelt, not imported, or not yet assigned."""
    name = found[1] or found[2]
    if found[2]:
        return _of_the_function(case, name)
    if (constant := _CONSTANTS.get(name.lower())) is not None:
        suggested_fix = SuggestedFix(constant, None, case.node) if isinstance(case.node, ast.Name) else None
        return RuleResult(f"Python writes `{constant}`; nothing is called `{name}`.", suggested_fix, parts=[])
    if (explained := _compared_argument(case, name)) is not None:
        return explained
    if name in vars(torch) and isinstance(vars(torch)[name], torch.dtype):
        return _from_torch(case, name, f"`{name}` is one of torch's dtypes: it needs the name of the package.")
    if name.startswith("__") and name.endswith("__"):
        return _special_name(case, name)
    if (line := _python_module(case, name)) is not None:
        return RuleResult(f"`{name}` is a module of Python, and not imported.", SuggestedFix(line), parts=[])
    known = [
        entry for scope in case.names.scopes for entry in scope if type(entry) is str and not entry.startswith("_")
    ]
    if name not in _USUAL_IMPORTS:
        close = next(iter(difflib.get_close_matches(name, known, 1, 0.75)), None)
        if close is not None and not _is_far(case, name, close):
            line = "a built-in" if close in vars(builtins) else "there"
            suggested_fix = SuggestedFix(close, None, case.node) if isinstance(case.node, ast.Name) else None
            return RuleResult(f"There is no `{name}`; `{close}` is {line}.", suggested_fix, parts=ast.parse(close).body)
        if _is_public(name, torch) and case.find(ast.Name("torch")) is torch:
            return _from_torch(case, name, f"`{name}` is torch's: it needs the name of the package.")
        home = _home_of(name)
        if home is not None:
            return RuleResult(
                f"`{name}` is `{home}.{name}`, and not imported.", SuggestedFix(_import_line(home, name)), parts=[]
            )
        return RuleResult(
            f"Nothing is called `{name}` here. Look at its spelling, and that the line that makes it runs before this "
            "one."
        )
    package = _USUAL_IMPORTS[name].split()[1].partition(".")[0]
    if importlib.util.find_spec(package) is None:
        installing = f": `pip install {DISTRIBUTIONS[package]}` in that environment ({sys.prefix})"
        return RuleResult(
            f"`{name}` is what people call `{package}`, which is not installed here{installing}.", parts=[]
        )
    return RuleResult(
        f"`{name}` is not imported. Put the import before it, at the top.", SuggestedFix(_USUAL_IMPORTS[name]), parts=[]
    )


def _of_the_function(case: ErrorCase, name: str) -> RuleResult:
    """Explain a name that is read in a function before the line of the same function that assigns it."""
    function = case.history.scope_of(case.statement)
    made = next(iter(case.history.all(name, function)), None)
    if made is None:
        return RuleResult(
            f"`{name}` is assigned somewhere in this function, so it is the function's own, and it has no value yet "
            "here. Pass it in as an argument, or use another name inside."
        )
    where = f"Line {made.statement.lineno} assigns `{name}`"
    outside = case.frame is not None and name in case.frame.f_globals
    if isinstance(made.statement, ast.AugAssign):
        return RuleResult(
            f"{where} in this function, so it is the function's own, and it has no value yet to add to. Give it one at "
            f"the start of the function (`{name} = 0`), or pass it in and return it.",
        )
    if made.statement is not case.statement and case.line is not None and made.statement.lineno > case.line and outside:
        return RuleResult(
            f"{where}, so in this whole function `{name}` is a name of its own, also here, where it has no value yet: "
            f"the `{name}` of outside is hidden. Give what line {made.statement.lineno} makes another name.",
            parts=[],
        )
    return RuleResult(
        f"{where} in this function, so it is the function's own, and it has no value yet here (that line has not run, "
        "as in an `if` or a loop of no rounds). Give it a value before, or pass it in as an argument."
    )


def _is_public(name: str, module: ModuleType) -> bool:
    """Whether a module of PyTorch has a name for its users, not a module of Python that it imports for itself."""
    held = vars(module).get(name)
    return name in vars(module) and not (isinstance(held, ModuleType) and not held.__name__.startswith("torch"))


def _is_far(case: ErrorCase, name: str, close: str) -> bool:
    """Whether a built-in is close to a name by its letters alone: `val` and `eval`, `inputs` and `input`."""
    if close not in vars(builtins) or any(close in scope for scope in case.names.scopes[:1]):
        return False
    called = next(iter(case.history.around(case.node)), None)
    is_called = isinstance(called, ast.Call) and called.func is case.node
    return not is_called or name[:1] != close[:1]


def _python_module(case: ErrorCase, name: str) -> str | None:
    """Return the import of a module of Python whose attribute is asked for: of `os` in `os.getcwd()`."""
    outer = next(iter(case.history.around(case.node)), None)
    module = sys.modules.get(name) if name in sys.stdlib_module_names else None
    if module is None or not isinstance(outer, ast.Attribute):
        return None
    if name == "datetime" and outer.attr in ("now", "today"):  # a class of the module's name
        return "from datetime import datetime"
    return f"import {name}" if hasattr(module, outer.attr) else None


def _special_name(case: ErrorCase, name: str) -> RuleResult:
    """Explain `__file__` where no file is run, and other names between double underscores."""
    if name != "__file__":
        return RuleResult(
            f"`{name}` is a name that Python gives to some modules, and the code here has none of it.", parts=[]
        )
    return RuleResult(
        "`__file__` is the path of the file that runs, and this code is in no file. The folder that it runs in is "
        "`os.getcwd()`, or `Path.cwd()` of `pathlib`.",
        _working_folder(case),
        parts=[],
    )


def _working_folder(case: ErrorCase) -> SuggestedFix | None:
    """The folder that code runs in, for what takes the folder of its file."""
    for outer in case.history.around(case.node):
        match outer:
            case ast.Call(ast.Attribute(_, "dirname") as function):
                owner = ast.unparse(function.value).removesuffix(".path")
                return SuggestedFix(f"{owner}.getcwd()", None, outer) if owner == "os" else None
            case ast.Attribute(ast.Call() as path, "parent"):
                made = path.func.value if isinstance(path.func, ast.Attribute) else path
                made = made.func if isinstance(made, ast.Call) else made
                return SuggestedFix(f"{ast.unparse(made)}.cwd()", None, outer)
            case ast.stmt():
                return None
            case _:
                continue
    return None


def _from_torch(case: ErrorCase, name: str, meaning: str) -> RuleResult:
    there = case.find(ast.Name("torch")) is torch and isinstance(case.node, ast.Name)
    return RuleResult(meaning, SuggestedFix(f"torch.{name}", None, case.node) if there else None, parts=[])


@rule(r"'module' object is not callable", TypeError)
def calls_a_module(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `tqdm(x)` after `import tqdm`: a Python module that is called."""
    call = case.call()
    module = case.find(call.func) if call is not None else MISSING
    if call is None or type(module) is not ModuleType:
        return None
    name = called_name(call)
    close = _similar_name(name, module)
    return RuleResult(
        f"`{ast.unparse(call.func)}` is a Python module (a file of functions), and cannot be called."
        + (f" It holds `{close}`: write `{ast.unparse(call.func)}.{close}`." if close else "")
    )
