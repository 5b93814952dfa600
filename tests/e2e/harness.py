"""What the end-to-end suites share: registering and running tests, starting the server under test, driving tmux.

A suite is a file NAME.py that registers functions with @test and ends with main(). Each test runs in a process of its own, which adopts
every process that the tested programs leave behind (subreaper), so that leftovers are seen and ended by their ids.

  NAME.py                  runs the suite, some tests at the same time; exit status 1 when one failed
  NAME.py --list           names, and the checklist items that each covers
  NAME.py --one TEST       one test in this process
  NAME.py -j N WORD...     N at a time; only the tests whose names contain one of the words

Environment: SALLYPORT_SERVER, SALLYPORT_CLIENT, SALLYPORT_COMMAND (default build/release/bin/sallyport-server, -client and sallyport),
SALLYPORT_RESULTS (a folder for result files).
"""

import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVER = os.path.abspath(os.environ.get("SALLYPORT_SERVER") or os.path.join(SOURCE, "build/release/bin/sallyport-server"))
LIBEXEC = os.path.join(os.path.dirname(os.path.dirname(SERVER)), "libexec/sallyport")
IS_ROOT = os.geteuid() == 0
# The stock server can be put in our place to try the tests themselves.
IS_STOCK = os.path.basename(SERVER) == "mosh-server" and not os.path.isdir(LIBEXEC)
CLIENT = os.path.abspath(os.environ.get("SALLYPORT_CLIENT") or os.path.join(SOURCE, "build/release/bin/sallyport-client"))
CLIENT_IS_STOCK = os.path.basename(CLIENT) == "mosh-client"
WRAPPER = os.path.abspath(os.environ.get("SALLYPORT_COMMAND") or os.path.join(SOURCE, "build/release/bin/sallyport"))
UTF8 = "C.UTF-8"
# ours: seconds that a condition may take where nothing is claimed of how long it takes. Only what fails waits so long: a machine that
# builds beside the tests is ten times slower than usual, and stands still for seconds.
PATIENCE = 40.0
# ours: how many times its time a test is given before it is ended.
SLOWNESS = 4


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


class Registered:
    def __init__(self, function, items, timeout, skip_if, alone):
        self.function, self.name, self.items = function, function.__name__, items
        self.timeout, self.skip_if, self.alone = timeout, skip_if, alone


REGISTERED = []


def test(items="", timeout=40, skip_if="", alone=False):
    """Registers a test. `items`: checklist entries as "command-line 7, 8; wire 50". `skip_if`: a reason, or nothing.

    `timeout`: seconds that it takes on a slow machine; it is ended after SLOWNESS times as many.
    `alone`: not at the same time as others of its suite (it measures time or memory)."""
    def register(function):
        REGISTERED.append(Registered(function, parse_items(items), timeout, skip_if, alone))
        return function
    return register


def parse_items(text):
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        checklist, numbers = part.rsplit(" ", 1) if "," not in part else part.split(" ", 1)
        found += [(checklist, int(number)) for number in numbers.replace(" ", "").split(",")]
    return found


def ours_only(why):
    return f"stock server: {why}" if IS_STOCK else ""


def our_client_only(why):
    return f"stock client: {why}" if CLIENT_IS_STOCK else ""


def root_only(why):
    return "" if IS_ROOT else f"needs root: {why}"


# --- processes --------------------------------------------------------------------------------------------------------

def stat_of(pid):
    """(state, parent, start time, session) of a process, or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rpartition(")")[2].split()
        return words[0], int(words[1]), int(words[19]), int(words[3])
    except (OSError, IndexError):
        return None


def alive(pid):
    """Whether a process runs. One that ended and was left to us is reaped on the way."""
    found = stat_of(pid)
    if found and found[0] in "ZX":
        if found[1] == os.getpid():
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        return False
    return found is not None


def all_processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(pid):
    return [other for other in all_processes() if (stat_of(other) or ("", 0))[1] == pid]


def descendants_of(pid):
    parents = {other: found[1] for other in all_processes() if (found := stat_of(other))}
    found, grew = {pid}, True
    while grew:
        more = {other for other, parent in parents.items() if parent in found and other not in found}
        grew = bool(more)
        found |= more
    return sorted(found - {pid})


def name_of(pid):
    """The program's file name (from its arguments when its link is not readable)."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).replace(" (deleted)", "")
    except OSError:
        pass
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


def started_as(pid):
    """The first word of a process's command line: readable by everybody, also where its link is not."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.fsdecode(file.read().partition(b"\0")[0])
    except OSError:
        return ""


def status_of(pid):
    """/proc/PID/status as a dictionary; empty when the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return {}


def memory_kib(pids):
    """Proportional share of memory of these processes; resident size where the share is not readable."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])
        except (OSError, TypeError):
            total += int(status_of(pid).get("VmRSS", "0 kB").split()[0])
    return total


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as file:
                words = file.read().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def adopt_orphans():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)     # PR_SET_CHILD_SUBREAPER


def end_descendants():
    """Ends, by id, everything that is left below this process. Returns what had to be ended."""
    ended = []
    for _ in range(20):
        left = [pid for pid in descendants_of(os.getpid()) if alive(pid)]
        if not left:
            break
        for pid in left:
            ended.append(name_of(pid))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            except PermissionError:     # started through sudo
                subprocess.run(["sudo", "-n", "kill", "-9", str(pid)], stderr=subprocess.DEVNULL)
        time.sleep(0.02)
    return ended


# --- one test's tools -------------------------------------------------------------------------------------------------

class Session:
    """A server that was started: what it printed, and its processes."""

    def __init__(self, process, stdout, stderr, returncode):
        self.process, self.stdout, self.stderr, self.returncode = process, stdout, stderr, returncode
        line = re.search(r"^MOSH CONNECT (\d+) ([A-Za-z0-9/+]{22})\r?$", stdout, re.M)
        self.port, self.key = (int(line[1]), line[2]) if line else (None, None)
        pid = re.search(r"detached, pid = (\d+)\]", stderr)
        self.pid = int(pid[1]) if pid else None

    def processes(self):
        """The monitor and everything below it: compartments, login-record, shell and its children."""
        return [self.pid] + descendants_of(self.pid)

    def own_processes(self):
        """The monitor and its compartments, without the shell."""
        return [pid for pid in self.processes() if pid == self.pid or self.compartment(pid)]

    def compartment(self, pid):
        name = name_of(pid)
        if pid == self.pid:
            return "monitor"
        return name if name in ("net", "terminal", "login-record") else ""

    def only(self, compartment):
        """The one child of that name. A login-record that has not entered its program yet has none, as the shell."""
        end = time.monotonic() + PATIENCE
        while True:
            children = children_of(self.pid)
            found = [pid for pid in children if self.compartment(pid) == compartment]
            if len(found) == 1:
                return found[0]
            if time.monotonic() > end or not alive(self.pid):
                raise Failed(f"{len(found)} processes below the monitor are {compartment or 'the session program'}: {[name_of(p) for p in children]}")
            time.sleep(0.01)

    def find(self, compartment):
        return self.only(compartment)

    def shell(self):
        return self.only("")


class Tools:
    """What a test function gets."""

    def __init__(self, name):
        self.name = name
        self.temp = tempfile.mkdtemp(prefix="sallyport-test-")
        self.home = os.path.join(self.temp, "home")
        os.mkdir(self.home, 0o700)
        open(os.path.join(self.home, ".hushlogin"), "w").close()
        self.sessions, self.tmuxes, self.clients, self.processes = [], [], [], []
        self.notes = []

    # Verdicts.

    def skip(self, why):
        raise Skipped(why)

    def fail(self, why):
        raise Failed(why)

    def check(self, condition, why):
        if not condition:
            raise Failed(why() if callable(why) else why)

    def equal(self, got, wanted, what):
        if got != wanted:
            raise Failed(f"{what}: got {got!r}, wanted {wanted!r}")

    def eventually(self, condition, why, timeout=PATIENCE, pause=0.02):
        """Waits until condition() is true; gives its value."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Failed(f"{why() if callable(why) else why} (waited {timeout:g} s)")
            time.sleep(pause)

    def note(self, text):
        """A figure worth printing beside the verdict."""
        self.notes.append(text)

    # The server.

    def environment(self, **more):
        base = {"HOME": self.home, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": UTF8,
                "SHELL": "/bin/sh", "TERM": "xterm-256color", "USER": os.environ.get("USER", "root"), "PS1": "$ "}
        base.update({name: str(value) for name, value in more.items()})
        return {name: value for name, value in base.items() if value != "UNSET"}

    def run_server(self, *arguments, env=None, timeout=PATIENCE, stdin=subprocess.DEVNULL, server=None, **options):
        """Runs the server with these arguments until standard output and error have ended and the starter is gone."""
        process = subprocess.Popen([server or SERVER, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=env or self.environment(), **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Failed(f"the server kept its output open: stdout {out!r}, stderr {err!r}")
        session = Session(process, out.decode(errors="replace"), err.decode(errors="replace"), process.returncode)
        if session.pid:
            self.sessions.append(session)
        return session

    def server(self, *command, options=("-i", "127.0.0.1", "-p", "0", "-c", "256"), env=None, server=None):
        """Starts a session on a port of the system's choice; it must start."""
        words = ["new", *options] + (["--", *command] if command else [])
        session = self.run_server(*words, env=env, server=server)
        self.check(session.port and session.pid and session.returncode == 0,
                   f"the server did not start: status {session.returncode}, {session.stdout!r}, {session.stderr!r}")
        return session

    def client(self, session, connect=True, **options):
        from wire_client import WireClient
        client = WireClient("127.0.0.1", session.port, session.key, **options)
        self.clients.append(client)
        if connect:
            self.check(client.connect(), "no answer to the first datagram")
        return client

    def gone(self, session, timeout=PATIENCE, client=None):
        """Waits for the daemon's end; `client` goes on answering meanwhile."""
        self.eventually(lambda: (client.pump(0.02) if client else False) or not alive(session.pid), "the server is still there", timeout)

    def no_leftovers(self, timeout=PATIENCE):
        """Nothing below this test may be left but what it drives itself."""
        own = {p.pid for p in self.processes} | {t.pid for t in self.tmuxes}

        def left():
            keep = set(own)
            for pid in own:
                keep |= set(descendants_of(pid))
            return [pid for pid in descendants_of(os.getpid()) if pid not in keep and alive(pid)]
        self.eventually(lambda: not left(), lambda: f"left behind: {[(p, name_of(p)) for p in left()]}", timeout)

    def write(self, name, content, mode=0o644):
        path = os.path.join(self.temp, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def background(self, *command, **options):
        process = subprocess.Popen(command, **options)
        self.processes.append(process)
        return process

    # Terminals.

    def tmux(self, command, columns=80, rows=24, env=None, term="tmux-256color"):
        terminal = Tmux(self, command, columns, rows, env or self.environment(), term)
        return terminal

    def mosh_client(self, session, columns=80, rows=24, port=None, address="127.0.0.1", env=None, prefix=()):
        """Debian's mosh-client in a tmux of its own. `prefix`: words before it (as a network namespace)."""
        need("mosh-client")
        environment = self.environment(MOSH_KEY=session.key, **(env or {}))
        words = [*prefix, "mosh-client", address, str(port or session.port)]
        return self.tmux(" ".join(words) + "; echo client-status=$?; sleep 60", columns, rows, environment)

    def clean_up(self):
        for client in self.clients:
            client.close()
        for terminal in self.tmuxes:
            terminal.kill()
        ended = end_descendants()
        shutil.rmtree(self.temp, ignore_errors=True)
        return ended


def need(program):
    if not shutil.which(program):
        raise Skipped(f"{program} is not installed")


class Tmux:
    """One terminal in a tmux server of its own, so that nothing of the user's own tmux is touched."""

    def __init__(self, tools, command, columns, rows, env, term):
        need("tmux")
        self.tools, self.socket = tools, os.path.join(tools.temp, f"tmux{len(tools.tmuxes)}")
        self.env = dict(env, TERM="xterm-256color")
        self.env.pop("TMUX", None)
        config = tools.write(f"tmux{len(tools.tmuxes)}.conf",
                             f"set -g status off\nset -g default-terminal {term}\nset -s escape-time 0\nset -g history-limit 0\n"
                             "set -g remain-on-exit on\nset -g set-clipboard on\n")
        self.config = config
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), f"exec sh -c {quote(command)}")
        self.run("resize-window", "-x", str(columns), "-y", str(rows))
        self.pid = int(self.run("display-message", "-p", "#{pid}").strip())
        tools.tmuxes.append(self)

    def run(self, *words, check=True, data=None):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, "-f", self.config, *words], env=self.env, input=data,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        if check and done.returncode != 0:
            raise Failed(f"tmux {words[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def pane_pid(self):
        return int(self.run("display-message", "-p", "#{pane_pid}").strip())

    def type(self, text):
        """Types text literally; a newline is Enter."""
        for index, line in enumerate(text.split("\n")):
            if index:
                self.key("Enter")
            if line:
                self.run("send-keys", "-l", "--", line)

    def key(self, *names):
        self.run("send-keys", *names)

    def paste(self, data, bracketed=False):
        self.run("load-buffer", "-b", "big", "-", data=data)
        self.run("paste-buffer", "-r", *(["-p"] if bracketed else []), "-b", "big")

    def screen(self, escapes=False):
        lines = self.run("capture-pane", "-p", *(["-e"] if escapes else [])).split("\n")
        return [line.rstrip() for line in lines[:-1]]

    def cursor(self):
        x, y = self.run("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(x), int(y)

    def resize(self, columns, rows):
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def wait_for(self, text, timeout=PATIENCE):
        """Waits until a line of the screen contains text (or matches it, when it is a compiled expression)."""
        def seen():
            lines = self.screen()
            return any(text.search(line) if hasattr(text, "search") else text in line for line in lines)
        self.tools.eventually(seen, lambda: f"{text!r} not on the screen:\n" + "\n".join(self.screen()), timeout, 0.05)

    def settle(self, quiet=0.4, timeout=8.0):
        """Waits until the screen has not changed for a while; gives it."""
        last, since, end = self.screen(), time.monotonic(), time.monotonic() + timeout
        while time.monotonic() < end and time.monotonic() - since < quiet:
            time.sleep(0.05)
            now = self.screen()
            if now != last:
                last, since = now, time.monotonic()
        return last

    def kill(self):
        try:
            self.run("kill-server", check=False)
        except (Failed, subprocess.TimeoutExpired):
            pass


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


# --- running ----------------------------------------------------------------------------------------------------------

def run_one(registered):
    """Runs one test here. Gives (verdict, words)."""
    if registered.skip_if:
        return "skipped", registered.skip_if
    adopt_orphans()
    # Every suite's tests must be killable, and a lost pipe must not end a test silently.
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(Failed("timed out")))
    tools = Tools(registered.name)
    try:
        registered.function(tools)
        verdict = "passed", "; ".join(tools.notes)
    except Skipped as why:
        verdict = "skipped", str(why)
    except Failed as why:
        verdict = "failed", str(why)
    except Exception as error:      # a test that breaks is a failed test
        import traceback
        verdict = "failed", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tools.clean_up()
    return verdict


AGAIN = "passed when run again, alone"


def run_in_process(suite, registered):
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, suite, "--one", registered.name], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out, _ = process.communicate(timeout=registered.timeout * SLOWNESS)
    except subprocess.TimeoutExpired:
        process.terminate()     # raises Failed in the test, which then cleans up
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
    text = out.decode(errors="replace")
    try:
        verdict, why = json.loads(text.rstrip().rsplit("\n", 1)[-1])
    except (ValueError, TypeError):
        verdict, why = "failed", f"no verdict (status {process.returncode}):\n{text[-2000:]}"
    return registered, verdict, why, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--one")
    parser.add_argument("-j", "--jobs", type=int, default=6)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    suite = os.path.abspath(sys.argv[0])
    if options.list:
        for registered in REGISTERED:
            print(registered.name, "; ".join(f"{name} {number}" for name, number in registered.items))
        return 0
    if options.one:
        (registered,) = [r for r in REGISTERED if r.name == options.one]
        print(json.dumps(run_one(registered)), flush=True)
        return 0
    if not os.access(SERVER, os.X_OK):
        print(f"no server at {SERVER}; build it, or set SALLYPORT_SERVER", file=sys.stderr)
        return 2
    chosen = [r for r in REGISTERED if not options.words or any(word in r.name for word in options.words)]
    results = []

    def report(result):
        registered, verdict, why, seconds = result
        results.append(result)
        word = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}[verdict]
        print(f"{word} {registered.name} ({seconds:.1f} s){': ' + why if why else ''}", flush=True)

    together = sorted((r for r in chosen if not r.alone), key=lambda r: -r.timeout)
    with ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        for future in [pool.submit(run_in_process, suite, r) for r in together]:
            report(future.result())
    for registered in (r for r in chosen if r.alone):
        report(run_in_process(suite, registered))
    # On a busy machine a test that waits for a screen can be too impatient: a failure counts if it happens again with nothing else of
    # its suite running (where time is measured: twice again), and the first one is reported all the same.
    for index, (registered, verdict, why, _) in enumerate(results):
        for times in range(2 if registered.alone else 1):
            if results[index][1] != "failed":
                break
            print(f"again: {registered.name}", flush=True)
            again = run_in_process(suite, registered)
            if again[1] == "passed":
                results[index] = (registered, "passed", f"{AGAIN}{' twice' if times else ''}; the first time: {why.splitlines()[0]}", again[3])
            print(f"       {again[1]} {again[2]}", flush=True)
    totals = {verdict: sum(r[1] == verdict for r in results) for verdict in ("passed", "failed", "skipped")}
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    folder = os.environ.get("SALLYPORT_RESULTS")
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"e2e-{os.path.splitext(os.path.basename(suite))[0]}.json"), "w") as file:
            json.dump([{"name": r.name, "verdict": v, "why": w, "seconds": s, "items": r.items} for r, v, w, s in results], file, indent=1)
    return 1 if totals["failed"] else 0
