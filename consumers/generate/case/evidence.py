"""Evidence: what is registered, and fixed by its digest.

Read before: ``consumers/generate/case/matter.py``.
Read next: ``consumers/generate/case/investigation.py``.
Trusts: nothing.
"""

from __future__ import annotations

from consumers.generate.case.matter import Matter


def register_evidence(
    matter: Matter, kind: str, source: str, description: str, evidence: str | None = None
) -> None:
    """Register a piece of evidence and fix its digest."""
    name = evidence or f"evidence:{matter.draws.uuid()}"
    digest = matter.draws.digest()
    payload = {
        "evidenceKind": kind,
        "source": source,
        "collectedBy": [officer.officer_id for officer in matter.handlers],
        "collectedAt": matter.now - 120_000_000,
        "place": None,
        "description": matter.secret(description),
        "mediaEntry": None,
    }
    matter.submit("EvidenceRegistered", payload, *matter.pair, aggregate=name)
    seal_evidence(matter, name, digest)
    matter.evidence.append((name, digest))


def seal_evidence(matter: Matter, evidence: str, digest: str | None = None) -> tuple[bytes, str]:
    """Fix the digest of a piece of evidence; return the act's event id and the digest."""
    fixed = digest or matter.draws.digest()
    payload = {
        "fileHash": fixed,
        "sha256": fixed,
        "size": matter.draws.between(20_000, 9_000_000),
        "storageUri": f"store:{fixed[7:9]}/{fixed[9:11]}/{fixed[7:]}",
        "replicas": 2,
        "tsaToken": None,
    }
    return matter.submit("EvidenceSealed", payload, matter.pair[0], aggregate=evidence), fixed
