"""What a step plots, read again and again while its code runs: its series, and the field behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from tui_torch.probe.inspector.fit_points import FitPoints, PlotProblem
from tui_torch.probe.inspector.plot_field import limits_around, read_field
from tui_torch.probe.inspector.plot_images import cell_problem, read_images
from tui_torch.probe.inspector.plot_matrix import read_matrices
from tui_torch.probe.values.evaluate import evaluate, quiet
from tui_torch.protocol.orders import Plot, PlotImages, PlotMatrix
from tui_torch.protocol.plots.plotted import Fitted, PlotField, Plotted


class PlotPoints:
    """The points, fits and the field of one step's plot."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._series = tuple(FitPoints(series) for series in plot.series)

    def read(self, namespace: Mapping[str, object], *, complete: bool) -> Plotted | None:
        """The plot as it is now; None while nothing of it is there. As `FitPoints.read()` says of one series.

        Args:
            namespace: The names in scope.
            complete: Whether the run is over, so that a name that is not bound is a problem.
        """
        with quiet():
            if self._plot.matrix is not None:
                return _read_matrix(self._plot.matrix, self._plot.classified_images, namespace, complete)
            if (images := self._plot.classified_images) is not None:
                return _read_images(images, namespace, complete)
            found = [series.read(namespace, complete=complete) for series in self._series]
            if all(series is None for series in found):
                return None
            series = tuple(Fitted(()) if one is None else one for one in found)
            try:
                return Plotted(series, self._field(series, namespace))
            except PlotProblem as problem:
                return Plotted(series, field_problem=str(problem) if complete or not problem.missing else None)

    def _field(self, series: Sequence[Fitted], namespace: Mapping[str, object]) -> PlotField | None:
        plot = self._plot
        if plot.field is None or any(one.problem is not None for one in series):
            return None
        points = [point for one in series for point in one.points]
        xlim = plot.xlim or limits_around(x for x, _ in points)
        ylim = plot.ylim or limits_around(y for _, y in points)
        first, _ = evaluate(plot.series[0].x, namespace)
        return read_field(plot.field, namespace, xlim, ylim, first if isinstance(first, torch.Tensor) else None)


def _read_matrix(
    matrix: PlotMatrix, images: PlotImages | None, namespace: Mapping[str, object], complete: bool
) -> Plotted | None:
    try:
        matrices = read_matrices(matrix, namespace)
        # While a loop runs, the matrix may be of other predictions than those that there are at this moment.
        problem = cell_problem(matrices, images, namespace) if images is not None and complete else None
        return Plotted((), matrices=matrices, cell_problem=problem)
    except PlotProblem as problem:
        return Plotted((), matrix_problem=str(problem)) if complete or not problem.missing else None


def _read_images(images: PlotImages, namespace: Mapping[str, object], complete: bool) -> Plotted | None:
    try:
        return Plotted((), images=read_images(images, namespace))
    except PlotProblem as problem:
        return Plotted((), images_problem=str(problem)) if complete or not problem.missing else None
