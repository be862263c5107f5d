"""How fast is a whole log verified, by one process and by two?

    python benchmarks/bench_verify.py [--smoke]

A log of acts of 500 bytes in submissions of 64 (entries of 1.1 kB, 10 acts a stream) is written as a
static copy, then verified as `lianzheng verify log` does it: checkpoint, bundles, leaves, every
hash tile, stream links and versions, times, control sizes, acts in their streams. Besides: with the
acts' form and submissions (`acts`), and with the emitters' signatures (`signatures`), and the floor:
nothing but reading and the two hashes an entry needs. Runs of all cases take turns; each figure is the
median. Expected before the first run: 3.5 us an entry for hashes, 1 for reading, 2.5 for the rest.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from blake3 import blake3

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # The log builder is a part of the tests, which nothing installs.

from report import arguments, finish, median, say  # noqa: E402

from ledger.chain.emitter_keys import EmitterKeys  # noqa: E402
from ledger.chain.links import LINK_CONTEXT  # noqa: E402
from ledger.chain.tiles import bundle_path, decode_bundle  # noqa: E402
from ledger.chain.verify import DirectorySource, LogReport, verify_log  # noqa: E402
from tests.support.logs import EMITTER, LogBuilder, case_acts, signer  # noqa: E402

ENTRIES, SMOKE_ENTRIES = 200_000, 12_000
RUNS, SMOKE_RUNS = 5, 1
SUBMISSION, PAYLOAD_BYTES = 64, 164  # An act is 500 bytes then.
SEED = 20_261_101


def build(folder: Path, entries: int) -> LogBuilder:
    """Write a log of about ``entries`` entries."""
    log = LogBuilder()
    for first in range(1, entries, SUBMISSION):
        log.submit(case_acts(SUBMISSION, entries // 10, PAYLOAD_BYTES, first, SEED))
    log.write(folder)
    return log


def floor(source: DirectorySource, bundles: int) -> None:
    """Read and hash every entry of the full bundles, and check nothing."""
    for n in range(bundles):
        for entry in decode_bundle(source.tile(bundle_path(n))):
            sha256(b"\0" + entry).digest()
            blake3(entry, derive_key_context=LINK_CONTEXT).digest()


def main() -> None:
    """Build, measure in turns, print the figures."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="size of the log")
    options = parser.parse_args()
    entries, runs = (SMOKE_ENTRIES, SMOKE_RUNS) if options.smoke else (options.entries, RUNS)
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-bench-verify-"))
    try:
        say(f"building a log of {entries:,} entries")
        log = build(folder, entries)
        size, entry_bytes = len(log.entries), len(log.entries[-1])
        source, keys, root = DirectorySource(folder), [log.signer.key], log.root().hex()
        del log
        emitters = EmitterKeys()
        emitters.register(signer(EMITTER).key, 0, 0)
        last: list[LogReport] = []

        def verified(**how: object) -> Callable[[], None]:
            return lambda: last.append(verify_log(source, keys, **how))  # type: ignore[arg-type]

        cases: dict[str, Callable[[], None]] = {
            "one_core": verified(),
            "two_cores": verified(workers=2),
            "acts": verified(acts=True),
            "signatures": verified(emitter_keys=emitters),
            "floor": lambda: floor(source, size // 256),
        }
        seconds: dict[str, list[float]] = {name: [] for name in cases}
        for run in range(runs):
            for name, case in cases.items():
                started = time.perf_counter()
                case()
                seconds[name].append(time.perf_counter() - started)
            say(
                f"run {run + 1} of {runs}: "
                + ", ".join(f"{n} {s[-1]:.2f} s" for n, s in seconds.items())
            )
        assert all(report.exit_code == 0 and report.entries == size for report in last)
        assert last[0].root.hex() == root
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {
        f"{name}_entries_per_s": median([size / s for s in rows]) for name, rows in seconds.items()
    }
    pairs = zip(seconds["one_core"], seconds["two_cores"], strict=True)
    floors = zip(seconds["floor"], seconds["one_core"], strict=True)
    finish(
        {
            **figures,
            "speedup": median([one / two for one, two in pairs]),
            "floor_share": median([bare / one for bare, one in floors]),
            "entries": size,
            "entry_bytes": entry_bytes,
            "root": last[0].root.hex(),
        }
    )


if __name__ == "__main__":
    main()
