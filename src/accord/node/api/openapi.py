"""The messages in the OpenAPI documents: schemas made from the ports' dataclasses themselves, so that they cannot drift."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from accord.adapters.bank_wire import Letter, Problem, signatures
from accord.adapters.bank_wire.contract import Contract
from accord.adapters.bank_wire.letters import Receipt, Taken
from accord.capabilities.claims.ports import CROSSING, Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.exchange.channel.receipts import Batch, SignedReply
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core.enum_schema import enum_schema, name_enums
from accord.node.api.problems import PROBLEM_JSON

_REF: Final = "#/components/schemas/{name}"
MESSAGES: Final[tuple[type[Any], ...]] = (
    OrderMessage,
    OrderAnswer,
    OrderStatus,
    EnquiryRequest,
    EnquiryAnswer,
    Acknowledged,
    Contract,
    Letter,
    Taken,
    Receipt,
    Batch,
    SignedReply,
    Problem,
)
_MOMENTS: Final = ("until", "answered_at", "ended_at", "expected_at", "sent_at", "now", "time", "tell_from", "about_when")
"""Fields that are times: the schema maker leaves the format of times out."""

IDEMPOTENCY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "The message's own id. The same id with other content is refused with 409.",
    "schema": {"type": "string", "format": "uuid"},
}


SIGNED: Final = tuple(
    {"in": "header", "name": name, "required": True, "description": words, "schema": {"type": "string"}}
    for name, words in (
        (signatures.ID, "The letter's id; the same at every attempt."),
        (signatures.TIMESTAMP, "Epoch seconds of this attempt; at most five minutes from the centre's clock."),
        (signatures.SIGNATURE, "v1,<base64 of HMAC-SHA256 over id.timestamp.body>, one for each secret in use."),
    )
)


class DescribedApi(NinjaAPI):
    """An API whose document holds the messages and, where calls need one, the token."""

    def __init__(self, *, tokens: bool, **options: Any) -> None:
        super().__init__(docs_url=None, **options)
        self._tokens = tokens

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"] = {"schemas": components()}
        if self._tokens:
            schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"token": []}]
        return schema


def components() -> dict[str, Any]:
    """JSON Schemas of every message. Times are strings of RFC 3339 with a zone."""
    _, schemas = msgspec.json.schema_components(MESSAGES, schema_hook=enum_schema, ref_template=_REF)
    name_enums(schemas, _REF.format(name=""))
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if name in _MOMENTS:
                for choice in field.get("anyOf", [field]):
                    if choice.get("type") == "string":
                        choice["format"] = "date-time"
    for name in CROSSING:
        del schemas["Credit"]["properties"][name]
    schemas["Letter"]["properties"]["data"] = {"type": "object", "description": "The message that `type` names."}
    return schemas


def takes(message: type[Any], *parameters: dict[str, Any], answers: dict[int, tuple[str, type[Any]]]) -> dict[str, Any]:
    """An operation that is sent a message: `answers` by status are (description, message)."""
    body = {"required": True, "content": {"application/json": {"schema": _ref(message)}}}
    return {"requestBody": body, **gives(answers, 400, 401, 403, 404, 409, 413, 415, 422, 503, parameters=parameters)}


def gives(
    answers: dict[int, tuple[str, type[Any]]], *problems: int, parameters: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    """What an operation answers: `answers` by status, and the problems that it may meet."""
    responses: dict[int, Any] = {
        status: {"description": words, "content": {"application/json": {"schema": _ref(message)}}}
        for status, (words, message) in answers.items()
    }
    for status in problems:
        responses[status] = {"description": "A problem (RFC 9457)", "content": {PROBLEM_JSON: {"schema": _ref(Problem)}}}
    described: dict[str, Any] = {"responses": responses}
    if parameters:
        described["parameters"] = list(parameters)
    return described


def _ref(message: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(name=message.__name__)}
