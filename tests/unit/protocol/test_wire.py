"""A chart's points cross from the kernel as they were, whatever they are."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.protocol import wire
from tui_torch.protocol.events import Fitted, SeriesPoints, TrainingProgress

POINTS = st.lists(st.tuples(st.integers(1, 10**12), st.floats()), max_size=120).map(tuple)


def crossed(progress: TrainingProgress) -> TrainingProgress:
    return wire.decode(TrainingProgress, json.loads(json.dumps(wire.encode(progress), allow_nan=False)))


@given(points=POINTS)
def test_points_of_a_series_arrive_as_they_were(points: tuple[tuple[int, float], ...]) -> None:
    progress = TrainingProgress(3, (SeriesPoints("loss", "loss", points),), None, (), None, 0)
    (series,) = crossed(progress).series
    assert [(step, repr(value)) for step, value in series.points] == [(step, repr(value)) for step, value in points]
    assert all(type(step) is int and type(value) is float for step, value in series.points)


@given(points=st.lists(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)), max_size=5).map(tuple))
def test_points_of_a_plot_arrive_as_they_were(points: tuple[tuple[float, float], ...]) -> None:
    fitted = Fitted(points, problem="a sentence")
    assert wire.decode(Fitted, json.loads(json.dumps(wire.encode(fitted), allow_nan=False))) == fitted


def test_points_that_were_garbled_on_the_way_are_refused() -> None:
    points = tuple((step, math.pi) for step in range(1, 100))
    payload = wire.encode(TrainingProgress(3, (SeriesPoints("loss", "loss", points),), None, (), None, 0))
    payload["series"][0]["points"] = payload["series"][0]["points"][:-3]
    with pytest.raises(ValueError):
        wire.decode(TrainingProgress, payload)
