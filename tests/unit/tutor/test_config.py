"""Settings are read whatever is in the file, and the theme is written without touching the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.tutor.config import Config, config_file, load_config, remember


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    config_file().parent.mkdir()
    return config_file()


def test_without_a_file_everything_is_as_it_comes() -> None:
    assert load_config() == Config()


def test_how_figures_are_drawn_is_read(path: Path) -> None:
    path.write_text('figures = "sixel"\n', "utf-8")
    assert load_config() == Config(figures="sixel")


def test_a_theme_and_keys_are_read(path: Path) -> None:
    path.write_text('theme = "nord"\n\n[keys]\nrun = "f9,ctrl+g"\n', "utf-8")
    assert load_config() == Config("nord", {"run": "f9,ctrl+g"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = ", "are not TOML"),
        ('figures = "iterm"', '`figures` is none of "blocks", "kitty" and "sixel"'),
        ("figures = true", '`figures` is none of "blocks", "kitty" and "sixel"'),
        ("theme = 3", "`theme` is not text"),
        ("keys = 3", "`keys` is not a table"),
        ("streak = 3", "`streak` is neither true nor false"),
        ("[keys]\nrun = 3", "`keys.run` is not text"),
        ('colour = "red"', "`colour` is not a setting"),
        ("memory = true", "`memory` is not a number above 0"),
        ("memory = nan", "`memory` is not a number above 0"),
        ("memory = inf", "`memory` is inf, expected GB from 0.5"),
        ("memory = 1e300", "`memory` is 1e+300, expected GB from 0.5"),
        ("memory = 0.0001", "`memory` is 0.0001, expected GB from 0.5, which PyTorch itself needs"),
    ],
)
def test_what_cannot_be_used_is_reported_with_the_files_name(path: Path, text: str, words: str) -> None:
    path.write_text(text, "utf-8")
    notice = load_config().notice
    assert notice is not None
    assert words in notice
    assert str(path) in notice


@pytest.mark.parametrize(
    ("key", "other"), [("ctrl+i", "tab"), ("ctrl+m", "enter"), ("Ctrl+H", "backspace"), ("ctrl+[", "escape")]
)
def test_a_key_that_terminals_send_as_another_is_refused_in_a_sentence(path: Path, key: str, other: str) -> None:
    path.write_text(f'[keys]\nrun = "{key}"\nnext = "{key}, j"\n', "utf-8")
    config = load_config()
    refused = f'is "{key}", which most terminals send as {other}, expected another key such as "ctrl+g"'
    assert config.notice == f"In {path}: `keys.run` {refused}; `keys.next` {refused}."
    assert config.keys == {"next": "j"}


@pytest.mark.parametrize("key", ["q", "?", "space", "enter"])
def test_a_key_that_is_typed_does_not_quit(path: Path, key: str) -> None:
    path.write_text(f'[keys]\n"app.quit" = "{key},f10"\nnext = "q"\n', "utf-8")
    config = load_config()
    assert config.notice is not None and f'`keys.app.quit` is "{key}", which would quit while you type' in config.notice
    assert config.keys == {"app.quit": "f10", "next": "q"}


def test_a_limit_of_memory_is_read_in_gb_and_one_that_is_wrong_limits_nothing(path: Path) -> None:
    path.write_text("memory = 1.5", "utf-8")
    assert load_config() == Config(memory=1_500_000_000)
    path.write_text("memory = inf", "utf-8")
    assert load_config().memory is None


def test_one_wrong_setting_leaves_the_others(path: Path) -> None:
    path.write_text('theme = "nord"\n[keys]\nrun = 3\nnext = "j"\n', "utf-8")
    config = load_config()
    assert (config.theme, config.keys) == ("nord", {"next": "j"})


def test_bytes_that_are_not_text_are_reported(path: Path) -> None:
    path.write_bytes(b"theme = '\xff'")
    assert "are not TOML" in (load_config().notice or "")


def test_a_remembered_theme_is_read_again() -> None:
    remember("theme", "ember-light")
    assert load_config().theme == "ember-light"


def test_the_streak_is_off_until_it_is_asked_for(path: Path) -> None:
    assert not load_config().streak
    path.write_text('memory = 8 # GB\n\n[keys]\nrun = "f9"\n', "utf-8")
    remember("streak", True)
    assert path.read_text("utf-8") == 'memory = 8 # GB\nstreak = true\n\n[keys]\nrun = "f9"\n'
    assert (load_config().streak, load_config().keys) == (True, {"run": "f9"})


def test_remembering_a_theme_keeps_comments_and_other_settings(path: Path) -> None:
    path.write_text('# mine\ntheme = "nord" # cold\n\n[keys]\nrun = "f9"\n', "utf-8")
    remember("theme", "ember-dark")
    assert path.read_text("utf-8") == '# mine\ntheme = "ember-dark" # cold\n\n[keys]\nrun = "f9"\n'


def test_a_file_that_is_not_toml_is_left_alone(path: Path) -> None:
    path.write_text("theme = ", "utf-8")
    remember("theme", "ember-dark")
    assert path.read_text("utf-8") == "theme = "


def test_a_linked_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    kept.write_text("", "utf-8")
    path.symlink_to(kept)
    remember("theme", "ember-light")
    assert path.is_symlink()
    assert 'theme = "ember-light"' in kept.read_text("utf-8")
