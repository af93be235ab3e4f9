"""Raw calls to a bank's API: what an adapter would never send, with the bank's reply as it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from accord.adapters.bank_http.transport import Endpoint, trust_of
from accord.adapters.contract_kit.bench import RawReply
from accord.adapters.contract_kit.errors import Msg
from accord.core.errors import Unavailable

_NONE_KEPT = httpx.Limits(max_keepalive_connections=0)


class RawHttp:
    """A RawLine with a token, unless a call states another Authorization (an empty one is left out).

    Each call has a connection of its own: a bank may close one on which it refused a message without reading it to the
    end, and the next call on that connection would then get no reply.
    """

    def __init__(self, endpoint: Endpoint, token: Callable[[], str]) -> None:
        self._base = endpoint.url.rstrip("/")
        self._code = endpoint.code
        self._token = token
        self._client = httpx.Client(verify=trust_of(endpoint), trust_env=False, timeout=30, limits=_NONE_KEPT)

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> RawReply:
        """The reply. Unavailable where there is none."""
        stated = {"Authorization": f"Bearer {self._token()}", **headers}
        if not stated["Authorization"]:
            del stated["Authorization"]
        try:
            reply = self._client.request(method, f"{self._base}/{path}", content=body, headers=stated)
        except httpx.HTTPError as error:
            raise Unavailable(Msg.NO_REPLY, code=self._code, kind=type(error).__name__) from error
        return RawReply(reply.status_code, {name.lower(): value for name, value in reply.headers.items()}, reply.content)

    def close(self) -> None:
        self._client.close()
