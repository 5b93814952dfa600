#!/usr/bin/env python3
"""Somebody on the path: three network namespaces in a row, and in the middle one a forger who copies the client's datagrams, gives
the copies a victim's address, and lets them arrive before the originals, after them, or twice. He counts what the victim would get.

The same race over thousands of schedules, without a kernel, is tests/wire/roaming_race_test.cc.
"""

import ctypes
import heapq
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

from harness import SERVER, main, root_only, test

CLIENT, VICTIM, OUTSIDE = "10.231.8.2", "10.231.8.66", "10.231.8.1"
MACS = {"client": "02:00:00:00:00:02", "server": "02:00:00:00:00:01"}
ONE_WAY = 0.01
HEARTBEAT, ACK_DELAY = 3.0, 0.1
SLACK = 1.0         # for a machine that is busy with other tests
PROGRAM = "stty -echo; (while :; do echo tick-$RANDOM-$(date +%N); sleep 0.05; done) & echo START; while read x; do printf '\\033]2;got-%s.\\007' $x; done"


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Path:
    """Two veth pairs with the forger between them, who forwards every frame himself."""

    def __init__(self, t, seed):
        self.t, self.random = t, random.Random(seed)
        self.names = {role: f"sp{os.getpid()}{role[0]}" for role in ("client", "forger", "server")}
        self.forging, self.first, self.hold, self.copied = False, 0.0, 0.0, 1.0
        self.from_victim = self.to_victim = self.copies = 0
        self.by_port = {}       # the client's ports: [bytes from it, bytes to it]
        self.queue, self.count, self.lock, self.over = [], 0, threading.Lock(), False

    def ip(self, *words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True)
        if done.returncode:
            self.t.skip(f"no network namespaces here: ip {' '.join(words)}: {done.stderr.strip()}")

    def make(self):
        for name in self.names.values():
            self.ip("netns", "add", name)
        ends = {"client": (CLIENT, OUTSIDE), "server": (OUTSIDE, CLIENT)}
        for role, (own, other) in ends.items():
            self.ip("link", "add", f"{role[0]}0", "netns", self.names[role], "type", "veth", "peer", "name", f"{role[0]}1", "netns", self.names["forger"])
            self.ip("-n", self.names[role], "link", "set", f"{role[0]}0", "address", MACS[role], "up")
            self.ip("-n", self.names["forger"], "link", "set", f"{role[0]}1", "up")
            self.ip("-n", self.names[role], "addr", "add", f"{own}/24", "dev", f"{role[0]}0")
            for neighbour in {other, CLIENT, VICTIM, OUTSIDE} - {own}:
                self.ip("-n", self.names[role], "neigh", "add", neighbour, "lladdr", "02:00:00:00:00:0f", "dev", f"{role[0]}0")
        with self.inside("forger"):
            self.sockets = {role: self.packet_socket(f"{role[0]}1") for role in ends}
        self.thread = threading.Thread(target=self.forward, daemon=True)
        self.thread.start()

    def remove(self):
        self.over = True
        if hasattr(self, "thread"):
            self.thread.join()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def inside(self, role):
        """The calling thread is in that namespace within a `with`: sockets stay where they were made."""
        path = self

        class Inside:
            def __enter__(self):
                self.before = open("/proc/thread-self/ns/net")
                self.enter(f"/run/netns/{path.names[role]}")

            def enter(self, where):
                with open(where) as file:
                    if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000):
                        path.t.fail(f"setns: {os.strerror(ctypes.get_errno())}")

            def __exit__(self, *_):
                self.enter(f"/proc/self/fd/{self.before.fileno()}")
                self.before.close()
        return Inside()

    @staticmethod
    def packet_socket(interface):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        sock.bind((interface, 0x0800))
        sock.setblocking(False)
        return sock

    # What the forger does. One thread; times are when a frame leaves again.

    def later(self, role, frame, delay):
        self.count += 1
        heapq.heappush(self.queue, (time.monotonic() + delay, self.count, role, frame))

    def forward(self):
        while not self.over:
            wait = min(max(self.queue[0][0] - time.monotonic(), 0), 0.05) if self.queue else 0.05
            ready, _, _ = select.select(list(self.sockets.values()), [], [], wait)
            for sock in ready:
                try:
                    frame, address = sock.recvfrom(65536)
                except BlockingIOError:
                    continue
                if address[2] != socket.PACKET_OUTGOING and len(frame) >= 42 and frame[23] == socket.IPPROTO_UDP:
                    with self.lock:
                        (self.of_client if sock is self.sockets["client"] else self.of_server)(frame)
            while self.queue and self.queue[0][0] <= time.monotonic():
                _, _, role, frame = heapq.heappop(self.queue)
                try:
                    self.sockets[role].send(frame)
                except OSError:
                    pass

    @staticmethod
    def rewritten(frame, role, source=None):
        """To that end's card, from another address if wanted, with checksums that hold: UDP's may be left out."""
        header = bytearray(frame[14:34])
        header[10:12] = b"\0\0"
        if source:
            header[12:16] = socket.inet_aton(source)
        header[10:12] = struct.pack(">H", checksum(header))
        (size,) = struct.unpack(">H", header[2:4])
        mac = bytes.fromhex(MACS[role].replace(":", ""))
        return mac + b"\x02\0\0\0\0\x0f\x08\0" + bytes(header) + frame[34:40] + b"\0\0" + frame[42:14 + size]

    @staticmethod
    def payload_size(frame):
        return struct.unpack(">H", frame[38:40])[0] - 8

    def of_client(self, frame):
        self.by_port.setdefault(struct.unpack(">H", frame[34:36])[0], [0, 0])[0] += self.payload_size(frame)
        original, delay = self.rewritten(frame, "server"), ONE_WAY
        if self.forging and self.random.random() < self.copied:
            copy = self.rewritten(frame, "server", VICTIM)
            ahead = self.random.random() < self.first
            for _ in range(self.random.choice((1, 1, 2))):
                self.copies += 1
                self.from_victim += self.payload_size(frame)
                self.later("server", copy, ONE_WAY if ahead else ONE_WAY + self.random.random() * self.hold)
            delay += 0.001 + self.random.random() * self.hold if ahead else 0
        self.later("server", original, delay)

    def of_server(self, frame):
        if frame[30:34] == socket.inet_aton(VICTIM):
            self.to_victim += self.payload_size(frame)
        else:
            self.by_port.setdefault(struct.unpack(">H", frame[36:38])[0], [0, 0])[1] += self.payload_size(frame)
            self.later("client", self.rewritten(frame, "client"), ONE_WAY)

    def start_forging(self, first, hold, copied=1.0):
        with self.lock:
            self.forging, self.first, self.hold, self.copied = True, first, hold, copied

    def stop_forging(self):
        with self.lock:
            self.forging = False


class Race:
    """A session over the path, with a program that prints all the time and answers lines in the title."""

    def __init__(self, t, path):
        self.t, self.path, self.words = t, path, 0
        session = t.run_server("netns", "exec", path.names["server"], SERVER, "new", "-i", OUTSIDE, "-p", "0", "-c", "256", "--",
                               "/bin/bash", "-c", PROGRAM, server="ip")
        t.check(session.port, f"the server did not start: {session.stderr}")
        from wire_client import WireClient
        with path.inside("client"):
            self.client = WireClient(OUTSIDE, session.port, session.key)
        t.clients.append(self.client)
        t.check(self.client.connect(), "no answer to the first datagram")
        t.check(self.client.wait_for_bytes(b"tick-"), "the program did not start")

    def hop(self):
        with self.path.inside("client"):
            self.client.hop()

    def port(self):
        return self.client.socket.getsockname()[1]

    def echo(self, limit, what):
        self.words += 1
        start, word = time.monotonic(), f"w{self.words}x"
        self.client.type(word.encode() + b"\n")
        self.t.check(self.client.pump(limit, lambda: f"got-{word}.".encode() in self.client.raw), f"{what}: no echo within {limit:.1f} s")
        return time.monotonic() - start

    def work(self, seconds):
        """Types on, whether or not anything comes back."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.words += 1
            self.client.type(f"w{self.words}x\n".encode())
            self.client.pump(0.12)


def on_path(seed):
    """The test gets a race over a path of its own."""
    def wrap(function):
        def run(t):
            if not shutil.which("ip"):
                t.skip("ip is not installed")
            path = Path(t, int(os.environ.get("SALLYPORT_SEED", seed)))
            try:
                path.make()
                function(t, Race(t, path), path)
            finally:
                path.remove()
        run.__name__ = function.__name__
        return run
    return wrap


NEEDS_ROOT = root_only("network namespaces with veth pairs")


@test("wire 13", timeout=60, skip_if=NEEDS_ROOT)
@on_path(1)
def copies_from_elsewhere_flood_nobody_and_the_session_recovers(t, race, path):
    slowest = 0
    for first, hold, copied in ((1.0, 0.05, 1.0), (0.0, 0.3, 1.0), (0.5, 0.3, 0.7), (1.0, 0.0, 0.3), (0.9, 0.8, 1.0)):
        path.start_forging(first, hold, copied)
        race.work(1.5)
        path.stop_forging()
        slowest = max(slowest, race.echo(2 * ONE_WAY + HEARTBEAT + ACK_DELAY + SLACK, f"after copies {first:.0%} first, held {hold} s"))
        with path.lock:
            t.check(path.to_victim <= 3 * path.from_victim, f"the victim got {path.to_victim} bytes for {path.from_victim}")
    t.check(path.copies > 30 and path.to_victim > 0, f"no race: {path.copies} copies, {path.to_victim} bytes to the victim")
    t.note(f"{path.copies} copies, {path.from_victim} bytes from the victim's address, {path.to_victim} to it; slowest recovery {slowest * 1000:.0f} ms")


@test("wire 13", timeout=60, skip_if=NEEDS_ROOT)
@on_path(2)
def a_client_that_moves_during_the_race_gets_its_session_back(t, race, path):
    slowest = 0
    for round_ in range(3):
        path.start_forging(first=0.7, hold=0.2)
        race.work(0.7)
        race.hop()
        race.work(0.7)
        path.stop_forging()
        slowest = max(slowest, race.echo(2 * ONE_WAY + HEARTBEAT + ACK_DELAY + SLACK, f"after move {round_ + 1}"))
        race.client.pump(1.5)
        sent, got = path.by_port[race.port()]
        # The control: an address that has answered is not held to three times what it sends.
        t.check(got > 3 * sent, f"the client's new address got only {got} bytes for {sent}")
        t.check(path.to_victim <= 3 * path.from_victim, f"the victim got {path.to_victim} bytes for {path.from_victim}")
    t.note(f"slowest recovery {slowest * 1000:.0f} ms; victim: {path.from_victim} bytes from, {path.to_victim} to")


if __name__ == "__main__":
    sys.exit(main())
