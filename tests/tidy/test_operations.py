"""Alerts, their tests, the runbook and the list of metrics belong together."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "infra" / "prometheus"
RUNBOOK = (ROOT / "docs" / "howto" / "operate.md").read_text()
METRICS_PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text()
SAMPLE_ENDINGS = re.compile(r"_(bucket|count|sum)$")
EXPORTED = re.compile(r"\"(lianzheng_[a-z0-9_]+)\"")


def alerts():
    """Return all alerting rules by name."""
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 20
    return {rule["alert"]: rule for rule in rules}


def listed_metrics():
    """Return the names in the table of metrics."""
    return set(re.findall(r"^\| `(lianzheng_[a-z0-9_]+)`", METRICS_PAGE, re.MULTILINE))


def exported_metrics():
    """Return the names of all metrics in the code."""
    found = set()
    for package in ("consumers", "portal"):
        for path in (ROOT / package).rglob("*.py"):
            found |= set(EXPORTED.findall(path.read_text()))
    return found


def test_every_alert_is_explained_and_leads_there():
    """The runbook link of an alert is the heading that says what to do."""
    headings = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    for name, rule in alerts().items():
        assert name in headings
        assert rule["annotations"]["runbook"] == f"docs/howto/operate.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert {"summary", "description"} < set(rule["annotations"])


def test_every_alert_is_tested_to_fire_and_to_be_silent():
    """For each alert there is a state in which it fires, and one in which it does not."""
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    fires, silent = set(), set()
    for test in tests:
        for case in test["alert_rule_test"]:
            (fires if case.get("exp_alerts") else silent).add(case["alertname"])
    assert fires == silent == set(alerts())


def test_alerts_use_metrics_that_exist():
    """A rule about a metric that nobody exports would be silent for ever."""
    names = set()
    for rule in alerts().values():
        names |= {
            SAMPLE_ENDINGS.sub("", name)
            for name in re.findall(r"lianzheng_[a-z0-9_]+", rule["expr"])
        }
    assert len(names) > 12
    assert names - listed_metrics() == set()
    assert names - exported_metrics() == set()


def test_the_page_lists_exactly_what_is_exported():
    """Every metric of the code is on the page, and the page names no other."""
    assert exported_metrics() == listed_metrics()


def test_the_scrape_covers_every_role_of_the_compose_file():
    """A role without a target would be down without an alert."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    services = yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text())["services"]
    roles = {
        name for name in services if name not in ("postgres", "kafka", "prometheus", "operator")
    }
    ports = {name: services[name]["environment"]["LEDGER_HEALTH_PORT"] for name in roles}
    ports["portal"] = services["portal"]["environment"]["LEDGER_HTTP_PORT"]
    assert sorted(targets) == sorted(f"{name}:{port}" for name, port in ports.items())
