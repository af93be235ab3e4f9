"""`tests/run changed` runs what a change can touch, and leaves out what it cannot."""

from __future__ import annotations

import pytest
from changed import ALWAYS, affected_by, changed_files


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        pytest.param("src/accord/core/money.py", "tests/core/test_core_money.py", id="what imports it"),
        pytest.param("src/accord/core/money.py", "tests/sites/test_desk_orders.py", id="what stands on it at some distance"),
        pytest.param(
            "src/accord/engine/tracing/ledger.py", "tests/engine/tracing/test_tracing_oracle.py", id="imported by name"
        ),
        pytest.param("src/accord/sites/desk/urls.py", "tests/sites/test_permission_matrix.py", id="whoever asks for a page"),
        pytest.param("src/accord/sites/desk/templates/x.html", "tests/sites/test_desk_queue.py", id="a template of a package"),
        pytest.param("src/accord/sites/desk/gone.py", "tests/sites/test_desk_queue.py", id="a module that is gone"),
        pytest.param("src/accord/sites/desk/urls.py", "tests/browser/test_desk_walk.py", id="what starts a node"),
        pytest.param("tests/small_world.py", "tests/capabilities/claims/test_claims_chase.py", id="a helper module"),
        pytest.param("tests/sites/permission_matrix.toml", "tests/sites/test_permission_matrix.py", id="data of a test"),
        pytest.param("src/accord/capabilities/people/migrations/0002_x.py", "tests/core/test_core_money.py", id="a migration"),
        pytest.param("pyproject.toml", "tests/core/test_core_money.py", id="the settings of all tests"),
    ],
)
def test_a_change_runs_what_it_can_touch(changed: str, runs: str) -> None:
    assert runs in affected_by([changed])


@pytest.mark.parametrize(
    ("changed", "left_out"),
    [
        ("src/accord/sites/desk/urls.py", "tests/core/test_core_money.py"),
        ("src/accord/sites/desk/urls.py", "tests/engine/tracing/test_tracing_oracle.py"),
        ("docs/operate.md", "tests/sites/test_desk_queue.py"),
        ("tests/sites/desk_at_work.py", "tests/core/test_core_money.py"),
    ],
)
def test_a_change_leaves_out_what_it_cannot_touch(changed: str, left_out: str) -> None:
    assert left_out not in affected_by([changed])


def test_nothing_changed_runs_nothing_and_anything_runs_the_house_rules() -> None:
    assert affected_by([]) == set()
    assert set(ALWAYS) <= affected_by(["docs/decisions/0001-floors.md"])


def test_against_the_commit_itself_only_uncommitted_files_count() -> None:
    assert all(not name.startswith(".git/") for name in changed_files("HEAD"))
