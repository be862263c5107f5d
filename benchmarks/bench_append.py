"""How many acts a second does an appender append, end to end, against a bare loop?

End to end: Kafka, origin, strict decoding, chain, COPY, commit with the offset, second copy and
promise, answers handed to the broker. Sketch before the first run: poll 8 microseconds an act,
origin and decoding 15, entry, link and leaf 9, COPY into three indexes 13, promise 4, answers 5:
about 50, so 20,000 acts a second where two cores are free.

Cases, interleaved in each of three runs: one appender; the bare loop over the same records; two
appenders of two logs. Then, on a ledger of its own, the generator's mix with its openings.
"""

from __future__ import annotations

from mix_load import MIX_START, MixLoad
from plain_load import AGENCY, EMITTER, EVENT_TYPE, Feeder, PlainLoad
from report import arguments, finish, median, say
from running_ledger import NAME, BenchLedger, open_ledger, result_of

RUNS = 3
ACTS = {"full": 80_000, "smoke": 2_000}
MIX_CASES = {"full": 1_200, "smoke": 20}


def main() -> None:
    """Run all cases and print the figures."""
    parser = arguments("append throughput, end to end")
    parser.add_argument("--broker", choices=["embedded", "apache"], default="embedded")
    options = parser.parse_args()
    size = "smoke" if options.smoke else "full"
    runs = 1 if options.smoke else RUNS
    figures: dict[str, object] = {"broker": options.broker, "acts": ACTS[size], "runs": runs}
    with open_ledger(options.broker, case_logs=2) as ledger:
        figures |= plain_cases(ledger, ACTS[size], runs)
    with open_ledger(options.broker, case_logs=1, sim_start=MIX_START) as ledger:
        figures |= mix_case(ledger, MIX_CASES[size], runs)
    finish(figures)


def plain_cases(ledger: BenchLedger, count: int, runs: int) -> dict[str, object]:
    """Measure one appender, the bare loop, and two appenders."""
    load = PlainLoad(NAME, ledger.case_logs)
    ledger.register(load.signer, [AGENCY], [EVENT_TYPE])
    feeders = [Feeder(ledger.kafka, partition) for partition in range(2)]
    one, bare, heap, two = [], [], [], []
    cpu = []
    for run in range(runs):
        first = feeders[0].feed(load.records(count, 0))
        appended = result_of(ledger.worker("append_worker.py", "0", str(count)))
        one.append(appended["records"] / appended["seconds"])
        for rates, table in ((bare, "indexed"), (heap, "heap")):
            words = ("0", str(first), str(count), table)
            copied = result_of(ledger.worker("bare_worker.py", *words))
            rates.append(copied["records"] / copied["seconds"])
        cpu.append(appended["cpu_seconds"] / appended["records"] * 1e6)
        for partition, feeder in enumerate(feeders):
            feeder.feed(load.records(count, partition))
        workers = [ledger.worker("append_worker.py", log, str(count)) for log in "01"]
        both = [result_of(worker) for worker in workers]
        seconds = max(it["ended"] for it in both) - min(it["started"] for it in both)
        two.append(sum(it["records"] for it in both) / seconds)
        say(f"run {run}: one {one[-1]:,.0f}, bare {bare[-1]:,.0f}, two {two[-1]:,.0f} acts/s")
    for feeder in feeders:
        feeder.close()
    return {
        "one_log_acts_per_s": median(one),
        "bare_acts_per_s": median(bare),
        "bare_ratio": median([a / b for a, b in zip(one, bare, strict=True)]),
        "bare_without_indexes_acts_per_s": median(heap),
        "two_logs_acts_per_s": median(two),
        "append_cpu_us_per_act": median(cpu),
        "emitter": EMITTER,
    }


def mix_case(ledger: BenchLedger, cases: int, runs: int) -> dict[str, object]:
    """Measure one appender on whole generated cases."""
    load = MixLoad(ledger)
    feeder = Feeder(ledger.kafka, 0)
    rates, opened = [], []
    for run in range(runs):
        records = load.records(cases, seed=run)
        feeder.feed(iter([records]))
        appended = result_of(ledger.worker("append_worker.py", "0", str(len(records))))
        rates.append(appended["records"] / appended["seconds"])
        opened.append(sum("lz-sealed" in dict(record.headers) for record in records) / len(records))
        say(f"run {run}: mix {rates[-1]:,.0f} acts/s of {len(records):,}")
    load.close()
    feeder.close()
    return {"mix_acts_per_s": median(rates), "mix_share_with_openings": median(opened)}


if __name__ == "__main__":
    main()
