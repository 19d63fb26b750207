"""Each kind of error, in several shapes and styles, is explained by what is there, and its fix mends the program."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.kinds import MET
from tests.unit.probe.errors.programs import Met, explained, fixed, run, said


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_an_error_of_its_kind_is_explained(met: Met) -> None:
    explanation = explained(met.code)
    for fact in met.facts:
        assert fact in said(explanation)
    assert explanation.suggested_fix == met.suggested_fix
    if met.gives is not None:
        assert explanation.suggested_fix_gives == met.gives
    assert len(explanation.meaning) < 450 and len(explanation.names) <= 6


@pytest.mark.parametrize(
    "met",
    [met for met in MET.values() if met.suggested_fix],
    ids=[key for key, met in MET.items() if met.suggested_fix],
)
def test_the_program_with_the_suggested_fix_runs(met: Met) -> None:
    code = fixed(met.code)
    assert run(code) is None, code
