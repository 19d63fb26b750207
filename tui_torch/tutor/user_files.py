"""The paths of the learner's own files: progress, settings, crash report, cache. Nothing is created here."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """The folder of progress.db: `TUI_TORCH_HOME` where it is set, else the user's data folder for tui-torch."""
    return _home() or platformdirs.user_data_path("tui-torch", appauthor=False)


def config_folder() -> Path:
    """The folder of config.toml: `TUI_TORCH_HOME` where it is set, else the user's config folder for tui-torch."""
    return _home() or platformdirs.user_config_path("tui-torch", appauthor=False)


def cache_folder() -> Path:
    """The folder of what can be made again: `TUI_TORCH_HOME/cache`, else the user's cache folder for tui-torch."""
    home = _home()
    return home / "cache" if home else platformdirs.user_cache_path("tui-torch", appauthor=False)


def progress_file() -> Path:
    """The SQLite file of `Progress`."""
    return data_folder() / "progress.db"


def lesson_cache() -> Path:
    """The folder of the course's lessons as they were last validated. Nothing in it is missed when it is deleted."""
    return data_folder() / "lessons"


def crash_file() -> Path:
    """The file with the traceback of the last crash of the tutor itself."""
    return data_folder() / "crash.log"


def _home() -> Path | None:
    # Absolute, so that the folder stays the same when the working directory changes.
    chosen = os.environ.get("TUI_TORCH_HOME")
    return Path(chosen).expanduser().absolute() if chosen else None
