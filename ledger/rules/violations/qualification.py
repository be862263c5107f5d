"""Rules of how officers come to their credentials (执法资格): training, examination.

Read before: ``chronicle``. Read next: ``credentials``. These acts lie in the control log, in the
streams ``officer:``. Basis: 任务分解表 rows 3 and 24.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.rules.violations.chronicle import between, concerned, last, when
from ledger.rules.violations.rule import BOOK, Finding, Sight

_TRAINED: Final = "OfficerTrainingCompleted"
_QUALIFIED: Final = ("OfficerExamPassed", "OfficerExamExempted")
_ISSUED: Final = "CredentialIssued"


@BOOK.rule("V-ORG-03", _ISSUED, cured_by=(_TRAINED, *_QUALIFIED))
def credential_without_qualification(sight: Sight) -> Iterator[Finding]:
    """任务分解表 3.1, 24.2, 24.3: training before the post, and an examination passed or exempted.

    One finding a credential, whichever is missing.
    """
    for issued in concerned(sight, _ISSUED):
        at = when(issued)
        is_trained = any(it.payload["kind"] == "PRE_POST" for it in between(sight, _TRAINED, 0, at))
        is_qualified = any(last(sight, it, at) is not None for it in _QUALIFIED)
        if not (is_trained and is_qualified):
            yield Finding(issued.payload["credentialNo"])
