"""How many signed and encrypted messages a second one centre hands to another, over the real HTTP stack of two nodes.

Two centres, each with a home, a store and keys of its own. One sends from its worker's own code; the other takes in through
its web process (granian), which opens, verifies and stores every message for good and signs a reply to every batch. Queueing
is timed by itself, and so is applying at the receiver. Beside it, as peers, in the same run: the bare library (joserfc) that
signs, encrypts, decrypts and verifies them in one process without any network or store; and the same messages as plain JSON,
unsigned and not encrypted, through the same HTTP stack to a program that only parses them.

    python benchmarks/envelopes.py [--messages 20000] [--json]

Target: at least 1,000 signed and encrypted messages a second on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from socket import create_server
from typing import Any, Final

SENDER, RECEIVER = "AA-CENTRE", "BB-CENTRE"
BYTES: Final = 1_800
"""Of a message's canonical content: about an enquiry's answer with ten transfers."""
BATCH: Final = 500
TARGET: Final = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--role", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role:
        print(json.dumps(ROLES[arguments.role[0]](*arguments.role[1:])))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = _measure(Path(folder), arguments.messages)
    if arguments.json:
        print(json.dumps(figures, indent=2))
        return
    width = max(map(len, figures))
    for name, per_second in figures.items():
        print(f"{name:{width}}  {per_second:10,.0f} messages/s   {figures[OURS] / per_second:6.2f} of it are ours")
    print("target", f"{TARGET:,}", "reached" if figures[OURS] >= TARGET else "missed")


OURS: Final = "handed over, signed and encrypted"


def _measure(folder: Path, messages: int) -> dict[str, float]:
    ports = {code: _free_port() for code in (SENDER, RECEIVER)}
    homes = {code: folder / code for code in ports}
    for code, home in homes.items():
        home.mkdir(mode=0o700)
        settings = {
            "agency": code,
            "agency_name": f"Centre {code}",
            "jurisdiction": "CN",
            "covers_countries": code[:2],
            "contact": "+00 000",
            "partner_url": f"http://127.0.0.1:{ports[code]}",
        }
        (home / "accord.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    cards = {code: _role(home, "keys") for code, home in homes.items()}
    _role(homes[SENDER], "confirm", cards[RECEIVER])
    _role(homes[RECEIVER], "confirm", cards[SENDER])
    figures = {"queued": messages / _role(homes[SENDER], "queue", messages)}
    with _serving("accord.node.wsgi:application", ports[RECEIVER], homes[RECEIVER], "wsgi"):
        figures[OURS] = messages / _role(homes[SENDER], "send", messages)
    figures["applied and answered"] = min(messages, 2_000) / _role(homes[RECEIVER], "apply", min(messages, 2_000))
    figures["joserfc alone, one process, no network, no store"] = 2_000 / _role(homes[SENDER], "joserfc", 2_000)
    port = _free_port()
    with _serving(f"{Path(__file__).stem}:plain", port, homes[RECEIVER], "wsgi", str(Path(__file__).parent)):
        figures["plain JSON through the same HTTP stack"] = messages / _plain(port, messages)
    return figures


def _role(home: Path, *role: object) -> Any:
    """A part of the benchmark in a process of its own, with the Django of one home."""
    done = subprocess.run(
        [sys.executable, __file__, "--role", *map(str, role)],
        env={**os.environ, "ACCORD_HOME": str(home), "DJANGO_SETTINGS_MODULE": "accord.node.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def _django() -> None:
    from accord.node.home import Home
    from accord.node.serve import prepare

    prepare(Home.from_environment())


def _keys() -> str:
    _django()
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners import queries as partners
    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.people.policy import OPERATOR

    own_keys.make_keys(OPERATOR)
    return cards.card_bytes(partners.own_card(OPERATOR).signed).decode()


def _confirm(card: str) -> None:
    _django()
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    added = partners.add(OPERATOR, card.encode())
    words = cards.words(partners.fingerprint_of(added), "en")
    partners.confirm(OPERATOR, added.code, {place: words[place - 1] for place in partners.asked_words(added, OPERATOR)})


def _body(number: int) -> dict[str, str]:
    return {"asked_at": "2026-03-20T12:00:00Z", "contact": f"{number:08d} " + "x" * (BYTES - 300)}


def _queue(messages: str) -> float:
    _django()
    from accord.capabilities import unit_of_work
    from accord.capabilities.exchange.channel.services import sending
    from accord.capabilities.exchange.kinds import MessageKind

    @unit_of_work.change
    def some(numbers: Iterable[int]) -> None:
        for number in numbers:
            sending.queue(RECEIVER, MessageKind.TEST_CALL, _body(number))

    started = time.perf_counter()
    for first in range(0, int(messages), BATCH):
        some(range(first, min(first + BATCH, int(messages))))
    return time.perf_counter() - started


def _send(messages: str) -> float:
    """The worker's own code, until everything is delivered."""
    _django()
    from accord.capabilities.exchange.channel.queries.delivery import lag
    from accord.capabilities.people.policy import OPERATOR
    from accord.node.wired import Lines
    from accord.node.worker import Worker

    worker = Worker(Lines(_nobody, _nobody, ""))
    started = time.perf_counter()
    worker.run_until_idle()
    took = time.perf_counter() - started
    worker.close()
    (left,) = lag(OPERATOR)
    assert left.queued == 0, left
    assert left.acknowledged >= int(messages), left
    return took


def _nobody(institution: str) -> Any:
    """This node asks no bank."""
    raise AssertionError(institution)


def _apply(messages: str) -> float:
    _django()
    from accord.capabilities.exchange.tasks import apply_ready

    apply_ready(10)
    started = time.perf_counter()
    done = apply_ready(int(messages))
    assert done >= int(messages), done
    return time.perf_counter() - started


def _joserfc(messages: str) -> float:
    """What the library alone needs for the same messages, both ways."""
    from joserfc import jwe, jws
    from joserfc.jwk import OKPKey

    signing, encryption = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("X25519")
    payloads = [json.dumps({"id": "0" * 36, "body": _body(number), "more": "y" * 250}) for number in range(int(messages))]
    outer = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
    started = time.perf_counter()
    for payload in payloads:
        signed = jws.serialize_compact({"alg": "Ed25519"}, payload, signing, algorithms=["Ed25519"])
        sealed = jwe.encrypt_compact(outer, signed, encryption, algorithms=list(outer.values()))
        opened = jwe.decrypt_compact(sealed, encryption, algorithms=list(outer.values()))
        jws.deserialize_compact(opened.plaintext or b"", signing, algorithms=["Ed25519"])
    return time.perf_counter() - started


def plain(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A program that parses a batch of plain messages and says how many there were."""
    batch = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
    answer = json.dumps({"taken": len(batch.get("messages", ()))}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def _plain(port: int, messages: int) -> float:
    import httpx

    with httpx.Client(trust_env=False) as client:
        started = time.perf_counter()
        for first in range(0, messages, BATCH):
            batch = [{"id": "0" * 36, "body": _body(number), "more": "y" * 250} for number in range(first, first + BATCH)]
            client.post(f"http://127.0.0.1:{port}/", json={"messages": batch}).raise_for_status()
        return time.perf_counter() - started


class _serving:  # noqa: N801 - reads as what it does
    """granian as a node runs it: one process, four threads."""

    def __init__(self, application: str, port: int, home: Path, interface: str, *paths: str) -> None:
        self._port = port
        environment = {**os.environ, "ACCORD_HOME": str(home), "DJANGO_SETTINGS_MODULE": "accord.node.settings"}
        environment["PYTHONPATH"] = os.pathsep.join([*paths, environment.get("PYTHONPATH", "")]).strip(os.pathsep)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", interface, "--no-ws", "--log-level", "warning"),
                *("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4", application),
            ],
            env=environment,
        )

    def __enter__(self) -> None:
        import httpx

        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{self._port}/api/partner/v1/openapi.json", trust_env=False, timeout=30)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        sys.exit("the web process did not answer")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


ROLES: Final[dict[str, Callable[..., Any]]] = {
    "keys": _keys,
    "confirm": _confirm,
    "queue": _queue,
    "send": _send,
    "apply": _apply,
    "joserfc": _joserfc,
}

if __name__ == "__main__":
    main()
