"""What there is to know of a process that begins to train: its program, its code, its rank, its versions."""

from __future__ import annotations

import hashlib
import os
import platform
import site
import sys
import time
from pathlib import Path

import torch

from tui_torch.protocol.records.lines import RECORD_VERSION, CodeFile, RecordBegun

FILES = 200
"""Maximum number of files of code."""
LARGEST = 2**20
"""Maximum size of a file of code, in bytes."""
ARGUMENTS, LONGEST = 200, 300
"""Maximum number of arguments, and of characters of one."""


def record_begun() -> RecordBegun:
    """The first line of the record of this process, as it is now."""
    program, main = _program()
    rank, local_rank, world_size = _ranks()
    return RecordBegun(
        version=RECORD_VERSION,
        began=time.time(),
        pid=os.getpid(),
        host=_text(platform.node()),
        program=_text(program),
        arguments=tuple(map(_text, sys.argv[1 : ARGUMENTS + 1])),
        files=_files(main),
        python=platform.python_version(),
        torch=str(torch.__version__),
        device=_device(),
        rank=rank,
        local_rank=local_rank,
        world_size=world_size,
    )


def _program() -> tuple[str, Path | None]:
    """The program as the command line names it, and its main file, if it has one."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    path = Path(os.path.abspath(file)) if isinstance(file, str) else None  # noqa: PTH100 - links stay as they are
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return spec.name.removesuffix(".__main__"), path
    return str(path or sys.argv[0]), path


def _files(main: Path | None) -> tuple[CodeFile, ...]:
    if main is None:
        return ()
    folder = _folder_of(main)
    found = {main}
    for module in list(sys.modules.values()):
        file = module.__dict__.get("__file__") if hasattr(module, "__dict__") else None
        if isinstance(file, str) and file.endswith(".py") and is_own_code(file):
            found.add(Path(file))
    return tuple(
        CodeFile(_text(str(file.relative_to(folder))), digest)
        for file in sorted(found)[:FILES]
        if (digest := _digest(file)) is not None
    )


def is_own_code(filename: str) -> bool:
    """Whether a file is of the program that runs: the main file, or beside it or below, and not installed there."""
    _, main = _program()
    file = Path(filename)
    if main is None or not file.is_relative_to(_folder_of(main)):
        return False
    installed = (*site.getsitepackages(), site.getusersitepackages(), *_standard())
    return file == main or not any(file.is_relative_to(path) for path in installed)


def _folder_of(main: Path) -> Path:
    """The folder of the program: of `python -m pkg.train`, the one that `pkg` is in."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return main.parents[spec.name.count(".") if spec is not None else 0]


def _standard() -> tuple[str, ...]:
    """The folder of Python itself, and that of this package, which may lie beside the program."""
    return (os.path.dirname(os.__file__), str(Path(__file__).parents[2]))  # noqa: PTH120


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
