"""A node that runs as a bank, with people who work there; Django models are imported where they are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bank_at_work import AUTHORITY, BANK, CENTRE, town
from small_world import at

from accord.core.clock import SteppedClock

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accord.adapters.sandbox_core import SandboxCore
    from accord.capabilities.people.models import User


@pytest.fixture(autouse=True)
def bank_node(settings: SettingsWrapper) -> None:
    settings.ACCORD_AGENCY, settings.ACCORD_AGENCY_KIND = BANK, "bank"


@pytest.fixture
def clerk(db: None) -> User:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    return people.create_user("clerk", "a-long-password", Role.BANK_OFFICER)


@pytest.fixture
def head(db: None) -> User:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    return people.create_user("head", "a-long-password", Role.BANK_SUPERVISOR)


@pytest.fixture
def core(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxCore]:
    """The core system at a quarter past noon, connected to this process."""
    from accord.adapters.sandbox_core import SandboxCore
    from accord.capabilities.controls import core_line

    day.advance_to(at(15))
    banks = town().banks(tmp_path / "sandbox", overdraft=False)
    core = SandboxCore(banks, BANK)
    with core_line.using(core):
        yield core
    banks.close()


@pytest.fixture
def agreed(head: User) -> None:
    """The centre may ask, stop, hold, freeze, limit, prolong and pay out here; enquiries are answered by rule."""
    from accord.capabilities.controls import services
    from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts

    services.agree(
        head, AgreementFacts(CENTRE, "Anti-fraud centre", [kind.value for kind in KINDS_FOR_BANKS], 4_416, [AUTHORITY])
    )


@pytest.fixture
def automatic(head: User, agreed: None) -> None:
    """Stop payments up to 10,000.00 and renewals act without a person."""
    from accord.capabilities.controls import services
    from accord.core.money import Money

    services.set_rule(head, CENTRE, "stop_payment", Money(1_000_000, "CNY"))
    services.set_rule(head, CENTRE, "renewal")
