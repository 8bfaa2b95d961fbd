"""`make day`: a long day on the floor, and whether our books and the network's agree.

Exits 1 when they do not, or when something is left for ever.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

import orjson

from tests.day import books, scenario
from tests.day.play import play
from zerovoice.embedded.servers import PROJECT, provide

#: Business seconds from one call to the next, on average.
EVERY = 16.0
_EVIDENCE = PROJECT / "var" / "day.json"


def main() -> int:
    options = _options()
    begin = time.monotonic()
    with provide(PROJECT / "var" / "test", disposable=True) as servers:
        os.environ.update(DATABASE_URL=servers.database_url, REDIS_URL=servers.redis_url)
        from tests.stack import Stack

        off = {"TRANSCRIPTION_ENGINE": "off"}  # it is another measurement, and takes a processor
        stack = Stack(f"{os.getpid()}_day", clock_speed=options.speed, env=off, stripe=True)
        stack.start()
        try:
            plan = scenario.plan(options.calls, seed=options.seed, every=options.every)
            found = books.audit(play(stack, plan, tell=_progress))
        finally:
            stack.stop()
    _print(found, time.monotonic() - begin)
    if found.differences:
        _EVIDENCE.write_bytes(orjson.dumps(found.evidence, option=orjson.OPT_INDENT_2))
        print(f"What both know of the calls that differ is in {_EVIDENCE}")
    return 1 if found.differences else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.day", description=__doc__)
    parser.add_argument("--calls", type=int, default=500, help="calls in the plan (500)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed plans the same day (1)")
    parser.add_argument("--speed", type=float, default=10, help="how much faster than the clock (10)")
    parser.add_argument("--every", type=float, default=EVERY, help=f"seconds from call to call, on average ({EVERY:g})")
    return parser.parse_args()


_last_told: list[str] = []


def _progress(what: str, part: float) -> None:
    line = f"{what} ({part:.0%})"
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    elif _last_told != [line]:
        if not _last_told or f"{part:.1f}" != _last_told[1]:
            print(line, file=sys.stderr, flush=True)
        _last_told[:] = [line, f"{part:.1f}"]


def _print(found: books.Audit, seconds: float) -> None:
    in_time, counted = books.service_level(found)
    waits = found.waits or [0]
    print(f"\n\n{'The day':34}\n{'─' * 60}")
    print(f"{'offered':34} {found.offered:6}")
    for outcome in books.OUTCOMES:
        print(f"  {outcome:32} {found.outcomes[outcome]:6}")
    print(f"{'called back':34} {found.callbacks.total():6}  {_in_words(found.callbacks)}")
    print(f"{'we called':34} {found.outbound.total():6}  {_in_words(found.outbound)}")
    print(f"{'service level (20 s)':34} {in_time / max(1, counted):6.0%}  {in_time} of {counted}")
    print(f"{'average speed of answer':34} {sum(waits) / len(waits):6.1f} s, at most {max(waits)} s")
    worst = ", ".join(f"{part} {found.worst.get(part, 0):.1f} s" for part in books.PARTS)
    print(f"{'furthest from the network':34} {worst}")
    for difference in found.differences:
        print(f"DIFFERS: {difference}")
    print(
        f"{seconds:.0f} s; {'everything agrees' if not found.differences else f'{len(found.differences)} differences'}"
    )


def _in_words(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counter.most_common())


if __name__ == "__main__":
    sys.exit(main())
