"""Whether there is a GPU is known in every release of PyTorch."""

from __future__ import annotations

from typing import NoReturn

import pytest
import torch

from tui_torch.probe.isolation.devices import has_gpu


@pytest.mark.parametrize("count", [0, 1])
def test_a_build_for_cuda_has_a_gpu_where_there_is_a_device(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    assert has_gpu.__wrapped__() is (count == 1)


def test_a_release_that_raises_where_there_is_no_accelerator_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise RuntimeError("Cannot access accelerator device when none is available.")

    monkeypatch.setattr(torch.accelerator, "current_accelerator", refuse)
    assert has_gpu.__wrapped__() is False
