"""How tests are run: how many at once, with what Python knows already, and with how many threads."""

from __future__ import annotations

import os


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two workers for each core, since tests wait about as long as they compute: for a kernel to start,
    for a screen to be at rest. On a large machine one for each, which take 0.5 GB each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(asked) if asked else max(cores, min(2 * cores, 8))


def pytest_configure() -> None:
    # As containers have it. The tests start hundreds of kernels and apps, and each would compile all that it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # With more workers than cores, PyTorch's threads would wait for each other, and keep the cores busy with it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
