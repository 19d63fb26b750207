"""PyTorch's own documentation as it is read: no markup or formula is left raw, no word is lost."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest
import torch
from torch.nn import functional

from tui_torch.drawing.docstrings.lines import as_text

SAMPLE = [
    torch.add, torch.svd_lowrank, torch.cosine_similarity, torch.linalg.norm, torch.einsum, torch.optim.Adam,
    torch.nn.CrossEntropyLoss, torch.nn.AvgPool2d, torch.nn.Linear, torch.nn.init.calculate_gain, functional.conv2d,
    functional.glu, functional.scaled_dot_product_attention, torch.Tensor.scatter_,
]  # fmt: skip

_MATH = re.compile(r"(?ms):math:`[^`]*`|^( *)\.\. math ?::.*?(?=^\1\S|\Z)")
_QUOTED = re.compile(r"(?::[a-zA-Z:]+:)?`[^`]*`")
_MARKUP = re.compile(
    r":[a-zA-Z:]+:(?=`)|<[^<>`]*>(?=`)|^\s*:[\w-]+:.*$|^\s*\.\. (?:code(?:-block)?::.*|[\w-]+ ?::)", re.MULTILINE
)
_WORD = re.compile(r"[A-Za-z]{3,}")
LEFT_RAW = re.compile(
    r"\\(?:frac|text|math|times|sum|begin|end|sqrt|left|right|in\b|l?dots|cdot|exp|log|theta|[a-z]{3,})|:math:`"
)


def public() -> Iterator[object]:
    for module in (torch, functional):
        yield from (getattr(module, name) for name in dir(module) if not name.startswith("_"))


def documented(value: object) -> str:
    doc = getattr(value, "__doc__", None)
    return inspect.cleandoc(doc) if callable(value) and isinstance(doc, str) else ""


def words_of(text: str) -> set[str]:
    """The words of a documentation that are neither markup nor formulas."""
    plain = _QUOTED.sub(lambda found: "" if "\\" in found[0] else found[0], _MATH.sub(" ", text))
    return set(_WORD.findall(_MARKUP.sub(" ", plain)))


def holds(text: str) -> None:
    for width in (76, 40):
        shown = as_text(text, width)
        assert LEFT_RAW.search(shown) is None, shown
        assert [word for word in words_of(text) if word not in shown] == []


@pytest.mark.parametrize("value", SAMPLE, ids=lambda value: value.__name__)
def test_documentation_of_pytorch_is_read_without_raw_formulas_and_without_a_loss(value: object) -> None:
    text = documented(value)
    assert text
    holds(text)


@pytest.mark.slow
def test_all_documentation_of_pytorch_is_read_without_raw_formulas_and_without_a_loss() -> None:
    texts = {text for value in public() if (text := documented(value))}
    assert len(texts) > 500
    for text in texts:
        holds(text)
