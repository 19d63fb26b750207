"""Where a GPU is in use, kernels are not forked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.kernel.zygote import gpu_kinds, uses_gpu

CUDA, ROCM, XPU = frozenset({"cuda"}), frozenset({"rocm"}), frozenset({"xpu"})


@pytest.mark.parametrize(
    ("version", "kinds", "uses"),
    [
        ("2.13.0", CUDA, True),  # PyPI's
        ("2.13.0+cu130", CUDA, True),
        ("2.13.0+cpu", CUDA, False),
        ("2.13.0", XPU, False),  # nearly every laptop has such a file
        ("2.13.0+xpu", XPU, True),
        ("2.13.0+rocm6.4", ROCM | XPU, True),
        ("2.13.0+rocm6.4", XPU, False),
        ("2.13.0a0+git1234", ROCM, True),  # somebody's own build may use any
    ],
)
def test_what_pytorch_is_for_says_whether_it_uses_a_gpu(version: str, kinds: frozenset[str], uses: bool) -> None:
    assert uses_gpu(version, kinds) == uses


def test_gpus_are_found_by_their_device_files(tmp_path: Path) -> None:
    for name in ("null", "nvidiactl", "dri"):
        (tmp_path / name).touch()
    assert gpu_kinds(tmp_path) == frozenset()
    for name in ("nvidia0", "nvidia1", "kfd"):
        (tmp_path / name).touch()
    assert gpu_kinds(tmp_path) == CUDA | ROCM
