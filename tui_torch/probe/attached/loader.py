"""What is sent, as text, to a kernel that others use: it loads the probe there, or says why not.

It may be run by an older Python than ours, so its code is for any of version 3; and tui-torch need not be installed
there, so the package is found by its path.
"""

# pyright: reportArgumentType=false, reportOptionalMemberAccess=false

import os
import sys

PACKAGE = "tui_torch"


def load(folder, socket, version, python, torch):
    """Put the probe into this kernel. Returns an empty text, or why it is not there: a sentence without an end.

    Args:
        folder: That of the package.
        socket: The path of the socket that the app hears the probe by.
        version: The package's version.
        python: The oldest (major, minor) version of Python that the probe is for.
        torch: Likewise, of PyTorch.
    """
    if sys.version_info[:2] < tuple(python):
        return "it runs Python {}.{}, and tui-torch needs {}.{} or newer there".format(*sys.version_info[:2], *python)
    shell = _shell()
    if shell is None:
        return "it is no ipykernel, and no other kernel tells when a cell begins and ends"
    found = _installed_torch()
    if found is not None and _is_older(found, torch):
        return "it has PyTorch {}, and tui-torch reads {}.{} or newer".format(found, *torch)
    if not os.access(folder + "/__init__.py", os.R_OK) or not os.access(socket, os.W_OK):
        return f"it cannot read {folder}: it runs in another place, such as a container"
    there = sys.modules.get(PACKAGE)
    if there is not None and getattr(there, "__version__", None) != version:
        return "it has imported tui-torch {}, and this is {}: use the same".format(
            getattr(there, "__version__", "of an unknown version"), version
        )
    attached = sys.modules.get(PACKAGE + ".probe.attached.attachment")
    if attached is not None and not attached.make_room():
        return "another tui-torch is attached to it"
    return _loaded(folder, socket, shell)


def _shell():
    try:
        shell = sys.modules["IPython"].get_ipython()
        return shell if hasattr(shell.kernel, "io_loop") and hasattr(shell, "events") else None
    except (KeyError, AttributeError):
        return None


def _installed_torch():
    torch = sys.modules.get("torch")
    if torch is not None:
        return str(getattr(torch, "__version__", "")) or None
    from importlib import metadata

    try:
        return metadata.version("torch")
    except Exception:
        return None


def _is_older(version, oldest):
    try:
        return tuple(int(part) for part in version.split(".")[:2]) < tuple(oldest)
    except ValueError:
        return False


def _loaded(folder, socket, shell):
    from importlib import util

    before = set(sys.modules)
    try:
        if PACKAGE not in sys.modules:
            spec = util.spec_from_file_location(PACKAGE, folder + "/__init__.py", submodule_search_locations=[folder])
            package = util.module_from_spec(spec)
            sys.modules[PACKAGE] = package
            spec.loader.exec_module(package)
        from tui_torch.probe.attached.attachment import attach

        attach(shell, socket, frozenset(before))
    except BaseException as error:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == PACKAGE:
                del sys.modules[name]
        return f"the probe cannot be loaded there ({type(error).__name__}: {error})"
    return ""
