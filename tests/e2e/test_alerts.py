"""A violation all the way: the act, the alert that follows as an entry, and who is told of it.

The engine is frozen between sending an alert and noting that it did by a lock on its tracking rows,
and killed there.
"""

import json
import os
import signal

import pytest

from consumers.supervise.derived import alert_act
from ledger.chain.act import decode_act
from ledger.chain.ids import alert_id, uuid_text
from ledger.domain.stream import StreamAct
from ledger.rules.violations.engine import Alert
from tests.support.api import ask
from tests.support.browser import DESKTOP, PHONE, log_in, opened_page
from tests.support.inside import Inside
from tests.support.ledger_copy import digest, sample
from tests.support.running import RunningLedger, children_of, fetch, program, wait_for
from tests.support.supervision import ALERT, RULE, WORDS, rule_set
from tests.support.workshop import Workshop, now

pytestmark = pytest.mark.kafka
LOGS = 2
WAIT_S = 60
TOPIC = f"{ALERT}.v1"
ANSWERABLE = {"responsible", "accountability"}  # Of one alert, read from its matter.


class Scene:
    """A running ledger in which one rule is in force, and an agency that breaks it."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.shop = Workshop(ledger)
        self.inside = Inside(ledger)
        self.office = self.shop.office("executor")
        self.shop.register(self.office)
        self.in_force = ("test.0", "HIGH")
        self.publish_rules()

    def publish_rules(self, severity="HIGH"):
        """Put the rule in force with a severity, in a version of its own."""
        number = int(self.in_force[0].partition(".")[2]) + 1
        self.in_force = (f"test.{number}", severity)
        payload = rule_set(*self.in_force)
        self.shop.commit(self.shop.command("RuleSetPublished", payload, "platform:rules"))

    def enforce(self, stream=None, demanded=False):
        """Have enforcement decided, with a demand before it or without; return the act."""
        stream = stream or self.shop.stream_in(0)
        if demanded:
            payload = sample("DemandNoticeServed", doc={"fileHash": digest("demand")})
            demand = self.shop.act("DemandNoticeServed", payload, stream, self.office)
            self.shop.commit(self.shop.parcel(demand, self.office))
        payload = sample("EnforcementDecisionMade", doc={"fileHash": digest("x")}, at=now())
        act = self.shop.act("EnforcementDecisionMade", payload, stream, self.office)
        self.shop.commit(self.shop.parcel(act, self.office))
        return act

    def alerts(self, log="0", stream=None):
        """Return entry, act and payload of the alerts that are in a log, or in a stream."""
        found = self.inside.entries(log, TOPIC)
        return [one for one in found if stream in (None, one[0].stream_id)]

    def alert_of(self, act):
        """Wait for the alert that follows from an act."""
        log = str(self.shop.partition_of(act.stream_key))
        return wait_for(
            lambda: [
                one
                for one in self.alerts(log, act.stream_key)
                if one[1].causation_id == act.event_id
            ],
            WAIT_S,
            f"an alert\n{self.ledger.words()}",
        )[0]

    def is_level(self):
        """Tell whether the engine has judged all that was promised."""
        query = (
            "SELECT count(*) FROM ledger.promises p LEFT JOIN supervision.tracking t USING (log)"
        )
        behind = self.inside.connection.execute(f"{query} WHERE t.size IS NULL OR t.size < p.size")
        return behind.fetchone() == (0,)

    def engine_pid(self):
        """Return the process id of the engine, None while there is none."""
        below = children_of(self.ledger.process.pid).items()
        return next((pid for pid, words in below if words.endswith("supervise ")), None)

    def close(self):
        """Close all connections."""
        self.shop.close()
        self.inside.close()


@pytest.fixture(scope="module")
def scene(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alerts")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    broker = ["--broker", request.config.getoption("--broker")]
    ledger = RunningLedger(folder / "data", "--synthetic", "--logs", str(LOGS), *broker)
    ledger.start()
    try:
        made = Scene(ledger)
        yield made
        made.close()
    finally:
        ledger.stop()


@pytest.mark.parametrize("log", range(LOGS))
def test_enforcement_without_a_demand_raises_an_alert(scene, log):
    """It is an entry of the case, with the bytes that anybody derives from the trigger."""
    act = scene.enforce(scene.shop.stream_in(log))
    entry, found, payload = scene.alert_of(act)

    topic = "EnforcementDecisionMade.v1"
    (trigger,) = (one for one in scene.inside.entries(str(log), topic) if one[1] == act)
    assert trigger[0].leaf_index < entry.leaf_index
    place = f"{scene.shop.name}/log/{log}#{trigger[0].leaf_index}"
    expected = Alert(
        alert_id(RULE, act.event_id.hex(), place),
        RULE,
        *scene.in_force,
        act.event_id.hex(),
        StreamAct(*trigger),
        (act.event_id,),
    )
    assert entry.act == alert_act(expected, scene.shop.platform.emitter_id).value
    assert (entry.stream_id, found.case_id) == (act.stream_key, act.stream_key)
    assert payload["alertId"] == expected.alert_id
    assert entry.submission


def test_enforcement_after_a_demand_raises_none(scene):
    """The engine has judged the act, and the stream has no alert."""
    act = scene.enforce(demanded=True)
    wait_for(scene.is_level, WAIT_S, "the engine")

    assert scene.alerts(stream=act.stream_key) == []


def test_the_rule_set_at_the_trigger_counts(scene):
    """A new one changes severity and version of what comes after it, and nothing before."""
    old, before = scene.in_force, scene.enforce()
    scene.alert_of(before)
    scene.publish_rules("LOW")
    new, after = scene.in_force, scene.enforce()

    words = [scene.alert_of(act)[2] for act in (before, after)]
    assert [(it["ruleSetVersion"], it["severity"]) for it in words] == [old, new]
    assert new[1] == "LOW"


def test_an_engine_killed_between_sending_and_noting_raises_no_second_alert(scene):
    """It derives the same act again; the ledger has it already."""
    wait_for(scene.is_level, WAIT_S, "the engine")
    engine = scene.engine_pid()
    with scene.inside.connection.transaction():
        scene.inside.connection.execute("LOCK TABLE supervision.tracking IN EXCLUSIVE MODE")
        act = scene.enforce()
        first = scene.alert_of(act)
        assert not scene.is_level()
        os.kill(engine, signal.SIGKILL)
        wait_for(lambda: scene.engine_pid() != engine, WAIT_S, "the engine's end")
    wait_for(lambda: scene.engine_pid() and scene.is_level(), WAIT_S, "the next engine")

    assert scene.alerts(stream=act.stream_key) == [first]
    again = scene.enforce(act.stream_key)
    assert scene.alert_of(again)[1].event_id != first[1].event_id
    assert len(scene.alerts(stream=act.stream_key)) == 2


def test_an_engine_whose_tracking_is_gone_raises_nothing_twice(scene):
    """Judging all from the first entry gives only duplicates."""
    wait_for(scene.is_level, WAIT_S, "the engine")
    before = {log: scene.alerts(log) for log in "01"}
    engine = scene.engine_pid()
    os.kill(engine, signal.SIGKILL)
    scene.inside.connection.execute("DELETE FROM supervision.tracking")
    wait_for(lambda: scene.engine_pid() not in (None, engine), WAIT_S, "the next engine")
    wait_for(scene.is_level, WAIT_S, "the next engine's work")

    assert {log: scene.alerts(log) for log in "01"} == before


def spoken(scene, *words, code=0):
    """Run a command on the ledger; return the JSON that it prints."""
    done = program(*words, "--json", "--data", scene.ledger.data)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_command_line_tells_of_an_alert(scene):
    """Listed by rule and case, shown, explained in words; the rule as it was published."""
    act = scene.enforce()
    _, raised, payload = scene.alert_of(act)
    case = act.stream_key

    def listed():
        return spoken(scene, "alert", "list", "--rule", RULE, "--case", case)["alerts"]

    (one,) = wait_for(listed, WAIT_S, "the view")
    shown = spoken(scene, "alert", "show", payload["alertId"])
    assert set(shown) - set(one) == ANSWERABLE
    assert one.items() <= shown.items()
    assert (one["alert_id"], one["event_id"]) == (payload["alertId"], uuid_text(raised.event_id))
    assert (one["rule_set_version"], one["severity"]) == scene.in_force
    assert one["causes"] == [one["trigger_event_id"]] == [uuid_text(act.event_id)]
    assert (one["state"], one["stream_id"]) == ("RAISED", case)
    (trigger,) = spoken(scene, "alert", "explain", payload["alertId"])["acts"]
    assert (trigger["event_id"], trigger["term"]) == (one["trigger_event_id"], "强制执行决定")
    told = program("alert", "explain", payload["alertId"], "--data", scene.ledger.data).stdout
    assert "强制执行决定 (EnforcementDecisionMade), version 1" in told
    rules = spoken(scene, "rule", "list")
    assert (rules["rule_set_version"], len(rules["rules"])) == (scene.in_force[0], 2)
    rule = spoken(scene, "rule", "show", RULE)
    looked_at = ["CourtEnforcementApplied", "EnforcementDecisionMade"]
    assert (rule["in_force"], rule["event_types"]) == (True, looked_at)
    assert spoken(scene, "alert", "show", "0" * 64, code=2)["code"] == "NOT_FOUND"
    assert spoken(scene, "alert", "list", "--state", "GONE", code=2)["exit_code"] == 2
    for slip in (("--rule", "V-COE-99"), ("--case", "case:none")):
        assert spoken(scene, "alert", "list", *slip, code=2)["code"] == "NOT_FOUND"
    assert spoken(scene, "alert", "list", "--case", case)["is_cut"] is False


def test_a_replay_from_nothing_gives_the_same_alerts(scene):
    """`alert dry-run` judges all entries again and finds neither more nor less."""
    scene.alert_of(scene.enforce())
    wait_for(scene.is_level, WAIT_S, "the engine")
    found = spoken(scene, "alert", "dry-run")

    assert found["derived"] == sum(len(scene.alerts(log)) for log in "01") > 0
    assert (found["missing"], found["different"], found["surplus"]) == ([], [], [])
    compared = program("view", "compare", "supervision", "--data", scene.ledger.data)
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_another_rule_set_is_told_of_and_touches_nothing(scene):
    """The newest one finds the same in the whole history; what is there keeps its own words."""
    scene.alert_of(scene.enforce())
    wait_for(scene.is_level, WAIT_S, "the engine")
    before = [scene.alerts(log) for log in "01"]
    found = spoken(scene, "alert", "re-evaluate", "--rules", scene.in_force[0])

    assert (found["added"], found["dropped"]) == ([], [])
    assert found["same"] == sum(map(len, before)) > 0
    assert {it["would_be"] for it in found["changed"]} <= {scene.in_force[1]}
    assert [scene.alerts(log) for log in "01"] == before
    unknown = spoken(scene, "alert", "re-evaluate", "--rules", "none", code=2)
    assert unknown["code"] == "NOT_FOUND"


def test_the_api_lists_alerts_to_supervisors_and_auditors(scene):
    """By rule, severity, state, case and agency; page by page; one with its words."""
    act = scene.enforce()
    alert_id = scene.alert_of(act)[2]["alertId"]
    path = f"/v1/alerts?case={act.stream_key}&rule={RULE}&state=RAISED&agency={act.agency_id}"
    (one,) = wait_for(
        lambda: ask(scene.ledger, path, role="supervisor").document["items"], WAIT_S, "the view"
    )

    whole = ask(scene.ledger, f"/v1/alerts/{alert_id}", role="auditor").document
    assert set(whole) - set(one) == {"rule_text", "rule_basis"} | ANSWERABLE
    assert (whole["rule_text"], whole["rule_basis"]) == (WORDS["text"], WORDS["basis"])
    assert one.items() <= whole.items()
    assert one["alert_id"] == alert_id
    other = f"/v1/alerts/{scene.alert_of(scene.enforce())[2]['alertId']}"
    wait_for(lambda: ask(scene.ledger, other, role="auditor").status == 200, WAIT_S, "another")
    first = ask(scene.ledger, "/v1/alerts?limit=1", role="auditor").document
    following = f"/v1/alerts?limit=1&cursor={first['next_cursor']}"
    second = ask(scene.ledger, following, role="auditor").document
    assert first["items"][0]["alert_id"] != second["items"][0]["alert_id"]
    assert ask(scene.ledger, f"/v1/alerts/{'0' * 64}", role="auditor").status == 404
    assert ask(scene.ledger, "/v1/alerts?severity=NONE", role="auditor").status == 422
    assert ask(scene.ledger, "/v1/alerts", role="clerk").status == 403
    assert ask(scene.ledger, "/v1/alerts").status == 401


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_console_shows_alerts(scene, browser, size):
    """The list narrows by a click, leads to the alert, and from there to the case."""
    act = scene.enforce()
    alert_id = scene.alert_of(act)[2]["alertId"]
    severity = {"HIGH": "高", "LOW": "低"}[scene.in_force[1]]
    with opened_page(browser, size) as page:
        log_in(page, scene.ledger, "supervisor")
        wait_for(
            lambda: page.goto(scene.ledger.url(f"/console/alerts/{alert_id}")).status == 200,
            WAIT_S,
            "the view",
        )
        assert page.goto(scene.ledger.url("/console/alerts")).status == 200
        page.get_by_role("link", name=severity, exact=True).click()
        page.get_by_role("link", name="未签收", exact=True).click()
        assert f"severity={scene.in_force[1]}&state=RAISED" in page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.locator(f'a[href="/console/alerts/{alert_id}"]').click()
        page.wait_for_selector('body[data-ready="1"]')
        assert "监督预警：未签收" in page.inner_text("h1")
        assert WORDS["text"] in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.goto(scene.ledger.url(f"/console/alerts?rule={RULE}")).status == 200
        assert f"只看规则 {RULE}" in page.inner_text("main")
        page.go_back()
        page.locator(f'dd a[href="/console/cases/{act.stream_key}"]').click()
        page.wait_for_selector(".timeline")
        assert "监督预警" in page.inner_text(".timeline")
        page.locator(f'a[href="/console/alerts?case={act.stream_key}"]').click()
        page.wait_for_selector(f'a[href="/console/alerts/{alert_id}"]')


def test_the_role_says_how_far_it_is(scene):
    """`/readyz` and `/metrics`, as of every role."""
    wait_for(scene.is_level, WAIT_S, "the engine")
    address = scene.ledger.run["health"]["supervise"]
    wait_for(lambda: fetch(address + "/readyz")[0] == 200, WAIT_S, "readiness")
    text = fetch(address + "/metrics")[1].decode()

    for log in ("control", "0", "1"):
        line = f'lianzheng_supervise_reached_seq{{log="{log}"}} '
        (value,) = (row.removeprefix(line) for row in text.splitlines() if row.startswith(line))
        assert float(value) >= 1


def test_an_alert_is_the_platforms_to_raise(scene):
    """An agency that raises one itself is refused (R3)."""
    act = scene.enforce()
    raised = decode_act(scene.alert_of(act)[0].act)
    forged = raised._replace(
        event_id=bytes(15) + b"\x01", emitter_id=scene.office.emitter_id, agency_id=act.agency_id
    )
    reply = scene.shop.post_parcels(scene.shop.parcel(forged, scene.office))

    assert reply.status == 403
    assert reply.document["code"] == "R3_NOT_REGISTERED"
