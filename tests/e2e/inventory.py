#!/usr/bin/env python3
"""What each process of a running session holds: descriptors, environment, identity, filters; and that the shell inherits none of it."""

import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

from harness import IS_ROOT, LIBEXEC, SERVER, alive, children_of, main, name_of, ours_only, root_only, status_of, test

ONLY_OURS = ours_only("has no compartments")
COMPARTMENTS = ("monitor", "net", "terminal")


def privileged(t, *words):
    """Runs a look at /proc that only root may take, directly or by password-less sudo."""
    words = list(words) if IS_ROOT else ["sudo", "-n", *words]
    if not IS_ROOT and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        t.skip("needs root, or sudo without a password, to look into other processes")
    return subprocess.run(words, capture_output=True, text=True)


def running_session(t):
    session = t.server("/bin/sh", "-c", "echo START; while read x; do echo got-$x.; done")
    client = t.client(session)
    t.check(client.wait_for("START"), "the program did not start")
    client.pump(0.2)
    pids = {"monitor": session.pid, "net": session.find("net"), "terminal": session.find("terminal")}
    return session, client, pids


def descriptors(t, pid):
    listing = privileged(t, "ls", "-l", f"/proc/{pid}/fd").stdout
    return {int(number): target for number, target in re.findall(r" (\d+) -> (\S.*)$", listing, re.M)}


def kind(target):
    return re.sub(r":?\[\w+\].*", "", target)


@test(skip_if=ONLY_OURS)
def each_compartment_holds_exactly_its_descriptors(t):
    _, _, pids = running_session(t)
    held = {name: descriptors(t, pid) for name, pid in pids.items()}
    for name, found in held.items():
        t.check(found, f"{name}: nothing to see")
        for number in (0, 1, 2):
            t.equal(found.get(number), "/dev/null", f"{name}: descriptor {number}")
    net = {number: kind(target) for number, target in held["net"].items() if number > 2}
    t.equal(net, {3: "socket", 4: "socket", 5: "socket", 6: "socket"}, "net")
    terminal = {number: kind(target) for number, target in held["terminal"].items() if number > 2}
    t.equal(terminal, {3: "socket", 4: "socket"}, "terminal")
    monitor = {number: target for number, target in held["monitor"].items() if number > 2}
    t.check(set(monitor) <= set(range(3, 15)), f"monitor: {monitor}")
    t.check("ptmx" in monitor[3], f"monitor: 3 is {monitor[3]}")
    t.check("signalfd" in monitor[4], f"monitor: 4 is {monitor[4]}")
    for number in (7, 8, 9):
        t.check("pidfd" in monitor[number], f"monitor: {number} is {monitor[number]}")
    for number in (10, 14):
        t.check(number not in monitor, f"monitor: {number}, which should have been closed, is {monitor.get(number)}")
    for name in ("net", "terminal"):
        t.check(not any("ptmx" in target or "pts" in target for target in held[name].values()), f"{name} holds a terminal")


@test(skip_if=ONLY_OURS)
def udp_sockets_are_in_net_alone(t):
    session, _, pids = running_session(t)
    with open("/proc/net/udp") as file:
        inodes = {line.split()[9] for line in file.readlines()[1:] if int(line.split()[1].split(":")[1], 16) == session.port}
    t.check(inodes, "no UDP socket on the port")
    for pid in session.processes():
        held = {number for target in descriptors(t, pid).values() for number in re.findall(r"socket:\[(\d+)\]", target)}
        if pid == pids["net"]:
            t.check(inodes <= held, "net does not hold the sockets")
        else:
            t.check(not inodes & held, f"{name_of(pid)} holds a UDP socket")


@test(skip_if=ONLY_OURS)
def leaked_descriptors_reach_no_compartment(t):
    planted = [os.open("/dev/zero", os.O_RDONLY) for _ in range(50)]
    for descriptor in planted:
        os.set_inheritable(descriptor, True)
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", "sleep 60", close_fds=False)
    t.client(session)
    for pid in session.processes():
        t.check("/dev/zero" not in descriptors(t, pid).values(), f"{name_of(pid)} inherited a descriptor")


@test(skip_if=ONLY_OURS)
def environments_are_empty(t):
    _, _, pids = running_session(t)
    for name in ("net", "terminal"):
        content = privileged(t, "cat", f"/proc/{pids[name]}/environ")
        t.equal((content.returncode, content.stdout), (0, ""), f"environment of {name}")


@test(skip_if=ONLY_OURS)
def filters_and_privileges(t):
    session, _, pids = running_session(t)
    for name, pid in pids.items():
        status = status_of(pid)
        t.equal(status.get("NoNewPrivs"), "1", f"{name}: NoNewPrivs")
        t.equal(status.get("Seccomp"), "2", f"{name}: Seccomp")
        t.equal(status.get("Threads"), "1", f"{name}: threads")
        for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            value = int(status[which], 16)
            if name == "monitor" and IS_ROOT:
                value &= ~(1 << 5)      # CAP_KILL: it must be able to end a compartment of another uid
            t.equal(value, 0, f"{name}: {which}")
        if name != "monitor" and IS_ROOT:
            t.check("0" not in status["Uid"].split() and "0" not in status["Gid"].split(), f"{name}: Uid {status['Uid']}, Gid {status['Gid']}")
            t.equal(status.get("Groups", "").strip(), "", f"{name}: groups")
        if IS_ROOT and name != "monitor":
            t.equal(int(status["CapBnd"], 16), 0, f"{name}: bounding set")
        # A process that is not dumpable belongs to root in /proc.
        t.equal(os.stat(f"/proc/{pid}/mem").st_uid, 0, f"{name}: owner of its memory file")
        with open(f"/proc/{pid}/limits") as file:
            limits = {line[:26].strip(): line[26:].split()[0] for line in file}
        t.equal(limits["Max core file size"], "0", f"{name}: core limit")
        t.equal(limits["Max processes"], "0", f"{name}: process limit")
        t.equal(limits["Max file size"], "0", f"{name}: file size limit")
    report = t.run_server("sandbox-report")
    if "namespaces" in report.stdout and not re.search(r"namespaces[^\n]*(missing|unavailable|not)", report.stdout):
        for name in ("net", "terminal"):
            for space in ("net", "pid", "ipc", "uts", "mnt") + (() if IS_ROOT else ("user",)):
                own = privileged(t, "readlink", f"/proc/{pids[name]}/ns/{space}").stdout
                t.check(own and own.strip() != os.readlink(f"/proc/self/ns/{space}"), f"{name} is in our {space} namespace")


@test(skip_if=ONLY_OURS)
def the_key_is_in_net_alone(t):
    session, _, pids = running_session(t)
    import base64
    key = base64.b64decode(session.key + "==")
    if not IS_ROOT:
        t.skip("needs root to read other processes' memory")
    for name, pid in pids.items():
        if name == "net":
            continue
        for needle in (key, session.key.encode()):
            t.check(not in_memory(pid, needle), f"the key is in the memory of {name}")
    canary = b"START"           # what the terminal shows is in its memory: the search works
    t.check(in_memory(pids["terminal"], b"S") and in_memory(session.shell(), canary), "the search finds nothing at all")


def in_memory(pid, needle):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            first, last = (int(word, 16) for word in line.split()[0].split("-"))
            if " r" not in line[:40] or "[v" in line:
                continue
            try:
                memory.seek(first)
                if needle in memory.read(last - first):
                    return True
            except OSError:
                continue
    return False


@test()
def the_shell_inherits_nothing(t):
    path = os.path.join(t.temp, "status")
    session = t.server("/bin/sh", "-c", f"ls -l /proc/self/fd >{path}; cat /proc/self/status >>{path}; ulimit -a >>{path}; echo END >>{path}; sleep 60")
    t.client(session)
    text = t.eventually(lambda: os.path.exists(path) and open(path).read().endswith("END\n") and open(path).read(), "no status")
    t.check(re.search(r"^Seccomp:\s+0$", text, re.M), "a filter is on in the session")
    t.check(re.search(r"^NoNewPrivs:\s+0$", text, re.M), "no_new_privs is on in the session")
    t.equal(set(re.findall(r" (\d+) -> ", text)) - {"3"}, {"0", "1", "2"}, "descriptors (3 is the listing's own)")
    shell = session.shell()
    held = descriptors(t, shell) if IS_ROOT else {int(n): "" for n in os.listdir(f"/proc/{shell}/fd")}
    if "mosh-server" not in SERVER:
        t.equal(set(held) - {10, 11, 255}, {0, 1, 2}, "descriptors of the session's program")   # 10, 255: a shell's own
    with open("/proc/self/status") as file:
        wanted = file.read()
    for field in ("CapEff", "CapBnd", "CapPrm", "Uid", "Gid", "Groups"):
        pattern = rf"^{field}:[ \t]*(.*?)[ \t]*$"
        t.equal(re.search(pattern, text, re.M)[1], re.search(pattern, wanted, re.M)[1], f"{field} in the session")


@test()
def sudo_works_inside_where_it_works_outside(t):
    if not shutil.which("sudo"):
        t.skip("sudo is not installed")
    outside = subprocess.run(["sudo", "-n", "id", "-u"], capture_output=True, text=True)
    if outside.stdout.strip() != "0":
        t.skip("sudo does not work here without a password")
    path = os.path.join(t.temp, "sudo")
    t.client(t.server("/bin/sh", "-c", f"sudo -n id -u >{path} 2>&1; echo END >>{path}; sleep 60"))
    t.eventually(lambda: os.path.exists(path) and "END" in open(path).read(), "no output")
    t.equal(open(path).read(), "0\nEND\n", "sudo in the session")


@test(skip_if=ONLY_OURS)
def root_is_not_needed(t):
    if not IS_ROOT:
        t.skip("every test here runs as an ordinary user")
    if not shutil.which("setpriv"):
        t.skip("setpriv is not installed")
    home = os.path.join(t.temp, "nobody")
    os.mkdir(home)
    os.chown(home, 65534, 65534)
    os.chmod(t.temp, 0o755)
    # The programs must be where that user can read them.
    shutil.copytree(os.path.dirname(SERVER), os.path.join(t.temp, "prefix/bin"))
    shutil.copytree(LIBEXEC, os.path.join(t.temp, "prefix/libexec/sallyport"))
    server = os.path.join(t.temp, "prefix/bin", os.path.basename(SERVER))
    started = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", server, "new", "-i", "127.0.0.1", "-p", "0", "--",
                              "/bin/sh", "-c", "id -u; while read x; do echo got-$x.; done"],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, env=t.environment(HOME=home), timeout=10)
    from harness import Session
    session = Session(None, started.stdout, started.stderr, started.returncode)
    t.check(session.port, f"it did not start: {started.stderr}")
    client = t.client(session)
    t.check(client.wait_for("65534"), "wrong user")
    client.type(b"x\n")
    t.check(client.wait_for("got-x."), "no echo")
    for name in ("net", "terminal"):
        t.equal(status_of(session.find(name)).get("Seccomp"), "2", f"{name}: Seccomp")
    os.kill(session.pid, signal.SIGTERM)
    t.check(client.pump(3, lambda: client.shutdown_seen), "no goodbye")


@test(skip_if=ONLY_OURS)
def login_record_writes_changes_and_removes_its_record(t):
    program = os.path.join(LIBEXEC, "login-record")
    leader, follower = pty.openpty()
    tty = os.ttyname(follower)[len("/dev/"):]
    records = t.write("utmp", b"")
    reader, writer = os.pipe()
    process = t.background(program, "pid=4242", "--record-file", records, stdin=reader, stdout=leader)
    os.close(reader)

    def who():
        return subprocess.run(["who", records], capture_output=True, text=True, env=t.environment()).stdout
    t.eventually(lambda: tty in who() and "(mosh [4242])" in who(), lambda: f"who says {who()!r}")
    os.close(writer)
    t.equal(process.wait(timeout=5), 0, "status")
    t.check(tty not in who(), f"the record is still there: {who()!r}")
    os.close(follower)


@test(timeout=60, skip_if=ONLY_OURS or root_only("makes a mount namespace with login records of its own"))
def who_shows_the_session_while_it_lives(t):
    if not shutil.which("unshare"):
        t.skip("unshare is not installed")
    # The records go through the system's utempter to /run/utmp: here one in a mount namespace that nobody else sees.
    flag = os.path.join(t.temp, "go")
    holder = t.background("unshare", "-m", "sh", "-c", f"mount -t tmpfs tmpfs /run && install -m 664 -g utmp /dev/null /run/utmp && touch {flag} && exec sleep 100")
    t.eventually(lambda: os.path.exists(flag) or holder.poll() is not None, "no namespace")
    if holder.poll() is not None:
        t.skip("no mount namespace can be made here")
    enter = ["nsenter", "-t", str(holder.pid), "-m"]

    def who():
        return subprocess.run([*enter, "who"], capture_output=True, text=True, env=t.environment()).stdout
    started = subprocess.run([*enter, SERVER, "new", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", "sleep 60"], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, env=t.environment(), timeout=10)
    from harness import Session
    session = Session(None, started.stdout, started.stderr, started.returncode)
    t.check(session.port, f"it did not start: {started.stderr}")
    t.eventually(lambda: f"(mosh [{session.pid}])" in who(), lambda: f"before contact who says {who()!r}")
    client = t.client(session)
    t.eventually(lambda: client.pump(0.05) or f"(127.0.0.1 via mosh [{session.pid}])" in who(), lambda: f"connected, who says {who()!r}")
    t.check(client.close_session(), "the shutdown is not acknowledged")
    t.gone(session)
    t.eventually(lambda: "mosh" not in who(), lambda: f"after the end who says {who()!r}")


if __name__ == "__main__":
    sys.exit(main())
