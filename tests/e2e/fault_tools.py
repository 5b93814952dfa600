"""Sessions under the fault supervisor (tests/faults/fault_supervisor.cc), many at the same time, and what must hold however they end.

A case is (process, phase, call, first, times, deed); deeds are those of tests/faults/fault.h. play() runs one session with some faults to
its end and gives an Outcome; run_cases() does that in several processes at once.
"""

import errno
import multiprocessing
import os
import platform
import re
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import harness
from harness import SERVER, Failed, Session, Tools, alive, descendants_of, end_descendants, name_of

SUPERVISOR = os.path.join(os.path.dirname(os.path.dirname(SERVER)), "tests/fault_supervisor")
# ours: most wait most of the time, so that many fit into two processors.
AT_ONCE = int(os.environ.get("SALLYPORT_FAULTS_AT_ONCE", "10"))
# Everything ends by itself within a fraction of a second; these only end a test.
STEP_SECONDS, END_SECONDS = 10.0, 30.0

# The end of its terminal may come to a program a moment before the signal that says so.
AWAIT_SIGNAL = "n=0; while [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done"
# The program notes what it is told, and how it is told that it is over.
PROGRAM = r"""exec 9>>LOG; trap 'echo HUP >&9; exit 0' HUP; stty -echo; echo START >&9; echo START
while read x; do echo "$x" >&9; [ "$x" = quit ] && exit 0
[ "$x" = big ] && cat BIG || seq 1 200; echo "got-$x."; done; """ + AWAIT_SIGNAL + "; echo END >&9"
TYPED = ("one", "two", "three", "four", "five")
# With a screen that takes the compartments more memory than they have: they must ask for it.
TYPED_BIG = ("one", "two", "big", "four", "big")


def missing_supervisor():
    if platform.machine() not in ("x86_64", "AMD64"):
        return "the fault supervisor knows the registers of x86-64 only"
    if not os.access(SUPERVISOR, os.X_OK):
        return f"no {SUPERVISOR}: the server under test was not built with its tests"
    return ""


class Outcome:
    def __init__(self):
        self.status = None          # of the starter
        self.fired = []             # faults that happened: (process, phase, call, count, first argument, whether the C library answers)
        self.ends = {}              # process: ("exit" or "signal", number)
        self.calls = {}             # (process, phase, call): count
        self.started = False        # a session came to be
        self.complete = False       # every line came back, and the end was orderly
        self.errors = ""            # standard error, with the log lines of -v
        self.lines = []             # what the program noted
        self.wrong = []             # what must not be

    def read_report(self, text):
        for line in text.split("\n"):
            words = line.split()
            if not words:
                continue
            if words[0] == "fault":
                self.fired.append((words[1], int(words[2]), int(words[3]), int(words[4]), int(words[5]), words[-1] == "library"))
            elif words[0] in ("exit", "signal"):
                self.ends[words[1]] = (words[0], int(words[2]))
            elif words[0] == "calls":
                self.calls[words[1], int(words[2]), int(words[3])] = int(words[4])
            elif words[0] == "refused":
                self.wrong.append(f"the supervisor may not trace: {os.strerror(int(words[1]))}")


def fault_word(case):
    process, phase, call, first, times, deed = case
    return f"{process}:{phase}:{call}:{first}:{times}:{deed}"


def read_file(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Play:
    """One session under the supervisor."""

    def __init__(self, t, number, options=(), environment=None, typed=TYPED, program=PROGRAM, may_lose_output=False):
        self.t, self.outcome, self.typed, self.program, self.may_lose_output = t, Outcome(), typed, program, may_lose_output
        base = os.path.join(t.temp, f"play-{number}")
        self.report, self.out, self.err, self.log = (base + end for end in (".report", ".out", ".err", ".log"))
        self.options, self.environment = list(options), environment
        self.processes, self.session, self.client, self.supervisor = [], None, None, None

    def start(self):
        program = self.program.replace("LOG", self.log).replace("BIG", big_screen(self.t))
        command = [SERVER, "new", "-v", "-i", "127.0.0.1", "-p", "0", "-c", "256", "--", "/bin/sh", "-c", program]
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.supervisor = subprocess.Popen([SUPERVISOR, "--report", self.report, *self.options, "--", *command], stdin=subprocess.DEVNULL,
                                               stdout=out, stderr=err, env=self.environment or self.t.environment())
        pattern = re.compile(r"^(exit|signal) starter (\d+)$", re.M)
        end = time.monotonic() + END_SECONDS
        while True:
            over = self.supervisor.poll() is not None
            if found := pattern.search(read_file(self.report)):
                break
            if over or time.monotonic() > end:
                self.outcome.wrong.append(f"the starter did not end: {read_file(self.err)!r}")
                return False
            time.sleep(0.004)
        self.outcome.status = (found[1], int(found[2]))
        monitor = re.search(r"^start monitor (\d+)$", read_file(self.report), re.M)
        self.session = Session(None, read_file(self.out), read_file(self.err), int(found[2]))
        self.outcome.started = self.outcome.status == ("exit", 0)
        if self.outcome.started:
            self.session.pid = int(monitor[1])      # should its line not have come through
        if self.outcome.started and not self.session.port:
            self.outcome.wrong.append(f"exit status 0 and no session: {self.session.stdout!r} {self.session.stderr!r}")
            self.outcome.started = False
        if self.outcome.started:
            self.processes = self.session.processes()
        return self.outcome.started

    def pump(self, condition, seconds=STEP_SECONDS):
        """Until the condition holds (true) or the session is over (false). Neither within the time: that is wrong."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.client.pump(0.05, condition):
                return True
            if not alive(self.session.pid):
                return False
        self.outcome.wrong.append("the session neither goes on nor ends")
        return False

    def use(self):
        """Types, resizes, roams and leaves. True when all of it worked."""
        if os.path.exists(self.log):
            self.outcome.wrong.append("the program runs before the first authentic datagram")
        client = self.client = self.t.client(self.session, connect=False)
        client.set_size(client.columns, client.rows)
        if not self.pump(lambda: client.newest > 0):
            return False
        for number, line in enumerate(self.typed):
            if number == 1:
                client.set_size(200, 60)
            if number == 3:
                client.hop()
            client.type(line.encode() + b"\n")
            def answered():
                return client.shows(f"got-{line}.") or client.shutdown_seen
            if self.may_lose_output and client.pump(2.0, answered):
                continue
            if not self.may_lose_output and not self.pump(answered) or client.shutdown_seen:
                break
        done = not client.shutdown_seen and alive(self.session.pid)
        if done:
            client.type(b"quit\n")
        left = self.pump(lambda: client.shutdown_seen)
        if left:
            client.flush()      # the answer to the goodbye, which would come with the next heartbeat only
        return left and done

    def finish(self):
        """Waits for the end and looks at what is left."""
        t, outcome = self.t, self.outcome
        if self.session and self.session.pid:
            self.processes = sorted(set(self.processes) | set(descendants_of(self.session.pid)))
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end and (self.supervisor.poll() is None or any(alive(pid) for pid in self.processes)):
            if self.client:
                self.client.pump(0.01)
            else:
                time.sleep(0.005)
        while (left := [pid for pid in descendants_of(os.getpid()) if alive(pid)]) and time.monotonic() < end:
            time.sleep(0.01)
        if left:
            outcome.wrong.append(f"left behind: {[(pid, name_of(pid)) for pid in left]}")
            end_descendants()
        if self.client:
            self.client.close()
            t.clients.remove(self.client)
        if self.supervisor:
            self.supervisor.wait()
        outcome.read_report(read_file(self.report))
        outcome.errors = read_file(self.err)
        outcome.lines = read_file(self.log).split("\n")[:-1]
        for path in (self.report, self.out, self.err, self.log):
            if os.path.exists(path):
                os.remove(path)
        self.judge()
        return outcome

    def judge(self):
        """What holds for every session, whatever failed in it."""
        outcome = self.outcome
        wrong = outcome.wrong.append
        if not is_subsequence("".join(line for line in outcome.lines if line not in ("START", "HUP", "END")), "".join((*self.typed, "quit"))):
            wrong(f"the program was told what nobody typed: {outcome.lines}")
        if outcome.lines and not outcome.started:
            wrong("the program ran without a session")
        if "START" in outcome.lines and outcome.lines[-1] not in ("HUP", "quit"):
            wrong(f"the program got no hang-up: {outcome.lines}")
        # Before main() the loader and the C library end as they see fit.
        if not outcome.started and not outcome.wrong and not any(fault[5] for fault in outcome.fired):
            if outcome.status[0] != "exit" or not outcome.errors.strip():
                wrong(f"no session, status {outcome.status}, and it does not say why: {outcome.errors!r}")


def is_subsequence(some, of):
    rest = iter(of)
    return all(char in rest for char in some)


def big_screen(t):
    """A file with a screen in which every cell is printed in another colour."""
    path = os.path.join(t.temp, "big")
    if not os.path.exists(path):
        cells = (f"\033[38;2;{n % 251};{n % 241};{n % 239}m#" for n in range(200 * 59))
        t.write("big", "\033[H" + "".join(cells) + "\033[m\033[H\n")
    return path


def play(t, number, faults, more=(), typed=TYPED, look=None, may_lose_output=False):
    """One session with these faults, from its start to its end. look(session) gives what is wrong with one that has just started."""
    words = list(more)
    for fault in faults:
        words += ["--fault", fault_word(fault)]
    run = Play(t, number, words, typed=typed, may_lose_output=may_lose_output)
    if run.start():
        if look:
            run.outcome.wrong += look(run.session)
        run.outcome.complete = run.use()
    return run.finish()


# --- many at the same time --------------------------------------------------------------------------------------------

_TOOLS = None


def _begin_worker(name, folder):
    global _TOOLS
    harness.adopt_orphans()
    tempfile.tempdir = folder
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _TOOLS = Tools(name)


def _one(work):
    function, number, case = work
    try:
        return case, function(_TOOLS, number, case)
    except Failed as why:
        end_descendants()
        return case, str(why)


def run_cases(t, function, cases):
    """function(tools, number, case) for each, in several processes. Gives [(case, result)] in order; a result that is a str is a failure."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(AT_ONCE, context, _begin_worker, (t.name, t.temp)) as pool:
        return list(pool.map(_one, [(function, number, case) for number, case in enumerate(cases)]))


def fail_on_any(t, results):
    failures = [f"{case}: {why}" for case, why in results if isinstance(why, str)]
    t.check(not failures, lambda: f"{len(failures)} of {len(results)} failed:\n" + "\n".join(failures[:12]))


def error_number(name):
    return getattr(errno, name)
