"""What a verdict depends on besides the lesson: our own code, what is installed, Python, the machine, the environment.

Nothing of it is imported to be looked at: the whole takes some 10 ms.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
"""The folder of `tui_torch`, installed or in a checkout."""

VARIABLES = re.compile(r"PYTHON|(PY)?TORCH|OMP_|GOMP_|KMP_|MKL|OPENBLAS|ATEN_|CUDA|ROCR_|HIP_|LANG|LC_|TZ$")
"""How the names of environment variables begin that code or PyTorch heeds."""

_CPU = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU")
"""The lines of `/proc/cpuinfo` by which PyTorch chooses how to compute. Others change from one moment to the next."""

_GPU = ("nvidia", "kfd", "dri")
"""How the names of GPUs in `/dev` begin."""


def surroundings(package: Path = PACKAGE) -> str:
    """A digest, in hexadecimal, of all that a verdict depends on besides the lesson and the files that it names."""
    digest = hashlib.blake2b(digest_size=32)
    for part in (*_source(package), *_installed(), *_python(), *_machine(), *_environment()):
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()


def _source(package: Path) -> Iterator[bytes]:
    """Our own modules by their content: a checkout is edited without a change of version."""
    # pathlib would take twice as long as all the rest.
    for folder, folders, files in os.walk(package):
        folders.sort()
        within = folder.removeprefix(str(package))
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.fsencode(f"{within}/{name}")
                with suppress(OSError):  # an editor is saving it
                    yield hashlib.blake2b(Path(folder, name).read_bytes()).digest()


def _installed() -> Iterator[bytes]:
    """Every distribution, whose folder is named for its version, and replaced when the same version is installed again.

    A lesson may import any of them.
    """
    for place in sys.path:
        with suppress(OSError), os.scandir(place or ".") as entries:
            found = [entry for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
            yield from sorted(f"{entry.name} {entry.stat().st_mtime_ns}".encode() for entry in found)


def _python() -> Iterator[bytes]:
    yield sys.version.encode()
    yield os.fsencode(sys.executable or "")


def _machine() -> Iterator[bytes]:
    """The system, the processor and how many of them we may use, and the GPUs."""
    system = platform.uname()
    yield f"{system.system} {system.release} {system.version} {system.machine}".encode()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield str(cores).encode()
    with suppress(OSError):
        first, *_ = Path("/proc/cpuinfo").read_text("utf-8", "replace").split("\n\n")
        yield "\n".join(line for line in first.splitlines() if line.startswith(_CPU)).encode()
    with suppress(OSError):
        yield " ".join(sorted(file.name for file in Path("/dev").iterdir() if file.name.startswith(_GPU))).encode()


def _environment() -> Iterator[bytes]:
    yield from (os.fsencode(f"{name}={value}") for name, value in sorted(os.environ.items()) if VARIABLES.match(name))
