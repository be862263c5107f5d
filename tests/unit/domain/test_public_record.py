"""A public record shows what the field policy says, in exactly one form."""

import copy
import json

import pytest

from ledger.chain.digests import sha256_digest
from ledger.chain.jcs import canonical_json
from ledger.domain.penalty_fields import PenaltySource, revealed_paths, wan_yuan
from ledger.domain.public_record import build_record, parse_policy
from ledger.errors import MalformedError, RejectedError
from schemas.loader import schema_text
from tests.support.ledger_copy import sample
from tests.support.vectors import load

POLICY = parse_policy(schema_text("disclosure/pv-08.json"))
NONCE = bytes.fromhex("bb8c12d45185ae8eb89448ad420956f8")
DAY = 20_759  # 2026-11-02
REVEALED = {
    "/party/nameCommitment": "王小明",
    "/party/legalRepCommitment": "张三样",
    "/facts": "王小明经营超过保质期的食品，李四例在场，2026年9月1日收取500元。",
    "/penalties/2/objectCommitment": "食品经营许可证JY14301020001234",
}
ITEM = {"amountFen": None, "objectCommitment": None, "durationDays": None}


def decision(party_type: str, name: str | None) -> PenaltySource:
    """Return a decision on some party: fine, confiscation, a licence suspended."""
    natural = name is None
    payload = sample(
        "PenaltyDecisionMade",
        doc={"docNo": "长市监处罚〔2026〕123号", "docDate": DAY},
        party={
            "partyType": party_type,
            "ageBand": "ADULT",
            "name": name,
            "nameCommitment": bytes(32) if natural else None,
            "uscc": None if natural else "91430100MAFCT0011C",
            "idValueCommitment": bytes(32) if natural else None,
            "legalRepCommitment": None if natural else bytes(32),
        },
        violationType="经营超过保质期的食品",
        basis=[
            {
                "law": "中华人民共和国食品安全法",
                "versionDate": 0,
                "article": "一百二十四",
                "paragraph": 1,
                "item": 5,
            }
        ],
        penalties=[
            {**ITEM, "kind": "FINE", "amountFen": 5_000_000},
            {**ITEM, "kind": "CONFISCATE_GAINS", "amountFen": 32_000},
            {
                **ITEM,
                "kind": "SUSPEND_LICENCE",
                "objectCommitment": bytes(32),
                "durationDays": 30,
            },
        ],
    )
    return PenaltySource(
        payload, "11430100FCT000022L", "长沙市市场监督管理局", DAY + 365, dict(REVEALED)
    )


def built(source: PenaltySource, **options: object) -> dict:
    record = build_record(
        POLICY, source, version=1, nonce=NONCE, names=["王小明", "李四例"], **options
    )
    return json.loads(record.content)


def test_the_vectors_record_has_these_bytes_and_this_hash():
    """Canonical form and digest are those that another implementation computed."""
    vector = load("derived")["disclosure"]
    content = canonical_json(vector["record"])
    assert content == bytes.fromhex(vector["canonical_hex"])
    assert sha256_digest(content) == vector["content_hash"]


def test_an_organisations_record_is_shown_whole():
    """Name, code, legal representative, licence with its number."""
    fields = built(decision("LEGAL", "长沙示范食品有限公司"))["fields"]
    assert fields == {
        "CF_XDR_MC": "长沙示范食品有限公司",
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": "91430100MAFCT0011C",
        "CF_FRDB": "张三样",
        "CF_WSH": "长市监处罚〔2026〕123号",
        "CF_WFXW": "经营超过保质期的食品",
        "CF_SY": "王某经营超过保质期的食品，李某在场，2026年9月1日收取500元。",
        "CF_YJ": ["《中华人民共和国食品安全法》第一百二十四条第1款第（5）项"],
        "CF_CFLB": ["罚款", "没收违法所得", "暂扣许可证件"],
        "CF_NR": "罚款50000.00元；没收违法所得320.00元；暂扣许可证件30日",
        "CF_NR_FK": "5.000000",
        "CF_NR_WFFF": "0.032000",
        "CF_NR_ZKDX": ["食品经营许可证JY14301020001234"],
        "CF_JDRQ": "2026-11-02",
        "CF_GSJZQ": "2027-11-02",
        "CF_CFJG": "长沙市市场监督管理局",
        "CF_CFJGDM": "11430100FCT000022L",
        "CF_SJLY": "长沙市市场监督管理局",
        "CF_SJLYDM": "11430100FCT000022L",
    }


def test_a_natural_persons_record_is_masked():
    """Surname only; no document number, no representative, no licence number."""
    record = built(decision("NATURAL", None))
    fields = record["fields"]
    assert fields["CF_XDR_MC"] == "王某某"
    assert fields["CF_XDR_LB"] == "自然人"
    assert fields["CF_NR_ZKDX"] == ["食品经营许可证"]
    assert not {"CF_XDR_SHXYM", "CF_XDR_ZJHM", "CF_FRDB"} & fields.keys()
    assert "王小明" not in json.dumps(record, ensure_ascii=False)


def test_a_sole_proprietor_keeps_the_trade_name_and_hides_the_operator():
    """个体工商户: trade name and code as they are, operator masked."""
    fields = built(decision("SOLE_PROPRIETOR", "岳麓区测试小吃店"))["fields"]
    assert (fields["CF_XDR_MC"], fields["CF_FRDB"]) == ("岳麓区测试小吃店", "张某某")


def test_whoever_has_no_plain_name_is_masked_whatever_the_type_says():
    """A foreign party without a name is a person."""
    assert built(decision("FOREIGN", None))["fields"]["CF_XDR_MC"] == "王某某"


def test_a_local_rule_may_show_the_punished_name():
    """Off unless asked for, and only the name."""
    fields = built(decision("NATURAL", None), show_punished_name=True)["fields"]
    assert fields["CF_XDR_MC"] == "王小明"
    assert "CF_XDR_ZJHM" not in fields


def test_the_record_says_view_version_nonce_and_agency_and_no_number():
    """No JSON number anywhere; the bytes are canonical and the hash is theirs."""
    record = build_record(POLICY, decision("LEGAL", "甲公司"), version=3, nonce=NONCE)
    parsed = json.loads(record.content, parse_int=pytest.fail, parse_float=pytest.fail)
    assert canonical_json(parsed) == record.content
    assert sha256_digest(record.content) == record.content_hash
    assert parsed["view"] == "PV-08"
    assert parsed["version"] == "3"
    assert parsed["nonce"] == NONCE.hex()
    assert parsed["agency"] == {"uscc": "11430100FCT000022L", "name": "长沙市市场监督管理局"}


def test_another_nonce_gives_another_hash():
    """An expired record cannot be guessed from its hash."""
    one = build_record(POLICY, decision("LEGAL", "甲公司"), version=1, nonce=NONCE)
    other = build_record(POLICY, decision("LEGAL", "甲公司"), version=1, nonce=bytes(16))
    assert one.content_hash != other.content_hash


def test_redactions_say_what_was_done_to_which_field():
    """As the drafting act records it; what is shown as it is has no line."""
    record = build_record(POLICY, decision("NATURAL", None), version=1, nonce=NONCE)
    methods = {redaction.path: redaction.method for redaction in record.redactions}
    assert methods == {
        "/fields/CF_XDR_MC": "MASK_NAME",
        "/fields/CF_XDR_ZJHM": "WITHHOLD",
        "/fields/CF_SY": "TRUNCATE_FACTS",
        "/fields/CF_NR_ZKDX": "WITHHOLD",
    }


@pytest.mark.parametrize("path", ["/party/nameCommitment", "/facts"])
def test_without_a_needed_value_there_is_no_record(path: str):
    """Openings that never came, or were erased, stop the draft and are named."""
    source = decision("NATURAL", None)
    source = source._replace(revealed={k: v for k, v in REVEALED.items() if k != path})
    with pytest.raises(RejectedError) as refused:
        build_record(POLICY, source, version=1, nonce=NONCE)
    assert (refused.value.code, refused.value.pointer) == ("RECORD_INCOMPLETE", path)


def test_only_what_a_record_needs_is_revealed():
    """Reasons, approvers and identity numbers stay in the vault."""
    paths = revealed_paths(decision("NATURAL", None).payload)
    assert paths == ["/facts", "/party/nameCommitment", "/penalties/2/objectCommitment"]


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.000000"), (1, "0.000001"), (5_000_000, "5.000000"), (123, "0.000123")]
)
def test_amounts_are_exact(fen: int, text: str):
    """万元 with six decimals."""
    assert wan_yuan(fen) == text


@pytest.mark.parametrize("fault", ["method", "member"])
def test_a_policy_that_cannot_be_meant_is_refused(fault: str):
    """An unknown method would publish what should have been masked."""
    policy = copy.deepcopy(json.loads(schema_text("disclosure/pv-08.json")))
    if fault == "method":
        policy["fields"][0]["natural"] = "blur"
    else:
        del policy["fields"][0]["natural"]
    with pytest.raises(MalformedError):
        parse_policy(json.dumps(policy))
