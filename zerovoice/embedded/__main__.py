"""`python -m zerovoice.embedded <command>`; see --help."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from zerovoice.embedded.process import die_with_parent, keep

PROJECT = Path(__file__).resolve().parents[2]
VAR = PROJECT / "var"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m zerovoice.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="the whole system in the foreground (make run)")
    runner.add_argument("--var", type=Path, default=VAR, help="where everything that runs is kept (default: var)")
    runner.add_argument("--no-life", action="store_true", help="make the demo organisation, but no calls of its own")
    execute = commands.add_parser("exec", help="run a command with DATABASE_URL and REDIS_URL of servers that are up")
    execute.add_argument("--test", action="store_true", help="the tests' servers (var/test) instead of var's")
    execute.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- command")
    commands.add_parser("clean", help="remove what var/ keeps outside of itself (make clean)")
    keeper = commands.add_parser("keep", help="run a command and start it again when it dies")
    keeper.add_argument("name")
    keeper.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- command")
    guardian = commands.add_parser("guard", help="own the servers of a directory while somebody needs them (internal)")
    guardian.add_argument("directory", type=Path)
    guardian.add_argument("--disposable", action="store_true")
    commands.add_parser("localstripe", help="a stateful Stripe server on LOCALSTRIPE_PORT")
    options = parser.parse_args(arguments)

    # Each command imports what it needs: a keeper lives beside every process and should weigh little.
    if options.command == "keep":
        return keep(_command(options.argv), name=options.name)
    if options.command == "guard":
        from zerovoice.embedded.servers import guard

        guard(options.directory, disposable=options.disposable)
        return 0
    if options.command == "localstripe":
        from zerovoice.embedded.localstripe import serve

        serve(int(os.environ["LOCALSTRIPE_PORT"]), Path(os.environ["LOCALSTRIPE_STATE"]))
        return 0
    if options.command == "clean":
        from zerovoice.embedded.clean import clean

        return clean(VAR)
    if options.command == "exec":
        return _execute(_command(options.argv), test=options.test)
    from zerovoice.embedded.runner import run

    if "MAKELEVEL" in os.environ:
        # A killed make takes the system with it.
        die_with_parent(signal.SIGTERM)
    return run(options.var.absolute(), demo_lives=not options.no_life)


def _command(argv: list[str]) -> list[str]:
    command = argv[1:] if argv[:1] == ["--"] else argv
    if not command:
        raise SystemExit("Which command? … -- command arguments")
    return command


def _execute(command: list[str], *, test: bool) -> int:
    from zerovoice.embedded.servers import ServersFailed, provide

    try:
        with provide(VAR / "test" if test else VAR, disposable=test) as servers:
            environment = {
                "ZEROVOICE_ENV": "test" if test else "development",
                **os.environ,
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
            }
            # Ctrl-C is the command's to answer; we wait for it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            child = subprocess.Popen(command, env=environment, preexec_fn=_take_signals)
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            code = child.wait()
            return code if code >= 0 else 128 - code
    except ServersFailed as error:
        print(error, file=sys.stderr)
        return 1


def _take_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with_parent(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
