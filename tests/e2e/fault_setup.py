"""What the start-up's faults are judged by: a session that exists is confined, however its start went."""

import os
import re
import time

from harness import IS_ROOT, Failed, alive, children_of, name_of, status_of

LIMITS = {"Max core file size": "0", "Max processes": "0", "Max file size": "0", "Max locked memory": "0", "Max msgqueue size": "0"}
CAP_KILL = 1 << 5       # of a monitor that root started: it must be able to end a compartment of another uid
# Descriptors that each may hold, as docs/privsep.md has it; 10 and 14 of the monitor are closed after use.
DESCRIPTORS = {"monitor": set(range(15)), "net": set(range(7)), "terminal": set(range(5))}


def compartments_of(session):
    """{name: pid}. Where its link cannot be read a process is known by the name that it gave itself."""
    found = {"monitor": session.pid}
    names = {name_of(pid).removeprefix("sallyport-"): pid for pid in children_of(session.pid)}
    for name in ("net", "terminal"):
        if name not in names:
            raise Failed(f"no {name} below the monitor: {sorted(names)}")
        found[name] = names[name]
    return found


def unconfined(session):
    """What is missing of the mandatory layers, seen from outside: a list of texts, empty when all is well."""
    wrong = []
    try:
        compartments = compartments_of(session)
        for name, pid in compartments.items():
            wrong += lacks(name, pid)
    except (Failed, OSError, KeyError) as error:
        # A session may be over already; one that lives has them all.
        time.sleep(0.2)
        return [f"{error}"] if alive(session.pid) else []
    return wrong


def lacks(name, pid):
    """What one compartment is without."""
    wrong = []
    status = status_of(pid)
    if status.get("NoNewPrivs") != "1" or status.get("Seccomp") != "2":
        wrong.append(f"{name}: NoNewPrivs {status.get('NoNewPrivs')}, Seccomp {status.get('Seccomp')}")
    for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        if int(status[which], 16) & ~(CAP_KILL if name == "monitor" and IS_ROOT else 0):
            wrong.append(f"{name}: {which} {status[which]}")
    if name != "monitor" and IS_ROOT and ("0" in status["Uid"].split() or "0" in status["Gid"].split() or status.get("Groups", "").strip()):
        wrong.append(f"{name}: Uid {status['Uid']}, Gid {status['Gid']}, Groups {status.get('Groups')}")
    if os.stat(f"/proc/{pid}/mem").st_uid != 0:     # in /proc a process that is not dumpable belongs to root
        wrong.append(f"{name} is dumpable")
    with open(f"/proc/{pid}/limits") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    for limit, value in LIMITS.items():
        if limits[limit] != [value, value]:
            wrong.append(f"{name}: {limit} {limits[limit]}")
    if limits["Max address space"][1] == "unlimited":
        wrong.append(f"{name}: address space without a limit")
    if IS_ROOT and not {int(number) for number in os.listdir(f"/proc/{pid}/fd")} <= DESCRIPTORS[name]:
        wrong.append(f"{name}: descriptors {os.listdir(f'/proc/{pid}/fd')}")
    return wrong


def reported_missing(errors):
    """Which compartments' lines in the log say that an optional layer is missing: {name: True or False}."""
    return {name: missing != "0" for name, missing in re.findall(r": (\w+): sandbox: layers \d+.*missing (\d+)", errors)}
