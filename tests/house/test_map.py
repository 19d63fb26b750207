"""The map of CONTRIBUTING.md leads where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

QUESTIONS = {
    "the chart's smoothing": "SMOOTHINGS =",
    "a new rule of the coach": "Rule):",
    "a new key": "help",
    "what counts as a loss": "class TrainingRecorder",
    "a new page of the inspector": "class LayersView",
    "a new explanation of an error": "rule(",
    "a new field of a lesson": "class Exercise",
    "a new command": "@commands.command",
    "what crosses between the processes": "class TrainingProgress",
    "what a test needs to run a lesson": "def run",
}
"""Each question of the map, and a text that is found where its answer leads."""


def answers() -> dict[str, str]:
    section = CONTRIBUTING.partition("## Where is …?")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (?!what \||---)(.+?) \| `([^`]+)` \|$", section, re.MULTILINE))


def test_the_map_answers_ten_questions_with_one_path_each() -> None:
    assert set(answers()) == set(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_path_of_the_map_holds_what_is_asked_for(question: str) -> None:
    path = ROOT / answers()[question]
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    assert any(QUESTIONS[question] in file.read_text("utf-8") for file in files), f"{path} does not answer {question!r}"


def test_every_path_that_contributing_names_is_there() -> None:
    named = set(re.findall(r"`((?:tui_torch|tests|lessons)/[\w/.]+)`", CONTRIBUTING))
    named |= {f"tui_torch/{path}" for path in re.findall(r"`((?:ui|probe|kernel)/[\w/.]+)`", CONTRIBUTING)}
    named |= set(re.findall(r"^    ((?:tui_torch/)?\w+) {2,}", CONTRIBUTING, re.MULTILINE))
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
