#!/usr/bin/env python3
"""Each system call that a compartment may make fails in each way that its manual page knows: at most that compartment ends, and with it the
session, as documented; nothing is left behind, and nothing becomes possible that was not.

SALLYPORT_FAULTS=all plays every call with every error at more places; by default each call and error at a few.
"""

import os
import re
import sys
import time

from fault_tools import TYPED, TYPED_BIG, error_number, fail_on_any, missing_supervisor, play, run_cases
from fault_setup import reported_missing, unconfined
from harness import SOURCE, main, ours_only, test

SKIP = ours_only("is one process") or missing_supervisor()
ALL = os.environ.get("SALLYPORT_FAULTS") == "all"
COMPARTMENTS = ("monitor", "net", "terminal")
# Which of the calls in a row fails.
PLACES = (1, 2, 3, 5, 8, 13, 20, 30, 50) if ALL else (1, 4, 12)
HIDE_CLOCK = ("--no-vdso",)     # time is a system call then, as on machines whose clock the C library cannot read by itself

NUMBERS = {"read": 0, "write": 1, "close": 3, "mmap": 9, "brk": 12, "munmap": 11, "ioctl": 16, "connect": 42, "sendmsg": 46, "recvmsg": 47,
           "clock_gettime": 228, "exit_group": 231, "waitid": 247, "ppoll": 271, "getrandom": 318, "pidfd_send_signal": 424}

FIRST_RECORDS = {"monitor": 0, "net": 2, "terminal": 1}
MEMORY = (NUMBERS["brk"], NUMBERS["mmap"], NUMBERS["munmap"])

# What the manual pages (section 2, and those of the protocols: unix, ip, udp, pty) say that a call may fail with.
ERRORS = {
    "read": "EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR",
    "write": "EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE",
    "recvmsg": "EAGAIN EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM ENOTCONN ENOTSOCK EHOSTUNREACH ENETUNREACH",
    "sendmsg": "EACCES EAGAIN EALREADY EBADF ECONNREFUSED ECONNRESET EDESTADDRREQ EFAULT EHOSTUNREACH EINTR EINVAL EISCONN EMSGSIZE ENETDOWN "
               "ENETUNREACH ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPERM EPIPE ETOOMANYREFS",
    "ppoll": "EFAULT EINTR EINVAL ENOMEM",
    "ioctl": "EBADF EFAULT EINTR EINVAL EIO ENOTTY EPERM",
    "waitid": "EAGAIN ECHILD EINTR EINVAL ESRCH",
    "pidfd_send_signal": "EBADF EINVAL ENOSYS EPERM ESRCH",
    "connect": "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED EFAULT EHOSTUNREACH EINPROGRESS EINTR EISCONN "
               "ENETUNREACH ENOTSOCK EPERM EPROTOTYPE ETIMEDOUT",
    "clock_gettime": "EACCES EFAULT EINVAL ENODEV EPERM",
    "getrandom": "EAGAIN EFAULT EINTR EINVAL ENOSYS",
    "mmap": "EACCES EAGAIN EBADF EEXIST EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM ETXTBSY",
    "munmap": "EINVAL ENOMEM",
    "brk": "ENOMEM",
    "close": "EBADF EDQUOT EINTR EIO ENOSPC",
    "exit_group": "",           # does not return
}
# A call that moves bytes may move fewer; and what is read may be at its end.
MOVES = ("read", "write", "recvmsg", "sendmsg", "getrandom")
READS = ("read", "recvmsg")
# An interrupted call, and one that would have to wait, change nothing.
PASSING = ("EINTR", "EAGAIN", "ENOBUFS")


def permitted(compartment):
    """The compartment's system calls, as its policy's dump says."""
    with open(os.path.join(SOURCE, "sandbox/policies", compartment + ".dump")) as file:
        return sorted(set(re.findall(r"^allow (\w+)\(", file.read(), re.M)))


def faults_of(call):
    """Every way in which it can fail: (deed, whether the session must go on as if nothing had happened)."""
    found = [(f"error={error_number(name)}", name in PASSING and call != "mmap") for name in ERRORS[call].split()]
    if call in MOVES:
        found.append(("fewer", call == "write" or call == "read"))
    if call in READS:
        found.append(("end", False))
    return found


def all_cases(compartment, counts):
    """((faults), must go on, deed): places where the call is made at least that often."""
    for call in permitted(compartment):
        number = NUMBERS[call]
        made = counts.get((compartment, 1, number), 0)
        if call == "mmap":      # asked for memory only where the heap cannot grow
            always = (compartment, "after", NUMBERS["brk"], 1, 0, f"error={error_number('ENOMEM')}")
            made = 2 if counts.get((compartment, 1, NUMBERS["brk"]), 0) else 0
        for place in PLACES:
            if place > made:
                continue
            if call == "mmap" and place == 1:
                yield (always, (compartment, "after", number, 1, 0, always[-1])), False     # no memory from here on
            for deed, goes_on in faults_of(call):
                fault = (compartment, "after", number, place, 1, deed)
                yield ((always, fault) if call == "mmap" else (fault,)), goes_on


def judge(outcome, compartment, fault, must_go_on):
    """What is wrong with how this session went: a text, or nothing."""
    wrong = list(outcome.wrong)
    memory_call = fault[2] in MEMORY
    for process in COMPARTMENTS:
        how, number = outcome.ends.get(process, ("nothing", 0))
        # The monitor ends its compartments with SIGKILL, or the kernel with the monitor. Who gets no memory dies as by a failed CHECK.
        fine = how == "exit" or (number == 9 and process != "monitor") or (memory_call and process == compartment and number == 4)
        if outcome.started and not fine:
            wrong.append(f"{process} ended by {how} {number}")
        if how == "signal" and not fine:
            wrong.append(f"{process} got signal {number}")
    if must_go_on and not outcome.complete:
        wrong.append(f"the session did not go on: {outcome.lines} {outcome.errors!r}")
    if outcome.complete and compartment != "monitor" and "the program ended" not in outcome.errors and "session ends" not in outcome.errors:
        wrong.append(f"its end is not in the log: {outcome.errors!r}")
    return "; ".join(wrong)


def count_calls(t):
    """How often each call is made when nothing fails."""
    counts = {}
    for typed in (TYPED, TYPED_BIG):
        outcome = play(t, 0, [], ("--count", *HIDE_CLOCK), typed=typed)
        t.check(outcome.complete and not outcome.wrong, f"without a fault: {outcome.wrong} {outcome.errors!r} {outcome.lines}")
        counts.update({what: count for what, count in outcome.calls.items() if typed is TYPED or what[2] in MEMORY})
    return counts


def one_fault(tools, number, case):
    compartment, faults, must_go_on = case
    begun = time.monotonic()
    _, _, call, place, _, deed = faults[-1]
    # No kernel cuts a record without saying so: half of what was printed, or typed, is lost then.
    lossy = call == NUMBERS["recvmsg"] and deed == "fewer"
    outcome = play(tools, number, faults, HIDE_CLOCK, typed=TYPED_BIG if call in MEMORY else TYPED, may_lose_output=lossy)
    # The release of the program, and the word to the starter, are one byte into an empty pipe: they never have to wait, and a monitor that
    # cannot write them ends the session.
    fired = [fault for fault in outcome.fired if fault[2] == call and fault[3] == place]
    if fired and call == NUMBERS["write"] and fired[0][4] in (10, 14) and deed == f"error={error_number('EAGAIN')}":
        must_go_on = False
    # Nor do the first records into an empty channel, which say that a compartment is ready and which layers it has: it ends without.
    if call == NUMBERS["sendmsg"] and place <= FIRST_RECORDS[compartment] and deed != f"error={error_number('EINTR')}":
        must_go_on = False
    why = judge(outcome, compartment, faults[-1], must_go_on and bool(fired))
    return why or ("fired" if fired else "", outcome.started, outcome.complete, time.monotonic() - begun)


def slowest(results):
    seconds, case = max((result[3], case) for case, result in results)
    return f"{seconds:.1f} s: {case}"


def meddle(t, compartment):
    counts = count_calls(t)
    cases = [(compartment, faults, goes_on) for faults, goes_on in all_cases(compartment, counts)]
    results = run_cases(t, one_fault, cases)
    fail_on_any(t, results)
    fired = [result for _, result in results if result[0]]
    reached = {case[1][-1][2] for case, result in results if result[0]}
    never = [call for call in permitted(compartment) if NUMBERS[call] not in reached and ERRORS[call]]
    t.note(f"{len(fired)} faults: {sum(r[2] for r in fired)} sessions went on, {sum(r[1] and not r[2] for r in fired)} ended, "
           f"{sum(not r[1] for r in fired)} did not start; slowest {slowest(results)}; "
           f"never called in such a session: {', '.join(never) or 'none'}")
    t.check(len(fired) >= 0.8 * len(cases), f"only {len(fired)} of {len(cases)} faults happened")


@test(timeout=600, skip_if=SKIP)
def every_permitted_call_is_in_the_table(t):
    for compartment in COMPARTMENTS:
        calls = permitted(compartment)
        t.check(len(calls) >= 5, f"{compartment}: {calls}")
        for call in calls:
            t.check(call in ERRORS and call in NUMBERS, f"{compartment} may call {call}: no table of its errors")


@test(timeout=3000 if ALL else 200, skip_if=SKIP)
def a_call_of_the_monitor_that_fails_ends_at_most_the_session(t):
    meddle(t, "monitor")


@test(timeout=3000 if ALL else 200, skip_if=SKIP)
def a_call_of_net_that_fails_ends_at_most_the_session(t):
    meddle(t, "net")


@test(timeout=3000 if ALL else 200, skip_if=SKIP)
def a_call_of_the_terminal_that_fails_ends_at_most_the_session(t):
    meddle(t, "terminal")


# --- the start-up -----------------------------------------------------------------------------------------------------

# As they are named by the supervisor: before and after they have entered their programs.
STARTING = ("starter", "monitor", "net-child", "net", "terminal-child", "terminal", "shell-child", "login-record-child", "login-record", "relay")
START_ERRORS = ("EPERM", "ENOMEM", "EMFILE", "EINTR", "ENOSYS", "EINVAL") if ALL else ("EPERM", "ENOMEM", "EMFILE")
NEVER = 1000000
LANDLOCK, SETRESGID = (444, 445, 446), 119


def calls_of_the_start(t):
    """{(process, call): how often it is made until the process is locked down, or in all its life if it never is}."""
    outcome = play(t, 0, [("login-record", "before", "any", NEVER, 1, "end")], ("--count",))
    t.check(outcome.complete and not outcome.wrong, f"without a fault: {outcome.wrong} {outcome.errors!r}")
    return {(name, call): count for (name, phase, call), count in outcome.calls.items() if phase == 0 and name in STARTING}


def one_start(tools, number, case):
    process, call, place, error = case
    begun = time.monotonic()
    outcome = play(tools, number, [(process, "before", call, place, 1, f"error={error_number(error)}")], look=unconfined)
    wrong = list(outcome.wrong)
    if not outcome.fired:
        return ("", False, False, 0.0)
    for name in ("starter", "monitor", "net", "terminal"):
        how, signal_number = outcome.ends.get(name, ("nothing", 0))
        if how == "signal" and signal_number != 9 and not outcome.fired[0][5]:
            wrong.append(f"{name} got signal {signal_number}")
    missing = reported_missing(outcome.errors)
    if call == SETRESGID and error == "EINVAL" and missing.get(process):
        # A user namespace of one id: its root is nobody but the user who made it. It keeps its ids, and says so.
        wrong = [text for text in wrong if not text.startswith(f"{process}: Uid")]
    if outcome.started and call in LANDLOCK and not missing.get(process, False):
        wrong.append(f"Landlock is missing in {process}, and nobody says so: {outcome.errors!r}")
    return "; ".join(wrong) or ("fired", outcome.started, outcome.complete, time.monotonic() - begun)


@test(timeout=3000 if ALL else 200, skip_if=SKIP)
def a_call_of_the_start_up_that_fails_leaves_no_session_without_its_layers(t):
    counts = calls_of_the_start(t)
    t.check({process for process, _ in counts} == set(STARTING), f"calls: {counts}")
    cases = [(process, call, place, error) for (process, call), count in sorted(counts.items()) for place in range(1, count + 1)
             if ALL or place <= 3 or place == count
             for index, error in enumerate(START_ERRORS) if ALL or (call + place) % len(START_ERRORS) == index]
    results = run_cases(t, one_start, cases)
    fail_on_any(t, results)
    fired = [result for _, result in results if result[0]]
    t.note(f"{len(fired)} faults: {sum(not r[1] for r in fired)} starts refused, {sum(r[2] for r in fired)} sessions went on, "
           f"{sum(r[1] and not r[2] for r in fired)} ended; {sum(counts.values())} calls; "
           f"slowest {slowest(results)}")
    t.check(len(fired) >= 0.9 * len(cases), f"only {len(fired)} of {len(cases)} faults happened")


if __name__ == "__main__":
    sys.exit(main())
