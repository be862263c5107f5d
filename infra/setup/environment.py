"""Make the virtual environment from the lock file: hashes checked, nothing from outside it.

Runs on the bare interpreter, before anything is installed.
"""

import pathlib
import subprocess
import sys

LOWEST = (3, 11)


def main() -> int:
    """Create the folder named first and install the packages of the lock file named second."""
    if sys.version_info < LOWEST:
        print("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11", file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"making {folder} ...", file=sys.stderr)
        made = subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False)
        if made.returncode:
            print("python3 -m venv failed: apt-get install python3-venv", file=sys.stderr)
            return 2
    print("installing the locked packages ...", file=sys.stderr)
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    locked = subprocess.run(
        [*install, "--no-deps", "--require-hashes", "-r", sys.argv[2]], check=False
    )
    if locked.returncode:
        return 3
    # The project itself needs no build isolation: its build backend is in the lock file.
    own = subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", "."], check=False)
    if own.returncode:
        return 3
    native = pathlib.Path(__file__).with_name("native.py")
    return subprocess.run([str(python), str(native)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
