"""What the app imports without OpenSSL works as with it."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys

WITHOUT = "import sys; from tui_torch.kernel.openssl import asyncio_without_tls, hmac_without_openssl; "


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, check=True).stdout


def test_a_signature_is_the_same_and_openssl_is_not_there() -> None:
    code = (
        "hmac = hmac_without_openssl(); import hashlib; "
        "print(hmac.new(b'key', b'message', hashlib.sha256).hexdigest(), '_hashlib' in sys.modules)"
    )
    assert _printed(code).split() == [hmac.new(b"key", b"message", hashlib.sha256).hexdigest(), "False"]


def test_jupyter_client_signs_without_openssl_what_is_believed_with_it() -> None:
    from jupyter_client.session import Session

    code = (
        "hmac_without_openssl(); from jupyter_client.session import Session; "
        "print(Session(key=b'key').sign([b'one', b'two']).decode(), '_hashlib' in sys.modules)"
    )
    assert _printed(code).split() == [Session(key=b"key").sign([b"one", b"two"]).decode(), "False"]


def test_an_event_loop_runs_without_tls_and_ssl_is_there_for_others() -> None:
    code = (
        "asyncio = asyncio_without_tls(); print(asyncio.run(asyncio.sleep(0, 'ran')), 'ssl' in sys.modules); "
        "import ssl; print(ssl.PROTOCOL_TLS_CLIENT.name)"
    )
    assert _printed(code).split() == ["ran", "False", "PROTOCOL_TLS_CLIENT"]


def test_where_hashlib_is_there_already_nothing_is_hidden() -> None:
    assert _printed("import hashlib; print(hmac_without_openssl().compare_digest is not None)").strip() == "True"
    assert _printed("import hashlib; hmac_without_openssl(); print('_hashlib' in sys.modules)").strip() == "True"
