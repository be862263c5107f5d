"""A package's folder appears whole or not at all, and is read file by file."""

from __future__ import annotations

import pytest

from ledger.errors import MalformedError, UnavailableError
from portal.cli.dossier import read_package
from portal.programs.package_folder import write_package

FILES = {"manifest.json": b"{}", "case/checkpoint": b"note", "case/entries/0000000001.act": b"\x00"}


def test_what_is_written_is_read(tmp_path):
    target = tmp_path / "new" / "package"
    with write_package(target) as write:
        assert not target.exists()
        write(FILES)
    assert read_package(target) == FILES
    assert [path.name for path in target.parent.iterdir()] == ["package"]


def test_an_empty_folder_is_filled(tmp_path):
    target = tmp_path / "package"
    target.mkdir()
    with write_package(target) as write:
        write(FILES)
    assert read_package(target) == FILES


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(MalformedError, match="is not empty"), write_package(tmp_path):
        raise AssertionError
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("make", [lambda path: path.touch(), lambda path: path.symlink_to("/tmp")])
def test_what_is_no_folder_is_refused(tmp_path, make):
    make(tmp_path / "package")
    with pytest.raises(MalformedError, match="is no folder"), write_package(tmp_path / "package"):
        raise AssertionError


def test_a_package_that_was_cut_off_leaves_no_folder_of_that_name(tmp_path):
    """The second file cannot be written: its folder is a file."""
    target = tmp_path / "package"
    with pytest.raises(UnavailableError), write_package(target) as write:
        write({"case": b"a file", "case/checkpoint": b"in a file"})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_somebody_filled_meanwhile_is_not_replaced(tmp_path):
    target = tmp_path / "package"
    with pytest.raises(UnavailableError), write_package(target) as write:
        target.mkdir()
        (target / "theirs").touch()
        write(FILES)
    assert [path.name for path in target.iterdir()] == ["theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_a_folder_without_a_manifest_is_no_package(tmp_path):
    (tmp_path / "checkpoint").touch()
    with pytest.raises(MalformedError, match="is no case package"):
        read_package(tmp_path)


def test_a_link_is_no_file_of_a_package(tmp_path):
    (tmp_path / "manifest.json").write_bytes(b"{}")
    (tmp_path / "other").symlink_to(tmp_path / "manifest.json")
    with pytest.raises(MalformedError, match="no regular file"):
        read_package(tmp_path)
