#!/usr/bin/env bash
# IPython 9.18.1 with ipykernel 7.4.0 and jupyter_client 8.10.0: a kernel without history keeps all that was ever printed.
#
# Expected: with HistoryManager.enabled = False and store_history=False, as a frontend runs what is no part of a session,
# nothing of a cell and its output stays in the kernel once the output has been sent.
# Seen: InteractiveShell.run_cell() wraps stdout.write and stderr.write by `_tee`, which appends each piece of text to
# history_manager.outputs[execution_count]. No setting turns that off, nothing takes it out again before %reset, and
# since the count does not go on either, one list grows for as long as the kernel lives. Values that a cell returns are
# kept there too. The wrapper also takes nearly as long as ipykernel's own write.
# Output seen:
#   at the start: 49 MB
#   after 1 x 50 MB printed: 97 MB
#   after 2 x 50 MB printed: 145 MB
#   after 3 x 50 MB printed: 193 MB
#   after 4 x 50 MB printed: 240 MB
#   kept by history_manager.outputs: 200,000,004 characters, HistoryManager.enabled is False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ipython==9.18.1 ipykernel==7.4.0 jupyter_client==8.10.0 psutil==7.2.2
cat > "$folder/prints.py" <<'PY'
import psutil
from jupyter_client import KernelManager

KEPT = """
shell = get_ipython()
kept = [text for outputs in shell.history_manager.outputs.values() for one in outputs for text in one.bundle["stream"]]
print(f"{sum(map(len, kept)):,} characters, HistoryManager.enabled is {shell.history_manager.enabled}")
"""

manager = KernelManager()
manager.start_kernel(extra_arguments=["--HistoryManager.enabled=False"])
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)


def run(code):
    said = []

    def hear(message):
        if message["msg_type"] == "stream":
            said.append(message["content"]["text"][:200])

    reply = client.execute_interactive(code, store_history=False, output_hook=hear, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(said)


def held():
    return f"{psutil.Process(manager.provisioner.pid).memory_info().rss >> 20} MB"


print("at the start:", held())
for number in range(1, 5):
    run("print('x' * 50_000_000)")
    print(f"after {number} x 50 MB printed:", held())
print("kept by history_manager.outputs:", run(KEPT).strip())
client.stop_channels()
manager.shutdown_kernel(now=True)
PY
"$folder/venv/bin/python" "$folder/prints.py"
