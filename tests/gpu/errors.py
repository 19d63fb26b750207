"""Errors of a GPU: two devices in one operation, and memory that is full, explained with what there is."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tests.benchmarks.figure import Figure
from tui_torch.probe.errors.failure import describe

RUN = "<run>"

ON_CUDA = {
    "two devices: a sum": ("x = torch.ones(3, device='cuda')\ny = torch.ones(3)\nx + y\n", ("one device", "`y`")),
    "two devices: a product": (
        "x = torch.ones(3, 3, device='cuda')\ny = torch.ones(3, 3)\nx @ y\n",
        ("`x` is on cuda:0", "`y` is on cpu"),
    ),
    "two devices: a model and its batch": (
        "model = torch.nn.Linear(3, 1).cuda()\nx = torch.ones(2, 3)\nmodel(x)\n",
        ("one device", "`model` is on cuda:0", "`x` is on cpu"),
    ),
    "two devices: a convolution": (
        "model = torch.nn.Conv2d(1, 1, 3).cuda()\nx = torch.ones(1, 1, 8, 8)\nmodel(x)\n",
        ("one device", "cpu"),
    ),
    "two devices: a loss and its target": (
        "x = torch.randn(4, 3, device='cuda')\ny = torch.tensor([0, 1, 2, 0])\n"
        "torch.nn.functional.cross_entropy(x, y)\n",
        ("one device", "`y` is on cpu"),
    ),
    "an array of a tensor": ("x = torch.ones(3, device='cuda')\nx.numpy()\n", ("`x` is on cuda:0", "NumPy")),
    "memory that is full, and who holds it": (
        "free, _ = torch.cuda.mem_get_info()\nkept = torch.empty(free // 2, dtype=torch.uint8, device='cuda')\n"
        "more = torch.empty(free, dtype=torch.uint8, device='cuda')\n",
        ("This line asks GPU 0 for", "`kept` holds"),
    ),
}
"""Programs that fail on a GPU, and what their explanations say."""

_FULL = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 5.22 GiB is "
    "free. Including non-PyTorch memory, this process has 73.88 GiB memory in use."
)
_TWO = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
_GOT = "Expected all tensors to be on the same device, but got mat1 is on cpu, different from other tensors on cuda:0"
ON_CPU = {
    "two devices: a sum": (
        "x = torch.ones(3, device='meta')\ny = torch.ones(3)\nx + y\n",
        ("`x` is on meta", "`y` is on cpu"),
    ),
    "two devices: a model and its batch": (
        "model = torch.nn.Linear(3, 1)\nx = torch.ones(2, 3, device='meta')\nmodel(x)\n",
        ("one device", "`model` is on cpu", "`x` is on meta"),
    ),
    "two devices: a loss and its target": (
        "x = torch.randn(4, 3, device='meta')\ny = torch.tensor([0, 1, 2, 0])\n"
        "torch.nn.functional.cross_entropy(x, y)\n",
        ("one device", "`y` is on cpu"),
    ),
    "an array of a tensor": ("x = torch.ones(3, device='meta')\nx.numpy()\n", ("`x` is on the meta device",)),
    "two devices, in CUDA's words": (f"raise RuntimeError({_TWO!r})\n", ("one device",)),
    "two devices, in CUDA's other words": (f"raise RuntimeError({_GOT!r})\n", ("one device",)),
    "memory that is full, in CUDA's words": (
        f"raise torch.OutOfMemoryError({_FULL!r})\n",
        ("This line asks GPU 0 for 20.00 GiB, and 5.22 GiB of its 79.11 GiB are free.",),
    ),
    "memory that is full, and who holds it": (
        f"kept = torch.ones({1 << 24})\nmore = torch.empty(10**7, 10**7)\n",
        ("This line needs 372,529.0 GiB", "`kept` holds 64 MiB"),
    ),
}
"""The same where there is no GPU: the meta device is another one, and the words are those that CUDA has."""


def measure(device: str) -> Iterator[Figure]:
    for what, (code, facts) in (ON_CUDA if device == "cuda" else ON_CPU).items():
        says = _explanation(code)
        missing = [fact for fact in facts if fact not in says]
        yield Figure(what, says, "", f"lacks {', '.join(missing)}" if missing else "", " … ".join(facts), not missing)


def _explanation(code: str) -> str:
    """What is said of a program's error; empty if nothing is."""
    try:
        exec(compile(code, RUN, "exec"), {"torch": torch})
    except Exception as error:
        explanation = describe(error, RUN, code).explanation
        return explanation.meaning if explanation is not None else ""
    return ""
