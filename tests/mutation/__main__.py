"""`python -m tests.mutation`: break the core at random places, and say which breaks no test notices."""

from __future__ import annotations

import importlib
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tests.mutation.areas import AREAS
from tests.mutation.equivalents import LISTED, equivalents
from tests.mutation.mutants import Mutant, draw
from tests.mutation.trials import Known, Trial, collect, forked, functions, hasten, learn, try_cold, try_warm

_HEAVY = ("torch", "numpy", "hypothesis", "pydantic", "yaml", "rich", "textual", "jupyter_client", "pytest_asyncio")


@click.command()
@click.option("--each", default=45, show_default=True, help="How many places to break in each area.")
@click.option("--seed", default=0, show_default=True, help="Of the draw.")
@click.option("--jobs", default=1, show_default=True, help="Processes at once.")
@click.option("--only", multiple=True, type=click.Choice([*AREAS]), help="An area; may be given several times.")
@click.option("--again", type=click.Path(exists=True), help="Of an --output: try those that survived again.")
@click.option("--output", default="build/mutants.jsonl", show_default=True, help="The results, a line of JSON each.")
def main(each: int, seed: int, jobs: int, only: tuple[str, ...], again: str | None, output: str) -> None:
    """Break the core at random places and report which breaks no test notices."""
    if stale := [one for one in equivalents() if not one.is_about_what_is_there]:
        names = "\n".join(f"  {one.module}: {one.before}" for one in stale)
        raise click.ClickException(f"{LISTED.name} is about lines that are not there any more:\n{names}")
    areas = list(only or AREAS)
    results = Path(output).absolute()
    results.parent.mkdir(exist_ok=True)
    mutants, places = draw(each, seed, areas)
    if again is not None:
        lines = [json.loads(line) for line in Path(again).read_text("utf-8").splitlines()]
        survived = {(one["module"], *one["change"]) for one in lines if one["outcome"] == "survived"}
        mutants = [mutant for mutant in mutants if (mutant.place.module, *mutant.change) in survived]
    results.write_text("")
    print(f"{len(mutants)} mutants, seed {seed}, of {places} places in {', '.join(areas)}", flush=True)
    for name in _HEAVY:
        importlib.import_module(name)
    hasten()
    with tempfile.TemporaryDirectory() as folder:
        learned = Path(folder, "known.json")
        _tried(mutants, learned, results, jobs)
    _report([json.loads(line) for line in results.read_text("utf-8").splitlines()])


def _tried(mutants: list[Mutant], learned: Path, results: Path, jobs: int) -> None:
    def warm(trial: Trial) -> None:
        modules = {path for area in AREAS.values() for path in area.paths()}
        untraced = tuple(test for area in AREAS.values() if not area.is_traced for test in area.tests)
        found = forked(lambda: asdict(learn(trial, modules, untraced)), 3600, 3600)
        assert found is not None, "the tests could not be run on the sound code"
        learned.write_text(json.dumps(found))
        known, by_name = Known(**found), functions()
        for test, why in known.unused.items():
            print(f"not tried: {test} {why}", flush=True)
        inside = [mutant for mutant in mutants if mutant.place.function is not None]
        _shared(inside, jobs, known, results, lambda mutant, tests: try_warm(trial, mutant, tests, by_name))

    def collected() -> int:
        return collect(warm, sorted({test for mutant in mutants for test in AREAS[mutant.area].tests}))

    stdout = os.dup(1)
    warmed = forked(lambda: (os.dup2(stdout, 1), collected())[1], cpu=1 << 20, wall=1 << 20)
    assert warmed == 0, f"pytest ended with {warmed}; VERBOSE=1 says why"
    outside = [mutant for mutant in mutants if mutant.place.function is None]
    _shared(outside, jobs, Known(**json.loads(learned.read_text())), results, try_cold)


def _shared(
    mutants: list[Mutant], jobs: int, known: Known, results: Path, attempt: Callable[[Mutant, list[str]], Any]
) -> None:
    """Try each mutant in a process of its own, `jobs` at a time."""

    def share(of: list[Mutant]) -> None:
        for mutant in of:
            tests = known.of(mutant)
            cpu = 5 + 4 * sum(known.seconds[test] for test in tests)
            began = time.monotonic()
            failed = forked(lambda mutant=mutant, tests=tests: attempt(mutant, tests), cpu, 10 * cpu)
            outcome = "ended" if failed is None else "killed" if failed else "survived"
            line = {
                "area": mutant.area,
                "module": mutant.place.module,
                "line": mutant.place.start[0],
                "operator": mutant.kind,
                "change": mutant.change,
                "outcome": outcome,
                "by": failed[0] if failed else None,
                "tests": len(tests),
                "seconds": round(time.monotonic() - began, 1),
            }
            with results.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(f"{outcome:8} {line['seconds']:6} s  {_where(line)}", flush=True)

    children = []
    for job in range(jobs):
        child = os.fork()
        if child == 0:
            try:
                share(mutants[job::jobs])
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _where(one: dict[str, Any]) -> str:
    return f"{one['module']}:{one['line']} {one['operator']}"


def _report(results: list[dict[str, Any]]) -> None:
    excused = {(one.module, one.before, one.after) for one in equivalents()}
    for one in results:
        if one["outcome"] == "survived" and (one["module"], *one["change"]) in excused:
            one["outcome"] = "equivalent"
    for one in results:
        if one["outcome"] == "survived":
            before, after = (side.replace("\n", "\n    ") for side in one["change"])
            print(f"\nsurvived {_where(one)} ({one['tests']} tests)\n  - {before}\n  + {after}")
    counts = Counter((one[key], one["outcome"]) for one in results for key in ("area", "module"))
    print(f"\n{'':52} drawn killed equivalent survived")
    for name in [*AREAS, *sorted({one["module"] for one in results})]:
        of = {outcome: counts[name, outcome] for outcome in ("killed", "ended", "equivalent", "survived")}
        if drawn := sum(of.values()):
            killed = of["killed"] + of["ended"]
            print(f"{name:52} {drawn:5} {killed:6} {of['equivalent']:10} {of['survived']:8}")
    total = Counter(one["outcome"] for one in results)
    killed = total["killed"] + total["ended"]
    print(f"{'all':52} {len(results):5} {killed:6} {total['equivalent']:10} {total['survived']:8}")
    print(f"killed, of those that are no equivalents: {killed / max(1, len(results) - total['equivalent']):.1%}")


if __name__ == "__main__":
    main()
