"""Errors of pickling: what cannot be written to a file, copied, or sent to a worker process."""

from __future__ import annotations

import ast
import re
from pickle import PicklingError

from tui_torch.probe.articles import an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.registry import rule

_OBJECTS = {
    "generator": "a generator: it is gone through once, and has no copy. `list(...)` keeps what it gives",
    "TextIOWrapper": "an open file. Keep its path, and open it where it is read",
    "BufferedReader": "an open file. Keep its path, and open it where it is read",
    "BufferedWriter": "an open file. Keep its path, and open it where it is written",
    "_thread.lock": "a lock. Make it where it is used",
    "_thread.RLock": "a lock, as loggers, queues and pools hold. Make it where it is used",
    "module": "a Python module. Import it where it is used",
    "sqlite3.Connection": "a connection. Open it where it is used",
}
"""What an object that cannot be written down is, and what to do."""


def _aim(case: ErrorCase) -> str:
    """What the object was to be written for, as far as the line says."""
    names = {called_name(node) for node in ast.walk(case.statement or ast.Pass()) if isinstance(node, ast.Call)}
    text = "".join(frame_name for frame_name in _functions(case))
    if "save" in names:
        return "to a file"
    if "deepcopy" in names or "copy" in names:
        return "for a copy"
    if "reduction" in text or "popen" in text or "process" in text:
        return "for another process"
    return "in bytes"


def _functions(case: ErrorCase) -> list[str]:
    files: list[str] = []
    traceback = case.error.__traceback__
    while traceback is not None:
        files.append(traceback.tb_frame.f_code.co_filename)
        traceback = traceback.tb_next
    return files


@rule(r"Can't (?:get|pickle) local object '?(?:<function )?([\w.]+)\.<locals>\.(<lambda>|\w+)")
@rule(r"Can't pickle <function (\w+)\.<locals>\.(<lambda>|\w+) at \S+>")
def local_object(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a class or a function of a function's own that is pickled."""
    what = "a lambda" if found[2] == "<lambda>" else f"`{found[2]}`"
    made = "" if found[2] != "<lambda>" else " by `def` and a name"
    return RuleResult(
        f"An object is written {_aim(case)} by the name under which its class or function is found in the module, and "
        f"{what} is made inside `{found[1]}`, where nobody finds it. Define it{made} at the top level of the code, "
        "outside every function."
    )


@rule(r"Can't pickle <function <lambda> at \S+>")
def lambda_pickled(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a lambda that is saved, copied or sent to a worker."""
    return RuleResult(
        f"An object is written {_aim(case)} by its name, and a lambda has none. Define the function by `def`, at the "
        "top level of the code."
    )


@rule(r"Can't get attribute '(\w+)' on <module '(\w+)'", AttributeError)
def not_in_main(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a class that the module which it was saved from does not have now."""
    module = "the code that runs now" if found[2] == "__main__" else f"the module `{found[2]}`"
    return RuleResult(
        f"What is read here was written as an object of `{found[1]}`, which is looked for in {module}, and is not "
        f"there. Define or import `{found[1]}` before; for a model, save its `state_dict()`, which needs no class."
    )


@rule(
    r"Can't pickle (<class '([\w.]+)'>|\S+): (?:it's not the same object as|attribute lookup|it's not found as)",
    PicklingError,
)
def not_found_by_name(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an object of a class that has been defined a second time since."""
    name = found[2] or found[1]
    again = "not the same object" in str(case.error)
    if again:
        return RuleResult(
            f"The object was made of an earlier definition of `{name}`, and the class has been defined a second time "
            "since. Make the object again."
        )
    return RuleResult(
        f"An object is written {_aim(case)} by the name of its class, and nothing is found under `{name}`. Define it "
        "at the top level of the code, and under the name that it has."
    )


@rule(r"[Cc]annot pickle '([\w.]+)' (?:object|instances)", TypeError)  # the latter of files, as of Python 3.12
def object_of_the_system(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a generator, a file or a lock that is copied, saved or sent to a worker."""
    name = found[1].removeprefix("_io.")
    known = _OBJECTS.get(name, f"{an_in_code(found[1])}, which exists in this process alone. Make it where it is used")
    where = "Look for the attribute that holds it" if case.statement is not None else ""
    return RuleResult(f"What is written {_aim(case)} holds {known}. {where}.")


@rule(r"Cowardly refusing to serialize non-leaf tensor which requires_grad", RuntimeError)
def graph_sent(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a computed tensor that is sent to another process."""
    return RuleResult(
        "A tensor that autograd computed is sent to another process, and its graph cannot go with it. Send "
        "`tensor.detach()`."
    )


@rule(r"An attempt has been made to start a new process before the\s+current process has finished", RuntimeError)
def processes_in_the_module(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain workers that are started while the module is imported by a worker."""
    return RuleResult(
        "Each new process runs the file from its top, and this line starts processes there again. Put what starts them "
        "under `if __name__ == '__main__':`."
    )


@rule(r"DataLoader worker \(pid\(?s?\)? ([\d, ]+)\)? (?:is killed by signal: (\w+)|exited unexpectedly)", RuntimeError)
def worker_died(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a worker process that ended without a word."""
    how = f"by the signal {found[2]}" if found[2] else "without an error of its own"
    return RuleResult(
        f"A worker of the loader ended {how}. Most often there was no memory left (each worker holds its own copy of "
        "what it changes), or code that is not Python's crashed. With `num_workers=0` the same line runs in this "
        "process, and says what fails."
    )
