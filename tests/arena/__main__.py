"""`python -m tests.arena [PROBLEM…]`: break the solutions of problems, and say which breaks no check notices."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import click

from tests.arena.breaks import Break, breaks, sample
from tests.arena.equivalents import LISTED
from tests.arena.trials import Trial, exercise_of, tried
from tui_torch.course.arena.problems import Arena, arena_folder
from tui_torch.course.lesson import Lesson
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

OUTCOMES = ("caught", "equivalent", "survived")


@click.command()
@click.argument("names", nargs=-1, metavar="[PROBLEM]...")
@click.option("--each", type=int, help="How many breaks of each problem, drawn at random; without it all.")
@click.option("--seed", default=0, show_default=True, help="Of the draw.")
@click.option("--jobs", default=1, show_default=True, help="Kernels at once.")
@click.option("--again", type=click.Path(exists=True), help="Of an --output: try those that survived again.")
@click.option("--output", help="A file to which the results are appended, a line of JSON each.")
def main(names: tuple[str, ...], each: int | None, seed: int, jobs: int, again: str | None, output: str | None) -> None:
    """Break the solutions of the arena's problems, and report which breaks no check notices."""
    arena = Arena(arena_folder())
    if unknown := sorted({*names} - {*arena.ids}):
        raise click.UsageError(f"no problem has the id {', '.join(unknown)}; `tui-torch arena` lists them")
    survived = _survived(Path(again)) if again is not None else None
    ids = names or arena.ids if survived is None else [name for name in names or arena.ids if name in survived]
    drawn: dict[str, tuple[Lesson, tuple[Break, ...]]] = {}
    for name in ids:
        problem = arena.problem(name)
        solution = exercise_of(problem).solution
        broken = breaks(solution) if each is None else sample(solution, each, f"{seed} {name}")
        if survived is not None:
            broken = tuple(one for one in broken if one.change in survived[name])
        drawn[name] = problem, broken
    trials = asyncio.run(_all(drawn, jobs, Path(output) if output is not None else None))
    _report(trials)
    raise SystemExit(any(one.outcome == "survived" for one in trials))


def _survived(results: Path) -> dict[str, set[tuple[str, str]]]:
    """The changes of each problem that no check noticed, by an --output."""
    found: dict[str, set[tuple[str, str]]] = {}
    for line in results.read_text("utf-8").splitlines():
        one = json.loads(line)
        if one["outcome"] == "survived":
            found.setdefault(one["problem"], set()).add((one["before"], one["after"]))
    return found


async def _all(drawn: dict[str, tuple[Lesson, tuple[Break, ...]]], jobs: int, output: Path | None) -> list[Trial]:
    zygote = Zygote.started()
    waiting = iter(drawn.items())
    found: dict[str, list[Trial]] = {}

    async def work() -> None:
        kernel = KernelSession(zygote=zygote)
        try:
            await kernel.start()
            await kernel.ready()
            for name, (problem, broken) in waiting:
                found[name] = await tried(kernel, problem, broken)
                _written(found[name], output)
                print(f"{name}: {len(broken)}", flush=True)
        finally:
            await kernel.close()

    try:
        await asyncio.gather(*(work() for _ in range(jobs)))
    finally:
        zygote.close()
    return [one for name in drawn for one in found[name]]


def _written(trials: list[Trial], output: Path | None) -> None:
    if output is None:
        return
    with output.open("a", encoding="utf-8") as file:
        for one in trials:
            line = {
                "problem": one.problem,
                "kind": one.broken.kind,
                "before": one.broken.change[0],
                "after": one.broken.change[1],
                "outcome": one.outcome,
                "by": one.by,
            }
            file.write(json.dumps(line) + "\n")


def _report(trials: list[Trial]) -> None:
    for one in trials:
        if one.outcome == "survived":
            before, after = (side.replace("\n", "\n    ") for side in one.broken.change)
            print(f"\nsurvived in {one.problem}: {one.broken.kind}\n  - {before}\n  + {after}")
    counts = Counter((one.problem, one.outcome) for one in trials)
    width = max((len(one.problem) for one in trials), default=0)
    print(f"\n{'':{width}} breaks caught equivalent survived")
    for name in dict.fromkeys(one.problem for one in trials):
        _print_row(name, width, [counts[name, outcome] for outcome in OUTCOMES])
    total = [sum(one.outcome == outcome for one in trials) for outcome in OUTCOMES]
    _print_row("all", width, total)
    caught, _, survived = total
    print(f"caught, of those that {LISTED.name} does not excuse: {caught / max(1, caught + survived):.1%}")


def _print_row(name: str, width: int, counts: list[int]) -> None:
    caught, equivalent, survived = counts
    print(f"{name:{width}} {sum(counts):6} {caught:6} {equivalent:10} {survived:8}")


if __name__ == "__main__":
    main()
