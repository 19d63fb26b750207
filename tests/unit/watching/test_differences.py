"""Runs are named by what differs between them."""

from __future__ import annotations

import pytest

from tui_torch.protocol.records.lines import CodeFile, RecordBegun
from tui_torch.watching.differences import arguments_by_name, code_hash, names


def begun(*arguments: str, program: str = "/home/me/train.py", code: str = "a") -> RecordBegun:
    files = (CodeFile("train.py", code),)
    return RecordBegun(1, 0.0, 1, "here", program, arguments, files, "3.13.1", "2.13.0", "cpu")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--lr", "0.1", "--epochs=90", "--amp"), {"lr": "0.1", "epochs": "90", "amp": ""}),
        (("lr=0.1", "optimizer.name=adam"), {"lr": "0.1", "optimizer.name": "adam"}),
        (("--shift", "-0.5", "-v", "data"), {"shift": "-0.5", "v": "data"}),
        (("data/", "out"), {"1": "data/", "2": "out"}),
        (("--path", "a=b"), {"path": "a=b"}),
        (("-", "--"), {"1": "-", "2": "--"}),
        ((), {}),
    ],
)
def test_arguments_are_known_by_what_they_are_for(arguments: tuple[str, ...], found: dict[str, str]) -> None:
    assert arguments_by_name(arguments) == found


def test_runs_of_one_program_are_named_by_the_arguments_in_which_they_differ() -> None:
    runs = {"a": begun("--lr", "0.1", "--epochs", "90"), "b": begun("--lr=0.3", "--epochs", "90", "--amp")}
    assert names(runs) == {"a": "train.py lr=0.1", "b": "train.py lr=0.3 amp"}


def test_runs_of_other_code_are_named_by_its_hash() -> None:
    runs = {"a": begun(), "b": begun(code="b"), "c": begun(program="/home/me/other.py")}
    hashes = {run: code_hash(one)[:7] for run, one in runs.items()}
    assert names(runs) == {"a": f"train.py code {hashes['a']}", "b": f"train.py code {hashes['b']}", "c": "other.py"}


def test_the_same_run_twice_has_the_name_of_its_program_and_none_without_a_training() -> None:
    assert names({"a": begun("--lr", "0.1"), "b": begun("--lr", "0.1"), "c": None}) == {
        "a": "train.py",
        "b": "train.py",
        "c": "",
    }


def test_programs_of_one_name_are_told_by_their_folders() -> None:
    programs = {
        "a": "/home/me/gan/train.py",
        "b": "/home/me/vae/train.py",
        "c": "/home/me/vae/test.py",
        "d": "train.py",
    }
    runs = {run: begun(program=program) for run, program in programs.items()}
    assert names(runs) == {"a": "gan/train.py", "b": "vae/train.py", "c": "test.py", "d": "train.py"}
    alike = {"a": begun(program="/x/one/run/train.py"), "b": begun(program="/x/two/run/train.py")}
    assert names(alike) == {"a": "one/run/train.py", "b": "two/run/train.py"}
