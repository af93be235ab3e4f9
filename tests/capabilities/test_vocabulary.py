"""Every code that a capability stores has one label, in English and in Chinese; every code of earlier releases is known."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import TextChoices
from django.utils import translation

from accord.capabilities.controls.audit import InboxOrderAudit
from accord.capabilities.controls.life_cycle import Event as InboxEvent
from accord.capabilities.controls.life_cycle import State as InboxState
from accord.capabilities.exchange.audit import RequestAudit
from accord.capabilities.exchange.kinds import Outcome
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.plugin import declared
from accord.capabilities.reports.audit import ReportAudit
from accord.capabilities.reports.models import IdentifierState
from accord.capabilities.vocabulary import AuditAction
from accord.web.vocabulary import words

RELEASES = Path(__file__).parent.parent / "releases"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def enumerations() -> Iterator[type[TextChoices]]:
    for _, declaration in declared():
        vocabulary = declaration.vocabulary
        yield from vocabulary.actions
        yield from vocabulary.details
        for of_name in vocabulary.values.values():
            yield from of_name


def test_every_audit_action_is_declared_by_a_capability() -> None:
    listed = {action for _, declaration in declared() for action in declaration.vocabulary.actions}
    written = {one for one in AuditAction.__subclasses__() if one.__module__.startswith("accord.")}
    assert listed == written


@pytest.mark.parametrize("enumeration", sorted(set(enumerations()), key=lambda one: (one.__module__, one.__qualname__)))
def test_every_code_has_a_label_in_english_and_in_chinese(enumeration: type[TextChoices]) -> None:
    for code, label in enumeration.choices:
        if not code:
            continue
        with translation.override("en"):
            english = str(label)
        with translation.override("zh-hans"):
            chinese = str(label)
        assert english
        assert CHINESE.search(chinese), f"{enumeration.__name__}: {code} has no Chinese"


def test_no_code_has_two_labels() -> None:
    labels: dict[str, set[str]] = defaultdict(set)
    for _, declaration in declared():
        for action in declaration.vocabulary.actions:
            for code, label in action.choices:
                labels[code].add(str(label))
    assert {code: found for code, found in labels.items() if len(found) > 1} == {}


def test_actions_composed_of_states_and_events_exist() -> None:
    """Those that the code looks up by a state, an event or an outcome."""
    asked = {State.HELD, State.HELD_PARTLY, State.IN_FORCE, State.DONE, State.REFUSED, State.EXPIRED, State.DISCARDED}
    assert {OrderAudit.reached(state) for state in asked} <= set(OrderAudit)
    answered = (InboxState.EXECUTED, InboxState.EXECUTED_PARTLY, InboxState.REFUSED, InboxState.EXPIRED)
    later = ("lift", "renew", "release", "release_partly", "replace", "return", "return_partly")
    assert all(InboxOrderAudit.of(happened) for happened in (*answered, *(InboxEvent(event) for event in later)))
    assert all(RequestAudit.of(outcome) for outcome in Outcome)
    assert all(ReportAudit.of_identifier(state) for state in IdentifierState)


def test_every_action_of_earlier_releases_is_known() -> None:
    known, found = words().actions, set()
    for path in RELEASES.glob("*.json.gz"):
        found |= set(_actions(json.loads(gzip.decompress(path.read_bytes()))))
    assert found
    assert found <= known.keys()


def _actions(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(action := document.get("action"), str) and "link" in document:
            yield action
        for value in document.values():
            yield from _actions(value)
    elif isinstance(document, list):
        for value in document:
            yield from _actions(value)
