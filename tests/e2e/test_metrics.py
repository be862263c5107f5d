"""What an operator relies on: metrics, health, readiness, diagnostics and alert rules.

Metrics and diagnostics are those of a running ledger on which whole cases were emitted.
"""

import datetime as dt
import json
import re
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consumers.generate.records import read_records
from portal.telemetry import KEYS
from tests.support.running import ROOT, fetch, program, wait_for

pytestmark = pytest.mark.kafka

PROMETHEUS = ROOT / "infra" / "prometheus"
LABELS = {
    "log", "view", "role", "version", "outcome", "stage", "route", "method", "status", "reason", "le",
    "severity", "result"
}  # fmt: skip
LABEL_VALUES_MAX = 600  # Of one metric of one role: some 120 routes with their statuses.
EVERYWHERE = {"lianzheng_build_info", "lianzheng_role_ready"}
KEY_METRICS = {
    "append": {
        "lianzheng_events_ingested_total",
        "lianzheng_append_duration_seconds_count",
        "lianzheng_chain_head_seq",
        "lianzheng_chain_promised_seq",
        "lianzheng_chain_head_timestamp_seconds",
        "lianzheng_promise_retrying",
        "lianzheng_checkpoint_publish_failures_total",
        "lianzheng_kafka_consumer_lag_records",
        "lianzheng_answers_lost_total",
        "lianzheng_database_clock_skew_seconds",
    },
    "relay": {"lianzheng_relay_next_seq"},
    "project": {"lianzheng_projection_reached_seq", "lianzheng_projection_lag_events"},
    "supervise": {"lianzheng_supervise_reached_seq"},
    "portal": {
        "lianzheng_http_requests_total",
        "lianzheng_http_request_duration_seconds_count",
        "lianzheng_intake_acts_in_flight",
        "lianzheng_database_behind_promise",
    },
}


def promtool(*words, stdin=None):
    """Run promtool; it comes with Debian's package prometheus."""
    assert shutil.which("promtool"), "promtool is missing: apt-get install prometheus"
    return subprocess.run(
        ["promtool", *words], input=stdin, capture_output=True, check=False, cwd=PROMETHEUS
    )


@pytest.fixture(scope="module")
def metrics(seeded):
    """The text of /metrics of every role, of a ledger at rest: all of it promised and published."""
    seeded.get("/")  # One request, so that there is something to count.
    wait_for(lambda: is_at_rest(seeded, scrape(seeded)), 60, "a ledger at rest")
    found = scrape(seeded)
    assert {name.split("-")[0] for name in found} == set(KEY_METRICS)
    return found


def scrape(seeded):
    """Return the text of /metrics by role."""
    found = {}
    for role, address in seeded.run["health"].items():
        status, text = fetch(address + "/metrics")
        assert status == 200
        found[role] = text
    return found


def is_at_rest(seeded, texts):
    """Tell whether every published checkpoint covers its log; publishing follows committing."""
    sizes = {log["origin"]: int(log["tree_size"]) for log in seeded.json("/v1/logs")["logs"]}
    heads = [
        sample.value
        for role, text in texts.items()
        if role.startswith("append-")
        for sample in samples_of(text)
        if sample.name == "lianzheng_chain_head_seq"
    ]
    return sorted(heads) == sorted(sizes.values())


def samples_of(text):
    """Return our own samples in a text of metrics."""
    return [
        sample
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if sample.name.startswith("lianzheng_")
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
)
def test_promtool_accepts_configuration_and_rules(words):
    """Scrape configuration and alert rules are well-formed, and fire when they should."""
    done = promtool(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_metrics_of_every_role(metrics):
    """Names, units and help texts are as Prometheus wants them."""
    for role, text in metrics.items():
        done = promtool("check", "metrics", stdin=text)
        assert done.returncode == 0, (role, done.stdout + done.stderr)
        assert not done.stderr, (role, done.stderr)


def test_every_role_has_its_key_metrics(metrics):
    """What the alerts are made of is there from the first scrape on."""
    for role, text in metrics.items():
        names = {sample.name for sample in samples_of(text)}
        assert names >= EVERYWHERE | KEY_METRICS[role.split("-")[0]], role


def test_metrics_say_what_is_so(seeded, metrics):
    """Sizes and counts are those of the ledger, every role is ready and of the same build."""
    sizes = {log["origin"]: int(log["tree_size"]) for log in seeded.json("/v1/logs")["logs"]}
    versions = set()
    for role, text in metrics.items():
        samples = samples_of(text)
        values = {(s.name, s.labels.get("log"), s.labels.get("outcome")): s.value for s in samples}
        ready = [s for s in samples if s.name == "lianzheng_role_ready"]
        assert [(s.labels["role"], s.value) for s in ready] == [(role, 1)]
        versions |= {s.labels["version"] for s in samples if s.name == "lianzheng_build_info"}
        behind = [s.value for s in samples if s.name == "lianzheng_database_behind_promise"]
        assert behind == ([0.0] * len(sizes) if role == "portal" else [])
        if not role.startswith("append-"):
            continue
        log = role.removeprefix("append-")
        origin = next(
            o for o in sizes if o.endswith("/" + ("control" if log == "control" else f"log/{log}"))
        )
        assert 0 < values["lianzheng_chain_head_seq", log, None] <= sizes[origin]
        assert (
            values["lianzheng_chain_promised_seq", log, None]
            == values["lianzheng_chain_head_seq", log, None]
        )
        assert values["lianzheng_kafka_consumer_lag_records", log, None] == 0
        assert values["lianzheng_promise_retrying", log, None] == 0
        assert abs(values["lianzheng_database_clock_skew_seconds", log, None]) < 5
        assert values["lianzheng_events_ingested_total", log, "committed"] > 0
    assert len(versions) == 1


def test_labels_are_small_sets_and_name_nobody(seeded, metrics):
    """No label holds a case, a person, an event or an emitter of the file that was emitted."""
    ids = set()
    with seeded.file.open("rb") as stream:
        for record in read_records(stream):
            ids |= {record.key, record.emitter_id, *(o.subject_id for o in record.openings)}
    ids.discard("platform")
    assert len(ids) > 20
    for role, text in metrics.items():
        counts = {}
        for sample in samples_of(text):
            assert set(sample.labels) <= LABELS, (role, sample.name, sample.labels)
            assert not set(sample.labels.values()) & ids
            for label, value in sample.labels.items():
                assert label == "route" or re.fullmatch(r"[A-Za-z0-9_.+-]{1,40}", value), sample
            counts[sample.name] = counts.get(sample.name, 0) + 1
        big = {name for name, count in counts.items() if count > LABEL_VALUES_MAX}
        assert not {name for name in big if not name.endswith("_bucket")}, role
        for value in ids:
            assert value.encode() not in text, role


def test_health_and_readiness_of_every_role(seeded):
    """Alive, ready with its name, and a problem document for anything else."""
    for role, address in seeded.run["health"].items():
        status, body = fetch(address + "/healthz")
        assert (status, json.loads(body)) == (200, {"alive": True})
        status, body = fetch(address + "/readyz")
        assert (status, json.loads(body)) == (200, {"role": role, "ready": True, "reason": ""})
        status, body = fetch(address + "/nothing-here")
        assert (status, json.loads(body)["status"]) == (404, 404)


def test_diagnostics_of_every_role_are_json_lines_from_the_list(seeded):
    """Level, name and time on each line, other keys from the list, no sentence for a name."""
    for role in seeded.run["health"]:
        lines = (seeded.data / "diagnostics" / f"{role}.log").read_text().splitlines()
        for text in lines:
            line = json.loads(text)
            assert list(line)[:3] == ["timestamp", "level", "msg"], role
            assert set(line) <= KEYS, role
            assert line["role"] == role
            assert line["level"] in ("info", "warning", "error")
            assert re.fullmatch(r"[a-z][a-z0-9_]*", line["msg"])
            assert line["msg"] not in ("unnamed_event", "error_uncaught"), text
            assert "dropped" not in line, text
            assert dt.datetime.fromisoformat(line["timestamp"]).tzinfo is not None
        if role.startswith("append-"):
            assert any(json.loads(text)["msg"] == "partition_assigned" for text in lines)


@pytest.mark.parametrize(
    "role", [("append", "--log", "control"), ("relay",), ("project",), ("portal",)]
)
def test_a_role_that_cannot_start_says_why_in_one_line(role):
    """Without its settings a role ends with 2, and names the setting."""
    done = program(*role)
    assert done.returncode == 2
    (line,) = [json.loads(text) for text in done.stderr.splitlines()]
    assert (line["level"], line["msg"], line["exit_code"]) == ("error", "role_ended", 2)
    assert "LEDGER_" in line["reason"]


def test_counters_move_with_what_happens(seeded):
    """A request is counted under its route, whatever its path was."""

    def count():
        text = fetch(seeded.run["http"] + "/metrics")[1]
        return sum(
            s.value
            for s in samples_of(text)
            if s.name == "lianzheng_http_requests_total" and s.labels["status"] == "404"
        )

    before = count()
    assert seeded.get("/v1/disclosures/no-such-id")[0] == 404
    wait_for(lambda: count() > before, 60, "a counted request")
    assert b"no-such-id" not in fetch(seeded.run["http"] + "/metrics")[1]
