"""Whether an example claims anything that `check` can prove."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tui_torch.course.counts import states_something
from tui_torch.course.format.schema import ExampleSchema


@pytest.mark.parametrize(
    ("expect", "claims"),
    [
        (None, False),
        ({}, False),
        ({"values": {}}, False),
        ({"output": ""}, True),
        ({"values": {"x": None}}, True),
        ({"raises": "TypeError"}, True),
    ],
    ids=["no expect", "an empty one", "no values", "an output", "a value", "an error"],
)
def test_an_example_claims_something_by_an_output_a_value_or_an_error(
    expect: Mapping[str, object] | None, claims: bool
) -> None:
    step = {"id": "e", "kind": "example", "title": "E", "text": "T", "code": "x", "expect": expect}
    assert states_something(ExampleSchema.model_validate(step).plain()) is claims
