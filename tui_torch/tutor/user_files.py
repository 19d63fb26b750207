"""Where the tutor keeps what belongs to the learner. Names folders, creates none."""

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


def progress_file() -> Path:
    """The file that holds what the learner did."""
    return data_folder() / "progress.db"


def crash_file() -> Path:
    """The file that says what went wrong in the tutor itself, the last time that something did."""
    return data_folder() / "crash.log"


def _home() -> Path | None:
    # Absolute, so that a later change of the working directory moves nothing.
    chosen = os.environ.get("TUI_TORCH_HOME")
    return Path(chosen).expanduser().absolute() if chosen else None
