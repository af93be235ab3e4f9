"""The operational store: the chosen kind, with tables that fit the models, and what the doctor says of it."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db
@pytest.mark.both_stores
def test_the_store_is_the_chosen_one(pytestconfig: pytest.Config) -> None:
    assert connection.vendor == pytestconfig.getoption("--store")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 0


@pytest.mark.django_db
@pytest.mark.both_stores
def test_every_change_of_a_model_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_settings_pass_their_checks() -> None:
    call_command("check", fail_level="WARNING")
