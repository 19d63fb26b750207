#!/usr/bin/env bash
# fsrs 6.3.2 (the spaced repetition of Anki, in Python): retrievability falls once a day, and without relearning steps
# "Again" waits for a day.
#
# Expected: the probability that a card is remembered falls with time, so that it is lower after 23 hours than after one;
# and a card that was just forgotten, with no relearning steps, is due at once or within minutes.
# Seen: whole days since the last review are counted: the probability is exactly 1 for the first 24 hours, then steps. The
# power law itself takes fractions of days. With `relearning_steps=()` a forgotten card is due a full day later.
# Output seen:
#   after 0 h: 1.0000
#   after 1 h: 1.0000
#   after 23 h: 1.0000
#   after 24 h: 0.9869
#   after 47 h: 0.9869
#   after 48 h: 0.9750
#   forgotten, without relearning steps: due after 1 day, 0:00:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fsrs==6.3.2
cat > "$folder/program.py" <<'PY'
from datetime import datetime, timedelta, timezone

from fsrs import Card, Rating, Scheduler

now = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
scheduler = Scheduler(enable_fuzzing=False)
card = Card(card_id=1, due=now)
for _ in range(3):
    card, _log = scheduler.review_card(card, Rating.Good, review_datetime=now)
    now = card.due
for hours in (0, 1, 23, 24, 47, 48):
    later = card.last_review + timedelta(hours=hours)
    print(f"after {hours} h: {scheduler.get_card_retrievability(card, later):.4f}")

without = Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())
card, _log = without.review_card(Card(card_id=2, due=now), Rating.Good, review_datetime=now)
now = card.due
card, _log = without.review_card(card, Rating.Again, review_datetime=now)
print(f"forgotten, without relearning steps: due after {card.due - now}")
PY
"$folder/venv/bin/python" "$folder/program.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
after 0 h: 1.0000
after 1 h: 1.0000
after 23 h: 1.0000
after 24 h: 0.9869
after 47 h: 0.9869
after 48 h: 0.9750
forgotten, without relearning steps: due after 1 day, 0:00:00
SEEN
echo "as described: $("$folder/venv/bin/python" --version), fsrs 6.3.2"
