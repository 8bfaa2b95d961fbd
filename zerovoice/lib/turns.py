"""Doing things one after another across processes."""

from django.db import connection


def take_turns(what: str) -> None:
    """Wait until no other transaction does `what`; none does until this one is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def share_turns(what: str) -> None:
    """Wait until no other transaction does `what` by itself; none does until this one is over. Many may share it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [what])


def try_turn(what: str) -> bool:
    """Whether no other transaction does `what`; then none does until this one is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [what])
        return bool(cursor.fetchone()[0])
