"""Files under their own digest: kept once, never exchanged."""

from __future__ import annotations

import hashlib

import pytest

from ledger.chain.digests import file_digest, object_path, sha256_digest
from ledger.errors import MalformedError, UnavailableError, VerificationError
from ledger.store.objects import ObjectStore


@pytest.fixture
def objects(tmp_path):
    return ObjectStore(tmp_path)


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_a_public_record_lies_under_its_sha256(objects, tmp_path):
    """The same bytes are the same object; nothing else stays."""
    data = '{"文书号":"长市监处罚〔2026〕1号"}'.encode()
    digest = objects.put(data)
    assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert objects.put(data) == digest
    assert objects.get(digest) == data
    assert files(tmp_path) == [object_path(digest)]


@pytest.mark.parametrize("profile", ["international", "guomi"])
def test_evidence_lies_under_its_profile_digest(objects, profile):
    """Both digests come from one pass over the pieces."""
    pieces = [b"a" * 100_000, b"", b"b"]
    digests = objects.put_evidence(profile, iter(pieces))
    data = b"".join(pieces)
    assert digests == (file_digest(profile, data), sha256_digest(data), 100_001)
    assert objects.put_evidence(profile, [data]) == digests
    assert objects.get(digests.profile) == data


def test_an_upload_that_breaks_off_leaves_nothing(objects, tmp_path):
    """No object and no half file."""

    def pieces():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(UnavailableError):
        objects.put_evidence("international", pieces())
    assert files(tmp_path) == []


def test_bytes_that_are_not_the_digests_are_not_returned(objects, tmp_path):
    """Whoever exchanges a file is found by the first reader."""
    digest = objects.put(b"what was published")
    (tmp_path / object_path(digest)).write_bytes(b"something else")
    with pytest.raises(VerificationError):
        objects.get(digest)


def test_what_is_not_there_is_unavailable_and_what_is_no_digest_is_malformed(objects):
    """A digest from outside never becomes another path; who is called learns which is missing."""
    absent = "sha256:" + "0" * 64
    with pytest.raises(UnavailableError, match=absent):
        objects.get(absent)
    assert objects.find(absent) is None
    for text in ("sha256:../../etc/passwd", "md5:00", ""):
        with pytest.raises(MalformedError):
            objects.get(text)


def test_a_reader_makes_nothing(tmp_path):
    """A folder that was lost is not replaced by an empty one."""
    objects = ObjectStore(tmp_path / "objects", writes=False)
    assert objects.find("sha256:" + "0" * 64) is None
    assert files(tmp_path) == []
    assert not (tmp_path / "objects").exists()
