"""What there is to know of a process that begins to train: its program, its code, its rank, its versions."""

from __future__ import annotations

import hashlib
import os
import platform
import site
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from tui_torch.protocol.records.lines import RECORD_VERSION, CodeFile, RecordBegun

FILES = 200
"""Maximum number of files of code."""
LARGEST = 2**20
"""Maximum size of a file of code, in bytes."""
ARGUMENTS, LONGEST = 200, 300
"""Maximum number of arguments, and of characters of one."""


@dataclass(frozen=True, slots=True)
class WatchedProgram:
    """The program that a process runs."""

    name: str
    """Of the module that `python -m` was given, or else the path of the main file."""
    main: Path | None
    """Its main file, if it has one."""
    folder: Path | None
    """The folder that its own code is in: of `python -m pkg.train`, the one that `pkg` is in."""

    @classmethod
    def of_this_process(cls) -> WatchedProgram:
        """That of this process. To be asked while it runs: at its end, Python has forgotten the file."""
        module = sys.modules.get("__main__")
        file = getattr(module, "__file__", None)
        main = Path(os.path.abspath(file)) if isinstance(file, str) else None  # noqa: PTH100 - links stay as they are
        spec = getattr(module, "__spec__", None)
        if spec is None:
            return cls(str(main or sys.argv[0]), main, None if main is None else main.parent)
        folder = None if main is None else main.parents[min(spec.name.count("."), len(main.parents) - 1)]
        return cls(spec.name.removesuffix(".__main__"), main, folder)

    def has(self, filename: str) -> bool:
        """Whether a file is of its own code: the main file, or in its folder or below, and not installed there."""
        # Of texts: it is asked of two thousand modules, and each path would take 20 µs to make.
        if self.folder is None or not filename.startswith(os.path.join(self.folder, "")):  # noqa: PTH118
            return False
        return filename == str(self.main) or not filename.startswith(_installed())


def record_begun(program: WatchedProgram) -> RecordBegun:
    """The first line of the record of this process, as it is now."""
    rank, local_rank, world_size = _ranks()
    return RecordBegun(
        version=RECORD_VERSION,
        began=time.time(),
        pid=os.getpid(),
        host=_text(platform.node()),
        program=_text(program.name),
        arguments=tuple(map(_text, sys.argv[1 : ARGUMENTS + 1])),
        files=_files(program),
        python=platform.python_version(),
        torch=str(torch.__version__),
        device=_device(),
        rank=rank,
        local_rank=local_rank,
        world_size=world_size,
        attempt=_number("TORCHELASTIC_RESTART_COUNT") or 0,
    )


def _files(program: WatchedProgram) -> tuple[CodeFile, ...]:
    if program.main is None or program.folder is None:
        return ()
    found = {program.main}
    for module in list(sys.modules.values()):
        file = module.__dict__.get("__file__") if hasattr(module, "__dict__") else None
        if isinstance(file, str) and file.endswith(".py") and program.has(file):
            found.add(Path(file))
    return tuple(
        CodeFile(_text(str(file.relative_to(program.folder))), digest)
        for file in sorted(found)[:FILES]
        if (digest := _digest(file)) is not None
    )


@cache
def _installed() -> tuple[str, ...]:
    """Where installed modules are, Python itself, and this package, which may lie beside the program."""
    installed = (
        *site.getsitepackages(),
        site.getusersitepackages(),
        Path(os.__file__).parent,
        Path(__file__).parents[2],
    )
    return tuple(f"{path}{os.sep}" for path in installed)


def _digest(file: Path) -> str | None:
    try:
        if file.stat().st_size > LARGEST:
            return None
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None


def _ranks() -> tuple[int | None, int | None, int | None]:
    """(rank, rank on this machine, number of processes): of the process group, or else of the launcher."""
    local_rank = _number("LOCAL_RANK")
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), local_rank, distributed.get_world_size()
    return _number("RANK"), local_rank, _number("WORLD_SIZE")


def _number(variable: str) -> int | None:
    text = os.environ.get(variable, "")
    return int(text) if text.isascii() and text.isdecimal() else None


def _device() -> str:
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        return _text(torch.cuda.get_device_name())
    return "cpu"


def _text(text: str) -> str:
    """As JSON has it, and short."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
