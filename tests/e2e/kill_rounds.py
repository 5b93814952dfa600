"""One session under load whose process is killed, crashed or stopped at a random instant, and what must hold afterwards. For kill.py.

Where the tests run as root each worker has a mount namespace with login records of its own, so that nobody else's are touched.
"""

import ctypes
import os
import random
import re
import shutil
import signal
import struct
import time

from fault_tools import AWAIT_SIGNAL, END_SECONDS, Play, read_file
from harness import IS_ROOT, Failed, alive, descendants_of, end_descendants, name_of, stat_of

# Prints all the time, and notes that it runs and that it was hung up.
PROGRAM = r"""exec 9>>LOG; trap 'echo HUP >&9; exit 0' HUP; stty -echo; echo START >&9; printf '\n\n\n'
(n=0; while :; do n=$((n+1)); printf '\0337\033[1;1Hload-%d ======\n%d\0338' $n $n; sleep 0.02; done) & echo START
while read x; do [ "$x" = typed ] || echo "got-$x."; done; """ + AWAIT_SIGNAL + "; echo END >&9"
UTEMPTER = ("/usr/lib/x86_64-linux-gnu/utempter/utempter", "/usr/lib/utempter/utempter", "/usr/libexec/utempter/utempter")
# linux/sched.h, linux/mount.h
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
USER_PROCESS, RECORD_BYTES = 7, 384     # utmp(5)
RECORDS = "/run/utmp"
_own_records = None


def own_login_records():
    """Gives this process /run/utmp of its own; false where it cannot be."""
    global _own_records
    if _own_records is None:
        _own_records = False
        libc = ctypes.CDLL(None, use_errno=True)
        if IS_ROOT and any(map(os.path.exists, UTEMPTER)) and libc.unshare(CLONE_NEWNS) == 0:
            mounted = libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0 and libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, None) == 0
            if mounted:
                open(RECORDS, "wb").close()
                os.chmod(RECORDS, 0o664)
                shutil.chown(RECORDS, group="utmp")
                _own_records = True
    return _own_records


def login_records():
    with open(RECORDS, "rb") as file:
        data = file.read()
    return sum(struct.unpack_from("<h", data, at)[0] == USER_PROCESS for at in range(0, len(data) - RECORD_BYTES + 1, RECORD_BYTES))


class Round(Play):
    """The supervisor's session, and its own program."""

    def __init__(self, t, number, which, deed):
        super().__init__(t, number, ("--crash", which), program=PROGRAM)
        self.which, self.deed, self.victim = which, deed, 0

    def find_all(self):
        """The session's processes, and the one that is struck."""
        self.processes = self.session.processes()
        names = {name_of(pid).removeprefix("sallyport-"): pid for pid in self.processes}
        self.victim = self.session.pid if self.which == "monitor" else names[self.which]

    def work(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.client.type(b"typed\n")
            self.client.pump(min(0.03, max(end - time.monotonic(), 0)))

    def strike(self):
        if self.deed == "crash":
            self.supervisor.send_signal(signal.SIGUSR1)
        else:
            os.kill(self.victim, signal.SIGKILL if self.deed == "kill" else signal.SIGSTOP)

    def go_on(self):
        """After a stop everything works as before; then the process is killed after all."""
        client = self.client
        if not client:
            client = self.client = self.t.client(self.session, connect=False)
            client.set_size(client.columns, client.rows)
        client.type(b"after\n")
        if not client.pump(END_SECONDS, lambda: client.shows("got-after.")):
            raise Failed("no echo after it was stopped and went on")
        os.kill(self.victim, signal.SIGKILL)


def begin(run, generator):
    """Starts the session, and with most of them works for a while. The seconds until the instant are random."""
    if run.deed == "crash":
        started = run.start()
    else:
        run.session = run.t.server("/bin/sh", "-c", PROGRAM.replace("LOG", run.log))
        started = True
    if not started:
        raise Failed(f"it did not start: {run.outcome.wrong} {read_file(run.err)!r}")
    if os.path.exists(run.log):
        raise Failed("the program runs before the first authentic datagram")
    if generator.random() < 0.15:
        time.sleep(generator.uniform(0.0, 0.005))
        return
    run.client = run.t.client(run.session, connect=False)
    run.client.set_size(run.client.columns, run.client.rows)
    run.work(generator.uniform(0.0, 0.25))


def gone(run):
    left = []
    end = time.monotonic() + END_SECONDS
    while time.monotonic() < end:
        # The whole of /proc is only looked through when those that are known are gone.
        left = [pid for pid in run.processes if alive(pid)] or [pid for pid in descendants_of(os.getpid()) if alive(pid)]
        if not left:
            return
        time.sleep(0.005)
    words = [(pid, name_of(pid), stat_of(pid)) for pid in left]
    end_descendants()
    raise Failed(f"left behind: {words}")


def kill_round(t, number, case):
    """Gives whether a login record was seen before (None: not looked at)."""
    which, deed, seed = case
    generator = random.Random(seed)
    looks = own_login_records()
    run = Round(t, number, which, deed)
    begin(run, generator)
    seen = login_records() > 0 if looks else None
    run.find_all()
    run.strike()
    if deed == "stop":
        wait = generator.uniform(0.0, 0.1)
        if run.client:
            run.work(wait)
        else:
            time.sleep(wait)
        os.kill(run.victim, signal.SIGCONT)
        run.go_on()
    gone(run)
    if run.client:
        run.client.close()
        t.clients.remove(run.client)
    noted = read_file(run.log).split()
    if noted and (noted[0] != "START" or noted[-1] != "HUP"):
        raise Failed(f"the program got no hang-up: {noted}")
    if noted and not run.client:
        raise Failed("the program ran, and no client had come")
    if deed == "crash":
        ends = re.findall(rf"^signal {which} (\d+)$", read_file(run.report), re.M)
        if str(int(signal.SIGSEGV)) not in ends:
            raise Failed(f"it was not struck: {read_file(run.report)}")
    if looks and login_records():
        raise Failed("the login record is still there")
    return seen
