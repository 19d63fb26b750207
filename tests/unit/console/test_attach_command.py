"""`tui-torch attach` says in a sentence what it cannot do, before it asks or loads anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui_torch.console.attaching.command_line import attach


@pytest.fixture(autouse=True)
def _no_kernel_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(attach, arguments)


def test_where_no_kernel_runs_that_is_said() -> None:
    for arguments in ((), ("--latest",)):
        result = ran(*arguments)
        assert result.exit_code == 2
        assert "no kernel runs here" in result.output
    assert "No kernel runs here" in ran("--list").output
    assert json.loads(ran("--list", "--json").output) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--plain", "--json"), "exclude each other"),
        (("--latest", "--list"), "give one of"),
        (("nothing.json", "--latest"), "give one of"),
        (("nothing.json",), "there is no nothing.json"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], says: str) -> None:
    result = ran(*arguments)
    assert result.exit_code == 2
    assert says in result.output
