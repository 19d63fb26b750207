"""What is run in an environment, part by part, and how much of it holds."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.versions.environments import ROOT, Environment


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one part went."""

    whole: int
    """Number of lessons or tests."""
    failures: tuple[str, ...]
    """Each one that does not hold: a lesson's error, or a test."""

    def __str__(self) -> str:
        return f"{len(self.failures)} of {self.whole} fail" if self.failures else f"all {self.whole}"


def course(environment: Environment) -> Outcome:
    """Prove every lesson of the course."""
    command = [str(environment.interpreter), "-m", "tui_torch", "check", "--fresh"]
    with tempfile.TemporaryDirectory() as home:
        ended = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "TUI_TORCH_HOME": home}
        )
    verdicts = re.findall(r"^\S+/(\S+\.yaml): (.+)$", ended.stdout, re.MULTILINE)
    errors = tuple(line.removeprefix(f"{ROOT}/") for line in ended.stderr.splitlines() if line.strip())
    if ended.returncode and not errors:
        errors = (f"it ended with {ended.returncode}",)
    return Outcome(len(verdicts), errors)


def tests(*paths: str) -> Callable[[Environment], Outcome]:
    """Run some of the tests."""

    def run(environment: Environment) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            command = [str(environment.interpreter), "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}"]
            ended = subprocess.run([*command, *paths], cwd=ROOT, capture_output=True, text=True, check=False)
            if not report.exists():
                said = (ended.stderr or ended.stdout).strip().splitlines()
                return Outcome(0, (said[-1] if said else f"it ended with {ended.returncode}",))
            return reported(report.read_text("utf-8"))

    return run


def reported(junit: str) -> Outcome:
    """What a JUnit report says of the tests that were run."""
    cases = list(ElementTree.fromstring(junit).iter("testcase"))
    failed = (case for case in cases if case.find("failure") is not None or case.find("error") is not None)
    names = (f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}" for case in failed)
    return Outcome(len(cases), tuple(dict.fromkeys(names)))


PARTS: dict[str, Callable[[Environment], Outcome]] = {
    "course": course,
    "explanations": tests("tests/unit/probe/errors"),
    "coach": tests("tests/unit/probe/coach"),
    "derivatives": tests("tests/unit/probe/autograd"),
    "private names": tests(
        "tests/unit/probe/isolation/test_torch_internals.py", "tests/unit/probe/isolation/test_saved_tensors_hooks.py"
    ),
    "faults": tests(*(f"tests/faults/test_{name}.py" for name in ("code", "orphans", "torn_forks", "left_behind"))),
}
"""By the name of their columns."""
