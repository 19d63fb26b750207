"""The real server, asked by a real client."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.unit.serving.served import PATIENCE, served
from tui_torch.serving import sessions as sessions_module
from tui_torch.serving.sessions import ENDED

HANGS = ("sh", "-c", "trap '' HUP TERM INT; setsid sleep 600 & echo pid $$ and $!.; while :; do sleep 600; done")


async def gone(pid: int) -> None:
    await asyncio.to_thread(psutil.wait_procs, [psutil.Process(pid)] if psutil.pid_exists(pid) else [], PATIENCE)
    assert not psutil.pid_exists(pid)


async def test_only_who_has_a_token_and_comes_from_its_own_page_is_let_in(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        token = server.learners[0].token
        async with server.client.get(server.url(token)) as page:
            assert page.status == 200 and "textual-terminal" in await page.text()
            assert page.headers["Referrer-Policy"] == "no-referrer"
        for wrong in ("", "wrong", f"{token}x"):
            async with server.client.get(server.url(wrong)) as page:
                assert page.status == 403 and "tui-torch serve" in await page.text()
        async with server.client.get(server.url(token), headers={"Host": "evil.example"}) as page:
            assert page.status == 403
        for path in ("static/js/textual.js", "static/css/xterm.css", "page/page.js", "page/page.css"):
            async with server.client.get(server.url(path)) as file:
                assert file.status == 200
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await server.connect(0, origin="http://evil.example")
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await server.client.ws_connect(server.url(f"{token}/connection"))
        assert not psutil.Process().children(), "nothing was started for any of them"


async def test_each_learner_has_an_app_with_a_home_and_only_so_many_run_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        first, second = await server.connect(0), await server.connect(1)
        for number, page in enumerate((first, second)):
            text = await page.shows("pid")
            assert f"home {server.learners[number].home}\r\n20 90\r\n" in text
        assert await (await server.connect(2)).goodbye() == "All 2 places are taken. Try again when somebody has left."
        await first.websocket.send_json(["stdin", "hello\n"])
        await first.websocket.send_str("no JSON")
        await first.websocket.send_json(["resize", {"width": "many", "height": 9}])
        await first.shows("said hello.")
        assert "hello" not in second.text
        await first.websocket.send_json(["stdin", "q\n"])
        assert await first.goodbye() == ENDED
        await (await server.connect(2)).shows("home")


async def test_a_page_that_is_reloaded_shows_the_same_app(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        before = await server.connect(0)
        pid = await before.number_after("pid")
        await before.websocket.close()
        after = await server.connect(0)
        await after.websocket.send_json(["stdin", "again\n"])
        assert (await after.shows("said again.")).startswith("\x18\x1b[?1049h")
        assert psutil.pid_exists(pid) and "pid" not in after.text
        other = await server.connect(0)
        assert await after.goodbye() == sessions_module.ELSEWHERE
        await other.websocket.send_json(["stdin", "third\n"])
        await other.shows("said third.")


async def test_an_app_that_hangs_ends_with_its_tab_and_so_does_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sessions_module.RELOADS_WITHIN + sessions_module.ENDS_WITHIN < 5
    monkeypatch.setattr(sessions_module, "RELOADS_WITHIN", 0.1)
    monkeypatch.setattr(sessions_module, "ENDS_WITHIN", 0.1)
    async with served(tmp_path, HANGS) as server:
        page = await server.connect(0)
        pid, started = await page.number_after("pid"), await page.number_after("and")
        await page.websocket.close()
        await gone(pid)
        await gone(started)
        # Another comes to the place that is free again.
        again = await server.connect(0)
        assert await again.number_after("pid") != pid


async def test_the_apps_end_with_the_server(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        page = await server.connect(0)
        pid = await page.number_after("pid")
        ends = asyncio.create_task(page.goodbye())
    assert await ends in (sessions_module.CLOSED, "")
    await gone(pid)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
