"""Loads tui-torch's recorder into each Python that trains, of a command that `tui-torch watch` runs.

Python imports this when it starts, since the folder is on PYTHONPATH; then it imports the `sitecustomize` that it would
have found without. A process in which torch is never imported only asks for that name. Where torch is imported, a few
of its functions are replaced until one of them is called first: then the recorder is loaded. `torchrun` calls none.
A Python with torch that ends by an exception writes which one it was: `torchrun` so tells how its ranks have ended.

Nothing of ours raises here. The Python may be older than ours, so the code is for any of version 3.
"""

# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportCallIssue=false

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(_FOLDER)))
_RUN = os.environ.get("TUI_TORCH_RUN")

_BEGINNINGS = (
    ("optim.Optimizer", "__init__"),
    ("Tensor", "backward"),
    ("func", "grad"),
    ("func", "grad_and_value"),
    ("autograd", "grad"),
)
"""What a training calls sooner or later, in torch: where it is, and its name."""


class _TorchFinder:
    """Finds nothing itself: lets the other finders find torch, and acts when it has been imported."""

    def __init__(self):
        self._asks = False

    def find_spec(self, name, path=None, target=None):
        if name != "torch" or self._asks:
            return None
        self._asks = True
        try:
            for finder in list(sys.meta_path):
                find = getattr(finder, "find_spec", None)
                if finder is self or find is None:
                    continue
                spec = find(name, path, target)
                if spec is not None:
                    self._hear_of(spec.loader)
                    return spec
        finally:
            self._asks = False
        return None

    def _hear_of(self, loader):
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module):
            execute(module)
            try:
                del loader.exec_module
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                    _wait_for_a_training(module)
                    _wait_for_the_end()
            except Exception:
                pass

        try:
            loader.exec_module = exec_module
        except Exception:  # a loader that takes no attribute
            pass


def _wait_for_a_training(torch):
    """Load the recorder when one of the BEGINNINGS is called. It is given the models that are wrapped until then."""
    from functools import wraps

    replaced = []
    done = []
    models, listen_no_more = _wrapped_models(torch)

    def begin():
        if not done:
            done.append(True)
            for owner, name, original, ours in replaced:
                if getattr(owner, name) is ours:
                    setattr(owner, name, original)
            try:
                listen_no_more()
                _load(models)
            except Exception:
                pass

    def replacement(owner, name, original):
        @wraps(original)
        def beginning(*args, **kwargs):
            if torch.compiler.is_compiling():
                return original(*args, **kwargs)
            begin()
            now = getattr(owner, name)
            try:
                return (original if now is beginning else now)(*args, **kwargs)
            except BaseException as error:
                # Its traceback is the one that there is without us.
                error.__traceback__ = error.__traceback__.tb_next
                raise

        return beginning

    for path, name in _BEGINNINGS:
        owner = torch
        for part in path.split("."):
            owner = getattr(owner, part, None)
        original = getattr(owner, name, None)
        if original is not None:
            ours = replacement(owner, name, original)
            replaced.append((owner, name, original, ours))
            setattr(owner, name, ours)
            _stand_in_for_in_scripts(torch, ours, original)


def _stand_in_for_in_scripts(torch, ours, original):
    """Let `torch.jit.script` take a function of ours for PyTorch's: it knows some by their identity."""
    try:
        builtins = torch.jit._builtins
        operator = next((name for known, name in builtins._builtin_ops if known is original), None)
        if operator is not None:
            builtins._builtin_ops.append((ours, operator))
            if builtins._builtin_table is not None:
                builtins._builtin_table[id(ours)] = operator
    except Exception:  # of a PyTorch that knows them otherwise
        pass


def _wrapped_models(torch):
    """A list that gets each model that DistributedDataParallel wraps, and what ends that.

    By a hook of PyTorch's: of a function around its `__init__`, its warnings would be.
    """
    from weakref import ref

    models = []
    wrapper = torch.nn.parallel.DistributedDataParallel

    def registered(module, name, submodule):
        if isinstance(module, wrapper):
            models.append(ref(module))
            del models[:-16]

    return models, torch.nn.modules.module.register_module_module_registration_hook(registered).remove


def _wait_for_the_end():
    import atexit

    atexit.register(_tell_of_the_end)


def _tell_of_the_end():
    """Write by which exception this Python ends, if it is a rank or a launcher and ends by one."""
    try:
        error = getattr(sys, "last_value", None)
        if not isinstance(error, Exception):
            return
        children, rank = _children(error), _number("RANK")
        if rank is None and not children:
            return
        import json
        import time

        file, line = _own_line(error.__traceback__)
        told = {
            "pid": os.getpid(),
            "time": time.time(),
            "error": type(error).__name__,
            "message": _text(error),
            "rank": rank,
            "attempt": _number("TORCHELASTIC_RESTART_COUNT") or 0,
            "file": file,
            "line": line,
            "children": children,
        }
        path = os.path.join(_RUN, str(os.getpid()) + ".end")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as written:
            json.dump(told, written)
    except Exception:
        pass


def _own_line(trace):
    """File and line of the last frame of code that is not installed."""
    file, line = None, None
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "site-packages" not in name and not name.startswith(("<", sys.prefix, sys.base_prefix)):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    return file, line


def _children(error):
    """The processes that failed, of an exception of `torchrun` or of `torch.multiprocessing.spawn`."""
    if type(error).__name__ == "ChildFailedError":
        return [
            {
                "pid": failure.pid,
                "exit_code": failure.exitcode,
                "rank": rank,
                "time": float(failure.timestamp),
                "message": _text(failure.message if isinstance(failure.message, str) else failure.message["message"])
                if os.path.isfile(failure.error_file)
                else "",
            }
            for rank, failure in error.failures.items()
        ]
    if type(error).__name__ in ("ProcessRaisedException", "ProcessExitedException"):
        raised = type(error).__name__ == "ProcessRaisedException"
        return [
            {
                "pid": error.error_pid,
                "exit_code": 1 if raised else error.exit_code,
                "message": _text(error).strip().split("\n")[-1] if raised else "",
            }
        ]
    return []


def _text(value):
    return str(value).encode("utf-8", "replace").decode()[:4000]


def _number(variable):
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else None


def _load(models):
    """Load the recorder. tui-torch need not be installed for this Python, and nothing else of its own is found."""
    from importlib import util

    before = set(sys.modules)
    try:
        if "tui_torch" not in sys.modules:
            spec = util.spec_from_file_location(
                "tui_torch",
                os.path.join(_PACKAGE, "__init__.py"),
                submodule_search_locations=[_PACKAGE],
            )
            package = util.module_from_spec(spec)
            sys.modules["tui_torch"] = package
            spec.loader.exec_module(package)
        from tui_torch.probe.watch.watched_process import watch_this_process

        watch_this_process(_RUN, models)
    except BaseException:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "tui_torch":
                del sys.modules[name]
        raise


# As Python's paths would be without us.
sys.path[:] = [entry for entry in sys.path if entry != _FOLDER]
if _RUN:
    sys.meta_path.insert(0, _TorchFinder())
sys.modules.pop(__name__, None)
# Raises what it would raise by itself, also that there is none: then Python goes on.
import sitecustomize  # noqa: E402, F401
