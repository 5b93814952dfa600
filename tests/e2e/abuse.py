#!/usr/bin/env python3
"""Bad input: crafted datagrams with and without the key, and programs that print or ignore what they should not.

Where the stock server aborts, stalls or grows, ours stays below 16 MB of growth over all its processes and echoes within half a second.
"""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib

from harness import PATIENCE, SERVER, alive, main, status_of, test
from wire_client import U64MAX, field_bytes, field_number, instruction, keystroke, resize

GROWTH_KIB = 16 * 1024
ECHO_SECONDS = 0.5
ECHO = "stty -echo; echo START; while read x; do echo got-$x.; done"


class Watch:
    """A session whose memory and speed are looked at before and after."""

    def __init__(self, t, program=ECHO, start=b"START", columns=80, rows=24):
        self.t = t
        self.session = t.server("/bin/sh", "-c", program)
        self.client = t.client(self.session, columns=columns, rows=rows)
        t.check(self.client.wait_for_bytes(start), f"the program did not start: {self.client.raw!r}")
        self.client.pump(0.5)
        self.processes = self.session.own_processes()
        self.before = sum(self.size(pid, "VmRSS") for pid in self.processes)
        self.probes = 0

    @staticmethod
    def size(pid, what):
        return int(status_of(pid).get(what, "0 kB").split()[0])

    def echo(self, limit=ECHO_SECONDS, what="next echo"):
        self.probes += 1
        word = f"p{self.probes}x{random.randrange(10**6)}"
        start = time.monotonic()
        self.client.type(word.encode() + b"\n")
        # Where the row has shown something alike, only the cells that differ are sent: then the screen tells.
        answer = f"got-{word}."
        arrived = lambda: answer.encode() in self.client.raw or self.client.shows(answer)
        came = self.client.pump(limit, arrived)
        took = time.monotonic() - start
        if not came:
            self.verdict_alive()
            late = self.client.pump(5, arrived)
            self.t.fail(f"{what}: no echo within {limit} s" + (f", only after {time.monotonic() - start:.2f} s" if late else
                                                                    f" nor 5 s later; last host bytes {self.client.raw[-300:]!r}, states {self.client.sent}"))
        return took

    def verdict_alive(self):
        for pid in self.processes:
            self.t.check(alive(pid), f"a process of the server ended: {pid} (of {self.processes})")

    def growth(self):
        return sum(self.size(pid, "VmHWM") for pid in self.processes) - self.before

    def verdict(self, echo=True):
        self.verdict_alive()
        took = self.echo() if echo else 0
        grown = self.growth()       # peak sizes: what was given back counts too
        self.t.note(f"{grown} KiB more at the peak" + (f", echo after {took * 1000:.0f} ms" if echo else ""))
        self.t.check(grown < GROWTH_KIB, f"grew by {grown} KiB")


@test("wire 43", alone=True)
def resizes_outside_the_limits(t):
    watch = Watch(t)
    for size in ((0, 0), (80, 0), (0, 24), (-1, -1), (-(2**31), 5), (65535, 65535), (65535, 1), (1, 65535), (2**31 - 1, 2**31 - 1), (1, 1)):
        watch.client.set_size(*size)
        if 1 in size:       # a line that is printed there scrolls away or is broken up at once
            t.check(watch.client.pump(ECHO_SECONDS, lambda: watch.client.acknowledged), f"no answer to a resize to {size[0]}x{size[1]}")
        else:
            watch.echo(what=f"after a resize to {size[0]}x{size[1]}")
    for _ in range(200):
        watch.client._add_events(resize(65535, 65535), resize(1, 1), resize(4096, 1024))
    watch.client.flush()
    watch.echo(what="after 600 resizes in one instruction")
    watch.client.set_size(80, 24)
    watch.client.pump(0.3)
    watch.verdict()


@test("wire 4, 21", alone=True)
def authentic_packets_without_a_whole_header(t):
    watch = Watch(t)
    for _ in range(50):
        for size in range(0, 14):
            watch.client.send_datagram(watch.client.seal_packet(bytes(size)))
        for size in range(0, 10):
            watch.client.send_packet(b"\xff" * size)
        watch.client.send_packet(struct.pack(">QH", U64MAX, 0x8000))
    watch.verdict()


@test("wire 4")
def wrong_direction_and_forged_datagrams_get_no_answer(t):
    watch = Watch(t)
    client = watch.client
    good = client.seal_packet(client.timestamps() + struct.pack(">QH", 77, 0x8000) + zlib.compress(instruction(0, 1, 0, 0)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.settimeout(0.5)
        for bit in range(len(good) * 8):
            damaged = bytearray(good)
            damaged[bit // 8] ^= 1 << bit % 8
            attacker.sendto(damaged, client.server)
        for size in (0, 1, 7, 8, 23, 24, 27, 28, 37, 38, 2048, 2049):
            attacker.sendto(os.urandom(size), client.server)
        attacker.sendto(client.seal_packet(client.timestamps() + bytes(20), direction=1), client.server)
        watch.verdict()
        try:
            t.fail(f"an unauthenticated datagram was answered: {attacker.recv(100)!r}")
        except TimeoutError:
            pass


@test("wire 21, 23", alone=True)
def undecodable_protobuf_at_both_levels(t):
    watch = Watch(t)
    client = watch.client
    generator = random.Random(5)
    for n in range(300):
        client.send_compressed(zlib.compress(bytes(generator.randrange(256) for _ in range(generator.randrange(60)))))
        base, new = client.sent[0][0], client.sent[-1][0] + 1
        junk = bytes(generator.randrange(256) for _ in range(1 + generator.randrange(40)))
        for diff in (b"\xff" + junk, b"\x0a\x7f", field_bytes(1, field_bytes(2, b"\x22\x7f")), b"\x0a" + b"\xff" * 9 + b"\x01"):
            client.send_instruction(base, new, diff=diff)
        client.send_compressed(bytes(generator.randrange(256) for _ in range(50)))          # no zlib stream
        client.send_compressed(zlib.compress(instruction(base, new, 0, 0))[:-5])            # cut off
        client.send_instruction(base, new, diff=keystroke(b"never typed\n"), version=3)     # another version
        client.send_compressed(b"")
        if n % 20 == 0:
            client.pump(0.01)
    watch.verdict()
    t.check(b"never typed" not in client.raw, "an instruction of another version was obeyed")


@test("wire 28", alone=True)
def throwaway_beyond_every_state(t):
    watch = Watch(t)
    client = watch.client
    for throwaway in (10**6, 2**63, U64MAX):
        base, new = client.sent[0][0], client.sent[-1][0] + 1
        client.send_instruction(base, new, throwaway=throwaway, diff=keystroke(b"never typed\n"))
        client.send_instruction(base, new, throwaway=throwaway)
        client.send_instruction(base, U64MAX - 1, throwaway=throwaway)
        client.pump(0.05)
    watch.verdict()


@test("wire 21", alone=True)
def conflicting_and_inconsistent_fragments(t):
    watch = Watch(t)
    client = watch.client
    for n in range(200):
        fragment_id = 10**6 + n
        client.send_fragment(fragment_id, 0, False, b"a" * 100)
        client.send_fragment(fragment_id, 0, False, b"b" * 100)             # another copy with other bytes
        client.send_fragment(fragment_id, 5, False, b"c")
        client.send_fragment(fragment_id, 2, True, b"d")                    # final below a held one
        client.send_fragment(fragment_id, 9, True, b"e")                    # a second final
        client.send_fragment(fragment_id, 32767, n % 2 == 0, b"f" * 1000)
        client.send_fragment(fragment_id, 0, True, b"")
    watch.verdict()


@test("wire 21", alone=True)
def an_endless_assembly_is_bounded(t):
    watch = Watch(t)
    client = watch.client
    for number in range(0, 32767):      # 32,767 pieces of 1,900 bytes and never the last one: 62 MB
        client.send_fragment(424242, number, False, bytes(1900))
        if number % 64 == 63:
            time.sleep(0.001)
    watch.verdict()


@test("wire 22", alone=True)
def decompression_bombs(t):
    watch = Watch(t)
    client = watch.client
    for size in (4194305, 16 << 20, 256 << 20):
        packer = zlib.compressobj(9)
        bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.compress(bytes(size & 0xFFFFF)) + packer.flush()
        client.send_compressed(bomb)
        client.pump(0.1)
    watch.verdict()


@test("wire 40", alone=True)
def a_4_mb_paste_in_one_instruction(t):
    size = 4_190_000
    watch = Watch(t, f"stty raw -echo; echo START; head -c {size} | wc -c; stty sane -echo; while read x; do echo got-$x.; done")
    watch.client._add_events(keystroke(b"x" * size))
    watch.client.flush()
    t.check(watch.client.wait_for_bytes(str(size).encode()), f"the paste did not arrive: {watch.client.raw[-200:]!r}")
    watch.client.pump(0.3)
    watch.verdict()


@test("wire 29, 40", alone=True)
def ten_unacknowledged_states_of_1_mb(t):
    size = 10_000_000
    watch = Watch(t, f"stty raw -echo; echo START; head -c {size} | wc -c; stty sane -echo; while read x; do echo got-$x.; done")
    for _ in range(10):     # each starts from the one before, and none may be thrown away
        watch.client._add_events(keystroke(b"y" * (size // 10)))
        watch.client.flush(base=-1)
    t.check(watch.client.wait_for_bytes(str(size).encode()), f"the states did not arrive: {watch.client.raw[-200:]!r}")
    watch.client.pump(0.3)
    watch.verdict()


@test("wire 29", alone=True)
def thousands_of_states_that_may_not_be_forgotten(t):
    watch = Watch(t)
    client = watch.client
    base = client.sent[0][0]
    for n in range(4000):
        client.send_instruction(base, base + 10 + 2 * n, throwaway=0)
        if n % 50 == 0:
            client.pump(0.002)
    watch.verdict_alive()
    grown = watch.growth()
    t.note(f"{grown} KiB more at the peak")
    t.check(grown < GROWTH_KIB, f"grew by {grown} KiB")
    client.sent.append((base + 10 + 2 * 4000, client.sent[-1][1]))     # honest numbers go on above
    # The quench accepts one state in 15 s; once the honest client says what may be forgotten, all is well again.
    word = b"after-the-flood"
    client.type(word + b"\n")
    t.check(client.wait_for_bytes(b"got-" + word), "the session did not recover")


@test("wire 5", alone=True)
def fifty_forged_oversize_datagrams(t):
    watch = Watch(t)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        for n in range(50):
            attacker.sendto(os.urandom(2049 + n * 1100), watch.client.server)
    watch.verdict()


@test("wire 5, 4", alone=True)
def a_flood_of_well_shaped_junk(t):
    watch = Watch(t)
    flooding = t.background(sys.executable, "-c", f"""
import os, socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
junk = [bytes([0] * 4) + os.urandom(size) for size in (60, 300, 1200)]
end = time.monotonic() + 6
while time.monotonic() < end:
    for _ in range(20):
        for data in junk: sock.sendto(data, {watch.client.server!r})
    time.sleep(0.002)
""")
    time.sleep(0.3)
    slowest = max(watch.echo(1.0, "echo under a flood") for _ in range(15))
    t.note(f"slowest of 15 echoes under the flood {slowest * 1000:.0f} ms")
    flooding.wait()
    watch.verdict()


@test("wire 12", alone=True)
def replayed_datagrams_type_nothing_twice(t):
    watch = Watch(t)
    recorded, send = [], watch.client.send_datagram
    watch.client.send_datagram = lambda data: (recorded.append(data), send(data))
    for _ in range(5):
        watch.echo()
    watch.client.send_datagram = send
    for _ in range(40):
        for data in random.sample(recorded, len(recorded)):
            send(data)
    watch.verdict()
    t.equal(watch.client.raw.count(b"got-p3x"), 1, "times that a recorded line was typed")


def growing(t, client, prefix, timeout):
    """Whether new numbered lines of a program keep coming."""
    def newest():
        found = client.raw.rfind(prefix)
        return client.raw[found:found + 24]
    before = newest()
    return client.pump(timeout, lambda: newest() != before)


TICKS = "(n=0; while :; do n=$((n+1)); echo tick-$n; sleep 0.1; done) &"


@test("wire 21", alone=True)
def a_paste_into_a_program_that_does_not_read(t):
    watch = Watch(t, f"stty raw -echo; echo START; {TICKS} sleep 60")
    for _ in range(10):
        watch.client.type(b"z" * 10_000)
        watch.client.pump(0.05)
    t.check(growing(t, watch.client, b"tick-", ECHO_SECONDS), "the output stopped")
    watch.client.set_size(90, 30)               # resizes pass too
    watch.client.pump(1.0)
    t.check(growing(t, watch.client, b"tick-", ECHO_SECONDS), "the output stopped after a second")
    watch.verdict(echo=False)
    os.kill(watch.session.pid, signal.SIGTERM)
    t.check(watch.client.pump(PATIENCE, lambda: watch.client.shutdown_seen), "SIGTERM starts no shutdown")
    t.gone(watch.session, client=watch.client)
    t.no_leftovers()


@test("wire 38", alone=True)
def a_client_can_leave_a_program_that_does_not_read(t):
    watch = Watch(t, "stty raw -echo; echo START; sleep 60")
    watch.client.type(b"z" * 1_500_000)
    watch.client.pump(0.5)
    t.check(watch.client.close_session(), "the shutdown is not acknowledged")
    t.gone(watch.session)
    t.no_leftovers()


@test(alone=True)
def a_first_state_without_events_and_typing_in_one_burst(t):
    session = t.server("/bin/sh", "-c", ECHO)
    client = t.client(session, connect=False)
    net = session.find("net")
    os.kill(net, signal.SIGSTOP)        # all three are read in one turn
    client.send_instruction(0, 1)
    client.send_instruction(1, 2, diff=keystroke(b"one\n"))
    client.send_instruction(2, 3)
    client.send_instruction(2, 4, diff=keystroke(b"two\n"))
    time.sleep(0.2)
    os.kill(net, signal.SIGCONT)
    t.check(client.wait_for_bytes(b"got-one."), f"what was typed did not arrive: {client.raw[-200:]!r}")
    t.check(alive(session.pid), "the session ended")


@test("terminal 365", alone=True)
def forty_thousand_queries_and_no_reader(t):
    query = r"printf '\033[c\033[6n\033[>c\033[5n%.0s' $(seq 10000)"
    watch = Watch(t, f"stty raw -echo; echo START; read x; {query}; {TICKS} sleep 60")
    watch.client.type(b"\r")
    watch.client.pump(0.1)
    watch.client.type(b"\n")
    t.check(watch.client.wait_for_bytes(b"tick-"), "no output after the queries")
    t.check(growing(t, watch.client, b"tick-", ECHO_SECONDS), "the output stopped")
    watch.client.type(b"typed although nobody reads")
    t.check(watch.client.pump(ECHO_SECONDS, lambda: watch.client.acknowledged), "typing is not acknowledged")
    watch.verdict(echo=False)
    os.kill(watch.session.pid, signal.SIGTERM)
    t.check(watch.client.pump(PATIENCE, lambda: watch.client.shutdown_seen), "SIGTERM starts no shutdown")
    t.gone(watch.session, client=watch.client)


@test("terminal 208", alone=True)
def hostile_output_neither_ends_nor_bloats_it(t):
    hostile = t.write("hostile.py", r'''
import os, sys
def out(data):
    while data: data = data[os.write(1, data):]
out(b"\033]2;" + b"t" * 3_000_000)              # a title without an end
out(b"\030" + b"\033P" + b"d" * 3_000_000)      # a control string without an end
out(b"\033\\" + b"\033[" + b"1;" * 500_000 + b"m")
out(b"e" + b"\xcc\x81" * 500_000)
out(b"\033[65535@" * 20_000 + b"\033[65535L" * 20_000 + b"A\033[65535b" * 5_000)
out(b"\033[?1049h\033[?1049l" * 20_000 + b"\033c" * 20_000)
out(b"".join(b"\033]8;;http://x/%d/%s\033\\l\033]8;;\033\\" % (n, b"u" * 500) for n in range(3000)))
out(b"\xff\xf0\x90\x80" * 300_000 + bytes(range(256)) * 4000 + b"\030\033c\033[?2026h")
out(b"\033[0m\033[H\033[2J")
''')
    watch = Watch(t, f"stty -echo; echo START; read x; python3 {hostile}; echo END-OF-IT; while read x; do echo got-$x.; done")
    watch.client.type(b"\n")
    t.check(watch.client.wait_for_bytes(b"END-OF-IT"), f"the output was not finished: {watch.client.raw[-300:]!r}")
    watch.client.pump(1.2)
    watch.verdict()


@test("terminal 363", alone=True)
def typing_passes_while_100_mb_are_printed(t):
    # Lines scroll away, a title stays until the next one: the program answers there.
    answer = r"while read x; do printf '\033]2;got-%s.\007' $x; done"
    watch = Watch(t, f"stty -echo; echo START; read x; (yes 'the quick brown fox jumps over the lazy dog' | head -c 100000000; echo END-OF-IT) & {answer}")
    watch.client.type(b"\n")
    watch.client.pump(0.3)
    times = []
    while not watch.client.shows("END-OF-IT") and len(times) < 200:
        times.append(watch.echo(2.0, "echo while much is printed"))
    times.sort()
    t.check(len(times) > 5, "the output ended too early to measure anything")
    t.note(f"{len(times)} echoes, median {times[len(times) // 2] * 1000:.0f} ms, slowest {times[-1] * 1000:.0f} ms")
    t.check(times[len(times) // 2] < 0.05, "typing is slow while much is printed")
    watch.client.pump(1)
    t.check(watch.client.wait_for("END-OF-IT"), "the output was not finished")
    watch.verdict()


@test("wire 34", alone=True)
def endless_output_to_a_client_that_never_acknowledges(t):
    watch = Watch(t, "stty -echo; echo START; read x; yes | head -c 60000000; echo END-OF-IT; while read x; do echo got-$x.; done")
    watch.client.type(b"\n")
    watch.client.auto_ack = False
    watch.client.pump(3)
    watch.client.auto_ack = True
    t.check(watch.client.wait_for_bytes(b"END-OF-IT"), "the output was not finished")
    watch.verdict()

# --- forged and replayed datagrams from other addresses ---------------------------------------------------------------

FORGER = os.path.join(os.path.dirname(os.path.dirname(SERVER)), "bench/forger")
RECORDED = 500      # of each side, a thousand in all


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Recorded:
    """A session on both families whose program writes down all that is typed, with a thousand datagrams of it recorded, and an
    untouched one beside it that idles just the same."""

    def __init__(self, t, datagrams=RECORDED):
        if not os.access(FORGER, os.X_OK):
            t.skip(f"{FORGER} is not built")
        self.t, self.typed = t, b""
        self.log = os.path.join(t.temp, "typed")
        self.lines = {"C": [], "S": []}
        self.address = "::" if has_ipv6() else "0.0.0.0"
        self.client, self.control = self.start(self.log), self.start(os.path.join(t.temp, "control"))
        self.client.on_datagram = lambda side, data: self.lines[side].append(data)
        while min(map(len, self.lines.values())) < datagrams:
            self.type(b"abcdefghijklmnopqrstuvwxyz"[len(self.typed) % 20:][:6])
        self.client.on_datagram = None
        # What is damaged must not have been seen before, or the replay window would refuse what the tag should: twins of the
        # client's own, with numbers far ahead.
        forged = [("C", self.twin(data)) for data in self.lines["C"][:datagrams]] + [("S", data) for data in self.lines["S"][:datagrams]]
        self.recording = t.write("recording", "".join(f"{side} {data.hex()}\n" for side, data in forged))
        self.clients_own = t.write("clients", "".join(f"C {data.hex()}\n" for data in self.lines["C"]))
        self.client.pump(1)
        self.control.pump(1)

    def twin(self, data):
        plaintext = self.client.ocb.open(bytes(4) + data[:8], data[8:])
        return self.client.seal_packet(plaintext, sequence=int.from_bytes(data[:8], "big") + (1 << 32))

    def start(self, log):
        session = self.t.server("/bin/sh", "-c", f"stty raw -echo; echo START; exec tee -a {log}", options=("-i", self.address, "-p", "0", "-c", "256"))
        client = self.t.client(session)
        self.t.check(client.wait_for_bytes(b"START"), "the program did not start")
        return client

    def type(self, keys):
        self.typed += keys
        self.client.type(keys)
        self.t.check(self.client.pump(3, lambda: self.client.acknowledged), "typing was not acknowledged")

    def file(self):
        with open(self.log, "rb") as file:
            return file.read()

    def forge(self, *words, recording=None):
        """Runs the forger beside the two sessions; gives its counts and how many datagrams came to each client meanwhile."""
        before = self.client.datagrams, self.control.datagrams
        process = subprocess.Popen([FORGER, str(self.client.server[1]), recording or self.recording, *map(str, words)], stdout=subprocess.PIPE)
        while process.poll() is None:
            self.client.pump(0.02)
            self.control.pump(0.02)
        self.t.equal(process.returncode, 0, f"forger {words}")
        return json.loads(process.stdout.read()), self.client.datagrams - before[0], self.control.datagrams - before[1]

    def refused(self, *words, recording=None):
        """Nothing of it may be accepted, typed or answered, nor move the client; and every one must have been decided."""
        counts, received, untouched = self.forge(*words, recording=recording)
        what = " ".join(map(str, words))
        self.t.equal(counts["dropped"], counts["refusable"], f"{what}: datagrams that the kernel dropped, against those that it must")
        self.t.equal(counts["unread"], 0, f"{what}: bytes that net did not read")
        self.t.equal(counts["answers"], 0, f"{what}: answers to the forging addresses")
        # Both idle: heartbeats alone, which need not fall into the same instants.
        self.t.check(abs(received - untouched) <= 3, f"{what}: the client got {received} datagrams, the untouched one {untouched}")
        self.t.equal(self.file(), self.typed, f"{what}: what was typed")
        self.type(b"still")
        self.t.eventually(lambda: self.file() == self.typed, f"{what}: typing does not arrive")
        self.t.note(f"{what}: {counts['sent']} from {counts['addresses']} addresses, {counts['sent'] - counts['refusable']} of them opened")
        return counts


@test("wire 4, 13", alone=True, timeout=120)
def no_flipped_bit_of_a_thousand_datagrams_is_accepted(t):
    counts = Recorded(t).refused("flips")
    t.check(counts["sent"] > RECORDED * 2 * 38 * 8, f"only {counts['sent']} flips")


@test("wire 4, 5, 13", alone=True, timeout=120)
def nothing_random_truncated_extended_or_reflected_is_accepted(t):
    recorded = Recorded(t, 100)
    recorded.refused("lengths")
    recorded.refused("directions")
    recorded.refused("random", os.environ.get("SALLYPORT_RANDOM_DATAGRAMS", 1_000_000))


@test("wire 12, 13", alone=True, timeout=60)
def a_session_replayed_from_elsewhere_does_nothing(t):
    recorded = Recorded(t)
    for how in ("once", "backwards", "parts"):
        counts = recorded.refused(how, recording=recorded.clients_own)
        t.equal(counts["refusable"], 0, "genuine datagrams that the prefilter refuses")


@test("wire 13", alone=True)
def one_new_genuine_datagram_from_the_same_addresses_is_taken(t):
    """The control of the three above: the same counts say so when something is accepted."""
    recorded = Recorded(t, 20)
    held, send = [], recorded.client.send_datagram
    recorded.client.send_datagram = held.append
    recorded.client.type(b"moved")
    recorded.client.auto_ack = False
    counts, _, _ = recorded.forge("once", recording=t.write("genuine", f"C {held[0].hex()}\n"))
    t.check(counts["answers"] > 0, "no answer to the new address")
    t.equal(recorded.file(), recorded.typed + b"moved", "what was typed")
    recorded.client.send_datagram, recorded.client.auto_ack = send, True


if __name__ == "__main__":
    sys.exit(main())
