from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui_torch.serving.access import PublicAddress
from tui_torch.serving.launching import environment_of
from tui_torch.serving.learners import ServedLearner, learner_of, read_names, served_learners
from tui_torch.serving.terminal_modes import TerminalModes
from tui_torch.tutor.config import Config
from tui_torch.tutor.served import as_served, is_served


def test_each_learner_has_a_home_of_their_own_and_a_token_that_stays(tmp_path: Path) -> None:
    ana, ben = served_learners(["ana", "ben"], tmp_path)
    assert ana.home != ben.home and ana.home.is_dir() and ben.home.is_dir()
    assert learner_of(ana.token, [ana, ben]) is ana and learner_of(ben.token, [ana, ben]) is ben
    assert served_learners(["ben", "cem", "ana"], tmp_path)[::2] == (ben, ana)
    assert served_learners(["ana"], tmp_path, new_tokens=True)[0].token != ana.token
    assert served_learners(["ben"], tmp_path) == (ben,)
    kept = next(ana.home.parent.glob("*.json"))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.write_text('{"ana": "easy", "ben": 5}')
    assert all(len(one.token) > 20 for one in served_learners(["ana", "ben"], tmp_path))


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_a_wrong_token_is_nobodys(token: str, tmp_path: Path) -> None:
    assert learner_of(token, served_learners([], tmp_path)) is None


def test_names_come_from_the_command_line_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "names").write_text("# class 7\nben\n\nana\n", "utf-8")
    assert read_names(["ana", "zoë"], tmp_path / "names") == ("ana", "zoë", "ben")


@pytest.mark.parametrize("names", [["../ana"], ["a/b"], [".hidden"], [""], ["x" * 41], ["ana", "Ana"]])
def test_a_name_that_cannot_be_a_folder_of_its_own_is_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"cannot be a learner's name|differ by capitals"):
        read_names(names, None)


LOCAL = PublicAddress("127.0.0.1", 8000)
OPEN = PublicAddress("0.0.0.0", 8000)
BEHIND = PublicAddress("127.0.0.1", 8000, "https://learn.example")


@pytest.mark.parametrize(
    ("address", "origin", "host", "trusted"),
    [
        (LOCAL, "http://127.0.0.1:8000", "127.0.0.1:8000", True),
        (LOCAL, "http://localhost:8000", "localhost:8000", True),
        (LOCAL, None, "127.0.0.1:8000", False),
        (LOCAL, "null", "127.0.0.1:8000", False),
        (LOCAL, "http://evil.example", "127.0.0.1:8000", False),
        (LOCAL, "http://127.0.0.1:9000", "127.0.0.1:8000", False),
        (LOCAL, "http://evil.example:8000", "evil.example:8000", False),
        (OPEN, "http://10.0.0.7:8000", "10.0.0.7:8000", True),
        (OPEN, "http://evil.example", "10.0.0.7:8000", False),
        (BEHIND, "https://learn.example", "learn.example", True),
        (BEHIND, "https://learn.example", "127.0.0.1:8000", True),
        (BEHIND, "https://evil.example", "learn.example", False),
        (PublicAddress("::1", 8000), "http://[::1]:8000", "[::1]:8000", True),
    ],
)
def test_only_pages_of_the_server_itself_are_trusted(
    address: PublicAddress, origin: str | None, host: str, trusted: bool
) -> None:
    assert address.trusts(origin, host) is trusted


def test_a_terminal_that_takes_over_is_switched_as_the_one_before_was() -> None:
    modes = TerminalModes()
    for part in (b"\x1b[?1049h\x1b[?25l\x1b[?1000;10", b"06h text \x1b", b"[?2004h\x1b[?1000l\x1b[?2026h"):
        modes.follow(part)
    assert modes.restored() == b"\x18\x1b[?1049h\x1b[?25l\x1b[?1006h\x1b[?2004h"
    modes.follow(b"\x1b[?25h\x1b[?1049l")
    assert modes.restored() == b"\x18\x1b[?1006h\x1b[?2004h"


def test_the_app_knows_that_it_is_served_and_how_much_memory_it_may_take(tmp_path: Path) -> None:
    ana = ServedLearner("ana", tmp_path, "")
    environment = environment_of(ana, 10**9, {"TMUX": "1", "LANG": "C", "PATH": "/bin"})
    assert environment["TUI_TORCH_HOME"] == str(tmp_path) and environment["PATH"] == "/bin"
    assert environment["LC_ALL"] == "C.UTF-8" and "TMUX" not in environment
    assert is_served(environment)
    served = as_served(Config(memory=5 * 10**9, figures="kitty"), environment)
    assert (served.memory, served.figures) == (10**9, "blocks")
    assert as_served(Config(memory=10**8), environment).memory == 10**8
    assert as_served(Config(figures="kitty"), {}) == Config(figures="kitty")
