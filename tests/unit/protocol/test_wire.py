"""What crosses between the processes arrives as it was, or is refused with a sentence that says what is wrong."""

from __future__ import annotations

import importlib
import inspect
import json
import math
import pkgutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, make_dataclass
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.protocol.drawn_values import DrawnValues
from tui_torch import protocol
from tui_torch.protocol import wire
from tui_torch.protocol.events import (
    Failed,
    Figure,
    Frame,
    Inspection,
    SeriesPoints,
    Statistics,
    Summary,
    TrainingProgress,
)
from tui_torch.protocol.plots.plotted import Fitted
from tui_torch.protocol.wire import WireError

SEEDS = st.integers(0, 2**64)
POINTS = st.lists(st.tuples(st.integers(1, 10**12), st.floats()), max_size=120).map(tuple)


def dataclasses_of_the_protocol() -> list[type[Any]]:
    modules = [
        importlib.import_module(f"{protocol.__name__}.{found.name}")
        for found in pkgutil.iter_modules(protocol.__path__)
    ]
    return [
        cls
        for module in modules
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if is_dataclass(cls) and cls.__module__ == module.__name__
    ]


CLASSES = dataclasses_of_the_protocol()


def over_the_wire(payload: object) -> Any:
    return json.loads(json.dumps(payload, allow_nan=False))


def crossed(value: Any) -> Any:
    return wire.decode(type(value), over_the_wire(wire.encode(value)))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_what_crosses_arrives_as_it_was(cls: type[Any]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(seed=SEEDS)
    def arrives(seed: int) -> None:
        value = DrawnValues(seed).of(cls)
        assert repr(crossed(value)) == repr(value)  # as text, since a NaN equals nothing

    arrives()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_rubbish_is_refused_and_nothing_else_happens(cls: type[Any]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(seed=SEEDS)
    def is_refused(seed: int) -> None:
        drawn = DrawnValues(seed)
        payload = drawn.of(object)
        names = [field.name for field in fields(cls)]
        if names and drawn.by_chance():  # what is nearly right
            payload = over_the_wire(wire.encode(drawn.of(cls)))
            payload[drawn.one_of(names)] = drawn.of(object)
        try:
            made = wire.decode(cls, payload)
        except WireError:
            return
        assert wire.decode(cls, over_the_wire(wire.encode(made))) == made or "nan" in repr(made)

    is_refused()


@settings(deadline=None)
@given(points=POINTS)
def test_points_of_a_series_arrive_as_they_were(points: tuple[tuple[int, float], ...]) -> None:
    progress = TrainingProgress(3, (SeriesPoints("loss", "loss", points),), None, (), None, 0)
    (series,) = crossed(progress).series
    assert [(step, repr(value)) for step, value in series.points] == [(step, repr(value)) for step, value in points]
    assert all(type(step) is int and type(value) is float for step, value in series.points)


@given(points=st.lists(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)), max_size=5).map(tuple))
def test_points_of_a_plot_arrive_as_they_were(points: tuple[tuple[float, float], ...]) -> None:
    fitted = Fitted(points, problem="a sentence")
    assert crossed(fitted) == fitted


def test_points_that_were_garbled_on_the_way_are_refused() -> None:
    points = tuple((step, math.pi) for step in range(1, 100))
    payload = wire.encode(TrainingProgress(3, (SeriesPoints("loss", "loss", points),), None, (), None, 0))
    payload["series"][0]["points"] = payload["series"][0]["points"][:-3]
    with pytest.raises(WireError, match=r"TrainingProgress\.series\[0\]\.points"):
        wire.decode(TrainingProgress, payload)


def test_a_field_with_its_default_is_not_written_and_one_that_is_written_out_is_read() -> None:
    assert wire.encode(Fitted(())) == {"points": []}
    assert wire.decode(Fitted, {"points": [], "fit": [], "problem": None}) == Fitted(())
    assert wire.decode(Summary, {**SUMMARY, "gradient": None, "values": None}) == Summary("x", "value", "int")


def test_not_a_number_stays_text_where_the_field_takes_text_and_becomes_a_number_where_it_does_not() -> None:
    summary = crossed(Summary("x", "tensor", "Tensor", values=(math.nan, 1, True, 2.5), parameters=()))
    assert repr(summary.values) == "('nan', 1, True, 2.5)"
    statistics = crossed(Statistics(math.nan, math.inf, -math.inf, None, 0, 0, 0, (), 0))
    assert repr((statistics.minimum, statistics.maximum, statistics.mean)) == "(nan, inf, -inf)"


def test_a_whole_number_is_read_as_a_float_where_one_is_expected() -> None:
    (point,) = wire.decode(Fitted, {"points": [[1, 2]]}).points
    assert all(type(number) is float for number in point)


SUMMARY = {"name": "x", "kind": "value", "type": "int"}


@pytest.mark.parametrize(
    ("cls", "payload", "sentence"),
    [
        (Frame, [], "Frame: expected an object, not a list"),
        (Frame, {"line": 1, "code": "x"}, "Frame: missing field 'function'"),
        (Frame, {"line": 1, "function": "f", "code": "x", "of": 1}, "Frame: unknown field 'of'"),
        (Frame, {"line": "1", "function": "f", "code": "x"}, "Frame.line: expected int, not str"),
        (Frame, {"line": True, "function": "f", "code": "x"}, "Frame.line: expected int, not bool"),
        (Frame, {"line": 1.0, "function": "f", "code": "x"}, "Frame.line: expected int, not float"),
        (Frame, {"line": 1, "function": None, "code": "x"}, "Frame.function: expected str, not null"),
        (Fitted, {"points": [[1, "x"]]}, "Fitted.points[0][1]: expected float, not str"),
        (Fitted, {"points": [[1, 10**400]]}, "Fitted.points[0][1]: expected float, not an int as large as this"),
        (Fitted, {"points": [[1, 2, 3]]}, "Fitted.points[0]: expected 2 items, not 3"),
        (Fitted, {"points": "ab"}, "Fitted.points: expected a list, not str"),
        (Figure, {"image": "é", "text": ""}, "Figure.image: expected bytes as base64"),
        (Summary, {**SUMMARY, "kind": "vector"}, "Summary.kind: expected 'tensor' or 'parameter' or 'array'"),
        (Summary, {**SUMMARY, "kind": []}, "Summary.kind: expected 'tensor' or 'parameter' or 'array'"),
        (Summary, {**SUMMARY, "values": [1, []]}, "Summary.values[1]: expected"),
        (
            Inspection,
            {"pinned": [], "variables": [SUMMARY, {**SUMMARY, "gradient": {}}]},
            "Inspection.variables[1].gradient: missing field 'kind'",
        ),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_wrong_is_said_with_the_class_and_the_way_to_the_field(
    cls: type[Any], payload: object, sentence: str
) -> None:
    with pytest.raises(WireError) as refused:
        wire.decode(cls, payload)
    assert str(refused.value).startswith(sentence)


def test_a_payload_that_is_nested_too_deeply_is_refused() -> None:
    payload: dict[str, Any] = SUMMARY
    for _ in range(100_000):
        payload = {**SUMMARY, "gradient": payload}
    with pytest.raises(WireError, match="Summary: nested too deeply"):
        wire.decode(Summary, payload)
    while payload is not SUMMARY:  # dict after dict: freed at once, they would overflow the C stack of some Pythons
        payload = payload["gradient"]


def test_a_tagged_value_is_read_by_the_name_of_its_class() -> None:
    value = Frame(1, "f", "x")
    assert wire.decode_tagged((Failed, Frame), over_the_wire(wire.encode_tagged(value))) == value


@pytest.mark.parametrize("payload", [None, [], {}, {"class": "Trace"}, {"class": ["Frame"]}, {"order": "prepare"}])
def test_a_value_that_says_no_known_class_is_refused(payload: object) -> None:
    with pytest.raises(WireError, match="class: expected one of Failed, Frame"):
        wire.decode_tagged((Failed, Frame), payload)


def test_what_is_none_of_ours_is_not_written() -> None:
    with pytest.raises(TypeError, match="a set does not cross between the processes"):
        wire.encode({1, 2})


def new_class(name: str, *fields_: tuple[Any, ...]) -> type[Any]:
    """A dataclass as the protocol's are, found by its name where its hints are read."""
    globals()[name] = make_dataclass(name, fields_, frozen=True, slots=True, namespace={"__module__": __name__})
    return globals()[name]


def test_a_field_that_could_only_be_read_by_trying_is_refused_before_anything_is_read() -> None:
    with pytest.raises(TypeError, match="encode_tagged"):
        wire.decode(new_class("Either", ("value", "Frame | Failed")), {})


def test_a_field_of_a_type_that_json_lacks_is_refused_before_anything_is_read() -> None:
    with pytest.raises(TypeError, match="does not cross"):
        wire.decode(new_class("Holder", ("value", "set[int]")), {})


def test_threads_that_read_a_class_for_the_first_time_at_once_all_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = {"value": 1, "inner": {"value": 2, "inner": {"value": 3}}}
    compiled = wire._compiled

    def compiled_slowly(cls: type[Any]) -> Any:
        reader = compiled(cls)
        time.sleep(0.001)  # so that another thread asks while the class is being compiled
        return reader

    monkeypatch.setattr(wire, "_compiled", compiled_slowly)
    for round_ in range(5):
        node = new_class(f"Node{round_}", ("value", "int"), ("inner", f"Node{round_} | None", None))
        barrier = Barrier(4)

        def read(cls: type[Any] = node, barrier: Barrier = barrier) -> Any:
            barrier.wait()
            return wire.decode(cls, payload)

        with ThreadPoolExecutor(4) as pool:
            found = [future.result() for future in [pool.submit(read) for _ in range(4)]]
        assert found == [node(1, node(2, node(3)))] * 4
