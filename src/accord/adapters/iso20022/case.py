"""The frame of a case: who assigned it to whom, which case it is, and who opened it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accord.adapters.iso20022 import schemas
from accord.adapters.iso20022.errors import Msg
from accord.adapters.iso20022.nodes import Node
from accord.adapters.iso20022.payment import bank_key, put_bank
from accord.adapters.iso20022.xml import parse
from accord.core.errors import BadInput

_LONGEST_NAME: Final = 140


@dataclass(frozen=True, slots=True)
class Assignment:
    """One message of a case. `assigner` and `assignee` are banks (BIC); `case_creator` is whoever opened the case, by name."""

    id: str
    case_id: str
    case_creator: str
    assigner: str
    assignee: str
    created_at: datetime


def put_assignment(body: Node, assignment: Assignment, case: str) -> None:
    """Assgnmt and the case, which is named `case` ("Case" or "RslvdCase")."""
    for value, field in (
        (assignment.id, "Assgnmt/Id"),
        (assignment.assigner, "Assgnmt/Assgnr"),
        (assignment.assignee, "Assgnmt/Assgne"),
        (assignment.case_id, f"{case}/Id"),
        (assignment.case_creator, f"{case}/Cretr"),
    ):
        if not value:
            raise BadInput(Msg.MISSING_MESSAGE_NEEDS, where=field)
    if assignment.created_at.tzinfo is None:
        raise BadInput(Msg.NEEDS_ZONE, where="Assgnmt/CreDtTm")
    frame = body.add("Assgnmt")
    frame.put("Id", assignment.id)
    put_bank(frame, "Assgnr/Agt", assignment.assigner)
    put_bank(frame, "Assgne/Agt", assignment.assignee)
    frame.put_moment("CreDtTm", assignment.created_at)
    stated = body.add(case)
    stated.put("Id", assignment.case_id)
    stated.put("Cretr/Pty/Nm", assignment.case_creator, _LONGEST_NAME)


def read_assignment(body: Node, cases: tuple[Node | None, ...], where: str) -> Assignment:
    """Assgnmt and the first of these cases that is there; BadInput where one is missing."""
    case = next((stated for stated in cases if stated is not None), None)
    if case is None:
        raise BadInput(Msg.MESSAGE_NAMES_NO_CASE, where=where)
    created_at = body.moment("Assgnmt/CreDtTm", where)
    if created_at is None:
        raise BadInput(Msg.ASSGNMT_CREDTTM_MISSING, where=where)
    return Assignment(
        id=body.text("Assgnmt/Id"),
        case_id=case.text("Id"),
        case_creator=_party(case, "Cretr"),
        assigner=_party(body, "Assgnmt/Assgnr"),
        assignee=_party(body, "Assgnmt/Assgne"),
        created_at=created_at,
    )


def _party(node: Node, path: str) -> str:
    return bank_key(node, f"{path}/Agt") or node.text(
        f"{path}/Pty/Nm", f"{path}/Pty/Id/OrgId/AnyBIC", f"{path}/Pty/Id/OrgId/BICOrBEI", f"{path}/Pty/Id/OrgId/Othr/Id"
    )


def read_document(content: bytes, family: str, where: str) -> tuple[Node, bool]:
    """The Document of a message of `family` ("camt.056"), and whether it was checked against its official schema.

    It may lie in an envelope of the network. Versions without a schema here are read by the names of their elements. BadInput
    for another message, more than one, or one that its schema refuses.
    """
    root = parse(content, where)
    documents = [element for element in root.iter() if str(element.tag).rpartition("}")[2] == "Document"]
    found = [element for element in documents if schemas.message_of(element).startswith(f"{family}.001.")]
    if len(found) != 1:
        names = ", ".join(schemas.message_of(element) or "a Document of no ISO 20022 message" for element in documents[:3])
        raise BadInput(Msg.EXPECTED_ANOTHER_MESSAGE, message=family, names=names or f"<{root.tag}>", where=where)
    return Node(found[0]), schemas.check(found[0], where)
