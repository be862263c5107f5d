"""The files of the organisation view name only what is there, and nothing secret."""

from __future__ import annotations

import json

import pytest

from projections.organisation.content_rules import content_rules
from projections.organisation.fact_rules import fact_rules, hours_rules
from schemas.catalogue import load_catalogue
from schemas.loader import event_schemas

WORDS = {"stream", "aggregate", None}
NAMED = sorted({*fact_rules(), *hours_rules()})
SOURCES = [(rule.content, source) for rule in content_rules() for source in rule.made_by]


def fields_of(event_type):
    schema = json.loads(event_schemas()[event_type, 1])
    return {field["name"]: field for field in schema["fields"]}


@pytest.mark.parametrize("event_type", NAMED)
def test_every_field_that_is_named_is_in_the_schema(event_type):
    fields = fields_of(event_type)
    rule, hours = fact_rules()[event_type], hours_rules().get(event_type)
    named = {rule.about, rule.officer, rule.from_day, rule.from_at, rule.to_day} - WORDS
    named |= {*rule.keep, *rule.lengths}
    if hours is not None:
        named |= {hours.officers, hours.day, hours.hours, hours.topic} - WORDS

    assert named <= set(fields)
    assert event_type in load_catalogue().rows


@pytest.mark.parametrize("event_type", fact_rules())
def test_nothing_secret_is_kept(event_type):
    """A commitment says nothing on a page; what people wrote is not looked at here."""
    fields = fields_of(event_type)

    assert not [name for name in fact_rules()[event_type].keep if fields[name]["class"] not in "PI"]


def test_the_contents_are_the_eleven_of_the_task_table():
    names = "主体、人员、职责、权限、依据、程序、救济渠道、随机抽查清单、服务指南、事项清单、流程图"

    assert "、".join(rule.cn for rule in content_rules()) == names


@pytest.mark.parametrize(("content", "source"), SOURCES)
def test_a_content_is_made_of_what_the_view_keeps(content, source):
    """Its events, and in each the fields it looks at; what ends it has the same key."""
    keys = set() if source.key in (None, "by") else {source.key}
    for event in source.ended_by:
        assert keys <= set(fact_rules()[event].keep), content
    paths = {*keys, *source.when, source.some, source.label} - {None}

    assert {path.split(".")[0] for path in paths} <= set(fact_rules()[source.event].keep)
