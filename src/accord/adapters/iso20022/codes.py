"""The external code lists, kept in codes.toml: the schemas take any code, so that what it means is checked here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from accord.adapters.iso20022.errors import Msg
from accord.core.errors import BadInput


class CodeList(StrEnum):
    """A list of codes that this house uses."""

    CANCELLATION_REASON = "cancellation_reason"
    STATUS = "status"
    TRANSACTION_STATUS = "transaction_status"
    REJECTION_REASON = "rejection_reason"
    TRANSACTION_KIND = "transaction_kind"


@dataclass(frozen=True, slots=True)
class Codes:
    """One list: its name in the schemas, whether someone has checked it, code → meaning."""

    list: str
    verified: bool
    codes: MappingProxyType[str, str]


FRAUD: Final = "FRAD"


@lru_cache
def codes(which: CodeList) -> Codes:
    """A list as codes.toml has it."""
    document = tomllib.loads((resources.files("accord.adapters.iso20022") / "codes.toml").read_text(encoding="utf-8"))
    section = document[which]
    return Codes(section["list"], section["verified"], MappingProxyType(section["codes"]))


def meaning(which: CodeList, code: str) -> str:
    """What a code says; "unknown code" for one that is not in the list: it is shown, and nothing is done because of it."""
    return codes(which).codes.get(code, "unknown code")


def is_known(which: CodeList, code: str) -> bool:
    """Whether the list has the code."""
    return code in codes(which).codes


def refuse_unknown(which: CodeList, code: str, field: str) -> str:
    """The code, when the list has it: an unknown one is never written. BadInput names the field."""
    if not is_known(which, code):
        known = ", ".join(sorted(codes(which).codes))
        raise BadInput(Msg.NOT_IN_CODE_LIST, code=code, list=codes(which).list, known=known, where=field)
    return code
