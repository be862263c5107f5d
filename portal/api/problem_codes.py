"""The codes of all problems the portal reports: status, Chinese and English title.

Read before: docs/reference/errors.md. Read next: ``portal/api/problem.py``.

A code that is not in the table takes the row of its longest known prefix (``R1_``, ``R2_``, ...),
so a new sub-code of the ledger never becomes an internal error here.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class ProblemKind(NamedTuple):
    """One row: HTTP status, title for people in both languages, what to do next (Chinese)."""

    status: int
    title_zh: str
    title_en: str
    advice_zh: str


PROBLEMS: Final[dict[str, ProblemKind]] = {
    "R1_ACT_TOO_LARGE": ProblemKind(
        400, "行为超过大小上限", "Act too large", "一个行为最多 60,000 字节；大文件请只提交摘要。"
    ),
    "R1_BAD_HEADER": ProblemKind(
        400, "提交证明格式错误", "Malformed submission header", "请按提交格式重新生成证明与密封头。"
    ),
    "R1_BATCH_SIZE": ProblemKind(
        400, "批次大小不符", "Batch size out of bounds", "一次提交 1 至 1,024 个行为。"
    ),
    "R1_MALFORMED": ProblemKind(
        400, "行为格式错误", "Malformed act", "请对照模式检查编码；修正后可用同一标识重新提交。"
    ),
    "R1_MALFORMED_CONTAINER": ProblemKind(
        400,
        "提交容器格式错误",
        "Malformed container",
        "请求体应为 SubmissionItem 的 Avro 对象容器，编码方式 null。",
    ),
    "R1_STREAM_MISMATCH": ProblemKind(
        400, "链标识不一致", "Stream mismatch", "记录键、案件标识与行为中的链标识必须一致。"
    ),
    "R1_UNKNOWN_SCHEMA": ProblemKind(
        400, "未知模式", "Unknown schema", "请先确认模式已在账本中发布，且指纹与类型、版本相符。"
    ),
    "R1_": ProblemKind(400, "格式错误", "Malformed", "请对照格式说明修正后重新提交。"),
    "R2_": ProblemKind(
        403, "来源未获证明", "Origin not proven", "请检查签名密钥、账本名称与提交路径。"
    ),
    "R3_": ProblemKind(
        403, "未登记的提交权限", "Emitter not registered for this", "请先办理接入登记。"
    ),
    "R4_": ProblemKind(
        409, "行为标识已用于其他内容", "Event id reused", "同一标识只能对应同一内容；请换新标识。"
    ),
    "R5_": ProblemKind(
        409, "期望版本不符", "Expected version is wrong", "请读取当前版本后再提交。"
    ),
    "R7_": ProblemKind(422, "时间不合理", "Time not acceptable", "请检查发生时间与登记时间。"),
    "R8_": ProblemKind(
        422, "标识校验未通过", "Identifier check failed", "请核对证件或代码的校验位。"
    ),
    "R9_": ProblemKind(
        422,
        "敏感值未按规定密封",
        "Personal value not sealed",
        "个人与涉密值只能以承诺和密封值提交。",
    ),
    "R10_": ProblemKind(422, "缺少文件摘要", "File digest missing", "请补充文件摘要。"),
    "R11_": ProblemKind(
        405,
        "账本只能追加",
        "The ledger is append-only",
        "已记录的行为不能修改或删除；更正请提交更正记录。",
    ),
    "R12_": ProblemKind(
        422, "需要两人分别提交", "Two people required", "提出与执行须由两名不同的已认证人员签署。"
    ),
    "GATE_": ProblemKind(
        409, "前置核验未通过", "Refused by a gate", "请先消除所列规则指出的问题。"
    ),
    "NO_OUTCOME": ProblemKind(
        503,
        "暂未得到处理结果",
        "No outcome yet",
        "请稍后用同一内容重新提交；重复提交不会产生重复记录。",
    ),
    "NO_BENCHMARK": ProblemKind(
        409,
        "没有生效的裁量基准",
        "No benchmark in force",
        "本机关公布该事项的裁量基准以后，才能记录裁量辅助。",
    ),
    "NO_GRADE": ProblemKind(
        422, "裁量基准没有该情节", "No such grade", "请从生效的裁量基准所列情节中选择。"
    ),
    "REASON_MISSING": ProblemKind(
        422, "缺少理由", "Reason missing", "选定金额不在建议幅度内，请说明理由。"
    ),
    "PERSONAL_WORDS": ProblemKind(
        422,
        "文字中有个人信息",
        "Personal value in plain words",
        "这段文字不密封，请去掉姓名、证件号、电话、住址后再提交。",
    ),
    "NO_": ProblemKind(409, "缺少前置内容", "Something has to come first", "请先完成前一步。"),
    "NOT_PUBLISHED": ProblemKind(409, "尚未公示", "Not published", "请先发布。"),
    "PROHIBITED": ProblemKind(409, "不得公示", "Must not be disclosed", "该决定依法不得公示。"),
    "RECORD_INCOMPLETE": ProblemKind(
        409, "公开记录不完整", "Record incomplete", "有必填内容未随行为密封提交，请补齐后重试。"
    ),
    "UNAVAILABLE": ProblemKind(503, "服务暂不可用", "Temporarily unavailable", "请稍后重试。"),
    "QUESTION_TOO_COSTLY": ProblemKind(
        503,
        "查询耗时过长",
        "The question takes too long",
        "请缩小范围（机关、期间、条数）后再查。",
    ),
    "BAD_REQUEST": ProblemKind(400, "请求不正确", "Bad request", "请检查请求。"),
    "BAD_CURSOR": ProblemKind(400, "翻页标记无效", "Bad cursor", "请从第一页重新查询。"),
    "NOT_LOGGED_IN": ProblemKind(401, "需要登录", "Login required", "请登录或提供访问令牌。"),
    "BAD_LOGIN": ProblemKind(401, "用户名或口令不正确", "Login failed", "请检查后重试。"),
    "FORBIDDEN": ProblemKind(403, "没有权限", "Forbidden", "您的角色不能进行此操作。"),
    "OTHER_AGENCY": ProblemKind(
        403,
        "不是本机关的案件",
        "Another agency's matter",
        "限办案机关的账号；账号所属机关由运维人员设定（lianzheng login add --agency）。",
    ),
    "CSRF": ProblemKind(403, "页面已过期", "Form token missing", "请刷新页面后再提交。"),
    "NOT_FOUND": ProblemKind(404, "没有找到", "Not found", "请检查地址或标识。"),
    "METHOD_NOT_ALLOWED": ProblemKind(
        405, "不支持的请求方法", "Method not allowed", "请见 Allow 头。"
    ),
    "NOT_ACCEPTABLE": ProblemKind(
        406, "无法提供所要的格式", "Not acceptable", "请检查 Accept 头。"
    ),
    "BODY_TOO_SLOW": ProblemKind(
        408, "请求体传输过慢", "Body too slow", "请检查网络后用同一内容重新提交，或分批提交。"
    ),
    "CONFLICT": ProblemKind(409, "与当前状态冲突", "Conflict", "请刷新后重试。"),
    "IDEMPOTENCY_KEY_REUSED": ProblemKind(
        409,
        "幂等键已用于另一条命令",
        "Idempotency-Key names another command",
        "同一键只能对应同一内容的命令；新的命令请换新键。",
    ),
    "WITHDRAWN": ProblemKind(410, "公示已撤下", "Disclosure withdrawn", "撤下理由见撤下说明。"),
    "BODY_TOO_LARGE": ProblemKind(413, "请求体过大", "Body too large", "请分批提交。"),
    "UNSUPPORTED_MEDIA_TYPE": ProblemKind(
        415,
        "不支持的内容类型",
        "Unsupported media type",
        "提交行为请用 application/vnd.lianzheng.acts+avro，其他请求体用 application/json。",
    ),
    "INVALID": ProblemKind(422, "参数不符合要求", "Invalid parameters", "请检查所列参数。"),
    "TOO_MANY_REQUESTS": ProblemKind(429, "请求过于频繁", "Too many requests", "请稍后重试。"),
    "INTERNAL": ProblemKind(500, "内部错误", "Internal error", "已记录；请把追踪号告诉运维人员。"),
    "NOT_PROVEN": ProblemKind(
        500,
        "账本未能自证",
        "The ledger does not prove what it claims",
        "请立即通知运维与审计人员。",
    ),
}

_BY_STATUS: Final = {
    400: "BAD_REQUEST",
    401: "NOT_LOGGED_IN",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    408: "BODY_TOO_SLOW",
    409: "CONFLICT",
    410: "WITHDRAWN",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "INVALID",
    429: "TOO_MANY_REQUESTS",
    503: "UNAVAILABLE",
}


def problem_kind(code: str) -> ProblemKind:
    """Return the row of ``code``, by its longest known prefix; unknown codes are internal."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    prefix = code.partition("_")[0] + "_"
    return PROBLEMS.get(prefix, PROBLEMS["INTERNAL"])


def code_of_status(status: int) -> str:
    """Return the general code of an HTTP status that the framework chose."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "BAD_REQUEST" if 400 <= status < 500 else "INTERNAL"
