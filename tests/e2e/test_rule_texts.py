"""The next rule set is published in a running ledger, as the page on it says, and not released."""

from __future__ import annotations

import json

from tests.support.running import RunningLedger, program

FIRST_DAY = "2099-01-01"  # Nothing that other tests look at is judged by it.


def test_a_rule_set_is_read_changed_and_published_once(seeded: RunningLedger, tmp_path) -> None:
    """What was published is read again; a version never changes; a fault is named."""
    before = program("rule", "text", "--data", seeded.data)
    assert before.returncode == 0, before.stderr
    text = json.loads(before.stdout)
    text["version"] = "2099.1"
    text["numbers"]["order_tolerance_seconds"] += 60
    file = tmp_path / "next.json"
    file.write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
    command = ("rule", "publish", file, "--effective-from", FIRST_DAY, "--data", seeded.data)

    published = program(*command)
    assert published.returncode == 0, published.stdout + published.stderr
    after = program("rule", "text", "2099.1", "--data", seeded.data)
    assert json.loads(after.stdout) == text
    now = program("rule", "text", "--data", seeded.data)
    assert now.stdout == before.stdout  # Its day has not come.
    judged = program("alert", "re-evaluate", "--rules", "2099.1", "--json", "--data", seeded.data)
    assert judged.returncode == 0, judged.stderr

    file.write_text(json.dumps(text | {"numbers": {}}, ensure_ascii=False), encoding="utf-8")
    faulty = program(*command)
    assert faulty.returncode != 0
    assert "rule set" in faulty.stderr
    text["numbers"]["order_tolerance_seconds"] += 60
    file.write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
    assert program(*command).returncode != 0
    again = program("rule", "text", "2099.1", "--data", seeded.data)
    assert again.stdout == after.stdout
