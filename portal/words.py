"""Chinese words for the codes that pages show.

Read before: docs/glossary.md. Read next: ``portal/pages.py``.

Words of event types and fields come from the schemas (``cn``), words of an enum's symbols from
``schemas/symbols.json``; these are the codes of views and the names by which pages ask. A code
without a word is shown as it is, so nothing is ever hidden by a missing translation.
"""

from __future__ import annotations

from typing import Final

from ledger.domain.penalty_fields import PARTY_TYPE_NAMES, PENALTY_KIND_NAMES
from schemas.loader import symbol_words

_SYMBOLS: Final = symbol_words()
WORDS: Final[dict[str, dict[str, str]]] = {
    "agency_kind": _SYMBOLS["AgencyKind"],
    "denial": _SYMBOLS["DenialReason"],
    "retrieval_outcome": _SYMBOLS["RetrievalOutcome"],
    "party_type": PARTY_TYPE_NAMES,
    "penalty_kind": PENALTY_KIND_NAMES,
    "view": _SYMBOLS["DisclosureView"],
    "channel": _SYMBOLS["Channel"],
    "ground": {**_SYMBOLS["WithdrawalGround"], **_SYMBOLS["WithholdingGround"]},
    "disclosure_state": {
        "NONE": "未开始",
        "DRAFT": "待审核",
        "APPROVED": "待发布",
        "PUBLISHED": "已公示",
        "WITHDRAWN": "已撤下",
        "ENDED": "已结束",
        "WITHHELD": "不予公示",
        "EXTERNAL": "机关自行公示",
    },
    "obligation": _SYMBOLS["ObligationResult"],
    "purpose": _SYMBOLS["RetrievalPurpose"],
    "mode": _SYMBOLS["RetrievalMode"],
    "level": _SYMBOLS["AgencyLevel"],
    "stage": {
        "NONE": "—",
        "LEAD": "线索",
        "FILED": "已立案",
        "INVESTIGATING": "调查取证",
        "CONCLUDED": "调查终结",
        "REVIEWED": "已法制审核",
        "NOTIFIED": "已告知",
        "HEARD": "已听取意见",
        "DECIDED": "已决定",
        "SERVED": "已送达",
        "EXECUTING": "执行中",
        "CLOSED": "已结案",
        "ARCHIVED": "已归档",
    },
    "status": {
        "NONE": "尚无记录",
        "LEAD": "线索",
        "FILED": "已立案",
        "NOT_FILED": "不予立案",
        "TRANSFERRED": "已移送",
        "INVESTIGATING": "调查取证",
        "SUSPENDED": "调查中止",
        "CONCLUDED": "调查终结",
        "NOTIFIED": "已告知",
        "DECIDED": "已决定",
        "SERVED": "已送达",
        "EXECUTING": "执行中",
        "NO_PENALTY": "不予处罚",
        "ALTERED": "决定已变更",
        "REVOKED": "决定已撤销",
        "UNLAWFUL": "决定被确认违法",
        "INVALID": "决定被确认无效",
        "REDO": "责令重作",
        "EXECUTED": "已执行",
        "CLOSED": "已结案",
        "REOPENED": "恢复办理",
        "ARCHIVED": "已归档",
    },
    "role": {
        "HANDLER": "承办人",
        "CO_HANDLER": "协办人",
        "REVIEWER": "审核人",
        "APPROVER": "批准人",
        "HEAD": "负责人",
        "RECORDER": "记录人",
        "HEARING_CHAIR": "听证主持人",
        "SERVER": "送达人",
        "CUSTODIAN": "保管人",
        "DISCLOSER": "公示人员",
    },
    "access_kind": {
        "VIEW": "查看",
        "COPY": "复制",
        "DENIED": "被拒绝",
        "OFFLINE": "线下补录",
        "EMERGENCY": "紧急调阅",
        "RETURNED": "归还",
    },
    "retrieval_state": {
        "NONE": "—",
        "REQUESTED": "待批准",
        "APPROVED": "已批准",
        "REJECTED": "不批准",
        "CLOSED": "已终结",
        "EMERGENCY": "紧急调阅",
    },
    "act_kind": _SYMBOLS["ActKind"],
    "officer_category": _SYMBOLS["OfficerCategory"],
    "emitter_kind": _SYMBOLS["EmitterKind"],
    "publication": {
        "RULE_SET": "规则集",
        "CALENDAR": "工作日历",
        "CATALOGUE": "行为目录",
        "REVIEW_CATALOGUE": "法制审核目录",
        "TRANSPORT_KEY": "传输公钥",
        "SIMULATION_ENDED": "模拟时钟结束",
    },
    "policy_kind": _SYMBOLS["PolicyKind"],
    # 行政处罚法 art. 58(1): grounds that are major whatever a catalogue says.
    "statute_ground": {
        "STAT-1": "涉及重大公共利益（行政处罚法第五十八条第一款第一项）",
        "STAT-2": "直接关系当事人或者第三人重大权益，经过听证程序（同款第二项）",
        "STAT-3": "案件情况疑难复杂、涉及多个法律关系（同款第三项）",
        "STAT-4": "法律、法规规定应当进行法制审核的其他情形（同款第四项）",
    },
    "equipment": {
        "STANDARD": "装备配备标准",
        "EQUIPMENT_PLAN": "装备配备规划",
        "FACILITY_PLAN": "设施建设规划",
        "ANNUAL_PLAN": "年度实施计划",
    },
    "duty": _SYMBOLS["Responsibility"],
    "system": _SYMBOLS["ThreeSystems"],
    "task_state": {
        "OPEN": "未到期",
        "OVERDUE": "逾期未完成",
        "DONE": "按期完成",
        "DONE_LATE": "逾期完成",
    },
    "hours_state": {
        "MATCH": "一致",
        "NOT_LISTED": "记录多于签到",
        "NOT_RECORDED": "签到多于记录",
        "UNKNOWN": "签到未载学时",
    },
    "severity": _SYMBOLS["Severity"],
    "alert_outcome": _SYMBOLS["AlertOutcome"],
    "indicator_part": {
        code: said
        for enum in (
            *("Severity", "AlertOutcome", "CheckKey"),
            *("CoordinationOutcome", "NoPenaltyGround", "RemedyResult"),
        )
        for code, said in _SYMBOLS[enum].items()
    }
    | {
        "BELOW": "低于各档次",
        "ABOVE": "高于各档次",
        "Q1": "档次内最低的四分之一",
        "Q2": "档次内次低的四分之一",
        "Q3": "档次内次高的四分之一",
        "Q4": "档次内最高的四分之一",
        "SINGLE": "档次为一个数",
    },
    "alert_state": {
        "RAISED": "未签收",
        "ACKNOWLEDGED": "已签收",
        "EXPLAINED": "已说明",
        "RESOLVED": "已处理",
    },
    "part": {"HANDLER": "承办人", "REVIEWER": "审核人", "APPROVER": "批准人"},
    "measure": _SYMBOLS["AccountabilityMeasure"],
    "push_action": _SYMBOLS["PushAction"],
    "push_state": {
        "UNASSESSED": "未判定是否推送",
        "NOT_DUE": "不须推送",
        "NOT_NEEDED": "无须撤下",
        "DUE": "未推送",
        "PUSHED": "已推送，无回执",
        "REFUSED": "渠道拒收",
        "ACKNOWLEDGED": "已回执",
        "REPLACED": "已由后一版代替",
    },
    "alert_mark": {"LATE_CURE": "事后补录", "DISCOVERED_LATE": "事后知悉"},
    "deadline_state": {
        "OPEN": "进行中",
        "MET": "按期完成",
        "MET_LATE_REPORTED": "按期完成，迟报",
        "MISSED": "未按期完成",
        "CANCELLED": "不再适用",
    },
    "deadline_kind": {"DUTY": "必须在此前办理", "WINDOW": "可在此前提出", "WAIT": "此前不得办理"},
    "similar_reason": {
        "CIRCUMSTANCE": "情节相同",
        "CIRCUMSTANCE_BY_AMOUNT": "罚款落在该情节一档",
        "PARTY_TYPE": "当事人类别相同",
        "GROUNDS": "从轻从重事由相同",
        "PROCEDURE": "程序相同",
        "AGENCY": "同一机关",
        "RECENT": "一年以内",
    },
    "correlation": {
        "OUTLIER": "罚款明显偏离",
        "REPEAT_ORGANISATION": "单位多次被多个机关处罚",
        "REPEAT_PERSON": "自然人多次被多个机关处罚",
        "OFFICER_LOWEST": "办案人员偏用最低一档",
        "AGENCY_LOWEST": "机关偏用最低一档",
        "OFFICER_ENDED": "办案人员案件多不处罚",
        "AGENCY_ENDED": "机关案件多不处罚",
        "AGENCY_UNREASONED": "超出基准而无理由",
    },
    "advice_choice": _SYMBOLS["AdviceChoice"],
    "deadline_unit": {
        "WD": "个工作日",
        "CD": "日",
        "H": "小时",
        "M": "个月",
        "Y": "年",
    },
}


def word(code: str | None, kind: str) -> str:
    """Return the Chinese word of a code of some kind, the code itself if it has none."""
    if code is None:
        return "—"
    return WORDS[kind].get(code, code)


def words(codes: str | None, kind: str) -> str:
    """Return the words of codes separated by commas."""
    return "、".join(word(code, kind) for code in codes.split(",")) if codes else "—"
