"""The ways in which typed input can reach the server, honest, damaged and hostile, each with a canary of its own."""

import os
import random
import struct
import zlib

from wire_client import SLICE, instruction, keystroke, parse_message

_random = random.Random(int(os.environ.get("SALLYPORT_SEED", "1")))
WINDOW = 6      # bytes of a canary that count as found


def letters(count):
    return "".join(_random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") for _ in range(count)).encode()


def windows(canary, most=100):
    """Parts of a canary to search for: of a short one so many that any 8 bytes of it are found, of a long one at most so many."""
    step = max(3, len(canary) // most)
    return [canary[at:at + WINDOW] for at in range(0, len(canary) - WINDOW + 1, step)]


def cells(text):
    """Text as the terminal keeps it on a screen: eight bytes a cell, in the default rendition (terminal/cell.h)."""
    return b"".join(struct.pack("<Q", byte) for byte in text)


def compressed_forms(client):
    """The compressed instructions since the last call, without the beginning that all have in common."""
    forms = [stream[12:] for stream in client.streams if len(stream) >= 40]
    client.streams.clear()
    return forms


class Recorder:
    """Lets a client compress at a chosen level, and keeps the streams and datagrams that it sends."""

    def __init__(self, client):
        self.client, self.level, self.datagrams, self.through = client, 6, [], True
        client.streams = []
        plain_send, plain_compressed = client.send_datagram, client.send_compressed

        def send_datagram(data):
            self.datagrams.append(data)
            if self.through:
                plain_send(data)

        def send_compressed(data):
            fields = dict(parse_message(zlib.decompress(data)))
            # Without chaff, so that what was typed is in the last, partial block of a datagram too.
            plain = instruction(fields[2], fields[3], fields[4], fields[5], fields[6])
            recompressed = zlib.compress(plain, self.level)
            client.streams.append(recompressed)
            plain_compressed(recompressed)
        client.send_datagram, client.send_compressed, self.send = send_datagram, send_compressed, plain_send

    def type(self, keys, level=6, through=True):
        """Types, and gives the datagrams of it, which have been sent if `through`."""
        self.level, self.through = level, through
        del self.datagrams[:]
        self.client.type(keys)
        self.through, self.level = True, 6
        return list(self.datagrams)


def deliveries(client):
    """Yields (kind, canary, send(), how many lines the program reads because of it)."""
    recorder = Recorder(client)

    def line(count):
        canary = letters(count)
        return canary, canary + b"\n"
    for level in (6, 0, 9):         # level 0 stores: the stream shows the text itself
        for count in (*range(24, 40), 8, 64, 200, 1000):
            canary, keys = line(count)
            yield f"{count} bytes at level {level}", canary, lambda: recorder.type(keys, level), 1

    canary, keys = line(40)

    def twice():
        for _ in range(3):
            for datagram in recorder.type(keys, 0) if _ == 0 else recorder.datagrams[:1]:
                recorder.send(datagram)
    yield "the same datagram again and again", canary, twice, 1

    canary, keys = line(3500)
    late = {}

    def backwards():
        late["parts"] = recorder.type(keys, 0, through=False)
        for datagram in reversed(late["parts"]):
            recorder.send(datagram)
    yield "fragments in reverse order", canary, backwards, 1
    yield "old fragments repeated", canary, lambda: [recorder.send(datagram) for datagram in late["parts"] * 2], 0

    canary = letters(60)

    def crafted(diff=None, old=None, new=None, damage=lambda stream: stream, version=2, level=0):
        acknowledged = client.sent[0][0]
        plain = instruction(acknowledged if old is None else old, client.sent[-1][0] + 5 if new is None else new, client.newest,
                            acknowledged, keystroke(canary) if diff is None else diff, b"", version)
        client.fragment_id += 1
        for number, (piece, final) in enumerate(cut(damage(zlib.compress(plain, level)))):
            client.send_fragment(client.fragment_id, number, final, piece)
    unread = [
        ("a stream with a wrong check sum", dict(damage=lambda s: s[:-1] + bytes([s[-1] ^ 1]))),
        ("a stream that ends early", dict(damage=lambda s: s[:-6])),
        ("a compressed stream that ends early", dict(damage=lambda s: s[:-6], level=9)),
        ("an undecodable diff", dict(diff=keystroke(canary) + b"\x0a\x7f" + canary)),
        ("another protocol version", dict(version=3)),
        ("a base that nobody has", dict(old=999999, new=1000000)),
        ("a state that is known already", dict(new=client.sent[0][0])),
        ("a window size that is not one", dict(diff=b"\x0a\x20" + canary)),
    ]
    for kind, options in unread:
        yield kind, canary, lambda: crafted(**options), 0
    yield "a fragment too short to be one", canary, lambda: client.send_packet(canary[:9]), 0

    def conflicting():
        client.fragment_id += 1
        for piece in (canary, canary[::-1]):
            client.send_fragment(client.fragment_id, 0, False, piece)
    yield "two fragments that contradict each other", canary, conflicting, 0
    yield "(reversed)", canary[::-1], lambda: None, 0

    def unfinished():
        client.fragment_id += 1
        client.send_fragment(client.fragment_id, 0, False, canary)
        recorder.type(b"\n")        # the next instruction ends what was held of it
    yield "a fragment whose rest never comes, once the next instruction has come", canary, unfinished, 1


def cut(stream):
    pieces = [stream[at:at + SLICE] for at in range(0, len(stream), SLICE)]
    return [(piece, number == len(pieces) - 1) for number, piece in enumerate(pieces)]
