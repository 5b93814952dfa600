#!/usr/bin/env python3
"""Where the session key and what was typed in silence can be found: nowhere but in net's protected page, and nowhere soon after.

Memory is searched from outside, as root (process_memory.py), for everything that follows from the key (key_material.py). That the search
finds things is part of each test: what must be there is searched for together with what must not."""

import ctypes
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from harness import IS_ROOT, PATIENCE, SERVER, Session, alive, children_of, main, name_of, ours_only, root_only, stat_of, test
import key_material
import process_memory
from typed_input import cells, compressed_forms, deliveries, letters, windows

ONLY_OURS = ours_only("makes no claim about its memory")
SYS_MEMFD_SECRET = 447          # the same number on every architecture
ENDLESS = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def compartments(session):
    """{name: pid} of all processes of ours, login-record included where there is one (and not what it runs for a moment)."""
    return {session.compartment(pid): pid for pid in (session.pid, *children_of(session.pid)) if session.compartment(pid)}


def find(t, pid, needles):
    """search(), or a skip where nobody may look into other processes."""
    found = process_memory.search_as_root(pid, needles)
    if found is None:
        t.skip("needs root, or sudo without a password, to read other processes' memory")
    return found


def needles_of(client):
    """With the offsets of the first and the newest datagrams of both directions."""
    def used(end):
        return sorted({*range(min(end, 8)), *range(max(end - 24, 0), end)})
    return key_material.needles(client.key, used(client.sequence), used(client.expected))


def found_of_key(t, pid, client):
    """[(what, mapping, kept from cores)] of key material in a process, and what could not be read."""
    needles = needles_of(client)
    hits, unreadable = find(t, pid, list(needles))
    return [(list(needles.values())[index], name, kept) for index, _, name, kept in hits], unreadable


def real_traffic(t, client):
    """Typing with and without echo, much output, a resize and a move to another port: every path that seals or opens."""
    client.type(b"hello-traffic\n")
    t.check(client.wait_for("got-hello-traffic."), "no echo")
    client.set_size(100, 30)
    client.hop()
    for number in range(80):
        client.type(b"x%d\n" % number)
        client.pump(0.005)
    client.type(b"flood\n")
    t.check(client.wait_for("flood-ends"), "no end of the output")


BUSY = "echo START; while read x; do echo got-$x.; [ $x != flood ] || { seq 20000; echo flood-ends; }; done"


def without_memfd_secret():
    """To run in a child before exec: memfd_secret fails from here on as on an older kernel (seccomp, ENOSYS)."""
    refuse, allow, load, equal, give = 0x50000 | 38, 0x7FFF0000, 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (equal, 0, 1, SYS_MEMFD_SECRET), (give, 0, 0, refuse), (give, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)                      # no_new_privs
    assert libc.prctl(22, 2, program, 0, 0) == 0    # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def start_busy(t, **options):
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", BUSY, **options)
    t.check(session.port and session.pid, f"it did not start: {session.stderr}")
    client = t.client(session)
    t.check(client.wait_for("START"), "the program did not start")
    return session, client


@test(timeout=120, skip_if=ONLY_OURS)
def the_key_is_nowhere_outside_nets_protected_page(t):
    session, client = start_busy(t)
    before = {name: found_of_key(t, pid, client)[0] for name, pid in compartments(session).items()}
    real_traffic(t, client)
    pids = dict(compartments(session), shell=session.shell())
    for name, pid in pids.items():
        hits, unreadable = found_of_key(t, pid, client)
        t.equal((before.get(name, []), hits), ([], []), f"key material in {name}")
        if name != "net":
            t.equal(unreadable, [], f"{name}: mappings that could not be searched")
        elif not any("secretmem" in mapping for mapping in unreadable):
            t.skip("this host gives no memfd_secret: the page is readable (the test without it shows what is in it)")
        else:
            t.equal(unreadable, ["/secretmem (deleted)"], "net: mappings that even root cannot read")
    # What is known to be there is found by the same search.
    for name, pid in pids.items():
        text = b"pid=%d" % session.pid if name == "login-record" else b"flood-ends"
        t.check(find(t, pid, [text])[0], f"the search does not find {text} in {name}")
    t.note(f"{len(needles_of(client))} forms of the key in {len(pids)} processes")


@test(timeout=120, skip_if=ONLY_OURS)
def without_memfd_secret_all_of_it_is_in_the_page_that_no_core_holds(t):
    session, client = start_busy(t, preexec_fn=without_memfd_secret)
    real_traffic(t, client)
    for name, pid in compartments(session).items():
        hits, unreadable = found_of_key(t, pid, client)
        t.equal([hit for hit in hits if name != "net" or not hit[2]], [], f"key material in {name} outside the protected page")
        t.equal(unreadable, [], f"{name}: mappings that could not be searched")
        if name != "net":
            continue
        # The positive control of every search for key material here: the same needles are found where they must be.
        kinds = {what for what, _, _ in hits}
        t.check({"L_*", "L_$", "L_0", "sum of 128"} <= kinds and any("Ktop" in kind for kind in kinds),
                f"OCB's tables are not found in the page: {sorted(kinds)}")
        wanted = {f"{side}round key {i}" for side in ("", "decryption ") for i in range(1, 10)}
        with open("/proc/cpuinfo") as file:
            has_aes = re.search(r"^(flags|Features)\s*:.*\baes\b", file.read(), re.M)
        if has_aes:
            t.check(wanted <= kinds, f"round keys are not found in the page: {sorted(wanted - kinds)}")
        t.note(f"{len(kinds)} of {len(set(needles_of(client).values()))} kinds of key material seen in the page"
               + ("" if has_aes else "; this processor has no AES unit, the schedule's layout is not FIPS-197's"))


@test(timeout=120, skip_if=ONLY_OURS)
def the_key_is_not_in_arguments_environments_or_the_process_that_started_it(t):
    # A wrapper that does not read what passes through it, as sshd's shell does not.
    reader, writer = os.pipe()
    wrapper = t.background("sh", "-c", f"{SERVER} new -v -i 127.0.0.1 -p 0 -- /bin/sh -c '{BUSY}'; sleep 60; :", stdout=writer, stderr=writer,
                           stdin=subprocess.DEVNULL, env=t.environment(SECRET_CANARY="in-the-environment"), cwd=t.temp)
    os.close(writer)
    text = b""
    while b"detached, pid" not in text or b"MOSH CONNECT" not in text:
        piece = os.read(reader, 65536)
        t.check(piece, f"it did not start: {text}")
        text += piece
    os.set_blocking(reader, False)
    session = Session(None, text.decode(), text.decode(), 0)
    session.port, session.key = (lambda m: (int(m[1]), m[2]))(re.search(r"MOSH CONNECT (\d+) (\S{22})", text.decode()))
    t.sessions.append(session)
    client = t.client(session)
    real_traffic(t, client)
    forms = [form for form, what in key_material.needles(client.key).items() if what.startswith("the key")] + [client.key]
    for pid in session.processes() + [wrapper.pid]:
        for place in ("cmdline", "environ"):
            done = subprocess.run([*([] if IS_ROOT else ["sudo", "-n"]), "cat", f"/proc/{pid}/{place}"], capture_output=True)
            t.check(not any(form in done.stdout for form in forms), f"the key is in {place} of {name_of(pid)}")
    hits, _ = found_of_key(t, wrapper.pid, client)
    t.equal(hits, [], "key material in the process that started the server")
    t.check(find(t, wrapper.pid, [b"in-the-environment"])[0], "the search does not find the wrapper's environment")
    t.check(client.close_session(), "the shutdown is not acknowledged")
    t.gone(session, client=client)
    # After the end: nothing in the log that -v printed, in the wrapper, or in the folder that it ran in.
    log = text.split(b"detached, pid")[1] + (os.read(reader, 1 << 20) or b"")
    t.check(b"session ends" in log, f"the log is not there: {log}")
    t.check(not any(form in log for form in forms) and b"hello-traffic" not in log, "the log shows the key or what was typed")
    t.equal(found_of_key(t, wrapper.pid, client)[0], [], "key material in the wrapper after the end")
    t.equal(sorted(os.listdir(t.temp)), ["home"], "files left behind")


class Jail:
    """A root folder of its own, which everybody may write to, with a /dev/log of its own: nothing outside is touched."""

    def __init__(self, t):
        self.t, self.root = t, os.path.join(t.temp, "jail")
        os.mkdir(self.root)
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.setblocking(False)
        self.log.bind(os.path.join(t.temp, "log"))
        ready = os.path.join(t.temp, "ready")
        script = f"""set -e; cd {self.root}; mount -t tmpfs -o mode=777 tmpfs {self.root}; cd {self.root}
            for d in usr etc proc sys; do mkdir $d; mount --rbind /$d $d; done
            for d in bin sbin lib lib64; do if [ -L /$d ]; then cp -P /$d .; elif [ -d /$d ]; then mkdir $d; mount --rbind /$d $d; fi; done
            mkdir -p dev/pts prefix home tmp run var
            for n in null zero full random urandom tty; do touch dev/$n; mount --bind /dev/$n dev/$n; done
            mount --rbind /dev/pts dev/pts; ln -s pts/ptmx dev/ptmx; touch dev/log; mount --bind {t.temp}/log dev/log
            mount --rbind {os.path.dirname(os.path.dirname(SERVER))} prefix; chmod 777 .; touch {ready}; exec sleep 100"""
        self.holder = t.background("unshare", "-m", "sh", "-c", script, stderr=subprocess.DEVNULL)
        t.eventually(lambda: os.path.exists(ready) or self.holder.poll() is not None, "no jail")
        if self.holder.poll() is not None:
            t.skip("no root folder of its own can be made here")
        self.enter = ["-t", str(self.holder.pid), "-m", "chroot", self.root]

    def run(self, *words, **options):
        return subprocess.run(["nsenter", *self.enter, *words], **options)

    def session(self):
        server = "/prefix/bin/" + os.path.basename(SERVER)
        session = self.t.run_server(*self.enter, server, "new", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", BUSY, server="nsenter",
                                    env=self.t.environment(HOME="/home"))
        self.t.check(session.port and session.pid, f"it did not start: {session.stderr}")
        client = self.t.client(session)
        self.t.check(client.wait_for("START"), "the program did not start")
        return session, client

    def logged(self):
        lines = b""
        while True:
            try:
                lines += self.log.recv(65536) + b"\n"
            except BlockingIOError:
                return lines

    def files(self):
        return set(self.run("ls", "-A", "/", "/home", "/tmp", capture_output=True, text=True).stdout.split())


def crash(t, pid, poke):
    """Makes a process fault where it waits, as a flaw in it would (a signal would not end the first process of a PID namespace), with
    all limits on cores lifted. Gives the exit code that the kernel keeps, with the bit for a dumped core."""
    try:
        for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.prlimit(pid, limit, ENDLESS)
    except PermissionError:
        t.notes[:] = ["without CAP_SYS_RESOURCE the limit on cores stays at 0"]
    with open(f"/proc/{pid}/syscall") as file:
        counter = int(file.read().split()[-1], 16)
    try:
        with open(f"/proc/{pid}/mem", "r+b", 0) as memory:
            memory.seek(counter)
            memory.write(b"\x0f\x0b" if os.uname().machine == "x86_64" else bytes(4))      # an undefined instruction
    except OSError:
        t.skip("this kernel lets nobody write to another process's code")
    poke()
    t.eventually(lambda: (stat_of(pid) or "Z")[0] == "Z", "it did not crash")
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().split()[-1])


@test(timeout=120, skip_if=ONLY_OURS or root_only("changes another process's limits and root folder"))
def no_compartment_leaves_a_core_and_the_log_has_no_secret(t):
    for program in ("unshare", "nsenter", "setpriv"):
        if not shutil.which(program):
            t.skip(f"{program} is not installed")
    with open("/proc/sys/kernel/core_pattern") as file:
        if "/" in file.read():
            t.skip("this host's cores go elsewhere than to the working folder")
    jail = Jail(t)
    unlimited = "ulimit -c unlimited; exec setpriv --reuid 65534 --clear-groups sh -c 'kill -SEGV $$'"
    control = jail.run("sh", "-c", unlimited, stderr=subprocess.DEVNULL)
    if not any(name.startswith("core") for name in jail.files()):
        t.skip(f"this host writes no cores (status {control.returncode})")
    jail.run("sh", "-c", "rm /core*")
    for name in ("net", "terminal", "monitor"):
        session, client = jail.session()
        client.type(b"hello-traffic\n")
        t.check(client.wait_for("got-hello-traffic."), "no echo")
        client.pump(0.3)
        pid = compartments(session)[name]
        # What wakes it is on its way before the monitor, which would collect its exit code, is stopped.
        if name == "terminal":
            os.kill(pid, signal.SIGSTOP)
            client.set_size(90, 20)
            client.pump(0.2)
        stopped = session.pid if name != "monitor" else None
        if stopped:
            os.kill(stopped, signal.SIGSTOP)
        code = crash(t, pid, {"net": lambda: client.type(b"y\n"), "terminal": lambda: os.kill(pid, signal.SIGCONT),
                              "monitor": lambda: os.kill(pid, signal.SIGUSR1)}[name])
        t.equal(code & 0x7F, signal.SIGILL, f"how {name} ended")
        t.check(not code & 0x80, f"{name} left a core")
        t.check(not any(file.startswith("core") for file in jail.files()), f"{name} left a core: {jail.files()}")
        if stopped:
            os.kill(stopped, signal.SIGCONT)
        t.gone(session)
        log = jail.logged()
        t.check(name == "monitor" or b"died: signal 4" in log, f"the log is not there: {log}")
        forms = key_material.needles(client.key)
        t.check(not any(form in log for form in forms) and b"hello-traffic" not in log, f"the log shows a secret: {log}")


def silent_session(t, program="n=0; while read -r x; do n=$((n+1)); echo got-$n.; done"):
    session = t.server("/bin/sh", "-c", f"stty -echo; echo READY; {program}")
    client = t.client(session)
    t.check(client.wait_for("READY"), "the program did not start")
    return session, client, compartments(session)


def left_behind(t, pids, *secrets, names=("net", "monitor", "terminal", "login-record"), most=100):
    """{compartment: how many places hold a part of what was typed}, those with none left out."""
    parts = [part for secret in secrets for part in windows(secret, most)]
    counts = {name: len(find(t, pids[name], parts + [cells(part) for part in parts if name == "terminal"])[0])
              for name in names if name in pids}
    return {name: count for name, count in counts.items() if count}


@test(timeout=180, skip_if=ONLY_OURS)       # one search after each delivery, and each through sudo where the test is not root
def what_is_typed_without_echo_is_gone_when_it_is_read(t):
    session, client, pids = silent_session(t)
    lines, kinds, secrets = 0, 0, []
    for kind, canary, send, reads in deliveries(client):
        send()
        lines, kinds = lines + reads, kinds + 1
        t.check(client.wait_for(f"got-{lines}.") if lines else True, f"{kind}: not read")
        client.pump(0.02)
        forms = [canary, *compressed_forms(client)]
        t.equal(left_behind(t, pids, *forms, names=("net", "monitor")), {}, f"{kind}: left behind")
        secrets += forms
    client.pump(1)
    t.equal(left_behind(t, pids, *secrets), {}, "left behind after all")
    t.check(find(t, pids["terminal"], [cells(b"got-%d" % lines)])[0], "the search does not find the screen in the terminal")
    t.note(f"{kinds} ways of delivery")


@test(timeout=120, skip_if=ONLY_OURS)
def a_long_paste_is_gone_a_second_after_the_program_read_it(t):
    flag, size = os.path.join(t.temp, "go"), 144000
    reader = f"while [ ! -e {flag} ]; do sleep 0.05; done; head -c {size} >/dev/null; rm {flag}"
    session, client, pids = silent_session(t, f"stty raw; while true; do {reader}; done")
    for piece in (16000, size):         # many instructions of 16,000 bytes, then a single one
        paste = letters(size)
        for at in range(0, size, piece):
            client.type(paste[at:at + piece])
            client.pump(0.05)
        t.check(client.pump(PATIENCE, lambda: client.acknowledged), "the input was not taken")
        # Nobody reads: the kernel takes some KiB, the monitor 64 KiB, and the rest waits in net. The search finds both, and what net has
        # handed on it has not any more.
        held = left_behind(t, pids, paste, most=700)
        t.check(held.get("net", 0) > 100 and held.get("monitor", 0) > 100, f"the search does not find what waits: {held}")
        t.check("terminal" not in held, "the terminal has what was typed without echo")
        t.equal(left_behind(t, pids, paste[:65000], names=("net",), most=700), {}, "what was handed on is still in net")
        open(flag, "w").close()
        t.eventually(lambda: client.pump(0.05) or not os.path.exists(flag), "the program did not read it")
        client.pump(1)
        t.eventually(lambda: client.pump(0.05) or not left_behind(t, pids, paste, most=700),
                     lambda: f"parts of a paste in pieces of {piece} left behind: {left_behind(t, pids, paste, most=700)}", 10)


@test(timeout=120, skip_if=ONLY_OURS)
def input_that_nobody_will_ever_read_is_gone_soon_after_the_program(t):
    session, client, pids = silent_session(t, "stty raw; sleep 100")
    paste = letters(90000)
    for at in range(0, len(paste), 15000):
        client.type(paste[at:at + 15000])
        client.pump(0.05)

    def held():
        found = left_behind(t, pids, paste)
        return client.pump(0.05) or found.get("net", 0) > 10 and found.get("monitor", 0) > 10
    t.eventually(held, lambda: f"the search does not find what waits: {left_behind(t, pids, paste)}")
    # The client says nothing more, so that the closing handshake keeps both processes.
    client.auto_ack = False
    os.kill(session.shell(), signal.SIGKILL)
    t.eventually(lambda: not left_behind(t, pids, paste), lambda: f"left behind: {left_behind(t, pids, paste)}")
    t.check(alive(pids["net"]) and alive(pids["monitor"]), "the session is over: nothing was shown")


if __name__ == "__main__":
    sys.exit(main())
