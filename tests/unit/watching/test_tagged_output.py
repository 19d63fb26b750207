"""Ranks' lines are tagged where `torchrun` is called and its user says nothing else of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.watching.tagged_output import drop_output, tagged

RUN = Path("/run")


@pytest.mark.parametrize(
    ("command", "tee"),
    [
        (["torchrun", "--nproc-per-node", "2", "train.py"], "3"),
        (["/usr/bin/torchrun", "train.py", "-t", "5", "--log-dir", "mine"], "3"),
        (["python", "-m", "torch.distributed.run", "-m", "pkg.train"], "3"),
        (["env", "A=1", "torchrun", "train.py"], "3"),
        (["torchrun", "--tee", "1", "train.py"], None),
        (["torchrun", "-r=3", "train.py"], None),
        (["torchrun", "--log-dir", "logs", "train.py"], None),
        (["python", "train.py", "torchrun"], None),
        (["python", "-m", "pkg.train"], None),
    ],
)
def test_lines_are_tagged_by_torchrun_unless_its_user_says_what_to_do_with_them(
    command: list[str], tee: str | None
) -> None:
    environment = tagged({"A": "1"}, command, RUN, are_bars_drawn=False)
    assert environment.get("PET_TEE") == tee
    assert (environment == {"A": "1"}) == (tee is None)


def test_what_stands_in_the_environment_counts_and_bars_in_a_terminal_are_left_alone() -> None:
    command = ["torchrun", "train.py"]
    for own in ("PET_TEE", "PET_REDIRECTS", "PET_LOG_DIR"):
        assert tagged({own: "0"}, command, RUN, are_bars_drawn=False) == {own: "0"}
    prefix = {"TORCHELASTIC_LOG_LINE_PREFIX_TEMPLATE": "mine"}
    in_terminal = tagged(prefix, command, RUN, are_bars_drawn=True)
    assert in_terminal == {**prefix, "PET_TEE": "1", "PET_LOG_DIR": "/run/output-of-ranks"}


def test_the_output_is_kept_no_longer_than_it_is_needed(tmp_path: Path) -> None:
    drop_output(tmp_path)
    (tmp_path / "output-of-ranks" / "attempt_0").mkdir(parents=True)
    (tmp_path / "output-of-ranks" / "attempt_0" / "stdout.log").touch()
    drop_output(tmp_path)
    assert list(tmp_path.iterdir()) == []
