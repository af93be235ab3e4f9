"""Everything that an agency sets of its node, typed, with what each setting is: read once, documented, looked at by the doctor.

A setting is a line of accord.toml, or the environment variable of its name in capitals after ACCORD_, which wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Meta

from accord.core.errors import BadInput

if TYPE_CHECKING:
    from accord.node.home import Home


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a node, as its processes were started with them."""

    database_url: Annotated[str, Meta(description="postgresql://user:password@host:port/name of the operational store")] = ""
    allowed_hosts: Annotated[
        tuple[str, ...], Meta(description="host names the node answers to besides this machine, separated by commas")
    ] = ()
    jurisdiction: Annotated[str, Meta(description="whose rules orders stand on: the name of a regime, such as CN")] = "CN"
    contact: Annotated[str, Meta(description="how a bank reaches this agency at any hour; stands on every order")] = ""
    public_url: Annotated[
        str, Meta(description="where the public reaches this node; stands in what holders of accounts are told")
    ] = ""
    agency: Annotated[str, Meta(description="this agency's code, as other agencies' messages name it")] = ""
    agency_kind: Annotated[
        str, Meta(description="centre (the default), or bank: a ledger holder that answers enquiries and obeys orders")
    ] = "centre"
    bank_acknowledge_minutes: Annotated[int, Meta(description="a bank's own clock: how soon a message is acknowledged")] = 15
    bank_execute_minutes: Annotated[
        int, Meta(description="a bank's own clock: how soon an order is carried out or refused")
    ] = 30
    bank_longest_hours: Annotated[
        int, Meta(description="how long an order may last that a bank accepts, where an agreement says nothing else")
    ] = 4416
    hotline: Annotated[str, Meta(description="the number that a victim calls; stands on the public site")] = ""
    time_zone: Annotated[str, Meta(description="the zone that pages show times in, such as Asia/Shanghai")] = "Asia/Shanghai"
    own_ledger_covers: Annotated[
        str, Meta(description="institutions whose transfers this node's own records hold, separated by commas; * for all")
    ] = ""
    exercise_folder: Annotated[
        str, Meta(description="the exercise folder of another home, where several nodes play in one made-up world")
    ] = ""
    second_factor: Annotated[
        str,
        Meta(description="required, or off: whoever decides about money needs more than a password; off in an exercise alone"),
    ] = "required"
    agency_name: Annotated[str, Meta(description="this agency's name on the card that partners get")] = ""
    agency_name_zh: Annotated[str, Meta(description="the same in Chinese")] = ""
    partner_url: Annotated[str, Meta(description="where partners' nodes reach this one; empty where envelopes go as files")] = (
        ""
    )
    partner_ca: Annotated[
        Path | None, Meta(description="file (PEM) of the authorities that vouch for partners' servers, instead of the system's")
    ] = None
    partner_certificate: Annotated[
        Path | None,
        Meta(description="file (PEM) of the certificate that this node shows to partners' servers that ask who calls"),
    ] = None
    partner_key: Annotated[Path | None, Meta(description="file (PEM) of that certificate's key")] = None
    partner_tls_sha256: Annotated[
        str, Meta(description="SHA-256 fingerprint of the certificate that this node shows to partners")
    ] = ""
    covers_countries: Annotated[
        tuple[str, ...],
        Meta(description="countries whose ledgers this centre can ask, separated by commas (default: the jurisdiction)"),
    ] = ()
    covers_institutions: Annotated[
        tuple[str, ...],
        Meta(description="institutions whose ledgers this centre can ask, separated by commas; for a part of a country"),
    ] = ()
    key_passphrase_file: Annotated[
        Path | None, Meta(description="file that holds the passphrase of this node's private keys; outside the home")
    ] = None
    behind_tls: Annotated[bool, Meta(description="1 when a reverse proxy that ends TLS stands before the node")] = False

    @classmethod
    def of(cls, home: Home) -> NodeSettings:
        """The settings in force for this process. BadInput that names the first that cannot be."""
        return cls(**{name: _READERS.get(name, _text)(home, name) for name in cls.__struct_fields__})


def _text(_home: Home, name: str) -> str:
    return os.environ.get(f"ACCORD_{name.upper()}", DEFAULTS[name] or "")


def _number(home: Home, name: str) -> int:
    return home.number(name, DEFAULTS[name])


def _file(home: Home, name: str) -> Path | None:
    return home.file(name)


_READERS: Final[Mapping[str, Callable[[Home, str], Any]]] = {
    "allowed_hosts": lambda _home, name: tuple(filter(None, _text(_home, name).split(","))),
    "agency_kind": lambda home, _name: home.agency_kind(),
    "bank_acknowledge_minutes": _number,
    "bank_execute_minutes": _number,
    "bank_longest_hours": _number,
    "second_factor": lambda home, _name: home.second_factor(),
    "agency_name": lambda home, name: _text(home, name) or _text(home, "agency"),
    "partner_ca": _file,
    "partner_certificate": _file,
    "partner_key": _file,
    "partner_tls_sha256": lambda home, name: _text(home, name).replace(":", "").lower(),
    "covers_countries": lambda home, name: home.listed(name, _text(home, "jurisdiction")),
    "covers_institutions": lambda home, name: home.listed(name, ""),
    "key_passphrase_file": lambda home, _name: home.key_passphrase_file(),
    "behind_tls": lambda home, name: _text(home, name) == "1",
}
"""How a setting is read that is more than the text of its variable."""

DEFAULTS: Final[Mapping[str, Any]] = {field.name: field.default for field in msgspec.structs.fields(NodeSettings)}


def _descriptions() -> Iterator[tuple[str, str]]:
    for name, hint in get_type_hints(NodeSettings, include_extras=True).items():
        if name in DEFAULTS:
            yield name, next(one.description for one in get_args(hint) if isinstance(one, Meta) and one.description)


DESCRIPTIONS: Final[Mapping[str, str]] = dict(_descriptions())
"""What each setting is, in the order of the documentation."""


def problems(home: Home) -> Iterator[tuple[str, BadInput]]:
    """Every setting that cannot be, with what is wrong with it."""
    for name in DEFAULTS:
        try:
            _READERS.get(name, _text)(home, name)
        except BadInput as error:
            yield name, error


def as_markdown() -> str:
    """The table for the documentation."""
    rows = (f"| `{name}` | {_shown(DEFAULTS[name])} | {words} |" for name, words in DESCRIPTIONS.items())
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows])


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"`{default}`" if default else ""
