#!/usr/bin/env bash
# ipykernel 7.4.0 with jupyter_client 8.9.1: a cell that awaits is not interrupted until the next message comes.
#
# Expected: KernelManager.interrupt_kernel() ends `await asyncio.sleep(60)` as it ends `time.sleep(60)`, at once.
# Seen: the signal arrives, and the cell goes on. Another message on the shell channel, whatever it asks, ends the
# cell then and there, with a CancelledError. One on the control channel does not.
# Output seen:
#   time.sleep(60) interrupted: ended within 4 s
#   await asyncio.sleep(60) interrupted: goes on after 4 s
#   after a message on the control channel: goes on after 4 s
#   after a message on the shell channel: ended within 4 s
#   its error: CancelledError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ipykernel==7.4.0 jupyter_client==8.9.1
cat > "$folder/interrupts.py" <<'PY'
import queue
import time

from jupyter_client.manager import start_new_kernel

PATIENCE = 4


def ends(client, request):
    """Whether the kernel is done with a request within PATIENCE seconds, and the name of the error, if it raised."""
    error, deadline = None, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=0.2)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "error":
            error = message["content"]["ename"]
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return True, error
    return False, error


def say(what, ended):
    print(f"{what}: {'ended within' if ended else 'goes on after'} {PATIENCE} s", flush=True)


manager, client = start_new_kernel()
try:
    request = client.execute("import time; time.sleep(60)")
    time.sleep(1)
    manager.interrupt_kernel()
    say("time.sleep(60) interrupted", ends(client, request)[0])

    request = client.execute("import asyncio; await asyncio.sleep(60)")
    time.sleep(1)
    manager.interrupt_kernel()
    say("await asyncio.sleep(60) interrupted", ends(client, request)[0])
    client.control_channel.send(client.session.msg("kernel_info_request", {}))
    say("after a message on the control channel", ends(client, request)[0])
    client.kernel_info()
    ended, error = ends(client, request)
    say("after a message on the shell channel", ended)
    print(f"its error: {error}")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
PY
"$folder/venv/bin/python" "$folder/interrupts.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
time.sleep(60) interrupted: ended within 4 s
await asyncio.sleep(60) interrupted: goes on after 4 s
after a message on the control channel: goes on after 4 s
after a message on the shell channel: ended within 4 s
its error: CancelledError
SEEN
echo "as described: $("$folder/venv/bin/python" --version), ipykernel 7.4.0, jupyter_client 8.9.1"
