#!/usr/bin/env bash
# ipykernel 7.4.0 with jupyter_client 8.9.1: a silent request in a subshell, in which nothing may ask, takes input() away
# from the cell that another client runs in the main shell.
#
# Expected: whether code may ask for a line is said of each request, and a subshell is there to be used beside a cell.
# Seen: a cell that sleeps and then asks for a line gets its answer. When an empty execute_request with allow_stdin false
# runs in a subshell while it sleeps, the cell's input() raises StdinNotImplementedError.
# Output seen:
#   a cell that asks: hello Ada
#   with a look from a subshell while it sleeps: StdinNotImplementedError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ipykernel==7.4.0 jupyter_client==8.9.1
cat > "$folder/asks.py" <<'PY'
import queue
import time

from jupyter_client.manager import start_new_kernel


def outcome(client, manager, beside):
    """What a cell comes to that sleeps and then asks for a line, when something is done beside it while it sleeps."""
    request = client.execute("import time; time.sleep(1.5); print('hello', input('name? '))", allow_stdin=True)
    time.sleep(0.7)
    beside(client, manager)
    deadline = time.monotonic() + 8
    asked = False
    while time.monotonic() < deadline:
        if not asked:
            try:
                question = client.get_stdin_msg(timeout=0.05)
                asked = question["msg_type"] == "input_request"
                client.input("Ada")
            except queue.Empty:
                pass
        try:
            message = client.get_iopub_msg(timeout=0.1)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            return message["content"]["text"].strip().splitlines()[-1]
        if message["msg_type"] == "error":
            return message["content"]["ename"]
    return "no answer within 8 s"


def nothing(client, manager):
    pass


def look(client, manager):
    """A short, silent look from a subshell, which is what subshells are for."""
    control = client.control_channel
    asked = client.session.msg("create_subshell_request", {})
    control.send(asked)
    while True:
        reply = client.get_control_msg(timeout=5)
        if reply["parent_header"].get("msg_id") == asked["header"]["msg_id"]:
            break
    message = client.session.msg(
        "execute_request",
        {"code": "", "silent": True, "store_history": False, "user_expressions": {}, "allow_stdin": False},
    )
    message["header"]["subshell_id"] = reply["content"]["subshell_id"]
    client.shell_channel.send(message)


manager, client = start_new_kernel()
try:
    print("a cell that asks:", outcome(client, manager, nothing))
    print("with a look from a subshell while it sleeps:", outcome(client, manager, look))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
PY
"$folder/venv/bin/python" "$folder/asks.py" 2> /dev/null | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
a cell that asks: hello Ada
with a look from a subshell while it sleeps: StdinNotImplementedError
SEEN
echo "as described: $("$folder/venv/bin/python" --version), ipykernel 7.4.0, jupyter_client 8.9.1"
