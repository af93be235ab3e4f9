"""A network of a test's own: hosts in network namespaces, and a switch between them that cuts, delays and loses frames.

Run as a program by `network.Network`, as root on Linux:

    wire.py SECONDS [RECORD]     ends after so many seconds, or when its input ends; every frame is written to RECORD

It takes one JSON document a line and answers with one: {"host": "a", "address": "127.77.0.2/24"} makes a host and answers
{"namespace": "/proc/…"}; {"between": ["a", "b"], "cut": false, "seconds": 0.0, "lost": 0.0} sets how the way between two
hosts is from now on. A host's interface is a tap device whose frames this process carries, so that loss and delay are what
TCP meets on a real line, whatever the kernel's own tools can do. The namespaces are nobody's but this process's and of those
who run in them: when the last of these is gone, nothing is left.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import json
import os
import random
import selectors
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP_WITHOUT_HEADER = 0x0002 | 0x1000
BROADCAST = b"\xff" * 6
LONGEST_FRAME = 65_536
MOST_ON_THE_WAY = 20_000


@dataclass
class Way:
    """How frames fare between two hosts, each direction alike."""

    cut: bool = False
    seconds: float = 0.0
    lost: float = 0.0


class Switch:
    """Carries frames between the tap devices of hosts. One thread; everything it holds ends with it."""

    def __init__(self, record: BinaryIO | None) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._record = record
        self._taps: dict[str, int] = {}
        self._spaces: dict[str, int] = {}
        self._addresses: dict[bytes, str] = {}
        self._ways: dict[frozenset[str], Way] = {}
        self._on_the_way: list[tuple[float, int, str, bytes]] = []
        self._sent = 0
        self._chance = random.Random(7)
        self._ready = selectors.DefaultSelector()

    def host(self, name: str, address: str) -> str:
        """A host with a loopback device and one interface of this address; the path of its network namespace."""
        if self._libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "a network namespace cannot be made")
        self._spaces[name] = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TAP_WITHOUT_HEADER))
        # Nodes speak plain HTTP to loopback addresses alone. So loopback is one address here, and the others of 127/8 lie
        # on the line: each host believes that all of them are its own machine, and no other network can ever be reached.
        Path("/proc/sys/net/ipv4/conf/all/route_localnet").write_text("1")
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
        for command in (
            "link set lo up",
            "addr del 127.0.0.1/8 dev lo",
            "addr add 127.0.0.1/32 dev lo",
            f"addr add {address} dev line",
            "link set line up",
        ):
            subprocess.run(["ip", *command.split()], check=True, capture_output=True, text=True)
        self._taps[name] = tap
        self._ready.register(tap, selectors.EVENT_READ, name)
        return f"/proc/{os.getpid()}/fd/{self._spaces[name]}"

    def way(self, one: str, other: str, cut: bool, seconds: float, lost: float) -> None:
        self._ways[frozenset((one, other))] = Way(cut, seconds, lost)

    def run(self) -> None:
        """Carry frames and obey lines of the input until that ends."""
        self._ready.register(sys.stdin, selectors.EVENT_READ, "")
        while True:
            wait = max(0.0, self._on_the_way[0][0] - time.monotonic()) if self._on_the_way else None
            for key, _ in self._ready.select(wait):
                if key.data:
                    self._take(key.data)
                elif line := sys.stdin.readline():
                    self._obey(json.loads(line))
                else:
                    return
            self._deliver()

    def _obey(self, order: dict[str, Any]) -> None:
        if "host" in order:
            answer = {"namespace": self.host(order["host"], order["address"])}
        else:
            self.way(*order["between"], order["cut"], order["seconds"], order["lost"])
            answer = {}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    def _take(self, host: str) -> None:
        """All frames that a host has put on its line."""
        while True:
            try:
                frame = os.read(self._taps[host], LONGEST_FRAME)
            except BlockingIOError:
                return
            if self._record:
                self._record.write(frame)
                self._record.flush()
            self._addresses[frame[6:12]] = host
            receiver = self._addresses.get(frame[:6])
            if receiver:
                self._send(host, receiver, frame)
            elif frame[0] & 1:
                for other in self._taps.keys() - {host}:
                    self._send(host, other, frame)

    def _send(self, sender: str, receiver: str, frame: bytes) -> None:
        way = self._ways.get(frozenset((sender, receiver))) or Way()
        if way.cut or (way.lost and self._chance.random() < way.lost) or len(self._on_the_way) > MOST_ON_THE_WAY:
            return
        self._sent += 1
        heapq.heappush(self._on_the_way, (time.monotonic() + way.seconds, self._sent, receiver, frame))

    def _deliver(self) -> None:
        while self._on_the_way and self._on_the_way[0][0] <= time.monotonic():
            _, _, receiver, frame = heapq.heappop(self._on_the_way)
            try:
                os.write(self._taps[receiver], frame)
            except OSError:  # its queue is full, or it is down: a frame is lost, as on any line
                continue


def main(seconds: str, record: str = "") -> None:
    signal.alarm(int(seconds))
    if not record:
        Switch(None).run()
        return
    with Path(record).open("ab") as file:
        Switch(file).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
