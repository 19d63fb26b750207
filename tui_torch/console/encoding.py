"""Whether the terminal shows more than ASCII, as far as the encoding and the locale say."""

from __future__ import annotations

import os
import sys


def speaks_unicode() -> bool:
    """Whether printed text may contain any character.

    Python writes UTF-8 even if the locale is C, so its encoding alone says nothing about the terminal. If no locale is
    set, as in containers, the terminal is assumed to be a modern one.
    """
    if not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"):
        return False
    if not sys.flags.utf8_mode or os.environ.get("PYTHONUTF8") == "1":
        return True
    # Not LC_CTYPE, which Python itself has set by now.
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return not locale or "utf" in locale.lower()
