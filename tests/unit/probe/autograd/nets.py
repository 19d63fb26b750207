"""Models as learners write them, whose losses have graphs of every kind."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """A residual block of three convolutions."""

    def __init__(self, inputs: int, middle: int, stride: int = 1) -> None:
        super().__init__()
        outputs = middle * 4
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if inputs != outputs or stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet50(nn.Module):
    """The layers of a ResNet-50, each `narrow` times narrower: the same graph, in less time."""

    def __init__(self, narrow: int = 1, classes: int = 1000) -> None:
        super().__init__()
        width = 64 // narrow
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = width
        layers: list[nn.Sequential] = []
        for stage, blocks in enumerate((3, 4, 6, 3)):
            middle = width << stage
            first = Bottleneck(inputs, middle, 2 if stage else 1)
            inputs = middle * 4
            layers.append(nn.Sequential(first, *(Bottleneck(inputs, middle) for _ in range(blocks - 1))))
        self.layer1, self.layer2, self.layer3, self.layer4 = layers
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class FunctionalBlock(nn.Module):
    """A residual block that calls functions where others have modules."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x))) + x)


class Attention(nn.Module):
    """Causal self-attention, written out."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, width = x.shape
        q, k, v = (
            part.view(batch, time, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, dim=2)
        )
        scores = (q @ k.transpose(-2, -1)) / (width // self.heads) ** 0.5
        weights = self.dropout(F.softmax(scores.masked_fill(torch.ones(time, time).triu(1).bool(), -1e9), dim=-1))
        return self.c_proj((weights @ v).transpose(1, 2).reshape(batch, time, width))


class TransformerBlock(nn.Module):
    """A block of GPT: attention and an MLP, each behind a norm and with a skip."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """A small GPT, whose embedding is its last layer's weight."""

    def __init__(self, blocks: int = 2, width: int = 16, tied: bool = True) -> None:
        super().__init__()
        self.wte = nn.Embedding(50, width)
        self.wpe = nn.Embedding(8, width)
        self.h = nn.ModuleList(TransformerBlock(width, 2) for _ in range(blocks))
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, 50, bias=False)
        if tied:
            self.lm_head.weight = self.wte.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


class Cell(nn.Module):
    """One step of a recurrent network."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.ih = nn.Linear(inputs, width)
        self.hh = nn.Linear(width, width)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.ih(x) + self.hh(h))


class Unrolled(nn.Module):
    """A recurrent network: one cell, called for each step, and a layer at the end."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.width = width
        self.cell = Cell(3, width)
        self.fc = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(x.shape[1], self.width)
        for step in x:
            h = self.cell(step, h)
        return self.fc(h)


class Repeated(nn.Module):
    """One layer that is applied several times, and nothing else."""

    def __init__(self, times: int = 5) -> None:
        super().__init__()
        self.times = times
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = torch.tanh(self.layer(x))
        return x


class Adder(nn.Module):
    """A layer around which its owner adds the skip."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
        self.out = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.body(x) + x)


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def resnet_loss(model: ResNet50, size: int = 32) -> Tensor:
    """The loss of a batch of two images."""
    images, targets = torch.randn(2, 3, size, size), torch.randint(0, 10, (2,))
    return F.cross_entropy(model(images), targets)


def rnn_by_hand(steps: int) -> tuple[Tensor, dict[str, object]]:
    """A recurrent network without a module: its loss, and the names that there are."""
    w = torch.randn(4, 4, requires_grad=True)
    u = torch.randn(3, 4, requires_grad=True)
    b = torch.zeros(4, requires_grad=True)
    h = torch.zeros(2, 4)
    x = torch.randn(2, 3)
    for _ in range(steps):
        h = torch.tanh(h @ w + x @ u + b)
    return cast("Tensor", h.sum()), {"w": w, "u": u, "b": b, "x": x}
