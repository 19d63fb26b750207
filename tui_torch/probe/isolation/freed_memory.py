"""Keeping a little freed memory in the process, so that the next step of a loop need not ask the system for it again.

GNU's `free()` gives memory at the end of the heap back to the system, and `malloc()` has it mapped and zeroed again,
page by page. A small convolutional network does that with 3 to 20 MB in every step, a tenth to a quarter of its time.
How many they are differs from process to process, with what else lies at the end of the heap.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

KEPT = 32 << 20
"""Maximum bytes of freed memory that are kept at the end of the heap; and the bytes from which on a block is mapped
apart, and given back as soon as it is freed. GNU's C library takes no larger bound of the second kind. By itself it
begins with 128 KiB for both, and raises them up to twice this and to this, whenever a larger block is freed."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From `malloc.h`."""
_CHOSEN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")
"""The environment's names for both."""


def keep_freed_memory(environment: Mapping[str, str] = os.environ) -> bool:
    """Keep up to KEPT bytes of freed memory in this process, from now on; whether that could be done.

    It can with GNU's C library, unless the environment says already how `malloc()` is to behave.
    """
    if sys.platform != "linux" or "malloc" in environment.get("GLIBC_TUNABLES", ""):
        return False
    library = ctypes.CDLL(None)
    if any(name in environment for name in _CHOSEN) or not hasattr(library, "gnu_get_libc_version"):
        return False
    return bool(library.mallopt(_M_MMAP_THRESHOLD, KEPT)) and bool(library.mallopt(_M_TRIM_THRESHOLD, KEPT))
