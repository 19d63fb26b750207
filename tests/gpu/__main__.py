"""Shows part by part that the tutor is right on a GPU, prints a table, and ends with 1 if something is not.

`python -m tests.gpu` takes some minutes on a machine with CUDA. Without one it shows what a CPU can show, and says of
the rest what it needs.
"""

from __future__ import annotations

import platform
import sys

import torch

from tests.benchmarks.figure import HEADER
from tests.gpu import errors, inspecting, losses, watching


def main() -> int:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    where = torch.cuda.get_device_name() if device == "cuda" else f"no GPU: {platform.machine()}"
    print(f"PyTorch {torch.__version__}, Python {platform.python_version()}, {where}\n\n{HEADER}", flush=True)
    failed = 0
    for part in (losses, inspecting, errors, watching):
        for figure in part.measure(device):
            print(figure.row, flush=True)
            failed += figure.kept is False
    print(f"\n{failed} of these do not hold." if failed else "\nAll that was judged holds.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
