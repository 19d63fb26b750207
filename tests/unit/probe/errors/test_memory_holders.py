"""Who holds how much memory of a device, and that an error of memory says so."""

from __future__ import annotations

import torch

from tui_torch.probe.errors.failure import describe
from tui_torch.probe.errors.memory_holders import holders

RUN = "<run>"
MIB = 1 << 20


def meaning(code: str) -> str:
    """What the explanation of a program's error says."""
    try:
        exec(compile(code, RUN, "exec"), {"torch": torch})
    except Exception as error:
        explanation = describe(error, RUN, code).explanation
        assert explanation is not None
        return explanation.meaning
    raise AssertionError("it does not fail")


def test_a_model_with_its_gradients_buffers_and_an_optimizers_state_are_told_apart() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(1024, 1024, bias=False), torch.nn.BatchNorm1d(1024, affine=False))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 1024)).sum().backward()
    optimizer.step()
    held = dict(holders({"optimizer": optimizer, "model": model}, "cpu"))
    assert held["model"] == 2 * 4 * MIB + 2 * 4096 + 8
    assert held["optimizer"] == 2 * 4 * MIB + 4


def test_a_storage_counts_once_and_the_largest_holder_comes_first() -> None:
    x = torch.ones(MIB)
    names = {"small": torch.ones(8), "x": x, "view": x[:5], "kept": [torch.ones(2 * MIB), {"a": torch.ones(MIB)}]}
    assert holders(names, "cpu") == [("kept", 12 * MIB), ("x", 4 * MIB), ("small", 32)]


def test_tensors_of_other_devices_do_not_count() -> None:
    assert holders({"x": torch.ones(4), "y": torch.ones(4, device="meta")}, "cuda:0") == []


def test_memory_of_the_cpu_that_is_full_is_explained_with_the_names_that_hold_it() -> None:
    says = meaning(f"x = torch.ones({16 * MIB})\nkept = [torch.ones({MIB})]\ntorch.empty(10**7, 10**7)\n")
    assert "needs 372,529.0 GiB" in says and "`x` holds 64 MiB, `kept` 4 MiB." in says


def test_a_gpu_that_is_full_is_explained_with_what_was_asked_and_what_is_free() -> None:
    message = (
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 5.22 GiB is "
        "free. Including non-PyTorch memory, this process has 73.88 GiB memory in use. Of the allocated memory 73.00 "
        "GiB is allocated by PyTorch, and 10.00 MiB is reserved by PyTorch but unallocated."
    )
    says = meaning(f"x = torch.ones({16 * MIB})\nraise torch.OutOfMemoryError({message!r})\n")
    assert says.startswith("This line asks GPU 0 for 20.00 GiB, and 5.22 GiB of its 79.11 GiB are free. Use a smaller")
