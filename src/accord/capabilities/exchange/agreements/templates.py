"""A whole agreement to begin with, and agreements read from the files that people write."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final

import msgspec

from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.core.errors import BadInput

MOST_BYTES: Final = 256 * 1024


def template(here: str, there: str) -> str:
    """The TOML of an agreement between two agency codes: every field, strict where it can be, marked where to write anew."""
    text = (files(__package__) / "agreement.toml").read_text(encoding="utf-8")
    return text.replace("{here}", here).replace("{there}", there)


def read_file(data: bytes, where: str) -> AgreementTerms:
    """The terms of a TOML or JSON file. BadInput, which names the place, where it cannot be read or contradicts itself."""
    if len(data) > MOST_BYTES:
        raise BadInput(Msg.AGREEMENT_TOO_LONG, count=len(data), most=MOST_BYTES, where=where)
    try:
        text = data.decode("utf-8-sig")
        document = msgspec.json.decode(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (UnicodeDecodeError, msgspec.DecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(Msg.CAN_BE_READ_NEITHER_TOML_NOR, error=error, where=where) from None
    try:
        return documents.read(document)
    except BadInput as error:
        raise BadInput(error.wording, where=f"{where}: {error.where}" if error.where else where) from None
