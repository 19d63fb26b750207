"""`python -m tests.versions 2.6.0 2.13.0 2.15.0`: try the course and the probe on other releases, and write TABLE.md.

Makes a virtual environment for each release, one at a time, and removes it afterwards; each downloads gigabytes. The
release that `constraints.txt` pins is also tried on the other Pythons that are found. What cannot be had has no row.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import click

from tests.versions.environments import Environment, NotHadError, made, pinned, there
from tests.versions.parts import PARTS
from tests.versions.table import TABLE, Row, read, with_row, written

PYTHONS = ("3.11", "3.12", "3.13")


@click.command()
@click.argument("releases", nargs=-1, metavar="VERSION…")
@click.option("--python", "pythons", multiple=True, help="An interpreter beside this one, for the pinned PyTorch.")
@click.option("--in", "folders", multiple=True, help="A virtual environment that is there, and stays.")
@click.option("--only", multiple=True, type=click.Choice([*PARTS]), help="A part; may be given several times.")
def main(releases: tuple[str, ...], pythons: tuple[str, ...], folders: tuple[str, ...], only: tuple[str, ...]) -> None:
    """Try the course and the probe on other releases of PyTorch and Python."""
    beside = list(pythons) or _other_pythons()
    failed = 0
    for release in releases:
        for python in [sys.executable, *(beside if release == pinned("torch") else [])]:
            failed += _tried(release, python, made(release, python), only)
    for folder in folders:
        failed += _tried("as it is", folder, there(Path(folder)), only)
    sys.exit(1 if failed else 0)


def _other_pythons() -> list[str]:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    places = [shutil.which(f"python{version}") for version in PYTHONS if version != here]
    return [place for place in places if place is not None and _runs(place)]


def _runs(place: str) -> bool:
    """Whether a command is an interpreter: a version manager has one for versions that it does not give here, too."""
    return subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0


def _tried(release: str, python: str, making: AbstractContextManager[Environment], only: tuple[str, ...]) -> int:
    """Try one environment, put its row into the table, and return how many things fail in it."""
    print(f"PyTorch {release}, {python}", flush=True)
    failed = 0
    began = time.monotonic()
    try:
        with making as environment:
            print(f"  {environment.torch} on Python {environment.python}: {time.monotonic() - began:.0f} s", flush=True)
            for part in only or PARTS:
                began = time.monotonic()
                outcome = PARTS[part](environment)
                failures = [(part, what) for what in outcome.failures]
                failed += len(failures)
                cell = (
                    f"{outcome}, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())}{'' if environment.is_made else ' *'}"
                )
                _put(Row(environment.torch, environment.python, {part: cell}, tuple(failures)))
                print(f"  {part}: {outcome}, {time.monotonic() - began:.0f} s", flush=True)
                for what in outcome.failures:
                    print(f"    {what}", flush=True)
    except NotHadError as error:
        print(f"  there is no such environment here: {error}", flush=True)
        return 1
    return failed


def _put(row: Row) -> None:
    """Put what is known of an environment into the table. What has run is kept, should the rest be cut off."""
    rows = read(TABLE.read_text("utf-8")) if TABLE.exists() else []
    TABLE.write_text(written(with_row(rows, row), tuple(PARTS)), "utf-8")


if __name__ == "__main__":
    main()
