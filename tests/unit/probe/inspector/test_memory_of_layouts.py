"""What the Memory and Distribution pages say of tensors that are not one stretch of memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from tui_torch.probe.inspector.answer import look
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import DistributionView, MemoryView
from tui_torch.ui.inspector.pages.distribution import distribution_lines
from tui_torch.ui.inspector.pages.memory import memory_lines

EYE = torch.eye(3)
NO_MEMORY = "no memory of its own: it stands for other tensors, or for none"
WITHIN = "within a transform of torch.func: its elements are in the tensor that it stands for"


def fake() -> torch.Tensor:
    with FakeTensorMode():
        return torch.ones(2, 3)


def batched() -> torch.Tensor:
    seen: list[torch.Tensor] = []
    torch.func.vmap(lambda one: (seen.append(one), one)[1])(torch.ones(3, 2))
    return seen[0]


def nested(layout: torch.layout) -> torch.Tensor:
    return torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 3)], layout=layout)


def packed() -> torch.Tensor:
    scales = torch.tensor([0.1, 0.2])
    return torch.quantize_per_channel(torch.ones(2, 4), scales, torch.zeros(2), 0, torch.quint4x2)


LAYOUTS: dict[str, tuple[Callable[[], Any], int, str, str]] = {
    "strided": (lambda: torch.ones(2, 3), 24, "", "from 6 elements, every one"),
    "COO": (
        EYE.to_sparse,
        60,
        "sparse_coo: 48 bytes of indices and 12 of values, each a tensor of its own",
        "sparse: the statistics are of its 3 stored elements",
    ),
    "CSR": (
        EYE.to_sparse_csr,
        68,
        "sparse_csr: 32 bytes of row starts, 24 of column indices and 12 of values, each a tensor of its own",
        "sparse: the statistics are of its 3 stored elements",
    ),
    "BSC": (
        lambda: torch.eye(4).to_sparse_bsc((2, 2)),
        72,
        "sparse_bsc: 24 bytes of column starts, 16 of row indices and 32 of values, each a tensor of its own",
        "sparse: the statistics are of its 8 stored elements",
    ),
    "nested": (
        lambda: nested(torch.strided),
        36,
        "nested: its tensors stand one after the other in a buffer of 36 bytes",
        "nested: 2 tensors of shapes (2, 3), (1, 3)",
    ),
    "jagged": (
        lambda: nested(torch.jagged),
        60,
        "nested, jagged: 36 bytes of values and 24 of offsets, each a tensor of its own",
        "nested: 2 tensors of shapes (2, 3), (1, 3)",
    ),
    "meta": (
        lambda: torch.empty(3, 4, device="meta"),
        0,
        "on the meta device: a shape without elements, and no memory at all",
        "on the meta device: a shape without elements",
    ),
    "meta, sparse": (
        lambda: torch.empty(3, 4, device="meta", layout=torch.sparse_coo),
        0,
        "on the meta device: a shape without elements, and no memory at all",
        "on the meta device: a shape without elements",
    ),
    "packed": (
        packed,
        4,
        "quint4x2: 2 elements share a byte",
        "torch.quint4x2: several elements share a byte, and are not shown",
    ),
    "oneDNN": (
        torch.ones(2, 3).to_mkldnn,
        0,
        "of the layout _mkldnn: oneDNN keeps its elements, and does not say in how many bytes",
        "elements of the layout _mkldnn are not shown",
    ),
    "fake": (fake, 0, NO_MEMORY, "a subclass with its own __torch_dispatch__: its elements are left alone"),
    "functional": (
        lambda: torch._to_functional_tensor(torch.ones(2, 3)),  # type: ignore[attr-defined]
        0,
        NO_MEMORY,
        "a functional tensor: its elements are in the one that it wraps",
    ),
    "batched": (batched, 0, WITHIN, "a tensor of vmap(): its elements are in the tensor that it stands for"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_bytes_of_each_layout_are_those_there_are_and_what_is_not_there_is_one_sentence(layout: str) -> None:
    make, nbytes, memory, distribution = LAYOUTS[layout]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, that some of these are prototypes
        value = make()
    view = look(Request("memory", "x"), {"x": value, "other": torch.ones(2)})
    assert isinstance(view, MemoryView)
    assert (view.nbytes, view.note or "") == (nbytes, memory)
    lines = [line.plain for line in memory_lines(view, ascii=False)]
    assert (len(lines) == 1) is (nbytes == 0)
    view = look(Request("distribution", "x"), {"x": value})
    assert isinstance(view, DistributionView)
    lines = [line.plain for line in distribution_lines(view, 60, 3, ascii=False)]
    assert distribution in lines
    assert (len(lines) == 1) is (view.seen == 0)
