"""Compile the inner loop (``native/*.pyx``) into a virtual environment.

Runs on the environment's interpreter. Where there is no C compiler or no header of this Python,
it says so and the ledger runs on the Python twins of these modules: the same bytes, more slowly.
"""

import concurrent.futures
import hashlib
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "native" / "lianzheng_native"
PACKAGE = SOURCES.name


def main() -> int:
    """Compile every module and install the package; return the exit status."""
    header = pathlib.Path(sysconfig.get_path("include")) / "Python.h"
    if shutil.which("cc") is None or not header.exists():
        print(
            "no C compiler or no Python.h: going on without the compiled inner loop, which makes"
            " the ledger slower (Debian: apt-get install gcc python3-dev)",
            file=sys.stderr,
        )
        return 0
    folder = pathlib.Path(sysconfig.get_path("platlib")) / PACKAGE
    folder.mkdir(exist_ok=True)
    print("compiling the inner loop ...", file=sys.stderr)
    names = [path.stem for path in sorted(SOURCES.glob("*.pyx"))]
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda name: build(name, pathlib.Path(work), folder), names))
    if not all(done):
        return 3
    for path in SOURCES.glob("*.py"):
        shutil.copy(path, folder)
    (folder / "sources.sha256").write_text(digest_of_sources())
    return 0


def digest_of_sources() -> str:
    """Return a digest of everything that is compiled: tests compare it with what is installed."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.glob("*.p*x*")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def build(name: str, work: pathlib.Path, folder: pathlib.Path) -> bool:
    """Compile one module; return whether it is there."""
    source, target = work / f"{name}.c", work / f"{name}.so"
    translate = [sys.executable, "-m", "cython", "-3", "-I", str(SOURCES), "-o", str(source)]
    translated = subprocess.run([*translate, str(SOURCES / f"{name}.pyx")], check=False)
    if translated.returncode:
        return False
    compile_ = ["cc", "-O2", "-fPIC", "-shared", "-fwrapv", "-I", sysconfig.get_path("include")]
    compiled = subprocess.run([*compile_, "-o", str(target), str(source)], check=False)
    if compiled.returncode:
        return False
    # Moved into place whole: a process that has the old one loaded keeps it.
    installed = folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    shutil.move(target, installed.with_suffix(".new"))
    installed.with_suffix(".new").replace(installed)
    return True


if __name__ == "__main__":
    sys.exit(main())
