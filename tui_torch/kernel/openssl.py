"""Imports what the app needs of the standard library without OpenSSL, as where Python was built without it.

The app speaks to nobody by TLS, and signs a few messages that do not leave the machine, for which Python's own SHA-256
is enough. OpenSSL would take 2 % of the time to the first frame, and 3 MB of memory. Who imports `ssl` later gets it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_OWN_HASHES = ("_md5", "_sha1", "_sha2" if sys.version_info >= (3, 12) else "_sha256", "_sha3", "_blake2")
"""Modules with Python's own hashes, which a build may leave out. `hashlib` then wants OpenSSL."""


def asyncio_without_tls() -> ModuleType:
    """Import asyncio."""
    if "asyncio" not in sys.modules and "ssl" not in sys.modules:
        with _hidden("ssl"):
            importlib.import_module("asyncio")
    return importlib.import_module("asyncio")


def hmac_without_openssl() -> ModuleType:
    """Import hmac, by which jupyter_client signs messages: the signatures are the same."""
    if not {"hashlib", "hmac"} & sys.modules.keys() and all(map(find_spec, _OWN_HASHES)):
        with _hidden("_hashlib"):
            importlib.import_module("hmac")
    return importlib.import_module("hmac")


@contextmanager
def _hidden(name: str) -> Generator[None]:
    """Let an import of a module that nothing has imported fail meanwhile."""
    sys.modules[name] = None  # pyright: ignore[reportArgumentType]  (the documented way)
    try:
        yield
    finally:
        del sys.modules[name]
