"""Both sides of the wire need nothing but the standard library."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "modules",
    [
        "tui_torch.kernel.session, tui_torch.kernel.messages",
        "tui_torch.protocol.mime_types, tui_torch.protocol.orders, tui_torch.protocol.wire",
    ],
)
def test_what_crosses_is_written_and_read_without_pydantic(modules: str) -> None:
    code = f"""
import sys, {modules}
from tui_torch.protocol import wire
from tui_torch.protocol.events import Output
assert wire.decode(Output, wire.encode(Output("text"))) == Output("text")
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_launch_does_not_import_what_only_a_look_needs() -> None:
    code = "import sys, tui_torch.ui.app; assert 'tui_torch.protocol.views' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
