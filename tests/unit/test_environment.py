"""A test finds the environment that the first one found, whatever those before it left there."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.xdist_group("environment")

FIRST = dict(os.environ)


def test_variables_are_set_changed_and_deleted() -> None:
    os.environ["LEFT_BY_A_TEST"] = "1"
    os.environ["PATH"] = "/nowhere"
    del os.environ["OMP_NUM_THREADS"]


def test_variables_are_set_for_the_time_of_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEFT_BY_A_TEST", "2")
    monkeypatch.delenv("PATH")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")


def test_they_are_as_they_were() -> None:
    assert os.environ.get("LEFT_BY_A_TEST") is None
    assert {name: os.environ.get(name) for name in ("PATH", "OMP_NUM_THREADS")} == {
        name: FIRST[name] for name in ("PATH", "OMP_NUM_THREADS")
    }
