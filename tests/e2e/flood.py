#!/usr/bin/env python3
"""Floods beside a live session: up to 60,000 datagrams a second that no server should take, and every echo comes all the same.

bench/flood_bench floods and measures; `scripts/bench --floods` prints its figures beside stock's. Here only bounds of ten times what is
measured count: the goals (median below 3 ms, 99 % below 25 ms) are for a quiet machine.
"""

import json
import os
import subprocess
import sys

from harness import SERVER, main, root_only, test

BENCH = os.environ.get("SALLYPORT_FLOOD_BENCH") or os.path.join(os.path.dirname(os.path.dirname(SERVER)), "bench/flood_bench")
RATE, BURST, SECONDS = 60000, 64, 1.5
MEDIAN_MS, LATE_MS = 30, 250
LEAST_FLOOD = 15000     # a second: what a machine that is busy with other things still sends
LEAST_KEYS = 40     # of about 100: a machine that is busy with other things types more slowly


def echoes_beside(t, *floods, late_ms=LATE_MS):
    if not os.access(BENCH, os.X_OK):
        t.skip(f"{BENCH} is not built")
    words = [word for kind, rate, burst in floods for word in (kind, str(rate), str(burst))]
    done = subprocess.run([BENCH, SERVER, "--seconds", str(SECONDS), *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=t.environment(), timeout=240)
    t.equal(done.returncode, 0, f"flood_bench: {done.stderr[-300:]}")
    figures = json.loads(done.stdout)
    rates = [f"{kind}_{rate}" for kind, rate, _ in floods]
    for name in ("idle", *rates, "afterwards"):
        median, late, keys, lost = (figures[f"{name}_{what}"] for what in ("p50_ms", "p99_ms", "keys", "lost"))
        sent = figures.get(f"{name}_sent_per_s")
        t.note(f"{name}: median {median:.2f} ms, 99 % {late:.1f} ms" + (f", {sent:.0f}/s" if sent is not None else ""))
        t.equal(lost, 0, f"{name}: echoes that never came, of {keys}")
        t.check(0 < median < MEDIAN_MS, f"{name}: median {median} ms")
        t.check(late < late_ms, f"{name}: 99 % of the echoes only after {late} ms")
        t.check(keys >= LEAST_KEYS, f"{name}: only {keys} keys typed")
        t.check(sent is None or sent > LEAST_FLOOD, f"{name}: only {sent}/s sent: no flood")


@test("wire 5", alone=True, timeout=90)
def echoes_go_on_beside_junk_of_every_size(t):
    echoes_beside(t, *((kind, RATE, BURST) for kind in ("random", "well_shaped", "truncated", "oversize")))


@test("wire 4, 5", alone=True, timeout=90)
def echoes_go_on_beside_forged_and_replayed_datagrams(t):
    echoes_beside(t, *((kind, RATE, BURST) for kind in ("bad_tag", "wrong_direction", "replay")))


@test("wire 4", alone=True, timeout=90, skip_if=root_only("datagrams are sent from the client's own address"))
def echoes_go_on_beside_forgeries_from_the_clients_own_address(t):
    # They fill the client's own queue: an echo in a hundred waits for a retransmission, which doubles its wait when it is lost, too.
    echoes_beside(t, ("spoofed_bad_tag", RATE, BURST), late_ms=1500)


if __name__ == "__main__":
    sys.exit(main())
