"""GNU's real allocator, in processes of their own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from tui_torch.probe.isolation.freed_memory import KEPT

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="there is no GNU C library to be told")

PAGE = 4096
FREED = 24 << 20
"""Bytes that a step of the script frees and allocates again."""

SCRIPT = f"""
import ctypes, resource, sys
from tui_torch.probe.isolation.freed_memory import keep_freed_memory

library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]

def written(blocks, size):
    "Allocate so many blocks, and write to all of them."
    made = [library.malloc(size) for _ in range(blocks)]
    for block in made:
        ctypes.memset(block, 1, size)
    return made

def step():
    for block in written(4, {FREED // 4}):
        library.free(block)

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * {PAGE}

kept = keep_freed_memory() if "keep" in sys.argv else False
step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
(large,) = written(1, {2 * KEPT})
before = resident()
library.free(large)
print(kept, faults, before - resident())
"""


def _told(*arguments: str, **environment: str) -> tuple[bool, int, int]:
    """Whether memory is kept, the pages that ten steps had mapped, and the bytes that a large block gave back."""
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    kept, faults, given_back = found.stdout.split()
    return kept == "True", int(faults), int(given_back)


def test_memory_that_each_step_frees_is_not_mapped_again_each_time() -> None:
    _, usual, _ = _told()
    kept, faults, _ = _told("keep")
    assert kept
    assert usual > 5 * FREED // PAGE  # or else there is nothing to keep
    assert faults < 2 * FREED // PAGE


def test_a_large_block_goes_back_to_the_system_when_it_is_freed() -> None:
    _, _, given_back = _told("keep")
    assert given_back > KEPT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MALLOC_TRIM_THRESHOLD_", "1000000"),
        ("MALLOC_MMAP_THRESHOLD_", "1000000"),
        ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=1000000"),
    ],
)
def test_what_the_environment_says_of_malloc_holds(name: str, value: str) -> None:
    kept, _, _ = _told("keep", **{name: value})
    assert not kept
