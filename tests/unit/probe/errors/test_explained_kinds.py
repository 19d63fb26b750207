"""Each kind of error, in several shapes and styles, is explained by what is there, and its fix mends the program."""

from __future__ import annotations

import pytest

from tests.spread import PARTS, marks, part_of_each
from tests.unit.probe.errors.kinds import MET
from tests.unit.probe.errors.programs import Met, explained, mended, run, said

IN_SUITE = part_of_each({key: key.partition(":")[0] for key in MET}, 0, PARTS)
MARKS = {key: marks(key, MET.keys() - IN_SUITE) for key in MET}
"""The suite takes a third of each kind."""


@pytest.mark.parametrize("met", [pytest.param(met, id=key, marks=MARKS[key]) for key, met in MET.items()])
def test_an_error_of_its_kind_is_explained(met: Met) -> None:
    explanation = explained(met.code)
    for fact in met.facts:
        assert fact in said(explanation)
    assert explanation.suggested_fix == met.suggested_fix
    assert tuple(reading.code for reading in explanation.readings) == met.readings
    if met.gives is not None:
        assert explanation.suggested_fix_gives == met.gives
    assert len(explanation.meaning) < 450 and len(explanation.names) <= 6


@pytest.mark.parametrize(
    "met",
    [pytest.param(met, id=key, marks=MARKS[key]) for key, met in MET.items() if met.suggested_fix or met.readings],
)
def test_the_program_with_each_fix_that_is_offered_runs(met: Met) -> None:
    for code in mended(met.code):
        assert run(code) is None, code
