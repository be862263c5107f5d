"""Docs that must be true: generated pages, settings, reading order, spelling of paths."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READING_ORDER = (
    "schemas/PenaltyDecisionMade.v1.avsc",
    "consumers/loop.py",
    "consumers/append/origin.py",
    "consumers/append/decode.py",
    "consumers/append/gates.py",
    "ledger/application.py",
    "ledger/chain/entry.py",
    "ledger/chain/links.py",
    "ledger/store/recorder.py",
    "ledger/chain/checkpoint.py",
    "projections/disclosure/projection.py",
    "portal/public/decision.py",
    "ledger/chain/verify.py",
)


def test_generated_pages_are_up_to_date():
    """`make docs` changes nothing."""
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_thirteen_files_of_the_reading_order_exist():
    """README names them in this order."""
    readme = (ROOT / "README.md").read_text()
    places = [readme.find(name) for name in READING_ORDER]
    assert all((ROOT / name).is_file() for name in READING_ORDER)
    assert -1 not in places
    assert places == sorted(places)


def test_each_of_the_thirteen_names_the_one_before_and_the_one_after():
    """Whoever follows "Read next" from the first comes to the last, and back."""
    for number, name in enumerate(READING_ORDER[1:], start=1):
        words = ast.get_docstring(ast.parse((ROOT / name).read_text()))
        before, _, after = words.partition("Read before: ")[2].partition("Read next: ")
        after = after.partition("\n\n")[0]
        assert f"``{READING_ORDER[number - 1]}``" in before, name
        if number + 1 < len(READING_ORDER):
            assert f"``{READING_ORDER[number + 1]}``" in after, name


def test_links_between_pages_lead_somewhere():
    """Every relative link of every page points at a file that is there."""
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_lists_of_pages_name_every_page():
    """The table of formats has each page, the list of decisions counts to the last."""
    formats = (ROOT / "docs" / "spec" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs" / "spec").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"^\| \[[\w-]+\]\(([\w-]+\.md)\)", formats, re.MULTILINE))
    decisions = len(list((ROOT / "docs" / "adr").glob("*.md")))
    overview = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    assert f"(adr/0001-stored-bytes-are-hashed.md) 1 to {decisions}." in overview


def test_the_overview_names_every_package():
    """And so does README; a package is a folder with an ``__init__.py``."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"native"}
    overview = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    readme = (ROOT / "README.md").read_text()
    for package in packages:
        assert re.search(rf"^\| `{package}[`.]", overview, re.MULTILINE), package
        assert f"\n| `{package}` |" in readme, package


def test_pages_with_commands_say_where_the_program_is():
    """Whoever reads one page only does not meet `command not found`."""
    for page in [ROOT / "README.md", *(ROOT / "docs" / "howto").glob("*.md")]:
        assert 'export PATH="$PWD/.venv/bin:$PATH"' in page.read_text(), page.name


def test_pages_name_only_files_that_exist():
    """A path in code quotes that looks like one of ours is one of ours."""
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for name in re.findall(
            r"`((?:schemas|ledger|consumers|projections|portal|infra|tests|benchmarks)/[\w./-]+\.\w+)`",
            page.read_text(),
        ):
            assert (ROOT / name).exists(), f"{page.relative_to(ROOT)}: {name}"


def test_every_result_of_a_benchmark_is_quoted_and_there():
    """The page on benchmarks names each file of results, and none that was not committed."""
    page = (ROOT / "benchmarks" / "README.md").read_text()
    named = set(re.findall(r"`benchmarks/results/([\w.-]+\.json)`", page))
    assert named == {path.name for path in (ROOT / "benchmarks" / "results").iterdir()}


def test_code_names_only_pages_that_exist():
    """A page that a docstring sends the reader to is there."""
    found = 0
    for package in ("schemas", "ledger", "consumers", "projections", "portal", "infra", "tests"):
        for path in (ROOT / package).rglob("*"):
            if (
                path.suffix in {".py", ".sql", ".yml", ".yaml", ".html"}
                and "target" not in path.parts
            ):
                for name in re.findall(r"docs/[a-z]+/[A-Za-z0-9-]+\.md", path.read_text()):
                    assert (ROOT / name).exists(), f"{path.relative_to(ROOT)}: {name}"
                    found += 1
    assert found > 100
