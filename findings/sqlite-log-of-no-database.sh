#!/usr/bin/env bash
# SQLite 3.54.1 (apsw 3.54.1.0): closing a file that is not a database deletes its write-ahead log.
#
# Expected: opening `notes.db` fails with "file is not a database", and its files stay as they were for a rescue.
# Seen: the failed statement leaves `notes.db-wal` alone; closing the connection deletes it. The log was whole and held
# the only copy of the newest rows: with the database's first page put back, a log that was copied away gives them.
# Output seen:
#   NotADBError: file is not a database
#   log after the error: True, after close(): False
#   rows with the copied log: [('the newest row',)]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet apsw==3.54.1.0
cat > "$folder/log.py" <<'PY'
import shutil
import sys
from pathlib import Path

import apsw

folder = Path(sys.argv[1])
live, left = folder / "live.db", folder / "notes.db"
writer = apsw.Connection(str(live))
writer.execute("PRAGMA journal_mode = WAL")
writer.execute("CREATE TABLE notes (text)")
writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
writer.execute("INSERT INTO notes VALUES ('the newest row')")

# What a power cut leaves: the file and its log, which was not written back. Then the first page is damaged.
log, copy = folder / "notes.db-wal", folder / "copy-wal"
shutil.copy(live, left)
shutil.copy(folder / "live.db-wal", log)
shutil.copy(log, copy)
whole = left.read_bytes()
left.write_bytes(b"?" * 100 + whole[100:])

reader = apsw.Connection(str(left))
try:
    reader.execute("BEGIN IMMEDIATE")
except apsw.Error as error:
    print(f"{type(error).__name__}: {error}")
there = log.exists()
reader.close()
print(f"log after the error: {there}, after close(): {log.exists()}")

left.write_bytes(whole)
shutil.copy(copy, log)
rescued = apsw.Connection(str(left))
print(f"rows with the copied log: {rescued.execute('SELECT text FROM notes').fetchall()}")
PY
"$folder/venv/bin/python" "$folder/log.py" "$folder" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
NotADBError: file is not a database
log after the error: True, after close(): False
rows with the copied log: [('the newest row',)]
SEEN
echo "as described: apsw 3.54.1.0"
