"""What every test stands on: a home folder of its own, the chosen operational store, and no quiet skips where asked.

Plugins beside this file: levels (what runs daily, what only at the deep level), migrated_store (migrations once a run, not
once a worker) and time_by_kind (where a run spends its time).
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accord.web.catalogues.compile import compile_stale

pytest_plugins = ["levels", "migrated_store", "time_by_kind"]

_STORE_FIXTURES = {"db", "transactional_db", "live_server"}
_CHECKOUT = Path(__file__).parent.parent

_home = tempfile.mkdtemp(prefix="accord-test-")
os.environ["ACCORD_HOME"] = _home
os.environ["DJANGO_SETTINGS_MODULE"] = "accord.node.settings"
os.environ.setdefault("NUMBA_CACHE_DIR", str(_CHECKOUT / ".pytest_cache" / "numba"))  # compiled once, not once a session


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="the operational store: SQLite, or PostgreSQL (a server of the tests' own, or the one of ACCORD_DATABASE_URL)",
    )
    parser.addoption(
        "--rewrite-statement-counts", action="store_true", help="write down anew how many statements each page sends"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the store before Django reads its settings; workers inherit the server from the process that starts them."""
    if config.getoption("--store") == "sqlite":
        os.environ.pop("ACCORD_DATABASE_URL", None)
    elif not os.environ.get("ACCORD_DATABASE_URL"):
        from migrated_store import OWN_SERVER
        from postgresql_server import PostgresqlAbsent, PostgresqlServer

        try:
            server = PostgresqlServer()
        except PostgresqlAbsent as absent:
            raise pytest.UsageError(str(absent)) from absent
        config.add_cleanup(server.stop)
        os.environ["ACCORD_DATABASE_URL"] = server.url
        os.environ[OWN_SERVER] = "1"
    config.add_cleanup(lambda: shutil.rmtree(_home, ignore_errors=True))

    if not hasattr(config, "workerinput") and compile_stale():
        raise pytest.UsageError("the translations have mistakes; put them right in the .po files named above")

    import django
    from django.conf import settings
    from quick_passwords import QUICK_HASHERS

    django.setup()
    settings.PASSWORD_HASHERS = QUICK_HASHERS


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the operational store is marked so, and thereby runs on PostgreSQL where it is installed."""
    for item in items:
        if item.get_closest_marker("django_db") or _STORE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
        elif item.get_closest_marker("both_stores") and not item.get_closest_marker("database"):
            raise pytest.UsageError(f"{item.nodeid} is marked both_stores, but not database: on PostgreSQL it would not run")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep thousands of collected tests and all imported modules out of every later garbage collection."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    data = os.environ.get("ACCORD_TEST_DATA", "unset: tests that need it are skipped")
    return f"accord: level {config.getoption('--level')}; store {config.getoption('--store')}; ACCORD_TEST_DATA {data}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    _refuse_skip(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    outcome: Any = yield
    _refuse_skip(outcome.get_result())


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where everything that tests need is installed (ACCORD_NO_SKIPS=1), a skip means that something is broken."""
    if report.skipped and os.environ.get("ACCORD_NO_SKIPS") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {reason}"


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of extra data to test with, which is not part of the project."""
    folder = os.environ.get("ACCORD_TEST_DATA")
    if not folder:
        pytest.skip("ACCORD_TEST_DATA does not name the folder of extra test data")
    return Path(folder)
