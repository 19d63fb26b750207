"""Inspections that are sent as what has changed since the one before arrive whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui_torch.protocol import wire
from tui_torch.protocol.events import Inspection, Statistics, Summary
from tui_torch.protocol.inspection_updates import InspectionReceiver, InspectionSender, InspectionUpdate

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 1, True, math.nan, math.inf])


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    values = tuple(draw(st.lists(NUMBERS, max_size=2)))
    summary = Summary(draw(st.sampled_from("abc")), "tensor", "Tensor", (len(values),), values=values)
    if draw(st.booleans()):
        least = draw(st.sampled_from([0.0, -0.0, None]))
        summary = replace(summary, statistics=Statistics(least, 1.0, 0.5, None, 0, 0, 1, (1,), 2))
    if draw(st.booleans()):
        summary = replace(summary, gradient=replace(summary, name="grad", values=(draw(NUMBERS),)))
    return replace(summary, change=draw(st.sampled_from(["same", "new"])))


INSPECTIONS = st.builds(
    Inspection,
    st.lists(summaries(), max_size=3).map(tuple),
    st.lists(summaries(), max_size=4, unique_by=lambda summary: summary.name).map(tuple),
    st.integers(0, 9),
)


def crossed(update: InspectionUpdate) -> InspectionUpdate:
    return wire.decode(InspectionUpdate, json.loads(json.dumps(wire.encode(update), allow_nan=False)))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(INSPECTIONS, st.booleans()), max_size=6))
def test_what_arrives_is_what_was_inspected_though_some_updates_are_lost(sent: list[tuple[Inspection, bool]]) -> None:
    sender, receiver = InspectionSender(), InspectionReceiver()
    for inspection, is_lost in sent:
        update = sender.update(inspection, receiver.number)
        if not is_lost:
            received = receiver.inspection(crossed(update))
            # As text: NaN is NaN there, and -0.0 is not 0.0.
            assert repr(received) == repr(wire.decode(Inspection, wire.encode(inspection)))


def test_a_name_that_has_not_changed_is_sent_as_its_place_and_is_the_same_object() -> None:
    sender, receiver = InspectionSender(), InspectionReceiver()
    a, b, pin = (Summary(name, "value", "int", text="1") for name in ("a", "b", "a + b"))
    first = receiver.inspection(crossed(sender.update(Inspection((pin,), (a, b)), 0)))
    update = sender.update(Inspection((replace(pin),), (replace(b), replace(a, text="2"))), receiver.number)
    assert (update.pinned, update.variables) == ((0,), (2, replace(a, text="2")))
    second = receiver.inspection(crossed(update))
    assert first is not None and second is not None
    assert (second.pinned[0] is first.pinned[0], second.variables[0] is first.variables[1]) == (True, True)


def test_an_update_against_an_inspection_that_is_not_there_is_none() -> None:
    receiver = InspectionReceiver()
    assert receiver.inspection(InspectionUpdate(8, 7, (), (0,))) is None
    assert receiver.inspection(InspectionUpdate(8, 0, (), (-1,))) is None
    assert receiver.number == 0


def test_numbers_that_are_equal_but_not_written_alike_are_sent_again() -> None:
    sender, receiver = InspectionSender(), InspectionReceiver()
    for values in ((1.0, 0.0), (1, 0.0), (1, -0.0), (1, -0.0)):
        summary = Summary("a", "tensor", "Tensor", (2,), values=values)
        update = sender.update(Inspection((), (summary,)), receiver.number)
        received = receiver.inspection(update)
        assert received is not None
        assert repr(received.variables[0].values) == repr(values)
    assert update.variables == (0,)
