"""The legal rules that orders stand on, as data files: one file a jurisdiction, one table a kind of order.

A rule says who approves, how long an order lasts and how often it may be renewed, on which grounds, and the clocks. It
names its source and whether anyone has checked it, and lists under `settings` what in it is a choice of this node and not
law. A rule that nobody checked never acts alone: whatever it says of approval, a second person must agree, nothing is
carried out or renewed automatically on it, and it is shown as unverified wherever it is used.

What a file leaves out comes from `default.toml`, the strict default, and is then unverified.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

import msgspec
from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.services.chase import CHASE_RULES
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import BURDENS, KEEPS_MONEY, RENEWABLE, OrderKind
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg
from accord.engine.tracing.model import Rule

ALIASES: Final = {"UK": "GB"}
"""Names in common use for which ISO 3166-1 has another code."""


class Approval(TextChoices):
    """Who lets an order leave."""

    ONE_OFFICER = "one_officer", _("One officer")
    TWO_OFFICERS = "two_officers", _("Two officers")
    COURT = "court", _("A court’s decision")  # two officers, and the reference of a court's decision


_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Above0 = Annotated[int, msgspec.Meta(gt=0)]
_AtLeast0 = Annotated[int, msgspec.Meta(ge=0)]


class RuleTable(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """[kinds.…] as it stands in a file."""

    approval: Approval
    hours: _Above0
    source: _Text
    verified: bool
    settings: list[str] = []
    renewals: _AtLeast0 = 0
    renewal_hours: _Above0 | None = None
    grounds: list[_Text] = []
    conditions: list[_Text] = []
    acknowledge_minutes: _Above0 = 15
    execute_minutes: _Above0 = 15
    report_hours: _Above0 = 24
    appeal_hours: _Above0 = 72
    release_hours: _Above0 = 12
    tell_after_hours: _AtLeast0 = 0


class RegimeFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: _Text
    authority: _Text
    tracing_rule: str
    first_order: OrderKind
    plan_order: OrderKind
    living_costs: dict[str, _AtLeast0] = {}
    kinds: dict[OrderKind, RuleTable] = {}


@dataclass(frozen=True, slots=True)
class KindRule:
    """What one jurisdiction says of one kind of order. `renewals` is a cap; `grounds` are what an officer may choose from."""

    kind: OrderKind
    approval: Approval
    lasts: timedelta
    renewals: int
    renewal_lasts: timedelta
    grounds: tuple[str, ...]
    conditions: tuple[str, ...]
    acknowledge_within: timedelta
    execute_within: timedelta
    report_within: timedelta
    appeal_within: timedelta
    release_within: timedelta
    tell_after: timedelta
    source: str
    verified: bool
    settings: tuple[str, ...]

    @property
    def asks_for_two(self) -> bool:
        """Whether somebody other than the drafter must approve: by law, or because nobody checked the rule."""
        return self.approval is not Approval.ONE_OFFICER or (not self.verified and self.kind in BURDENS)

    @property
    def acts_alone(self) -> bool:
        """Whether anything may be done automatically on this rule."""
        return self.verified


@dataclass(frozen=True, slots=True)
class Regime:
    """One jurisdiction's rules for orders. `first_order` is the kind that follows a call, `plan_order` that of a hold plan.

    `living_costs` (currency → minor units) stay available to a holder who is a minor, vulnerable or deceived.
    """

    code: str
    name: str
    authority: str
    tracing_rule: Rule
    first_order: OrderKind
    plan_order: OrderKind
    living_costs: dict[str, int]
    kinds: dict[OrderKind, KindRule]

    def rule(self, kind: str) -> KindRule:
        return self.kinds[OrderKind(kind)]

    @property
    def verified(self) -> bool:
        """Whether somebody checked the rule on which first orders stand."""
        return self.rule(self.first_order).verified

    @property
    def source(self) -> str:
        return self.rule(self.first_order).source


def current_regime() -> Regime:
    """The regime of the jurisdiction that this node stands in."""
    return regime(settings.ACCORD_JURISDICTION)


def known_codes() -> list[str]:
    """Jurisdictions that have a file."""
    names = (path.name.removesuffix(".toml") for path in (files(__package__) / "regimes").iterdir())
    return sorted(name.upper() for name in names if name != "default" and len(name) == 2)


def stated_kinds(code: str) -> list[OrderKind]:
    """The kinds for which a jurisdiction's own file has a rule; whatever else applies comes from the default."""
    code = ALIASES.get(code.upper(), code.upper())
    stated = _table(code.lower()).get("kinds", {}) if code in known_codes() else {}
    return [kind for kind in OrderKind if kind in stated]


def file_text(name: str) -> str:
    """A shipped file as it stands: "default", or a jurisdiction's code in small letters."""
    return (files(__package__) / "regimes" / f"{name}.toml").read_text(encoding="utf-8")


@cache
def regime(code: str) -> Regime:
    """The regime of a jurisdiction (ISO 3166-1 alpha-2); the strict default where there is no file for it."""
    code = ALIASES.get(code.upper(), code.upper())
    name = code.lower() if code in known_codes() else "default"
    return parse(code, _table(name), f"{name}.toml", _table("default"))


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(file_text(name))


def parse(code: str, table: dict[str, Any], where: str, default: dict[str, Any]) -> Regime:
    """A regime from its file, completed by the default. BadInput names the key that is wrong and what is expected."""
    stated, strict = _read(table, where), _read(default, "default.toml")
    if stated.tracing_rule not in CHASE_RULES:
        raise BadInput(Msg.TRACING_RULE_MUST_BE_ONE, rules=tuple(CHASE_RULES), stated=stated.tracing_rule, where=where)
    for key, kind in (("first_order", stated.first_order), ("plan_order", stated.plan_order)):
        if kind not in KEEPS_MONEY:
            raise BadInput(Msg.MUST_BE_ONE_OF, key=key, kinds=tuple(KEEPS_MONEY), kind=kind, where=where)
    missing = sorted(set(OrderKind) - strict.kinds.keys())
    if missing:
        raise BadInput(Msg.DEFAULT_MUST_RULE_FOR_EVERY_KIND, missing=tuple(missing), where="default.toml")
    return Regime(
        code=code,
        name=stated.name,
        authority=stated.authority,
        tracing_rule=Rule(stated.tracing_rule),
        first_order=stated.first_order,
        plan_order=stated.plan_order,
        living_costs=stated.living_costs or strict.living_costs,
        kinds={kind: _rule(kind, stated.kinds.get(kind, strict.kinds[kind]), where) for kind in OrderKind},
    )


def _read(table: dict[str, Any], where: str) -> RegimeFile:
    try:
        return msgspec.convert(table, RegimeFile)
    except msgspec.ValidationError as error:
        raise BadInput(CoreMsg.VERBATIM, text=str(error), where=where) from error


def _rule(kind: OrderKind, table: RuleTable, where: str) -> KindRule:
    known = {name for name in RuleTable.__struct_fields__ if name not in ("settings", "source", "verified")}
    if unknown := sorted(set(table.settings) - known):
        raise BadInput(Msg.UNKNOWN_SETTINGS, unknown=tuple(unknown), where=f"{where}: kinds.{kind}")
    if table.renewals and kind not in RENEWABLE:
        raise BadInput(Msg.KIND_ORDER_NEVER_RENEWED, where=f"{where}: kinds.{kind}")
    if kind is OrderKind.RELEASE and table.approval is not Approval.ONE_OFFICER:
        raise BadInput(Msg.GIVING_BACK_NEEDS_NO_SECOND_PERSON, where=f"{where}: kinds.{kind}")
    return KindRule(
        kind=kind,
        approval=table.approval,
        lasts=timedelta(hours=table.hours),
        renewals=table.renewals,
        renewal_lasts=timedelta(hours=table.renewal_hours or table.hours),
        grounds=tuple(table.grounds),
        conditions=tuple(table.conditions),
        acknowledge_within=timedelta(minutes=table.acknowledge_minutes),
        execute_within=timedelta(minutes=table.execute_minutes),
        report_within=timedelta(hours=table.report_hours),
        appeal_within=timedelta(hours=table.appeal_hours),
        release_within=timedelta(hours=table.release_hours),
        tell_after=timedelta(hours=table.tell_after_hours),
        source=table.source,
        verified=table.verified,
        settings=tuple(table.settings),
    )
