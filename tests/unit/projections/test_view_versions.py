"""A view that counts by data files is another view when one of them changes."""

import inspect
from pathlib import Path

import pytest

from portal.programs.views import VIEWS
from schemas import loader
from schemas.loader import data_version

READ = {
    "indicators": ("indicators/indicators-1.json", "stages/penalty-case.json"),
    "organisation": ("organisation/facts.json",),
    "discretion": ("discretion/discretion-1.json",),
}


@pytest.mark.parametrize("name", READ)
def test_the_version_of_a_view_is_that_of_its_files_too(name):
    """So the start of a program with another file makes the view again."""
    made_by = VIEWS[name]().code_version
    assert made_by == data_version(made_by.partition("-")[0], *READ[name])


@pytest.mark.parametrize("changed", READ["indicators"])
def test_another_byte_in_any_file_is_another_version(monkeypatch, changed):
    before = data_version("2", *READ["indicators"])
    read = loader.schema_text
    monkeypatch.setattr(loader, "schema_text", lambda file: read(file) + " " * (file == changed))
    assert data_version("2", *READ["indicators"]) != before


def test_no_other_view_reads_a_data_file():
    """Whoever lets one do so has to put the file into its version."""
    for name in VIEWS.keys() - READ.keys():
        folder = Path(inspect.getfile(VIEWS[name])).parent
        assert [
            file.name for file in folder.glob("*.py") if "from schemas" in file.read_text()
        ] == []
