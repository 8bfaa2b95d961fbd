"""`make bench`: builds its data, starts what it needs, prints one table, writes var/bench.json.

Exits 1 when a filter's plan reads the whole table or a call is lost. Times are figures, not verdicts.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson

from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN
from zerovoice.embedded.servers import PROJECT, provide

VAR = PROJECT / "var" / "bench"
PARTS = ("plans", "rollups", "web", "instructions", "contacts", "dnc", "search", "transcription", "floor")


def main() -> int:
    options = _options()
    VAR.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with provide(VAR) as servers:
        os.environ.update(
            DATABASE_URL=servers.database_url,
            REDIS_URL=servers.redis_url,
            DJANGO_SETTINGS_MODULE="zerovoice.settings",
            ZEROVOICE_ENV="test",
            ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
            LOG_LEVEL="ERROR",
            TRANSCRIPTION_ENGINE="off",
            MEDIA_ROOT=str(VAR / "media"),
            STATIC_ROOT=str(VAR / "static"),
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        )
        (VAR / "static").mkdir(exist_ok=True)
        told: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
            "calls": options.calls,
        }
        failed = _measure(options, told)
    told["seconds"] = round(time.monotonic() - begin)
    (PROJECT / "var" / "bench.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    print(f"\n{told['seconds']} s in all; written to var/bench.json")
    for line in failed:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="rows of history (50,000 to 10,000,000)")
    parser.add_argument("--contacts", type=int, default=1_000_000, help="contacts of one organization")
    parser.add_argument("--import-rows", type=int, default=100_000, help="rows of an imported file, 1 %% of them bad")
    parser.add_argument("--dnc-entries", type=int, default=200_000, help="length of a Do-Not-Call list")
    parser.add_argument("--segments", type=int, default=200_000, help="lines of transcripts")
    parser.add_argument("--requests", type=int, default=200, help="measured requests of each kind")
    parser.add_argument("--floor-calls", type=int, default=100, help="calls through the simulator")
    parser.add_argument("--only", choices=PARTS, action="append", help="some of the parts (may be repeated)")
    parser.add_argument("--keep", action="store_true", help="keep the database; the next run of this size uses it")
    options = parser.parse_args()
    # Below this a sequential scan may well be the cheapest plan, above it nobody has looked.
    if not 50_000 <= options.calls <= 10_000_000:
        parser.error("--calls must be between 50000 and 10000000")
    options.only = options.only or list(PARTS)
    return options


def _measure(options: argparse.Namespace, told: dict[str, Any]) -> list[str]:
    from tests.bench import contacts, data, dnc, floor, instructions, plans, rollups, search, transcription, web

    failed: list[str] = []
    server = os.environ["DATABASE_URL"]
    if {"plans", "rollups", "web"} & set(options.only):
        sample = data.build(options.calls, tell=_progress)
        try:
            if "plans" in options.only:
                found = [plan for case in plans.cases(sample) for plan in _explained(sample, case)]
                told["plans"] = [{**asdict(plan), "failed": plan.failed} for plan in found]
                failed += [f"{plan.case}, {plan.what}: {', '.join(plan.scans)}" for plan in found if plan.failed]
                _print_plans(options.calls, found)
            if "rollups" in options.only:
                counted = rollups.compare(sample, tell=_progress)
                kept = rollups.keep(sample, calls=options.requests * 2, tell=_progress)
                told["rollups"] = [{**asdict(one), "ratio": one.ratio} for one in counted]
                told["upkeep"] = asdict(kept)
                _print_rollups(options.calls, counted, kept)
            if "web" in options.only:
                compared = list(web.compare(sample, VAR, requests=options.requests, tell=_progress))
                told["web"] = [{**asdict(one), "ratio": one.ratio} for one in compared]
                _print_compared(compared)
        finally:
            from django.db import connections

            connections.close_all()
            os.environ["DATABASE_URL"] = server
            if not options.keep:
                data.drop()
    if "instructions" in options.only:
        instructed = instructions.measure(VAR, requests=options.requests, tell=_progress)
        os.environ["DATABASE_URL"] = server
        told["instructions"] = [{**asdict(one), "ratio": one.ratio} for one in instructed]
        _print_instructions(instructed)
    if "contacts" in options.only:
        searches, imported = contacts.measure(options.contacts, options.import_rows, tell=_progress)
        os.environ["DATABASE_URL"] = server
        told["contacts"] = [{**asdict(one), "ratio": one.ratio} for one in searches]
        told["import"] = asdict(imported)
        failed += [f"the search for {one.what} reads every contact" for one in searches if not one.index]
        if (imported.created, imported.reported) != (imported.rows - imported.bad, imported.bad):
            failed.append("the import lost or doubled rows")
        _print_contacts(options.contacts, searches, imported)
    if "dnc" in options.only:
        gate = dnc.measure(options.dnc_entries, asked=options.requests, tell=_progress)
        os.environ["DATABASE_URL"] = server
        told["dnc"] = asdict(gate)
        failed += ["the gate reads the whole Do-Not-Call list"] if gate.sequential else []
        _print_gate(gate)
    if "search" in options.only:
        searched, recalled = search.measure(options.segments, asked=options.requests, tell=_progress)
        os.environ["DATABASE_URL"] = server
        told["search"] = [{**asdict(one), "ratio": one.ratio} for one in searched]
        told["recall"] = [asdict(one) for one in recalled]
        _print_search(options.segments, searched, recalled)
    if "transcription" in options.only:
        heard = transcription.measure(tell=_progress)
        told["transcription"] = [{**asdict(one), "factor": one.factor} for one in heard]
        _print_transcription(heard)
    if "floor" in options.only:
        played = floor.play(options.floor_calls, tell=_progress)
        told["floor"] = {**asdict(played), "calls_per_second": played.calls / played.seconds}
        failed += [f"{count} {what}" for what, count in played.lost.items() if count]
        _print_floor(played)
    return failed


def _explained(sample: Any, case: Any) -> list[Any]:
    from tests.bench import plans

    _progress(f"plan: {case.name}", None)
    found = list(plans.explain(sample, case))
    assert found, f"{case.name}: no statement reads {plans.TABLE}"
    return found


_last_told: list[str] = []


def _progress(what: str, part: float | None) -> None:
    line = what if part is None else f"{what} {part:4.0%}"
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    elif part is None or _last_told != [what]:
        _last_told[:] = [what]  # a log gets each step once
        print(what, file=sys.stderr, flush=True)


def _heading(text: str) -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    print(f"\n{text}\n{'─' * 110}")


def _print_plans(calls: int, found: list[Any]) -> None:
    _heading(f"/calls/logs and /calls/live on {calls:,} calls: what PostgreSQL reads")
    print(f"{'filter':36} {'':6} {'ms':>9} {'blocks':>8}  by")
    for plan in found:
        mark = "FAILED " if plan.failed else "(information) " if plan.for_information else ""
        print(f"{plan.case:36} {plan.what:6} {plan.milliseconds:9.2f} {plan.blocks:8}  {mark}{', '.join(plan.scans)}")


def _print_rollups(calls: int, counted: list[Any], kept: Any) -> None:
    _heading(f"Counting {calls:,} calls, against the plain SQL over the rows (milliseconds, medians)")
    print(f"{'':50} {'ours':>9} {'plain':>9} {'times':>9}")
    for one in counted:
        print(f"{one.what:50} {one.ours:9.2f} {one.plain:9.2f} {one.ratio:9.1f}")
    print(
        f"\ncompleting calls: {kept.with_rollups:.0f} a second, {kept.without:.0f} without rollups to keep "
        f"({kept.cost:.1%} of the throughput); somebody waited for a lock in {kept.waited:,} of {kept.looks:,} looks"
    )


def _print_compared(compared: list[Any]) -> None:
    _heading("Over HTTP, one request at a time, against a bare view with the same SQL (milliseconds)")
    print(f"{'':26} {'median':>9} {'p95':>9} {'bare':>9} {'p95':>9} {'ratio':>8}")
    for one in compared:
        print(
            f"{one.name:26} {one.ours:9.2f} {one.ours_p95:9.2f} {one.limit:9.2f} {one.limit_p95:9.2f} {one.ratio:8.2f}"
        )


def _print_instructions(instructed: list[Any]) -> None:
    _heading(f"What the carrier asks, {instructed[0].lines} lines at once, against a bare view with the same SQL")
    print(f"{'':26} {'a second':>9} {'median':>9} {'p99':>9} {'bare/s':>9} {'median':>9} {'p99':>9} {'ratio':>8}")
    for one in instructed:
        print(
            f"{one.name:26} {one.rate:9.1f} {one.ours:9.2f} {one.ours_p99:9.2f} "
            f"{one.limit_rate:9.1f} {one.limit:9.2f} {one.limit_p99:9.2f} {one.ratio:8.2f}"
        )


def _print_contacts(contacts: int, searches: list[Any], imported: Any) -> None:
    _heading(f"Searching {contacts:,} contacts, over the API, against the plain indexed SQL (milliseconds, medians)")
    print(f"{'':26} {'found':>9} {'ours':>9} {'SQL':>9} {'ratio':>8}")
    for one in searches:
        print(f"{one.what:26} {one.found:9,} {one.ours:9.2f} {one.plain:9.2f} {one.ratio:8.2f}")
    print(
        f"\nimporting {imported.rows:,} rows, {imported.bad:,} of them bad: {imported.seconds:.1f} s, "
        f"{imported.rows / imported.seconds:,.0f} rows a second; {imported.created:,} contacts, "
        f"{imported.reported:,} reported; {imported.megabytes:+.1f} MB of memory from the first tenth to the end"
    )


def _print_search(segments: int, searched: list[Any], recalled: list[Any]) -> None:
    _heading(f"Searching {segments:,} lines of transcripts, against the plain GIN and HNSW statements (milliseconds)")
    print(f"{'':30} {'median':>9} {'p95':>9} {'plain':>9} {'p95':>9} {'ratio':>8}")
    for one in searched:
        print(
            f"{one.what:30} {one.ours:9.2f} {one.ours_p95:9.2f} {one.plain:9.2f} {one.plain_p95:9.2f} {one.ratio:8.2f}"
        )
    print()
    for one in recalled:
        print(f"recall of the nearest ten among {one.what} ({one.segments:,}): {one.recall:.3f}")


def _print_gate(gate: Any) -> None:
    _heading(f"The gate in front of {gate.entries:,} do-not-call entries (medians)")
    rate = gate.entries / gate.listing_seconds
    print(f"listing them                    {gate.listing_seconds:9.1f} s, {rate:,.0f} a second")
    print(f"the question                    {gate.ask:9.2f} ms; {gate.ask_short:.2f} ms with 200 entries")
    print(f"its bare look-up                {gate.bare:9.2f} ms by {gate.plan}")
    print(f"with the lock around it         {gate.held:9.2f} ms")
    print(f"POST /compliance/check of 1,000 {gate.thousand:9.1f} ms")


def _print_transcription(heard: list[Any]) -> None:
    _heading("Transcription of two-channel recordings on one thread (seconds)")
    print(f"{'':26} {'recording':>9} {'work':>9} {'factor':>9} {'words':>9} {'wrong':>9}")
    for one in heard:
        print(f"{one.what:26} {one.seconds:9.1f} {one.work:9.2f} {one.factor:9.4f} {one.words:9} {one.wrong:9}")


def _print_floor(played: Any) -> None:
    _heading("Calls through the whole system and the simulated network")
    lost = ", ".join(f"{count} {what}" for what, count in played.lost.items() if count) or "nothing lost"
    print(
        f"{played.calls} calls in {played.seconds:.1f} s, {played.calls / played.seconds:.1f} a second; "
        f"{played.answered} answered; {lost}"
    )
    for problem in played.problems[:20]:
        print(f"  {problem}")


if __name__ == "__main__":
    sys.exit(main())
