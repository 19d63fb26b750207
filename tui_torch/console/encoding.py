"""Whether the terminal can show more than ASCII, as far as anything says so."""

from __future__ import annotations

import os
import sys


def speaks_unicode() -> bool:
    """Whether what is printed may hold any character.

    Python writes UTF-8 also where the locale is C, and then says nothing of the terminal. A locale that nobody named is
    no such word: containers have none, and are looked into from terminals of today.
    """
    if not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"):
        return False
    if not sys.flags.utf8_mode or os.environ.get("PYTHONUTF8") == "1":
        return True
    # Python itself has set LC_CTYPE by now.
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return not locale or "utf" in locale.lower()
