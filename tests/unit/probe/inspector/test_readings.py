"""A tensor is taken for what a learner means by it: images, activations, weights, attention, masks, numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.unit.probe.inspector.test_answer import seen
from tui_torch.protocol.orders import Reading
from tui_torch.protocol.views import PictureView

MEAN, STD = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]
"""Of ImageNet's colours, by which torchvision's transforms normalize."""


def photo(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Three colours from 0 to 1 that change slowly, with a little noise, as a camera sees a scene."""
    generator = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    waves = torch.rand(3, 4, generator=generator) * 5 + 1
    scene = torch.stack([torch.sin(w[0] * x + w[1]) * torch.cos(w[2] * y + w[3]) for w in waves])
    noisy = scene / 2 + 0.5 + 0.03 * torch.randn(3, height, width, generator=generator)
    return noisy.clamp(0, 1)


def digit(seed: int, side: int = 28) -> torch.Tensor:
    """A stroke of a pen, bent and soft at its edges, bright on black: 0 to 1."""
    generator = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    a, b, turn = (torch.rand(3, generator=generator) * 0.5 + 0.3).tolist()
    ring = ((x / a) ** 2 + ((y - turn * x) / b) ** 2).sqrt()
    drawn = (1.4 - 4 * (ring - 1).abs() * min(a, b)).clamp(0, 1)
    return drawn * (ring < 1.8)


def digits(count: int) -> torch.Tensor:
    return torch.stack([digit(seed) for seed in range(count)])


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def as_bytes(image: torch.Tensor) -> torch.Tensor:
    return (image * 255).round().to(torch.uint8)


def bordered(image: torch.Tensor) -> torch.Tensor:
    """Colours with an opacity that is 1 but for a border, channels last, as a PNG has them."""
    alpha = torch.ones(*image.shape[1:])
    alpha[:2] = 0
    return torch.cat([image, alpha[None]]).permute(1, 2, 0)


PHOTOS = torch.stack([photo(32, 32, seed) for seed in range(6)])
ATTENTION = random(8, 12, 12).softmax(-1)
CAUSAL = torch.full((12, 12), -math.inf).triu(1)

TABLE: dict[str, tuple[Callable[[], Any], Reading]] = {
    # Images, as files, datasets and transforms have them.
    "MNIST batch [64, 1, 28, 28]": (lambda: digits(64)[:, None], "grid"),
    "MNIST picture [1, 28, 28]": (lambda: digit(1)[None], "image"),
    "MNIST normalized [64, 1, 28, 28]": (lambda: (digits(64)[:, None] - 0.1307) / 0.3081, "grid"),
    "MNIST to -1 and 1 [1, 28, 28]": (lambda: digit(1)[None] * 2 - 1, "image"),
    "MNIST .data uint8 [60, 28, 28]": (lambda: as_bytes(digits(60)), "grey-grid"),
    "MNIST one uint8 [28, 28]": (lambda: as_bytes(digit(3)), "grey"),
    "MNIST squeezed [64, 28, 28]": (lambda: digits(64), "grey-grid"),
    "generated pictures with a graph": (lambda: digits(16)[:, None].requires_grad_() * 1.0, "grid"),
    "CIFAR uint8 [32, 32, 3]": (lambda: as_bytes(photo(32, 32)).permute(1, 2, 0), "image-last"),
    "CIFAR .data [6, 32, 32, 3]": (lambda: as_bytes(PHOTOS).permute(0, 2, 3, 1).numpy(), "grid-last"),
    "CIFAR ToTensor [3, 32, 32]": (lambda: photo(32, 32), "image"),
    "CIFAR batch [6, 3, 32, 32]": (lambda: PHOTOS, "grid"),
    "batch of one [1, 3, 32, 32]": (lambda: PHOTOS[:1], "image"),
    "channels_last memory [6, 3, 32, 32]": (lambda: PHOTOS.to(memory_format=torch.channels_last), "grid"),
    "ImageNet normalized [3, 64, 64]": (lambda: (photo(64, 64) - MEAN) / STD, "image"),
    "ImageNet normalized batch": (lambda: (PHOTOS - MEAN) / STD, "grid"),
    "ImageNet normalized for imshow [64, 64, 3]": (
        lambda: ((photo(64, 64) - MEAN) / STD).permute(1, 2, 0),
        "image-last",
    ),
    "float photo [48, 64, 3]": (lambda: photo(48, 64).permute(1, 2, 0), "image-last"),
    "float32 of 0 to 255 [3, 48, 64]": (lambda: as_bytes(photo(48, 64)).float(), "image"),
    "int64 of 0 to 255 [3, 48, 64]": (lambda: as_bytes(photo(48, 64)).long(), "image"),
    "half precision [3, 32, 32]": (lambda: photo(32, 32).half(), "image"),
    "bfloat16 batch [6, 3, 32, 32]": (lambda: PHOTOS.bfloat16(), "grid"),
    "wide photo [3, 36, 64]": (lambda: photo(36, 64), "image"),
    "small photo [3, 8, 8]": (lambda: photo(8, 8), "image"),
    "PNG with opacity [32, 32, 4]": (lambda: bordered(photo(32, 32)), "image-last"),
    "PNG with opacity uint8 [32, 32, 4]": (lambda: as_bytes(bordered(photo(32, 32))), "image-last"),
    "opaque [4, 32, 32] uint8": (
        lambda: torch.cat([as_bytes(photo(32, 32)), torch.full((1, 32, 32), 255, dtype=torch.uint8)]),
        "image",
    ),
    "noise for a GAN [3, 32, 32]": (lambda: random(3, 32, 32), "image"),
    "dummy input [1, 3, 64, 64]": (lambda: random(1, 3, 64, 64), "image"),
    "random pictures [5, 3, 16, 20]": (lambda: torch.rand(5, 3, 16, 20), "grid"),
    "black picture uint8 [16, 20, 3]": (lambda: np.zeros((16, 20, 3), np.uint8), "image-last"),
    "video [5, 3, 32, 32]": (lambda: PHOTOS[:5], "grid"),
    "videos [2, 3, 3, 32, 32]": (lambda: PHOTOS.reshape(2, 3, 3, 32, 32), "grid"),
    "video file uint8 [5, 32, 32, 3]": (lambda: as_bytes(PHOTOS[:5]).permute(0, 2, 3, 1), "grid-last"),
    "flipped photo, negative strides": (lambda: photo(32, 32).numpy()[:, ::-1], "image"),
    "transposed photo": (lambda: photo(32, 40).transpose(1, 2), "image"),
    # Activations and weights: matrices beside each other.
    "activation [16, 14, 14]": (lambda: random(16, 14, 14).relu(), "strip"),
    "smooth activation [12, 24, 24]": (
        lambda: nn.Conv2d(1, 12, 5, bias=False)(digits(1)[None]).detach().relu()[0],
        "strip",
    ),
    "smooth activation with a graph, to 1": (lambda: digits(12).requires_grad_() * 1.0, "strip"),
    "activations [8, 16, 14, 14]": (lambda: random(8, 16, 14, 14), "strip"),
    "activation of 3 channels, large numbers": (lambda: random(3, 16, 16) * 30, "strip"),
    "conv weight [16, 3, 5, 5]": (lambda: random(16, 3, 5, 5) * 0.1, "strip"),
    "conv parameter [64, 3, 11, 11]": (lambda: nn.Parameter(torch.rand(64, 3, 11, 11)), "strip"),
    "conv weight without a parameter [8, 3, 11, 11]": (lambda: random(8, 3, 11, 11) * 0.05, "strip"),
    "first filters [16, 1, 5, 5]": (lambda: random(16, 1, 5, 5) * 0.2, "strip"),
    "attention [8, 12, 12]": (lambda: ATTENTION, "strip"),
    "attention of 3 heads [3, 12, 12]": (lambda: ATTENTION[:3], "strip"),
    "attention of 4 heads [4, 12, 12]": (lambda: ATTENTION[:4], "strip"),
    "attention of one head [1, 12, 12]": (lambda: ATTENTION[:1], "heatmap"),
    "attention batch [2, 3, 20, 20]": (lambda: random(2, 3, 20, 20).softmax(-1), "strip"),
    "attention, half precision [3, 20, 20]": (lambda: random(3, 20, 20).softmax(-1).half(), "strip"),
    "scores with a causal mask [3, 12, 12]": (lambda: random(3, 12, 12) + CAUSAL, "strip"),
    "causal mask [1, 20, 20] of 0 and 1": (lambda: torch.ones(1, 20, 20).tril(), "heatmap"),
    "covariances [3, 16, 16]": (lambda: torch.stack([torch.cov(random(16, 50)) for _ in range(3)]), "strip"),
    "distances [3, 16, 16]": (lambda: torch.cdist(random(3, 16, 2), random(3, 16, 2)).div(9), "strip"),
    "hidden states [4, 20, 64]": (lambda: random(4, 20, 64).tanh(), "strip"),
    "hidden state of a recurrent layer [1, 32, 64]": (lambda: random(1, 32, 64).tanh(), "heatmap"),
    "first hidden state [1, 32, 64] of zeros": (lambda: torch.zeros(1, 32, 64), "heatmap"),
    "batch of sequences [3, 50, 768]": (lambda: random(3, 50, 768), "strip"),
    "points [16, 20, 3]": (lambda: torch.rand(16, 20, 3), "strip"),
    "boxes [16, 100, 4]": (lambda: torch.rand(16, 100, 4), "strip"),
    "one-hot [3, 20, 30]": (lambda: nn.functional.one_hot(torch.arange(60).reshape(3, 20) % 30, 30), "strip"),
    "float one-hot [1, 20, 30]": (lambda: torch.eye(30)[None, :20], "heatmap"),
    "dropout mask [1, 20, 30]": (lambda: (torch.rand(1, 20, 30) < 0.1).float(), "heatmap"),
    "[4, 12, 12] of anything": (lambda: random(4, 12, 12), "strip"),
    "[4, 28, 28] four MNIST pictures": (lambda: as_bytes(digits(4)), "grey-grid"),
    "masks bool [5, 20, 20]": (lambda: random(5, 20, 20) > 0, "strip"),
    "masks bool [3, 20, 20]": (lambda: random(3, 20, 20) > 0, "strip"),
    "labels int64 [3, 20, 20]": (lambda: torch.randint(0, 21, (3, 20, 20)), "strip"),
    "labels uint8 [1, 20, 20]": (lambda: torch.randint(0, 21, (1, 20, 20), dtype=torch.uint8), "heatmap"),
    "tokens int64 [3, 16, 16]": (lambda: torch.randint(0, 50_000, (3, 16, 16)), "strip"),
    "complex [3, 16, 16]": (lambda: random(3, 16, 16).to(torch.complex64), "strip"),
    "rotations [10, 3, 3]": (lambda: random(10, 3, 3), "strip"),
    "many logits [5, 7, 10]": (lambda: random(5, 7, 10), "strip"),
    # One matrix.
    "[3, 3]": (lambda: random(3, 3), "heatmap"),
    "[3, 3] uint8": (lambda: torch.full((3, 3), 200, dtype=torch.uint8), "heatmap"),
    "one-hot [10, 10]": (lambda: torch.eye(10), "heatmap"),
    "embedding [1000, 64]": (lambda: random(1000, 64), "heatmap"),
    "logits [32, 10]": (lambda: random(32, 10), "heatmap"),
    "probabilities [32, 10]": (lambda: random(32, 10).softmax(-1), "heatmap"),
    "masks bool [20, 20]": (lambda: random(20, 20) > 0, "heatmap"),
    "linear weight [64, 784]": (lambda: nn.Parameter(random(64, 784)), "heatmap"),
    "a function over a plane [40, 40]": (lambda: photo(40, 40)[0], "heatmap"),
    "labels uint8 [32, 32]": (lambda: torch.randint(0, 10, (32, 32), dtype=torch.uint8), "heatmap"),
    "vector [100]": (lambda: random(100), "heatmap"),
    "sequence [32, 1, 100]": (lambda: random(32, 1, 100), "heatmap"),
    "audio [2, 16000]": (lambda: random(2, 16000), "heatmap"),
}
"""What a value is called by those who use it, how it is made, and what it is taken for."""


@pytest.mark.parametrize("name", TABLE)
def test_a_value_is_taken_for_what_it_is_used_as(name: str) -> None:
    make, expected = TABLE[name]
    torch.manual_seed(0)  # an activation that happens to lie from 0 to 1 may be a picture
    view: PictureView = seen("picture", make())
    assert (view.reading, view.note if "sparse" in str(view.note) else None) == (expected, None), view.why


REASONS = {
    "MNIST batch [64, 1, 28, 28]": "values 0 to 1",
    "CIFAR uint8 [32, 32, 3]": "channels last",
    "ImageNet normalized [3, 64, 64]": ", normalized",
    "attention of 3 heads [3, 12, 12]": "each row sums to 1",
    "covariances [3, 16, 16]": "symmetric or triangular",
    "scores with a causal mask [3, 12, 12]": "some numbers are infinite",
    "conv weight [16, 3, 5, 5]": "too small for an image",
    "conv parameter [64, 3, 11, 11]": "a parameter",
    "batch of sequences [3, 50, 768]": "too long for an image",
    "masks bool [3, 20, 20]": "True is 1, False 0",
    "complex [3, 16, 16]": "magnitudes of complex numbers",
    "tokens int64 [3, 16, 16]": "unlike an image's",
    "dropout mask [1, 20, 30]": "neighbours are not alike",
    "[4, 12, 12] of anything": "",
}


@pytest.mark.parametrize("name", REASONS)
def test_the_reason_is_what_speaks_for_an_image_or_against_one(name: str) -> None:
    view: PictureView = seen("picture", TABLE[name][0]())
    assert REASONS[name] in view.why and bool(REASONS[name]) == bool(view.why), view.why


@pytest.mark.parametrize("name", TABLE)
def test_every_reading_that_is_possible_can_be_chosen(name: str) -> None:
    value = TABLE[name][0]()
    first: PictureView = seen("picture", value)
    assert len(set(first.readings)) == len(first.readings) and first.readings[0] == first.reading
    for reading in first.readings:
        chosen: PictureView = seen("picture", value, reading=reading)
        assert (chosen.reading, chosen.readings) == (reading, first.readings)
        assert chosen.rows and len({len(row) for row in chosen.rows}) == 1


def test_a_reading_that_is_not_possible_leaves_it_at_the_likeliest() -> None:
    assert seen("picture", random(3, 3), reading="grid").reading == "heatmap"


def test_an_image_with_a_few_numbers_that_are_nan_is_an_image() -> None:
    image = photo(32, 32)
    image[0, 3, 4] = math.nan
    view: PictureView = seen("picture", image)
    assert (view.reading, view.flawed) == ("image", 1)


def test_nothing_but_nan_is_no_image() -> None:
    view: PictureView = seen("picture", torch.full((3, 16, 16), math.nan))
    assert (view.reading, view.readings, view.low) == ("strip", ("strip", "heatmap"), None)
    assert view.why == "no finite number"


def test_a_range_that_was_sampled_says_about() -> None:
    view: PictureView = seen("picture", photo(32, 32).repeat(400, 1, 1, 1))
    assert (view.reading, view.why) == ("grid", "values about 0 to 1")
