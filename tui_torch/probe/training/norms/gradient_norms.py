"""The norms of gradients: of each, of all together, and of the layers that they belong to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch

from tui_torch.probe.training.series import SeriesBook, SeriesBuffer
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.events import LAYERS


class GradientNorms:
    """The norm of each of some gradients, on its device. No device but the CPU is waited for, unless there are several.

    To be made, and asked, while nothing of the program's hears of operations.
    """

    def __init__(self, gradients: Iterable[torch.Tensor | None]) -> None:
        """Compute them.

        Args:
            gradients: Of parameters in their order, None for one without. Sparse ones, and any dtype and device.
        """
        self.bytes_on_devices = 0
        """How much was read on other devices than the CPU."""
        self._by_device: dict[torch.device, list[tuple[int, torch.Tensor]]] = {}
        """The place of each parameter with a gradient, and the norm of that."""
        self._on_cpu: list[float] | None = None
        for place, gradient in enumerate(gradients):
            if gradient is None:
                continue
            if Base.is_sparse.__get__(gradient):
                gradient = Base.values(Base.coalesce(gradient))
            norms = self._by_device.setdefault(Base.device.__get__(gradient), [])
            norms.append((place, _norm(Base.detach(gradient))))
            if not Base.is_cpu.__get__(gradient):
                self.bytes_on_devices += Base.numel(gradient) * Base.element_size(gradient)

    def add_to(self, series: SeriesBuffer, step: int) -> None:
        """Add the norm of all of them to a series, if there are any."""
        together = [torch.stack([norm for _, norm in norms]) for norms in self._by_device.values()]
        if len(together) == 1 and Base.is_cpu.__get__(together[0]):
            self._on_cpu = Base.tolist(together[0])
        _add(series, step, [_norm(norms) for norms in together])

    def add_layers_to(self, layers: Sequence[SeriesBuffer], layer_of: Sequence[int], step: int) -> None:
        """Add the norm of each layer to its series, if it has gradients. To be called after `add_to()`.

        Args:
            layers: The series.
            layer_of: For the place of each parameter, that of its layer.
            step: Of the loop.
        """
        if self._on_cpu is not None:  # they are all here: no operation more
            ((_, placed),) = self._by_device.items()
            sums: dict[int, float] = {}
            for (place, _), norm in zip(placed, self._on_cpu, strict=True):
                layer = layer_of[place]
                sums[layer] = math.hypot(sums.get(layer, 0.0), norm)
            for layer, total in sums.items():
                layers[layer].add(step, total)
            return
        parts: dict[int, list[torch.Tensor]] = {}
        for placed in self._by_device.values():
            on_device: dict[int, list[torch.Tensor]] = {}
            for place, norm in placed:
                on_device.setdefault(layer_of[place], []).append(norm)
            for layer, norms in on_device.items():
                parts.setdefault(layer, []).append(_norm(torch.stack(norms)))
        for layer, totals in parts.items():
            _add(layers[layer], step, totals)


class LayerNorms:
    """The series of an optimizer's layers."""

    def __init__(self, count: int, names: Sequence[str] | None) -> None:
        """Begin them.

        Args:
            count: The number of the optimizer's parameters.
            names: For each parameter, that of its layer; None where no layers are told apart.
        """
        self.count = count
        layers = list(dict.fromkeys(names or ()))
        self._series = [SeriesBuffer(LAYERS, layer) for layer in layers]
        self._layer_of = [layers.index(name) for name in names or ()]

    def add(self, step: int, norms: GradientNorms) -> None:
        """Add the norms of a step's gradients."""
        if self._series:
            norms.add_layers_to(self._series, self._layer_of, step)

    def put_into(self, book: SeriesBook) -> None:
        """Put into the book what has come since the last call."""
        self._series = [book.with_room_for(series) for series in self._series]


def _add(series: SeriesBuffer, step: int, totals: Sequence[torch.Tensor]) -> None:
    """Add the norm of what has these norms, each on a device of its own."""
    if len(totals) > 1:  # on several devices: their sum is worth a wait
        series.add(step, math.hypot(*(total.item() for total in totals)))
    elif totals and Base.is_cpu.__get__(totals[0]):
        series.add(step, totals[0].item())
    elif totals:
        series.defer(step, totals[0])


def _norm(tensor: torch.Tensor) -> torch.Tensor:
    half = Base.element_size(tensor) < 4
    return torch.linalg.vector_norm(tensor, dtype=torch.float32 if half else None)
