"""Chinese words for the codes that pages show.

Read before: docs/glossary.md. Read next: ``portal/pages.py``.

Words of event types and fields come from the schemas (``cn``); these are the codes inside fields.
A code without a word is shown as it is, so nothing is ever hidden by a missing translation.
"""

from __future__ import annotations

from typing import Final

from ledger.domain.penalty_fields import PARTY_TYPE_NAMES, PENALTY_KIND_NAMES

WORDS: Final[dict[str, dict[str, str]]] = {
    "party_type": PARTY_TYPE_NAMES,
    "penalty_kind": PENALTY_KIND_NAMES,
    "view": {
        "PENALTY": "行政处罚",
        "LICENCE": "行政许可",
        "COERCION": "行政强制",
        "INSPECTION": "行政检查",
        "EX_ANTE": "事前公示",
        "STATISTICS": "统计年报",
    },
    "channel": {"PORTAL": "本平台", "CREDIT": "信用平台", "COMPANY_REGISTRY": "企业信用公示系统"},
    "ground": {
        "ALTERED": "决定被变更",
        "REVOKED": "决定被撤销",
        "UNLAWFUL": "决定被确认违法",
        "INVALID": "决定被确认无效",
        "REDO": "责令重新作出",
        "WRONGLY_PUBLISHED": "错误公示",
        "SEALED": "依法封存",
        "STATE_SECRET": "国家秘密",
        "SECURITY": "公共安全",
        "TRADE_SECRET": "商业秘密",
        "PRIVACY": "个人隐私",
        "PROCESS_INFO": "过程性信息",
        "MINOR_PARTY": "当事人未成年",
        "SEALED_RECORD": "记录封存",
        "WARNING_ONLY": "仅警告",
        "CREDIT_MINOR": "轻微失信",
        "NO_SOCIAL_IMPACT": "不具有社会影响",
        "LAW_OTHER": "法律另有规定",
    },
    "disclosure_state": {
        "NONE": "未开始",
        "ASSESSED": "待拟稿",
        "DRAFT": "待审核",
        "APPROVED": "待发布",
        "PUBLISHED": "已公示",
        "WITHDRAWN": "已撤下",
        "ENDED": "已结束",
        "WITHHELD": "不予公示",
        "EXTERNAL": "机关自行公示",
    },
    "obligation": {"MUST": "应当公示", "MAY_WITHHOLD": "可不公示", "MUST_NOT": "不得公示"},
    "purpose": {
        "SUPERVISION": "执法监督",
        "RECONSIDERATION": "行政复议",
        "LITIGATION": "行政诉讼",
        "DISCIPLINE": "纪检监察",
        "FILE_REVIEW": "案卷评查",
        "PARTY_ACCESS": "当事人查阅",
        "STATISTICS": "统计",
        "TRAINING": "培训",
        "CASE_HANDLING": "办案需要",
        "STATUTORY_QUERY": "依法查询",
    },
    "mode": {"VIEW": "查看", "COPY": "复制", "ORIGINAL": "原件"},
    "level": {"PROVINCE": "省级", "CITY": "市级", "COUNTY": "县级", "TOWNSHIP": "乡镇（街道）"},
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
    "act_kind": {
        "PENALTY": "行政处罚",
        "LICENCE": "行政许可",
        "COERCION": "行政强制",
        "INSPECTION": "行政检查",
        "LEVY": "行政征收",
        "REQUISITION": "行政征用",
        "PAYMENT": "行政给付",
        "CONFIRMATION": "行政确认",
        "REWARD": "行政奖励",
        "ADJUDICATION": "行政裁决",
        "OTHER": "其他",
    },
    "officer_category": {
        "ENFORCEMENT": "执法",
        "LEGAL_REVIEW": "法制审核",
        "AUXILIARY": "辅助",
    },
    "emitter_kind": {"AGENCY": "执法机关", "SUPERVISOR": "监督机关", "PLATFORM": "平台"},
    "publication": {
        "RULE_SET": "规则集",
        "CALENDAR": "工作日历",
        "CATALOGUE": "行为目录",
        "REVIEW_CATALOGUE": "法制审核目录",
        "TRANSPORT_KEY": "传输公钥",
        "SIMULATION_ENDED": "模拟时钟结束",
    },
    "severity": {"CRITICAL": "严重", "HIGH": "高", "MEDIUM": "中", "LOW": "低"},
}


def word(code: str | None, kind: str) -> str:
    """Return the Chinese word of a code of some kind, the code itself if it has none."""
    if code is None:
        return "—"
    return WORDS[kind].get(code, code)


def words(codes: str | None, kind: str) -> str:
    """Return the words of codes separated by commas."""
    return "、".join(word(code, kind) for code in codes.split(",")) if codes else "—"
