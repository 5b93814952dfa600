#!/usr/bin/env python3
"""What each process of a running session holds: descriptors, environment, identity, filters; and that the shell inherits none of it.

Environment: SALLYPORT_STARTS (default 240), sessions that are started and looked into; 1000 take half a minute on a quiet machine."""

import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

from harness import IS_ROOT, LIBEXEC, PATIENCE, SERVER, Failed, Session, children_of, end_descendants, main, name_of, ours_only, root_only, test
from hostile_parent import PARENTS, PROBE, leak
import process_inventory

ONLY_OURS = ours_only("has no compartments")
COMPARTMENTS = ("monitor", "net", "terminal")
STARTS = int(os.environ.get("SALLYPORT_STARTS", "240"))


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


def look(t, pids):
    held = process_inventory.look(pids)
    if not held:
        t.skip("needs root, or sudo without a password, to look into other processes")
    return held


def check_compartments(t, pids, held, shell, where=""):
    """Everything of net, terminal and monitor agrees with the generated inventories, and with what each may know of the others."""
    sockets = process_inventory.socket_kinds()
    for name in COMPARTMENTS:
        t.equal(process_inventory.differences(name, held[pids[name]], sockets), [], f"{name} differs from its policy{where}")
    monitor, ours = held[pids["monitor"]], {space: os.readlink(f"/proc/self/ns/{space}") for space in process_inventory.NAMESPACES}
    for number, pid in ((7, shell), (8, pids["net"]), (9, pids["terminal"])):
        t.equal(monitor["descriptors"][str(number)]["pid"], pid, f"the process of the monitor's descriptor {number}{where}")
    for number in ("10", "14"):
        t.check(number not in monitor["descriptors"], f"monitor: {number}, which should have been closed, is open{where}")
    t.equal(int(monitor["status"]["SigBlk"], 16), 0x4202, f"signals that the monitor takes by descriptor{where}")
    for name in ("net", "terminal"):
        one = held[pids[name]]
        t.equal(one["environment"], [], f"environment of {name}{where}")
        t.equal((int(one["status"]["SigBlk"], 16), int(one["status"]["SigIgn"], 16)), (0, 0), f"{name}: signals blocked and ignored{where}")
        t.equal((one["folder"], one["personality"]), ("/", 0), f"{name}: working folder and personality{where}")
        for space in ("net", "pid", "ipc", "uts", "mnt"):
            own = {held[pids[other]]["namespaces"][space] for other in ("net", "terminal")} | {ours[space]}
            t.check(not has_namespaces(t) or len(own) == 3, f"net, terminal and the host share a {space} namespace{where}")
        t.check(IS_ROOT or not has_namespaces(t) or one["namespaces"]["user"] != ours["user"], f"{name} is in our user namespace{where}")
    check_privileges(t, {name: held[pids[name]] for name in COMPARTMENTS}, where)


def check_privileges(t, held, where):
    for name, one in held.items():
        status = one["status"]
        kept = 1 << 5 if name == "monitor" and IS_ROOT else 0       # CAP_KILL: it must be able to end a compartment of another uid
        for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            t.equal(int(status[which], 16) & ~kept, 0, f"{name}: {which}{where}")
        t.equal(one["owner"], 0, f"{name}: owner of its memory file (root's, as it is not dumpable){where}")
        if IS_ROOT and name != "monitor":
            t.check("0" not in status["Uid"].split() + status["Gid"].split(), f"{name}: Uid {status['Uid']}, Gid {status['Gid']}{where}")
            t.equal((status.get("Groups", "").strip(), int(status["CapBnd"], 16)), ("", 0), f"{name}: groups and bounding set{where}")


def has_namespaces(t):
    """Whether this host gives namespaces at all; asked once."""
    if not hasattr(t, "namespaces"):
        line = re.search(r"namespaces[^\n]*", t.run_server("sandbox-report").stdout)
        t.namespaces = bool(line) and not re.search(r"missing|unavailable|not", line[0])
    return t.namespaces


def check_unconfined(t, session, held, shell, environment, where=""):
    """The session's program and login-record hold their three descriptors and nothing of ours."""
    one = held[shell]
    targets = [one["descriptors"].get(number, {}).get("target", "") for number in "012"]
    t.check(re.fullmatch(r"/dev/pts/\d+", targets[0]) and targets == targets[:1] * 3, f"the session's descriptors 0 to 2{where}: {targets}")
    t.equal(sorted(one["descriptors"]), ["0", "1", "2"], f"descriptors of the session{where}")
    t.equal([int(one["status"][name], 16) for name in ("SigBlk", "SigIgn", "SigCgt", "SigPnd")], [0] * 4, f"signals of the session{where}")
    known = {"TERM=xterm", "TERM=xterm-256color", "NCURSES_NO_UTF8_ACS=1", f"PWD={environment['HOME']}"}
    added = set(one["environment"]) - {f"{name}={value}" for name, value in environment.items()} - known
    t.equal(added, set(), f"environment that the session did not get from its starter{where}")
    t.check(not any(word.startswith(("MOSH_KEY=", "STY=", "LISTEN_")) for word in one["environment"]), f"the environment names another session{where}")
    for pid in held:
        if session.compartment(pid) == "login-record":
            kinds = [re.sub(r":?\[\w+\]", "", held[pid]["descriptors"][number]["target"]) for number in sorted(held[pid]["descriptors"])]
            t.check(kinds in (["pipe", "/dev/ptmx", "/dev/null"], ["pipe", "/dev/pts/ptmx", "/dev/null"]), f"login-record holds {kinds}{where}")
            t.equal(held[pid]["environment"], [], f"environment of login-record{where}")


@test(skip_if=ONLY_OURS)
def each_compartment_agrees_with_its_generated_inventory(t):
    session, _, pids = running_session(t)
    held = look(t, list(pids.values()))
    check_compartments(t, pids, held, session.shell())
    for name in ("net", "terminal"):
        targets = [one["target"] for one in held[pids[name]]["descriptors"].values()]
        t.check(not any("ptmx" in target or "pts" in target for target in targets), f"{name} holds a terminal")


@test(skip_if=ONLY_OURS)
def the_monitor_and_terminal_map_no_library_that_net_alone_needs(t):
    _, _, pids = running_session(t)
    held = look(t, list(pids.values()))
    pattern = re.compile(r"lib(crypto|ssl|z|protobuf)[-.\w]*\.so|secretmem")
    for name in ("monitor", "terminal"):
        t.equal([file for file in held[pids[name]]["files"] if pattern.search(file)], [], f"libraries of {name}")
    t.check(any(pattern.search(file) for file in held[pids["net"]]["files"]), "the search for libraries does not find net's")
    t.check(any(re.search(r"/libc[.-]", file) for file in held[pids["monitor"]]["files"]) or len(held[pids["monitor"]]["files"]) > 1,
            "the monitor's mappings are not listed")


def start_from(t, name, environment, prepare):
    """A session of `sleep` whose starter is in a certain state. It may have no standard error: then the monitor is our new child."""
    before = set(children_of(os.getpid()))
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sleep", "100", env=environment, preexec_fn=prepare, close_fds=False)
    session.pid = session.pid or next(iter(set(children_of(os.getpid())) - before), None)
    t.check(session.pid and session.port, f"it did not start ({name}): {session.stderr}")
    return session


def settled(check):
    """Passes as soon as check() does: right after the start the monitor is still closing the shell's release pipe, and the shell its end,
    perhaps between two looks at the same descriptor."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return check()
        except (Failed, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def end(session):
    """Ends a session by ending its monitor, and waits for all that was below it: none of it may outlive the monitor."""
    os.kill(session.pid, signal.SIGKILL)
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


@test(timeout=60 + STARTS, skip_if=ONLY_OURS, alone=True)
def over_many_starts_nothing_is_inherited_whatever_the_parent_leaks(t):
    leaked, seen = leak(t.temp), 0
    looks = range(STARTS) if IS_ROOT else range(0, STARTS, 20)      # sudo for every one would take minutes
    has_namespaces(t)
    for number in range(STARTS):
        name, (prepare, more) = list(PARENTS.items())[number % len(PARENTS)]
        environment, where = t.environment(**more), f" (start {number}: {name})"
        session = start_from(t, name, environment, prepare)
        client = t.client(session)
        shell = session.shell()
        t.eventually(lambda: name_of(shell) == "sleep", f"the program did not start{where}", pause=0.002)
        children = children_of(session.pid)
        pids = {session.compartment(pid): pid for pid in children if pid != shell} | {"monitor": session.pid}
        if number in looks:
            def check():
                held = process_inventory.look([session.pid, *children])
                if held:
                    check_compartments(t, pids, held, shell, where)
                check_unconfined(t, session, held or {shell: process_inventory.look_at(shell)}, shell, environment, where)
                return held
            seen += bool(settled(check))
        client.close()
        end(session)
    if not seen:
        t.skip("needs root, or sudo without a password, to look into compartments; the session's own program was looked at, and is right")
    t.note(f"{STARTS} starts, {seen} looked into, {len(PARENTS)} kinds of parent, {len(set(leaked))} leaked descriptors")


@test(timeout=120)
def the_session_inherits_what_its_starter_had_and_no_more(t):
    for name, (prepare, more) in PARENTS.items():
        environment = t.environment(**more)
        outside = subprocess.run([sys.executable, "-c", PROBE], env=environment, preexec_fn=prepare, stdout=subprocess.PIPE, text=True,
                                 stdin=subprocess.DEVNULL).stdout
        # Two things are not handed on, as a login would not: signals that are blocked or ignored, and the signal at a parent's end.
        wanted = re.sub(r"^(prctl pdeathsig \d) .*$", r"\1 0", re.sub(r"^(Sig\w+) .*$", lambda m: m[1] + " " + "0" * (1 if m[1] == "SigIgn" else 16),
                        outside, flags=re.M), flags=re.M)
        path = os.path.join(t.home, "probe")
        # Readable for us whatever the umask says.
        program = f"import os, sys\nsys.stdout = open({path!r}, 'w')\nos.fchmod(sys.stdout.fileno(), 0o600)\n{PROBE}"
        session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--", sys.executable, "-c", program, env=environment, preexec_fn=prepare)
        t.check(session.port, f"it did not start ({name}): {session.stderr}")
        t.client(session)
        t.eventually(lambda: os.access(path, os.R_OK) and open(path).read().endswith("END\n"), lambda: f"no report ({name})")
        inside = open(path).read().splitlines()
        t.equal(set(inside) ^ set(wanted.splitlines()), set(), f"what differs inside and outside the session ({name})")
        os.unlink(path)
        end_descendants()


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
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, env=t.environment(HOME=home), timeout=PATIENCE)
    from harness import Session
    session = Session(None, started.stdout, started.stderr, started.returncode)
    t.check(session.port, f"it did not start: {started.stderr}")
    client = t.client(session)
    t.check(client.wait_for("65534"), "wrong user")
    client.type(b"x\n")
    t.check(client.wait_for("got-x."), "no echo")
    pids = {name: session.find(name) for name in ("net", "terminal")} | {"monitor": session.pid}
    held = look(t, list(pids.values()))
    for name, pid in pids.items():
        t.equal(process_inventory.differences(name, held[pid], process_inventory.socket_kinds()), [], f"{name} differs from its policy")
        # Here, unlike for root, the kernel would say so if they were dumpable.
        t.equal((held[pid]["status"]["Uid"].split(), held[pid]["owner"]), (["65534"] * 4, 0), f"user of {name}, owner of its memory file")
    os.kill(session.pid, signal.SIGTERM)
    t.check(client.pump(PATIENCE, lambda: client.shutdown_seen), "no goodbye")


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
    t.equal(process.wait(timeout=PATIENCE), 0, "status")
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
                             capture_output=True, text=True, env=t.environment(), timeout=PATIENCE)
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
