"""What the import contracts of pyproject.toml cannot say: parts of packages, and the pure core."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "ledger", "projections", "consumers", "portal")
STANDARD = set(sys.stdlib_module_names)


def imports_of(path):
    """Return every module a file imports, in full."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


def test_the_chain_needs_the_standard_library_blake3_and_cryptography_only():
    """The verifier's core stays small enough to be read and installed by a stranger."""
    for path in (ROOT / "ledger" / "chain").rglob("*.py"):
        for name in imports_of(path):
            top = name.split(".")[0]
            allowed = STANDARD | {"blake3", "cryptography", "ledger"}
            if path.name == "compiled.py":
                allowed |= {"lianzheng_native"}  # Only where it was built.
            assert top in allowed, f"{path.name}: {name}"
            if top == "ledger":
                assert name.startswith(("ledger.chain", "ledger.errors", "ledger.limits")), (
                    f"{path.name}: {name}"
                )


def test_the_domain_takes_only_the_domain_part_of_the_library():
    """Folds of acts may not reach a database through the event-sourcing library."""
    for path in (ROOT / "ledger" / "domain").rglob("*.py"):
        for name in imports_of(path):
            if name.split(".")[0] == "eventsourcing":
                assert name == "eventsourcing.domain", f"{path.name}: {name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_never_import_what_is_not_shipped(package):
    """infra, tests, benchmarks and docs are no packages."""
    for path in (ROOT / package).rglob("*.py"):
        tops = {name.split(".")[0] for name in imports_of(path)}
        assert not tops & {"infra", "tests", "benchmarks", "docs"}, path


def test_modules_do_no_work_on_import():
    """The time and the generator of randomness are read in one place only."""
    for package in ("ledger", "projections", "consumers", "schemas"):
        for path in (ROOT / package).rglob("*.py"):
            names = imports_of(path)
            assert "random" not in names or path.is_relative_to(ROOT / "consumers" / "generate"), (
                path
            )


def run_on_import(nodes):
    """Yield every statement that runs when a module is imported, functions' bodies left out."""
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from run_on_import(node.orelse)
            continue
        yield node
        yield from run_on_import(ast.iter_child_nodes(node))


def modules():
    """Return the file of each of our modules by its name."""
    named = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def needed_first(path, ours):
    """Return our modules that importing a file imports, the packages they lie in too."""
    found = set()
    for node in run_on_import(ast.parse(path.read_text()).body):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module and node.level == 0, f"{path}: a relative import"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            found |= {".".join(parts[: end + 1]) for end in range(len(parts))}
    return found & ours.keys()


def test_no_module_needs_itself_so_each_can_be_imported_first():
    """A circle of imports works by luck of the order, until somebody imports its other end first.

    Method: what runs on import, of every file, as a graph; a package is needed by what lies in it,
    so an ``__init__`` that imports its own modules is a circle too.
    """
    ours = modules()
    needs = {name: needed_first(path, ours) - {name} for name, path in ours.items()}
    assert needs["portal.api.app"] >= {"portal", "portal.api", "portal.api.tiles"}
    assert needs["consumers.loop"]
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " <- ".join(error.args[1]))
