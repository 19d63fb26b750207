"""The one private name of Hypothesis that we touch, and its home folder.

Hypothesis draws some numbers from the constants of all modules that are not installed packages, whose files it reads
for that: a second in a checkout, and other draws there than in an installation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.internal.conjecture import providers

_NOWHERE = os.path.join(os.devnull, "nowhere")  # noqa: PTH118 (there is no such path, on purpose)
"""A home folder that cannot be made: Hypothesis would write into the folder that the learner's code runs in."""


@contextmanager
def the_same_draws_everywhere() -> Iterator[None]:
    """A block in which what is drawn depends on nothing but what is asked for, and no file is written."""
    constants: Any = getattr(providers, "_local_constants", None)
    with ExitStack() as stack:
        set_hypothesis_home_dir(_NOWHERE)
        stack.callback(set_hypothesis_home_dir, None)
        if constants is not None and hasattr(providers, "_get_local_constants"):
            stack.enter_context(mock.patch.object(providers, "_get_local_constants", lambda: constants))
        yield
