"""The real command, a real Chromium, the real app: what somebody without a terminal sees, and does by keys."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.browser.chromium import PATIENCE, PROGRAM, Chromium, Tab, chromium

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here: `apt-get install chromium`"),
    pytest.mark.xdist_group("browser"),
]

HELD_DOWN = """
window.addEventListener("keydown", (event) => setTimeout(() => (window.kept = !event.defaultPrevented)), true)
"""
"""Notes of each key whether the browser would do with it what browsers do, such as to reload."""


class Site:
    """A server that runs, and a browser."""

    def __init__(self, browser: Chromium, process: asyncio.subprocess.Process, addresses: Sequence[str]) -> None:
        self.browser = browser
        self.addresses = addresses
        self._process = psutil.Process(process.pid)

    def started(self) -> list[psutil.Process]:
        """What the server has started: apps and their kernels."""
        return self._process.children(recursive=True)

    async def has_place(self, places: int) -> None:
        """Wait until fewer apps than that are there, and a moment, in which the server notices."""

        def wait() -> None:
            deadline = time.monotonic() + PATIENCE
            while len(self._process.children()) >= places:
                assert time.monotonic() < deadline, "nobody has left"
                time.sleep(0.05)

        await asyncio.to_thread(wait)
        await asyncio.sleep(0.5)

    async def all_gone(self, processes: Sequence[psutil.Process]) -> None:
        _, alive = await asyncio.to_thread(psutil.wait_procs, processes, PATIENCE)
        assert not alive


@asynccontextmanager
async def site(folder: Path, learners: int, *arguments: str) -> AsyncIterator[Site]:
    names = [f"--learner=learner-{number}" for number in range(learners)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tui_torch", "serve", "--port=0", *names, *arguments),
        env=os.environ | {"TUI_TORCH_HOME": str(folder / "home")},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        lines = [(await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode() for _ in range(learners)]
        addresses = [found[0] for line in lines if (found := re.search(r"http://\S+", line))]
        assert len(addresses) == learners, lines
        async with chromium(folder / "chromium") as browser:
            found = Site(browser, process, addresses)
            yield found
            left = found.started()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        await found.all_gone(left)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


SOLUTION = """\
counts = torch.tensor([1, 2, 3])
prices = torch.tensor([1.5, 2, 3])
flags = torch.tensor([True, False])
print(counts.dtype, prices.dtype, flags.dtype)
said = torch.tensor([1, 2, 3], dtype=torch.float32)
converted = counts.float()
print(converted, converted.dtype)
print(counts, counts.dtype)"""


def brightest_at_the_edge(picture: Path) -> int:
    """The largest of red, green and blue in the last three columns of pixels, 0 to 255."""
    with Image.open(picture) as image:
        edge = image.convert("RGB").crop((image.width - 3, 0, image.width, image.height))
        return max(high for _, high in edge.getextrema())


async def go_to(tab: Tab, lesson: str) -> None:
    """Choose a lesson from the palette."""
    await tab.press("p", ctrl=True)
    await tab.shows("Search")
    await tab.type(lesson)
    await tab.shows(f"Lesson: {lesson}")
    await tab.press("Enter")
    await tab.shows(f"› {lesson}", "1/")


async def replace_code(tab: Tab, code: str) -> None:
    """Put code in place of all that is in the editor, and stay there."""
    await tab.press("e")
    await tab.shows("Leave the editor")
    await tab.press("F7")
    await tab.paste(code)
    await tab.shows(code.splitlines()[-1])


async def test_a_lesson_is_learned_from_its_start_to_an_exercise_that_passes(tmp_path: Path) -> None:
    async with site(tmp_path, 1) as here:
        tab = await here.browser.open(here.addresses[0])
        await tab.shows("Two spirals", "● ready")
        # Nobody has clicked.
        assert await tab.focused() == "xterm-helper-textarea"
        await go_to(tab, "Making tensors")
        await tab.value(HELD_DOWN)
        await tab.press("F5")
        await tab.shows("Ran in")
        assert await tab.value("window.kept") is False, "the browser would reload the page"
        await tab.press("n")
        await tab.shows("Count the brackets")
        await tab.press("n")
        await tab.shows("The type of the numbers")
        await replace_code(tab, f"{SOLUTION} # one word")
        # The keys that are there for those of a browser.
        await tab.shows("ctrl+backspace Delete word")
        await tab.press("Backspace", ctrl=True)
        await tab.press("Enter", ctrl=True)
        await tab.shows("✓ said is 1, 2, 3 as float32")
        await tab.shows("Solved: ")
        await tab.picture(tmp_path / "passed.png")
        assert brightest_at_the_edge(tmp_path / "passed.png") < 100, "there is a light strip at the right edge"
        await tab.resize(740, 460)
        await tab.shows("Lesson  Tensors")
        await tab.picture(tmp_path / "passed-small.png")


async def test_two_learners_at_once_have_nothing_of_each_other(tmp_path: Path) -> None:
    async with site(tmp_path, 2) as here:
        ana, ben = [await here.browser.open(address) for address in here.addresses]
        for tab, word in ((ana, "of ana"), (ben, "of ben")):
            await tab.shows("Two spirals", "● ready")
            await replace_code(tab, f"import os\nhome = os.getcwd()[-9:]\nprint('only {word}', home)")
            await tab.press("F5")
        await ana.shows("only of ana learner-0")
        await ben.shows("only of ben learner-1")
        assert "of ben" not in ana.text and "of ana" not in ben.text
        homes = sorted((tmp_path / "home" / "learners").glob("*/progress.db"))
        assert [home.parent.name for home in homes] == ["learner-0", "learner-1"]


async def test_a_reload_in_a_run_goes_on_with_it_and_a_closed_tab_ends_all_and_comes_back_to_the_same_place(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, 1) as here:
        tab = await here.browser.open(here.addresses[0])
        await tab.shows("Two spirals", "● ready")
        await tab.press("n")
        await tab.shows("Change one number")
        go = tmp_path / "go"
        waits = f"import time, pathlib\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)"
        code = f"{waits}\nprint(6 * 7)"
        await replace_code(tab, code)
        await tab.press("F5")
        await tab.shows("▶ running")
        before = here.started()
        await tab.reload()
        await tab.shows("Change one number", "▶ running")
        go.touch()
        await tab.shows("Ran in", "42")
        assert {one.pid for one in here.started()} >= {one.pid for one in before if one.is_running()}
        running = here.started()
        assert len(running) >= 2, "the app and its kernel"
        await tab.close()
        _, alive = await asyncio.to_thread(psutil.wait_procs, running, 5)
        assert alive == [], "all of it ends within five seconds"
        again = await here.browser.open(here.addresses[0])
        await again.shows("Change one number", "print(6 * 7)", "● ready")


async def test_a_wrong_token_starts_nothing_and_the_eleventh_waits_for_a_place(tmp_path: Path) -> None:
    async with site(tmp_path, 11) as here:
        own = here.addresses[0].rstrip("/")
        wrong = await here.browser.open(own.replace(own.rpartition("/")[2], "wrong"))
        assert "nobody has" in await wrong.shows_as_text()
        assert here.started() == []
        tabs: list[Tab] = []
        for address in here.addresses[:10]:
            tabs.append(await here.browser.open(address))
            await tabs[-1].shows("Two spirals")
        eleventh = await here.browser.open(here.addresses[10])
        assert await eleventh.says_goodbye() == "All 10 places are taken. Try again when somebody has left."
        await eleventh.picture(tmp_path / "eleventh.png")
        await tabs[3].close()
        await here.has_place(10)
        await eleventh.reload()
        await eleventh.shows("Two spirals")
