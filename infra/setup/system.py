"""Install what Debian provides and the tests need, or say which packages are missing.

As root they are installed without asking; for others the command to run is printed and the exit
status is 2, before any test has started.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

NEEDS = {
    "chromium": {
        "python3-dev": (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists,
        "chromium": lambda: shutil.which("chromium"),
        "fonts-noto-cjk": lambda: any(pathlib.Path("/usr/share/fonts").rglob("NotoSansCJK*")),
        "prometheus": lambda: shutil.which("promtool"),
    },
    "java": {
        "openjdk-17-jre-headless": lambda: shutil.which("java"),
        "maven": lambda: shutil.which("mvn"),
    },
}


def main() -> int:
    """Check the group named on the command line; return the exit status."""
    missing = [name for name, there in NEEDS[sys.argv[1]].items() if not there()]
    if not missing:
        return 0
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.getuid() != 0:
        print(
            f"missing: {', '.join(missing)}; install them first: sudo {' '.join(command)}",
            file=sys.stderr,
        )
        return 2
    # No service may be started by an installation: tests start what they need themselves.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    print(f"installing {', '.join(missing)} ...", file=sys.stderr)
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    done = subprocess.run([*command, "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL)
    return 3 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
