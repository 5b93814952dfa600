#!/usr/bin/env python3
"""What processes hold, read from outside in /proc, and what the policies say that they may (sandbox/policies/*.dump).

Run as a program (through sudo, where a test is not root) it prints look() of the processes that are its arguments."""

import json
import os
import re
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMESPACES = ("user", "net", "mnt", "ipc", "uts", "pid", "cgroup", "time")
# Which flags of an open descriptor count: access mode, O_NONBLOCK, O_APPEND, O_ASYNC, O_PATH, close-on-exec.
FLAGS = 0o3 | 0o4000 | 0o2000 | 0o20000 | 0o10000000
CLOSE_ON_EXEC = 0o2000000
# By kind: what the link in /proc is, access mode and O_NONBLOCK.
KINDS = {
    "null": (r"/dev/null", 0o2), "announce": (r"/dev/null", 0o2), "pty": (r"/dev/(pts/)?ptmx", 0o4002),
    "signals": (r"anon_inode:\[signalfd\]", 0o4002), "channel": (r"socket:\[\d+\]", 0o4002), "udp": (r"socket:\[\d+\]", 0o4002),
    "unix-socket": (r"socket:\[\d+\]", None), "pidfd": (r"(anon_inode:\[pidfd\]|pidfd:\[\d+\])", 0o2), "pipe-writer": (r"pipe:\[\d+\]", 0o4001),
    "any": (r".*", None),
}
# Those that start others: what they hold is closed when they do. And the signals that they take by descriptor.
STARTERS = {"monitor": (2, 10, 15), "client_guard": (1, 2, 3, 13, 15, 18, 20, 28)}
LIMITS = {"AS": "Max address space", "NOFILE": "Max open files", "CORE": "Max core file size", "MSGQUEUE": "Max msgqueue size",
          "MEMLOCK": "Max locked memory", "FSIZE": "Max file size", "NPROC": "Max processes"}


def _read(path):
    with open(path, "rb") as file:
        return file.read().decode(errors="surrogateescape")


def _descriptor(pid, number):
    info = dict(re.findall(r"^([\w-]+):\s*(\S*)$", _read(f"/proc/{pid}/fdinfo/{number}"), re.M))
    return {"target": os.readlink(f"/proc/{pid}/fd/{number}"), "flags": int(info["flags"], 8), "pid": int(info.get("Pid", 0)),
            "sigmask": info.get("sigmask", "")}


def look_at(pid):
    """What one process holds; it must be ours to look at."""
    mappings = [line.split(None, 5) for line in _read(f"/proc/{pid}/maps").splitlines()]
    return {
        "descriptors": {number: _descriptor(pid, number) for number in os.listdir(f"/proc/{pid}/fd")},
        "environment": [word for word in _read(f"/proc/{pid}/environ").split("\0") if word],
        "status": dict(line.split(":\t", 1) for line in _read(f"/proc/{pid}/status").splitlines() if ":\t" in line),
        "limits": {line[:26].strip(): line[26:].split()[:2] for line in _read(f"/proc/{pid}/limits").splitlines()[1:]},
        "permissions": sorted({words[1] for words in mappings}),
        "files": sorted({words[5] for words in mappings if len(words) == 6}),
        "namespaces": {space: os.readlink(f"/proc/{pid}/ns/{space}") for space in NAMESPACES if os.path.exists(f"/proc/{pid}/ns/{space}")},
        "owner": os.stat(f"/proc/{pid}/mem").st_uid,
        "personality": int(_read(f"/proc/{pid}/personality"), 16),
        "folder": os.readlink(f"/proc/{pid}/cwd"),
    }


def look(pids):
    """{pid: what it holds}; {} where we may not look."""
    if os.geteuid() == 0:
        return {pid: look_at(pid) for pid in pids}
    done = subprocess.run(["sudo", "-n", sys.executable, os.path.abspath(__file__), *map(str, pids)], capture_output=True, text=True)
    return {int(pid): held for pid, held in json.loads(done.stdout).items()} if done.returncode == 0 else {}


def policy(compartment):
    """({number: (kind, optional)}, {limit's name in /proc: value}) of a compartment's generated inventory."""
    text = _read(os.path.join(SOURCE, f"sandbox/policies/{compartment}.dump"))
    declared = {int(number): (kind, bool(optional))
                for number, kind, optional in re.findall(r"^descriptor (\d+) ([\w-]+)( optional)?:", text, re.M)}
    space, files, zeros = re.search(r"^limit AS (\d+) MiB, NOFILE (\d+), ([A-Z ]+) 0$", text, re.M).groups()
    limits = {LIMITS["AS"]: int(space) << 20, LIMITS["NOFILE"]: int(files), **{LIMITS[name]: 0 for name in zeros.split()}}
    return declared, limits


def _sockets(table, type_words):
    """Inodes of the sockets in a table of /proc/net whose words agree."""
    place = 6 if table == "unix" else 9
    try:
        lines = _read(f"/proc/net/{table}").splitlines()[1:]
    except OSError:
        return set()
    return {words[place] for words in map(str.split, lines) if len(words) > place and type_words(words)}


def socket_kinds():
    """{kind: inodes of all such sockets in our network namespace, where all of ours were made}."""
    return {"channel": _sockets("unix", lambda words: words[4] == "0005"), "unix-socket": _sockets("unix", lambda words: words[4] == "0002"),
            "udp": _sockets("udp", lambda words: True) | _sockets("udp6", lambda words: True)}


def differences(compartment, held, sockets):
    """How a compartment's descriptors, limits and rights differ from its policy; each as one line."""
    declared, limits = policy(compartment)
    found = []
    close_on_exec = CLOSE_ON_EXEC if compartment in STARTERS else 0
    for number in sorted({*map(int, held["descriptors"]), *declared}):
        kind, optional = declared.get(number, (None, False))
        one = held["descriptors"].get(str(number))
        if one is None:
            found += [] if optional else [f"{number} ({kind}) is missing"]
            continue
        if kind is None:
            found.append(f"{number} is {one['target']}, and nothing is declared there")
            continue
        target, flags = KINDS[kind]
        if not re.fullmatch(target, one["target"]):
            found.append(f"{number} is {one['target']}, not {kind}")
        if flags is not None and one["flags"] & (FLAGS | CLOSE_ON_EXEC) != flags | (close_on_exec if number > 2 else 0):
            found.append(f"{number} ({kind}) has flags {one['flags']:o}")
        # A UDP socket without a port, as the client's spare ones are, is in no table.
        elsewhere = any(one["target"][8:-1] in inodes for other, inodes in sockets.items() if other != kind)
        if kind in sockets and one["target"][8:-1] not in sockets[kind] and (kind != "udp" or compartment != "client_net" or elsewhere):
            found.append(f"{number} is a socket, but not of kind {kind}")
        if kind == "signals" and int(one["sigmask"], 16) != sum(1 << (number - 1) for number in STARTERS[compartment]):
            found.append(f"{number} takes the signals {one['sigmask']}")
    for name, value in limits.items():
        if held["limits"][name] != [str(value)] * 2:
            found.append(f"{name} is {held['limits'][name]}, not {value}")
    found += [f"a mapping is {permissions}" for permissions in held["permissions"] if "w" in permissions and "x" in permissions]
    wanted = {"NoNewPrivs": "1", "Seccomp": "2", "Threads": "1", "TracerPid": "0", "SigCgt": "0" * 16, "SigPnd": "0" * 16, "ShdPnd": "0" * 16}
    found += [f"{name} is {held['status'].get(name)}" for name, value in wanted.items() if held["status"].get(name, "").strip() != value]
    return found


if __name__ == "__main__":
    json.dump(look([int(word) for word in sys.argv[1:]]), sys.stdout)
