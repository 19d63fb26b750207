"""What a step's code is claimed to do in the PyTorch that is installed, where a lesson says one thing per release."""

from __future__ import annotations

import re

from tui_torch.course.lesson import Expect, VersionExpect
from tui_torch.course.problem import Loc
from tui_torch.kernel.torch_release import Release, installed_torch, release_of

_RELEASE = r"([0-9]{1,4})\.([0-9]{1,4})"
BOUNDS = rf">={_RELEASE}(?:,<{_RELEASE})?|<{_RELEASE}"
"""A regular expression for releases as a lesson writes them, all of the text: `>=2.15`, `>=2.14,<2.15`, `<2.14`."""


def bounds_of(text: str) -> tuple[Release | None, Release | None] | None:
    """The first release within bounds, and the first after them; None for a text that is not BOUNDS."""
    found = re.fullmatch(BOUNDS, text)
    if found is None:
        return None
    first, end, before = (
        (int(major), int(minor)) if major is not None else None
        for major, minor in (found.group(1, 2), found.group(3, 4), found.group(5, 6))
    )
    return first, before if end is None else end


def is_within(release: Release, text: str) -> bool:
    """Whether a release is among those that the bounds in `text` name."""
    bounds = bounds_of(text)
    if bounds is None:
        return False
    first, end = bounds
    return (first is None or release >= first) and (end is None or release < end)


def expected_here(expect: Expect | None, version: str | None = None) -> tuple[Expect | VersionExpect, Loc]:
    """What is claimed in one version of PyTorch, and where that stands in the step.

    Args:
        expect: What the step expects; None: nothing.
        version: PyTorch's version, `2.13.0+cpu`; None: of the one that is installed.
    """
    if expect is None:
        return Expect(), ("expect",)
    if expect.versions:
        version = installed_torch() if version is None else version
        release = release_of(version) if version is not None else None
        for index, one in enumerate(expect.versions):
            if release is not None and is_within(release, one.torch):
                return one, ("expect", "versions", index)
    return expect, ("expect",)
