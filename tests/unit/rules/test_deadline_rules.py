"""The published text of deadlines: what it says, and what is refused."""

import json

import pytest

from ledger.domain.deadline_texts import parse_deadlines
from ledger.domain.published_texts import parse_rule_set
from ledger.errors import MalformedError
from ledger.limits import ACT_SIZE_BYTES_MAX
from schemas.catalogue import load_catalogue
from schemas.loader import RULE_SETS, event_schemas, file_json, replaced_rule_sets, rule_set_text
from tests.support.control import published_text
from tests.support.deadlines import RULES, default_text, rules_of

ROLES = ("starts", "fulfils", "breaks", "extends", "pauses", "cancels", "after")
SOURCES = json.loads(rule_set_text())["deadlines"]["sources"]
# Of licences, inspections, information requests and statistics, which the catalogue is to have.
AWAITED = {
    "ConfiscationExecuted",
    "FlowchartPublished",
    "FreezeDecisionDelivered",
    "InfoRequestAnswered",
    "InfoRequestExtended",
    "InfoRequestReceived",
    "InspectionItemListPublished",
    "InspectionRecordMade",
    "InterestedPartyNotified",
    "LicenceAltered",
    "LicenceApplicationAccepted",
    "LicenceApplicationNotAccepted",
    "LicenceApplicationReceived",
    "LicenceCancelled",
    "LicenceCertificateDelivered",
    "LicenceDeadlineExtended",
    "LicenceGranted",
    "LicenceRefused",
    "LicenceRenewed",
    "LicenceRevoked",
    "LicenceSpecialPeriodEnded",
    "LicenceSpecialPeriodStarted",
    "LicenceSupplementRequested",
    "LicenceWithdrawn",
    "MonitoringDeviceApproved",
    "OtherEnforcementActRecorded",
    "RandomDrawConducted",
    "ServiceGuidePublished",
    "StatisticsReportPublished",
    "StatisticsReportSubmitted",
    "SubstitutePerformanceDone",
}
ROW = {"id": "D-X", "name": "试验", "source": "试验规则", "tag": "R", "starts": ["A"]}
DUTY = {**ROW, "length": 3, "unit": "WD", "severity": "LOW", "fulfils": ["B"]}


def text_of(*rows):
    return {"sources": {}, "refers": {}, "rows": list(rows)}


@pytest.mark.parametrize(
    ("version", "digest"),
    [
        ("2026.1", "88a2b7e2daef4ce1c3e4653c7c12089f86e9cf2bda89ba1ae8d24c044aa0ad5e"),
        ("2026.2", "6f49234750de717c7fa089f94ce7d71011a1450186d32d96a331a86acb6765de"),
    ],
)
def test_an_earlier_rule_set_is_published_as_it_was(version, digest):
    """What is in a ledger is that text, byte for byte."""
    texts = {json.loads(text)["version"]: text for text in map(rule_set_text, RULE_SETS)}
    assert published_text(version, texts[version])["textHash"] == f"sha256:{digest}"


def test_the_first_rule_set_has_no_deadlines():
    assert "deadlines" not in json.loads(rule_set_text(RULE_SETS[0]))


def test_the_newest_rule_set_has_the_deadlines_and_fits_an_act():
    """Gates, rules and numbers of the first one are among its own."""
    first, newest = (json.loads(rule_set_text(file)) for file in (RULE_SETS[0], RULE_SETS[-1]))
    rows = [row["id"] for row in file_json("rules/deadlines-1.json")["rows"]]
    assert [row["id"] for row in newest["deadlines"]["rows"]] == rows
    assert all(set(ids) <= set(newest["gates"][gate]) for gate, ids in first["gates"].items())
    assert first["rules"].items() <= newest["rules"].items()
    assert first["numbers"].items() <= newest["numbers"].items()
    assert newest["version"] not in replaced_rule_sets()
    assert len(rule_set_text().encode()) < ACT_SIZE_BYTES_MAX - 2_048


@pytest.mark.parametrize("file", RULE_SETS)
def test_every_installed_rule_set_can_be_applied(file):
    """Old ones too: a ledger that has only one goes on with it."""
    text = rule_set_text(file)
    rules = parse_rule_set(published_text(json.loads(text)["version"], text))
    assert (rules.deadlines is None) == (file == RULE_SETS[0])


def test_there_are_59_deadlines_with_name_source_and_weight():
    """Informational ones weigh nothing, all others something."""
    assert len(RULES.rules) == 59
    for rule in RULES.rules.values():
        assert rule.name
        assert rule.source
        assert (rule.severity is None) == rule.is_informational


def test_the_additional_fine_ends_on_the_day_of_its_cap():
    """34 days at three per cent: ceil(100 / 3)."""
    rule = RULES.rules["D-EXE-04"]
    assert rule.length == -(-rule.accrual.cap_per_mille // rule.accrual.per_mille_per_day)


def test_a_rule_set_with_a_faulty_row_is_refused_as_a_whole():
    """Before its entry is made: R1_MALFORMED at /text."""
    text = json.loads(rule_set_text())
    text["deadlines"]["rows"][0]["unit"] = "WEEK"
    with pytest.raises(MalformedError) as refused:
        parse_rule_set(published_text(text["version"], json.dumps(text)))
    assert refused.value.pointer == "/text"


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "WEEK"},
        {"length": -1},
        {"length": 0},
        {"length": 100_000},
        {"length": "3"},
        {"length": True},
        {"kind": "WAIT"},
        {"severity": "URGENT"},
        {"severity": None},
        {"informational": True},
        {"informational": "yes"},
        {"starts": []},
        {"starts": [{"when": {}}]},
        {"starts": [{"type": "A", "deadline": "D-X"}]},
        {"starts": [{"deadline": "D-Y"}]},
        {"starts": [{"type": "A", "due_of": ["D-X"]}]},
        {"starts": [{"type": "A", "when": {"a": {"like": ["b"]}}}]},
        {"starts": [{"type": "A", "when": {"a..b": ["c"]}}]},
        {"starts": [{"type": "A", "day": "a"}]},
        {"pauses": [{"type": "P"}]},
        {"pauses": [{"type": "P", "until": ["Q"]}], "unit": "M"},
        {"direction": "BACKWARD", "unit": "CD"},
        {"tag": "X"},
        {"id": "D X"},
        {"until": "x"},
        {"breaks": ["C"]},
        {"every": "YEAR", "unit": "DATE", "length": 0, "month_day": "02-30"},
        {"every": "YEAR", "unit": "DATE", "length": 0, "month_day": "02-29"},
        {"every": "YEAR", "unit": "DATE", "length": 0},
        {"unit": "DATE", "length": 0, "month_day": "01-31"},
        {"unit": "DATE", "length": 0, "starts": [{"deadline": "D-X"}]},
        {"starts": [{"type": "A", "unit": "CD", "length": 0}], "direction": "BACKWARD"},
        {"extends": [{"type": "E", "add": 1_000, "times": 1}]},
        {"extends": [{"type": "E", "add": 1}]},
        {"extends": [{"type": "E", "to": "until", "most": 36_500}], "unit": "Y"},
        {"accrual": {"per_mille_per_day": "30", "cap_per_mille": 1_000}},
        {"accrual": {"per_mille_per_day": 30, "cap_per_mille": -1}},
        {"pauses": [{"type": "P", "off": True}]},
        {"pauses": [{"type": "P", "until": ["Q"], "off": "no"}]},
        {"pauses": [{"type": "P", "until": [{"key": []}], "off": True}]},
    ],
)
def test_a_row_that_says_nothing_lawful_is_refused(change):
    """A word too much, a number out of bounds, a start that can never come."""
    parse_deadlines(text_of(DUTY))
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse_deadlines(text_of({**DUTY, **change}))


@pytest.mark.parametrize("name", ["id", "name", "unit", "source", "tag", "starts"])
def test_a_row_without_what_every_row_has_is_refused(name):
    """Nothing is guessed."""
    with pytest.raises(KeyError):
        parse_deadlines(text_of({key: it for key, it in DUTY.items() if key != name}))


def test_an_id_twice_is_refused_in_capitals_too():
    """``D-x`` and ``D-X`` are one in DeadlineMissed."""
    with pytest.raises(ValueError, match="twice"):
        rules_of(DUTY, {**DUTY, "id": "D-x"})


def test_rows_that_are_off_play_no_part():
    """A sector's rule set may turn them on."""
    rows = default_text()
    off = [it for row in rows["rows"] for it in row.get("pauses", []) if it.get("off")]
    assert [it["type"] for it in off] == ["AppraisalCommissioned"]
    assert "AppraisalCommissioned" not in RULES.by_type


def test_every_event_type_is_a_known_one():
    """Of the catalogue; what a row names and nobody can send would never start or end."""
    named = set(RULES.by_type) | set(RULES.sources) | set(RULES.refers) | RULES.kept
    assert named - set(load_catalogue().rows) <= AWAITED


def test_every_path_is_a_field_of_the_types_that_it_is_read_from():
    """A misspelt field would be absent for ever, and its deadline never start."""
    assert [fault for row in default_text()["rows"] for fault in path_faults(row)] == []


def path_faults(row):
    """Yield (id, type, path) of what a row reads and the schema has not."""
    for role in ROLES:
        for entry in row.get(role, []):
            fields = {"type": entry} if isinstance(entry, str) else entry
            ends = [it for it in fields.get("until", []) if isinstance(it, dict)]
            for part in (fields, *ends):
                yield from entry_faults(row, part)


def entry_faults(row, fields):
    types = fields.get("type", [])
    key = fields.get("key", [] if fields.get("all") else row.get("key", []))
    paths = [*key, *fields.get("pair", []), *fields.get("span", []), *fields.get("when", {})]
    for name in ("date", "at", "on", "to"):
        value = fields.get(name, [])
        paths += [value] if isinstance(value, str) else value
    for name in [types] if isinstance(types, str) else types:
        for path in paths:
            if path[0] not in "$=@" and not has_path(name, path):
                yield row["id"], name, path
    for path in paths:
        owner, _, rest = path[1:].partition(".")
        owners = SOURCES if owner == "source" else [owner]
        is_known = rest.startswith("$") or any(has_path(it, rest) for it in owners)
        if path[0] == "@" and not is_known:
            yield row["id"], owner, path


def has_path(event_type, path):
    """Tell whether a schema has a field; of a type without one nothing is known."""
    text = event_schemas().get((event_type, 1))
    return text is None or bool(leads(json.loads(text), path.replace("[]", "").split(".")))


def leads(node, steps, named=None):
    named = {} if named is None else named
    if isinstance(node, list):
        return any(leads(it, steps, named) for it in node)
    if isinstance(node, str):
        return not steps if node not in named else leads(named[node], steps, named)
    if node["type"] == "array":
        return leads(node["items"], steps, named)
    if node["type"] != "record":
        return not steps
    named[node["name"]] = node
    found = {field["name"]: field["type"] for field in node["fields"]}
    for other in found.values():
        register(other, named)
    return not steps or (steps[0] in found and leads(found[steps[0]], steps[1:], named))


def register(node, named):
    """Know the records that a field defines, for those after it."""
    if isinstance(node, list):
        for member in node:
            register(member, named)
    elif isinstance(node, dict):
        if node["type"] == "record":
            named[node["name"]] = node
        for inner in [node.get("items"), *(it["type"] for it in node.get("fields", []))]:
            register(inner, named)
