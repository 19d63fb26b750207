"""Shapes as text, and elements as nested lists."""

from __future__ import annotations

import itertools

import pytest
import torch

from tui_torch.protocol.shapes import nested, shape_text

SHAPES = [(), (1,), (3,), (2, 3), (1, 1), (2, 1, 3), (0,), (0, 3), (2, 0), (2, 0, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_elements_are_nested_as_pytorch_nests_them(shape: tuple[int, ...]) -> None:
    tensor = torch.arange(torch.Size(shape).numel()).reshape(shape)
    assert nested(tensor.reshape(-1).tolist(), shape) == tensor.tolist()


def test_a_shape_is_written_in_brackets() -> None:
    assert shape_text((15, 3)) == "[15, 3]"
    assert shape_text((7,)) == "[7]"


def test_a_shape_without_dimensions_is_a_scalar() -> None:
    assert shape_text(()) == "scalar"


def test_the_lists_are_not_shared() -> None:
    first, second = nested([], (2, 0))
    assert first is not second
    assert list(itertools.chain(first, second)) == []
