"""Each worker's database is its own, migrated, and has the extensions that searching needs."""

import os

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_it_is_this_workers(worker_name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (f"zv{worker_name}_test",)


def test_it_is_migrated():
    call_command("migrate", check_unapplied=True, verbosity=0)


@pytest.mark.parametrize("extension", ["pg_trgm", "vector"])
def test_extensions_can_be_installed(extension):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = %s", [extension])
        assert cursor.fetchone() == (1,)


def test_the_sessions_servers_are_the_embedded_ones_unless_others_are_given():
    if not os.environ["ZV_TESTS_EMBEDDED"]:
        pytest.skip("DATABASE_URL was given")
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)
