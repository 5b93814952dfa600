#!/usr/bin/env python3
"""What each process of the client holds, read from outside: descriptors, environment, identity, limits, namespaces, libraries; and where the
session's key and what was typed in silence can be found.

Environment: SALLYPORT_STARTS (default 24), clients that are started and looked into."""

import base64
import os
import re
import shutil
import sys

from harness import CLIENT, IS_ROOT, main, name_of, our_client_only, test
from hostile_parent import leak
from pty_terminal import GENEROUS, PtyTerminal
from typed_input import cells, letters, windows
import key_material
import process_inventory
import process_memory

SKIP = our_client_only("has no compartments")
# By the program's file, and by the name that it gives itself where the file's cannot be read.
NAMES = {"sallyport-client": "client_guard", "client-tty": "client_tty", "client-net": "client_net", "client-screen": "client_screen",
         "sallyport-clnt": "client_guard", "sallyport-tty": "client_tty", "sallyport-cnet": "client_net", "sallyport-scrn": "client_screen"}
STARTS = int(os.environ.get("SALLYPORT_STARTS", "24"))
SILENT = "stty -echo; echo READY; n=0; while read -r x; do n=$((n+1)); echo got-$n.; done"


def processes(t, terminal):
    """{compartment: pid}; all four."""
    def found():
        pids = {NAMES.get(name_of(pid)): pid for pid in terminal.pids()}
        return pids if set(pids) == set(NAMES.values()) else None
    return t.eventually(found, lambda: f"the client's processes: {[name_of(pid) for pid in terminal.pids()]}", GENEROUS)


def started(t, command=SILENT, **options):
    session = t.server("/bin/sh", "-c", command)
    terminal = PtyTerminal(t, session, **options)
    terminal.wait_for("READY")
    return session, terminal, processes(t, terminal)


def look(t, pids):
    held = process_inventory.look(list(pids.values()))
    if not held:
        t.skip("needs root, or sudo without a password, to look into other processes")
    return {name: held[pid] for name, pid in pids.items()}


def check(t, pids, where=""):
    held, sockets = look(t, pids), process_inventory.socket_kinds()
    ours = {space: os.readlink(f"/proc/self/ns/{space}") for space in process_inventory.NAMESPACES}
    for name, one in held.items():
        t.equal(process_inventory.differences(name, one, sockets), [], f"{name} differs from its policy{where}")
        t.equal(one["owner"], 0, f"{name}: owner of its memory file (root's, as it is not dumpable){where}")
        for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            kept = 1 << 5 if name == "client_guard" and IS_ROOT else 0      # CAP_KILL: it must be able to end the others
            t.equal(int(one["status"][which], 16) & ~kept, 0, f"{name}: {which}{where}")
        if name == "client_guard":
            continue
        t.equal(one["environment"], [], f"environment of {name}{where}")
        t.equal((one["folder"], one["personality"]), ("/", 0), f"{name}: working folder and personality{where}")
        if IS_ROOT:
            t.check("0" not in one["status"]["Uid"].split() + one["status"]["Gid"].split(), f"{name}: Uid {one['status']['Uid']}{where}")
            t.equal((one["status"].get("Groups", "").strip(), int(one["status"]["CapBnd"], 16)), ("", 0), f"{name}: groups, bounding set{where}")
    if held["client_net"]["namespaces"]["net"] != ours["net"]:      # the host gives namespaces
        for space in ("net", "pid", "ipc", "uts", "mnt"):
            own = {held[name]["namespaces"][space] for name in ("client_tty", "client_net", "client_screen")} | {ours[space]}
            t.equal(len(own), 4, f"tty, net, screen and the host: their {space} namespaces{where}")
    guard = held["client_guard"]
    for number, name in ((7, "client_tty"), (8, "client_net"), (9, "client_screen")):
        t.equal(guard["descriptors"][str(number)]["pid"], pids[name], f"the process of the guard's descriptor {number}{where}")
    t.check(not any(word.startswith("MOSH_KEY") for word in guard["environment"]), f"the guard's environment still names the key{where}")
    return held


@test(skip_if=SKIP)
def each_process_agrees_with_its_generated_inventory(t):
    _, _, pids = started(t)
    held = check(t, pids)
    for name in ("client_net", "client_screen"):
        targets = [one["target"] for one in held[name]["descriptors"].values()]
        t.check(not any("pts" in target or "ptmx" in target or target == "/dev/tty" for target in targets), f"{name} holds a terminal: {targets}")


@test(timeout=60 + 3 * STARTS, skip_if=SKIP)
def over_many_starts_nothing_is_inherited_whatever_the_parent_leaks(t):
    leaked = leak(t.temp)
    try:
        numbers = " ".join(f"{number}<&{number}" for number in leaked if number < 10)
        for start in range(STARTS):
            _, terminal, pids = started(t, env={f"LEAKED_{start}": "word"})
            check(t, pids, f" (start {start}, {len(leaked)} leaked descriptors {numbers})")
            terminal.type("\x1e.")
            t.equal(terminal.ended(), 0, f"status of start {start}")
    finally:
        for number in leaked:
            os.close(number)


@test(skip_if=SKIP)
def only_net_maps_what_only_net_needs(t):
    _, _, pids = started(t)
    pattern = re.compile(r"lib(crypto|ssl|z|protobuf)[-.\w]*\.so|secretmem")
    held = look(t, pids)
    for name in ("client_guard", "client_tty", "client_screen"):
        t.equal([file for file in held[name]["files"] if pattern.search(file)], [], f"{name} maps")


@test(timeout=120, skip_if=SKIP)
def the_key_is_nowhere_outside_nets_protected_page(t):
    session, terminal, pids = started(t, "echo READY; while read x; do echo got-$x.; done")
    for word in ("one", "two", "three"):
        terminal.type(word + "\r")
        terminal.wait_for(f"got-{word}.")
    needles = key_material.needles(base64.b64decode(session.key + "=="), range(40), range(40))
    for name, pid in pids.items():
        found = process_memory.search_as_root(pid, list(needles))
        if found is None:
            t.skip("needs root, or sudo without a password, to read other processes' memory")
        outside = [(list(needles.values())[index], mapping) for index, _, mapping, kept in found[0] if name != "client_net" or not kept]
        t.equal(outside, [], f"key material in {name}")
    # What must be there is found by the same search: a word on the screen, in screen.
    found = process_memory.search_as_root(pids["client_screen"], [cells(b"got-three")])
    t.check(found[0], "control: the screen's own text is not found in screen")
    for pid in pids.values():
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            t.check(session.key.encode() not in file.read(), "the key is an argument")


@test(timeout=120, skip_if=SKIP)
def what_is_typed_in_silence_is_gone_a_second_after_the_server_has_it(t):
    _, terminal, pids = started(t)
    for attempt in range(1, 4):
        secret = letters(24)
        terminal.type(secret + b"\r")
        terminal.wait_for(f"got-{attempt}.")
        needles = [*windows(secret), *map(cells, windows(secret))]

        def gone():
            remains = {}
            for name, pid in pids.items():
                found = process_memory.search_as_root(pid, needles)
                if found is None:
                    t.skip("needs root, or sudo without a password, to read other processes' memory")
                if found[0]:
                    remains[name] = [(mapping, hex(address)) for _, address, mapping, _ in found[0]][:3]
            return not remains or setattr(t, "remains", remains)
        t.eventually(gone, lambda: f"what was typed is still in {getattr(t, 'remains', None)}", GENEROUS)


@test(skip_if=SKIP)
def root_is_not_needed(t):
    if not IS_ROOT:
        t.skip("every test here runs as an ordinary user")
    if not shutil.which("setpriv"):
        t.skip("setpriv is not installed")
    os.chmod(t.temp, 0o755)
    shutil.copytree(os.path.dirname(CLIENT), os.path.join(t.temp, "prefix/bin"))
    shutil.copytree(os.path.join(os.path.dirname(os.path.dirname(CLIENT)), "libexec/sallyport"), os.path.join(t.temp, "prefix/libexec/sallyport"))
    session = t.server("/bin/sh", "-c", SILENT)
    terminal = PtyTerminal(t, session, words=["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                                              os.path.join(t.temp, "prefix/bin", os.path.basename(CLIENT)), "127.0.0.1", str(session.port)])
    terminal.wait_for("READY")
    pids = processes(t, terminal)
    for name, one in look(t, pids).items():
        t.equal(process_inventory.differences(name, one, process_inventory.socket_kinds()), [], f"{name} differs from its policy")
        t.equal((one["status"]["Uid"].split(), one["owner"]), (["65534"] * 4, 0), f"user of {name}, owner of its memory file")
    terminal.type("\x1e.")
    t.equal(terminal.ended(), 0, "status")


if __name__ == "__main__":
    sys.exit(main())
