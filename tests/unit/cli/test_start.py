"""The program where only the verifier is installed, and which version it is of."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module, metadata

import pytest

from portal.cli.program import installed_version
from tests.support.running import ROOT, environment

WITHOUT_EXTRAS = """import sys
sys.modules["typer"] = None
from portal.cli.start import main
main()
"""


def start(*words: str, code: str = WITHOUT_EXTRAS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("words", [(), ("up",), ("--help",)])
def test_without_the_extras_a_sentence_names_the_verifier(words: tuple[str, ...]) -> None:
    """Exit 3, and no trace of a module that nobody promised to be there."""
    done = start(*words)

    assert done.returncode == 3
    assert done.stderr.startswith("lianzheng: only the verifier is installed here")
    assert "lianzheng-verify" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("lianzheng", WITHOUT_EXTRAS),
        ("lianzheng", "from portal.cli.start import main\nmain()"),
        ("lianzheng", "from portal.cli.main import main\nmain()"),
        ("lianzheng-verify", "from portal.cli.verifier import main\nmain()"),
    ],
)
def test_each_program_says_its_version(name: str, code: str) -> None:
    """On stdout, exit 0, with the extras or without."""
    done = start("--version", code=code)

    assert (done.returncode, done.stdout) == (0, f"{name} {installed_version()}\n")


def test_the_version_is_that_of_the_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"lianzheng": "9.8.7"}.__getitem__)

    assert installed_version() == "9.8.7"


def test_with_everything_installed_the_commands_are_there() -> None:
    done = start("schema", "show", "CaseClosed", code="from portal.cli.start import main\nmain()")

    assert (done.returncode, '"name": "CaseClosed"' in done.stdout) == (0, True)


def test_the_programs_of_the_distribution_can_be_started() -> None:
    """What `pip install` writes into ``bin``."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert set(scripts) == {"lianzheng", "lianzheng-verify"}
    for place in scripts.values():
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function))
