"""The kernels that run on this machine, as a table or as JSON."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from tui_torch.console.plain import json_text, say
from tui_torch.console.plain_console import plain_console
from tui_torch.kernel.joining.connection_files import living_files


def list_kernels(*, as_json: bool) -> None:
    """Write what runs, the newest first."""
    files = [file.path for file in living_files()]
    processes = _processes({path.name for path in files})
    kernels = [_described(path, processes.get(path.name)) for path in files]
    if as_json:
        say(json_text(kernels, indent=2))
        return
    console = plain_console()
    if not kernels:
        console.print(Text("No kernel runs here. JupyterLab, VS Code and `jupyter console` start one."))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("connection file", "of", "python", "started"):
        table.add_column(heading)
    for kernel in kernels:
        of = kernel["notebook"] or kernel["folder"] or ""
        table.add_row(*(Text(str(cell)) for cell in (kernel["name"], of, kernel["python"] or "", kernel["started"])))
    console.print(table)


def _described(path: Path, process: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"pid": None, "python": None, "folder": None, "notebook": None}
    if process is not None:
        import psutil

        with suppress(psutil.Error, OSError):
            found["pid"] = process.pid
            found["python"] = next(iter(process.cmdline()), None)
            found["folder"] = process.cwd()
            # Jupyter Server tells its kernels so.
            found["notebook"] = process.environ().get("JPY_SESSION_NAME")
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(path.stat().st_mtime)) if path.exists() else ""
    return {"name": path.name, "file": str(path), "started": began, **found}


def _processes(names: set[str]) -> dict[str, Any]:
    """The processes of this user that were given one of these connection files, by its name."""
    import psutil

    found: dict[str, Any] = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.uids().real != os.getuid():
                continue
            for argument in process.cmdline():
                name = argument.rpartition("=")[2].rpartition(os.sep)[2]
                if name in names and "kernel" in " ".join(process.cmdline()):
                    # The first that has it is the kernel, or a launcher that has become it.
                    found.setdefault(name, process)
    return found
