"""What an app knows of the server that shows it in a browser."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from tui_torch.tutor.config import Config, load_config

SERVED = "TUI_TORCH_SERVED"
"""The variable of the environment by which an app knows: bytes of memory that its code may use, 0 for the usual."""


def is_served(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the app is shown in a browser."""
    return SERVED in environment


def present_config() -> Config:
    """The learner's settings, as far as a server that shows the app allows them. Never raises, as `load_config`."""
    return as_served(load_config())


def as_served(config: Config, environment: Mapping[str, str] = os.environ) -> Config:
    """The settings as the server allows them: no more memory, and figures as the terminal in a browser draws them."""
    if not is_served(environment):
        return config
    memory = config.memory
    with suppress(ValueError):
        if allowed := int(environment[SERVED]):
            memory = min(memory or allowed, allowed)
    return replace(config, memory=memory, figures="blocks")
