#!/usr/bin/env python3
"""The client's command line, keys, modes and ends: docs/spec/command-line.md section 4, items 31 to 40 and 43 to 47.

Its path (bars, roaming, time) is client_path.py, prediction client_prediction.py. SALLYPORT_CLIENT=/usr/bin/mosh-client tries the tests
themselves on the stock client."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time

from harness import CLIENT, CLIENT_IS_STOCK, alive, main, our_client_only, quote, stat_of, test
from pty_terminal import GENEROUS, PtyTerminal, ShownScreen

PROMPT = "ready$"
# Each key's byte as hexadecimal digits on a line of its own.
SHOW_KEYS = "stty raw -echo; printf 'GO\\r\\n'; exec od -An -v -tx1 -w1"
UNHEARD = "127.0.0.1", "9"      # nobody is there
KEY = "AAAAAAAAAAAAAAAAAAAAAA"


def run_client(t, *words, env=None, **more):
    """Runs the client without a terminal until it ends."""
    return subprocess.run([CLIENT, *words], env=env or t.environment(**more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=GENEROUS)


def shell(t, **options):
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    terminal = PtyTerminal(t, session, **options)
    terminal.wait_for(PROMPT)
    return session, terminal


def program(t, command, **options):
    session = t.server("/bin/sh", "-c", command)
    return session, PtyTerminal(t, session, **options)


# --- the command line -------------------------------------------------------------------------------------------------

@test("command-line 31")
def the_number_of_colours_is_printed(t):
    for term, wanted in (("xterm-256color", "256"), ("vt100", "-1"), ("linux", "8")):
        done = run_client(t, "-c", TERM=term)
        t.equal((done.returncode, done.stdout), (0, wanted + "\n"), f"-c with TERM={term} ({done.stderr!r})")
    for term in ("no-such-terminal", "UNSET", "../../etc/passwd", "x" * 5000):
        done = run_client(t, "-c", TERM=term)
        t.check(done.returncode == 1 and done.stdout == "" and done.stderr, f"-c with TERM={term[:30]}: {done}")


@test("command-line 32")
def the_wrappers_words_are_accepted(t):
    for words in (["-# --ssh=ssh -p 22 user@host -c |"], ["-#", "user@host |"]):
        session = t.server("/bin/sh", "-c", "echo started-$((3+4)); read x")
        terminal = PtyTerminal(t, session, options=words)
        terminal.wait_for("started-7")
        terminal.type("\r")
        t.equal(terminal.ended(), 0, f"status with {words}")


@test()
def bad_words_are_refused_with_the_usage(t):
    env = t.environment(MOSH_KEY=KEY)
    for words in ((), ("127.0.0.1",), ("127.0.0.1", "60001", "more"), ("-Z", "127.0.0.1", "60001"), ("127.0.0.1", "abc"), ("127.0.0.1", "6e4"),
                  *([] if CLIENT_IS_STOCK else [("127.0.0.1", ""), ("127.0.0.1", "0"), ("127.0.0.1", "65536")])):
        done = run_client(t, *words, env=env)
        t.check(done.returncode == 1 and "sage" in done.stderr, f"{words}: {done}")
    t.check("Bad UDP port (abc)" in run_client(t, "127.0.0.1", "abc", env=env).stderr, "a bad port is not named")
    for words in (("--help",), ("127.0.0.1", "--help"), ("--version",)):
        done = run_client(t, *words, env=env)
        t.check(done.returncode == 0 and len(done.stdout) > 20, f"{words}: {done}")


def refused(t, what, *words, message="", **env):
    """The client gives up at once: status 1, a message, and the terminal was not touched."""
    terminal = PtyTerminal(t, words=[CLIENT, *words], env=env)
    status = terminal.ended()
    terminal.check_restored(what)
    shown = terminal.raw().decode(errors="replace")
    t.equal(status, 1, f"{what}: status ({shown!r})")
    t.check(message in shown if isinstance(message, str) else message.search(shown), f"{what}: says {shown!r}")
    return shown


@test("command-line 33")
def without_a_key_the_terminal_is_not_touched(t):
    shown = refused(t, "no key", *UNHEARD, message="MOSH_KEY")
    t.check("\x1b" not in shown, f"escape sequences: {shown!r}")
    if CLIENT_IS_STOCK:     # it finds a wrong key after it has taken the terminal
        return
    for key in ("", "short", KEY + "A", "!" * 22, "A" * 21 + "B"):
        shown = refused(t, f"key {key!r}", *UNHEARD, MOSH_KEY=key)
        t.check("\x1b" not in shown and (not key or key not in shown), f"key {key!r}: {shown!r}")


@test("command-line 33", skip_if=our_client_only("its key stays readable in /proc/PID/environ"))
def no_process_of_the_client_has_the_key_in_its_environment(t):
    session, terminal = shell(t)
    looked = 0
    for pid in terminal.pids():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                environment = file.read()
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
        except PermissionError:
            continue
        looked += 1
        t.check(session.key.encode() not in environment + words, f"process {pid}: {words!r} shows the key")
    if not looked:
        t.skip("an ordinary user may not look into these processes")
    t.check(len(terminal.pids()) >= 4, f"only {len(terminal.pids())} processes")
    t.note(f"{looked} of {len(terminal.pids())} processes looked at")


@test()
def bad_settings_are_refused_before_the_terminal_is_touched(t):
    good = {"MOSH_KEY": KEY}
    refused(t, "prediction mode", *UNHEARD, MOSH_PREDICTION_DISPLAY="sometimes", message="sometimes", **good)
    refused(t, "unknown terminal", *UNHEARD, TERM="no-such-terminal", **good)
    refused(t, "no UTF-8", *UNHEARD, LANG="C", message=re.compile("UTF-8"), **good)
    refused(t, "no UTF-8", *UNHEARD, LC_ALL="POSIX", message=re.compile("UTF-8"), **good)
    refused(t, "a name for an address", "localhost", "9", message="localhost", **good)


@test("command-line 34")
def standard_input_that_is_no_terminal_is_one_message(t):
    done = run_client(t, *UNHEARD, MOSH_KEY=KEY)
    t.equal(done.returncode, 1, f"status ({done.stderr!r})")
    t.check(re.search("terminal|tcgetattr", done.stderr), f"stderr: {done.stderr!r}")


# --- modes and ends ---------------------------------------------------------------------------------------------------

STIRRED = "printf '\\033[?25l\\033[?1000h\\033[?1002h\\033[?1003h\\033[?1006h\\033[?1h\\033[1;31;44mstirred\\n'; "
STIRRED_MORE = "printf '\\033[?2004h\\033[?1004h\\033[?5h'; " + STIRRED


def stirred(t, command="exec sleep 60", **options):
    """A session whose program has changed every mode that it can."""
    session, terminal = program(t, (STIRRED if CLIENT_IS_STOCK else STIRRED_MORE) + command, **options)
    terminal.wait_for("stirred")
    terminal.wait_until(lambda: terminal.screen.modes.get(1006) and not terminal.screen.modes.get(25), "the modes were not set")
    t.check(terminal.is_raw(), "the driver is not in raw mode")
    return session, terminal


def is_clean(t, terminal, what):
    terminal.check_restored(what)
    if not CLIENT_IS_STOCK:
        for mode in (5, 1004, 2004):
            t.check(not terminal.screen.modes.get(mode), f"{what}: mode {mode} is on")


@test("command-line 35, 27")
def the_terminal_is_restored_when_the_program_ends(t):
    _, terminal = stirred(t, "read x; exit 7")
    terminal.type("\r")
    t.equal(terminal.ended(), 0, "status")
    is_clean(t, terminal, "normal end")
    t.check(terminal.raw().rstrip().endswith(b"[mosh is exiting.]"), f"last words: {terminal.raw()[-80:]}")


@test("command-line 35, 36")
def the_terminal_is_restored_after_the_quit_keys(t):
    session, terminal = stirred(t)
    start = terminal.type("\x1e.")
    t.equal(terminal.ended(), 0, "status")
    took = time.monotonic() - start
    t.check(took < 1.0 * 10, f"it took {took:.1f} s")
    t.note(f"{took * 1000:.0f} ms")
    is_clean(t, terminal, "quit")
    t.check(terminal.raw().rstrip().endswith(b"[mosh is exiting.]"), f"last words: {terminal.raw()[-80:]}")
    t.gone(session)


@test("command-line 35", timeout=60)
def the_terminal_is_restored_after_each_signal(t):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        session, terminal = stirred(t)
        os.kill(terminal.client(), number)
        t.equal(terminal.ended(), 0, f"{number!r}: status")
        is_clean(t, terminal, f"{number!r}")
        t.gone(session)


@test("command-line 35")
def the_terminal_is_restored_when_the_server_dies(t):
    session, terminal = stirred(t)
    os.kill(session.pid, signal.SIGTERM)
    t.equal(terminal.ended(), 0, "status")
    is_clean(t, terminal, "server ended")


@test("command-line 35, 41", timeout=60)
def quitting_without_a_path_restores_the_terminal_with_status_1(t):
    session, terminal = stirred(t)
    for pid in session.own_processes():
        os.kill(pid, signal.SIGSTOP)
    start = terminal.type("\x1e.")
    t.equal(terminal.ended(), 1, "status")
    t.note(f"{time.monotonic() - start:.1f} s")
    is_clean(t, terminal, "no answer")
    t.check(b"did not shut down cleanly" in terminal.raw() or not CLIENT_IS_STOCK, f"last words: {terminal.raw()[-300:]}")
    for pid in session.own_processes():
        os.kill(pid, signal.SIGCONT)


@test("command-line 35, 37", timeout=60)
def suspending_gives_the_shell_its_terminal_back_and_fg_repaints(t):
    session = t.server("/bin/sh", "-c", (STIRRED if CLIENT_IS_STOCK else STIRRED_MORE) + "seq 100 120; echo over; exec cat")
    terminal = PtyTerminal(t, words=["bash", "--norc", "-i"], env={"PS1": "outer$ ", "MOSH_KEY": session.key})
    terminal.wait_for("outer$")
    for word in ("first", "second"):
        start = terminal.type("fg\r" if word == "second" else f"{CLIENT} 127.0.0.1 {session.port}\r")
        terminal.wait_for("over")
        terminal.wait_until(terminal.is_raw, "not raw")
        time.sleep(0.5)         # the last frame may be on its way
        fresh = ShownScreen(80, 24)
        fresh.feed(terminal.raw(start))
        t.check(all(any(str(n) in line for line in fresh.text()) for n in range(105, 121)), f"{word}: not everything was drawn: {fresh.text()}")
        t.check(fresh.modes.get(1003) and fresh.modes.get(1006) and not fresh.modes.get(25), f"{word}: modes are not back")
        start = terminal.type("\x1e\x1a")
        terminal.wait_until(lambda: b"[mosh is suspended.]" in terminal.raw(start), "it does not say that it is suspended")
        terminal.wait_until(lambda: b"outer$" in terminal.raw(start), "no prompt of the outer shell")
        terminal.type("echo shell-$((40+2))\r")
        terminal.wait_for("shell-42")
        for mode in (1, 1000, 1002, 1003, 1006, 1049) + (() if CLIENT_IS_STOCK else (5, 1004, 2004)):
            if mode != 2004:    # bash's own
                t.check(not terminal.screen.modes.get(mode), f"{word}: suspended with mode {mode}")
        t.check(terminal.screen.modes.get(25), f"{word}: suspended with a hidden cursor")
        t.check(alive(session.pid), "the session ended")
    terminal.type("fg\r")
    terminal.wait_until(terminal.is_raw, "not raw")
    terminal.type("\x1e.")
    terminal.wait_for("[mosh is exiting.]")
    terminal.type("exit\r")
    terminal.ended()


@test("command-line 35, 37")
def suspending_restores_the_driver_before_the_job_stops(t):
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    terminal = PtyTerminal(t, session)      # below a shell without job control, which stops with it and mends nothing
    terminal.wait_for(PROMPT)
    t.check(terminal.is_raw(), "not raw")
    terminal.type("\x1e\x1a")
    terminal.wait_until(lambda: stat_of(terminal.process.pid)[0] == "T" and stat_of(terminal.client())[0] == "T", "the job does not stop")
    t.equal(terminal.modes(), terminal.cooked, "driver settings of the suspended job")
    t.check(b"[mosh is suspended.]" in terminal.raw(), "it does not say so")
    os.killpg(terminal.process.pid, signal.SIGCONT)
    terminal.wait_until(terminal.is_raw, "not raw again")
    terminal.type("echo again-$((6*7))\r")
    terminal.wait_for("again-42")
    terminal.type("exit\r")
    t.equal(terminal.ended(), 0, "status")
    terminal.check_restored("after a suspension")


@test("command-line 35", timeout=60)
def a_client_that_was_stopped_by_force_takes_its_terminal_back(t):
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    terminal = PtyTerminal(t, words=["bash", "--norc", "-i"], env={"PS1": "outer$ ", "MOSH_KEY": session.key})
    terminal.wait_for("outer$")
    terminal.type(f"{CLIENT} 127.0.0.1 {session.port}\r")
    terminal.wait_for(PROMPT)
    for number in (signal.SIGSTOP, signal.SIGTSTP) if not CLIENT_IS_STOCK else (signal.SIGSTOP,):
        start = time.monotonic()
        os.kill(terminal.client(), number)
        terminal.wait_until(lambda: b"outer$" in terminal.raw(start), f"{number!r}: no prompt of the outer shell")
        start = terminal.type("\x15stty sane; fg\r")
        terminal.wait_until(terminal.is_raw, f"{number!r}: not raw again")
        terminal.type(f"echo back-$((40+{int(number)}))\r")
        terminal.wait_for(f"back-{40 + number}")
        terminal.wait_until(lambda: terminal.screen.modes.get(1), f"{number!r}: application cursor keys are not on again")
    terminal.type("\x1e.")
    terminal.wait_for("[mosh is exiting.]")
    terminal.wait_for("outer$")
    terminal.type("\x04")
    terminal.ended()


@test("command-line 35", skip_if=our_client_only("not known"), timeout=60)
def a_suspended_client_ends_when_its_job_is_killed_or_its_shell_dies(t):
    for how in ("kill", "shell"):
        session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
        terminal = PtyTerminal(t, words=["bash", "--norc", "-i"], env={"PS1": "outer$ ", "MOSH_KEY": session.key})
        terminal.wait_for("outer$")
        terminal.type("PS1='inner$ ' exec bash --norc -i\r" if how == "kill" else "PS1='inner$ ' bash --norc -i\r")
        terminal.wait_for("inner$")
        terminal.type(f"{CLIENT} 127.0.0.1 {session.port}\r")
        terminal.wait_for(PROMPT)
        client = terminal.client()
        # The inner shell and the client it knows; bash sends a stopped job TERM, then CONT, and the kernel an orphaned one HUP, then CONT.
        shell_pid = int(stat_of(client)[1])
        start = terminal.type("\x1e\x1a")
        terminal.wait_until(lambda: b"inner$" in terminal.raw(start), f"{how}: no prompt of the shell")
        if how == "kill":
            terminal.type("kill %1\r")
        else:
            os.kill(shell_pid, signal.SIGKILL)
        t.eventually(lambda: not alive(client), f"{how}: the suspended client is still there", GENEROUS)
        t.gone(session, GENEROUS)
        terminal.type("\rexit\r")
        terminal.ended()


@test(skip_if=our_client_only("takes the terminal all the same"))
def a_background_job_that_no_shell_can_continue_leaves_the_terminal_alone(t):
    session = t.server("/bin/sh", "-c", "sleep 60")
    terminal = PtyTerminal(t, words=["bash", "--norc", "-i"], columns=300, env={"PS1": "outer$ ", "MOSH_KEY": session.key})
    terminal.wait_for("outer$")
    # The outer shell takes the terminal back once the subshell has ended, and with it the only one who could continue the job.
    command = f"while read -r _ _ _ _ group _ _ front _ </proc/$$/stat && [ $group = $front ]; do sleep 0.1; done; {CLIENT} 127.0.0.1 {session.port}"
    terminal.type("(bash -c " + quote(command + "; echo status-$?") + " </dev/tty & )\r")
    terminal.wait_for("status-1")
    terminal.wait_for("the terminal is another job's")
    terminal.type("exit\r")
    terminal.ended()
    terminal.check_restored("a job in the background")


@test("command-line 35")
def end_of_input_ends_the_session(t):
    session = t.server("/bin/sh", "-c", "echo up; exec sleep 60")
    # Standard input is a second pseudoterminal, whose user side goes away.
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    words = ["/bin/sh", "-c", f'exec "$@" <{os.ttyname(slave)}', "sh", CLIENT, "127.0.0.1", str(session.port)]
    terminal = PtyTerminal(t, words=words, env={"MOSH_KEY": session.key})
    os.close(slave)
    terminal.wait_for("up")
    os.close(master)
    status = terminal.ended()
    t.check(status in (0, 1), f"status {status}")
    t.gone(session)


@test()
def nothing_is_left_of_a_client(t):
    _, terminal = shell(t)
    pids = terminal.pids()
    terminal.type("exit\r")
    t.equal(terminal.ended(), 0, "status")
    t.eventually(lambda: not any(alive(pid) for pid in pids), "processes are left", GENEROUS)
    t.no_leftovers(GENEROUS)


@test("command-line 28", skip_if=our_client_only("not known"))
def the_terminals_hangup_ends_the_session(t):
    session, terminal = shell(t)
    pids = terminal.pids()
    os.kill(terminal.process.pid, signal.SIGKILL)       # the session's leader: the kernel hangs the terminal up
    os.close(terminal.slave)
    os.close(terminal.master)
    t.eventually(lambda: not any(alive(pid) for pid in pids), "the client goes on without a terminal", GENEROUS)
    t.gone(session, GENEROUS)


# --- keys -------------------------------------------------------------------------------------------------------------

def keys_arrive(t, keys, wanted, escape=None, pause=0.3):
    """What a program gets of the keys (a list: with a pause between)."""
    env = {"MOSH_PREDICTION_DISPLAY": "never"}
    if escape is not None:
        env["MOSH_ESCAPE_KEY"] = escape
    _, terminal = program(t, SHOW_KEYS, env=env)
    terminal.wait_for("GO")
    for part in keys:
        terminal.type(part)
        time.sleep(pause)
    terminal.type("Z")

    def got():
        return [line.strip() for line in terminal.screen.text() if re.fullmatch(r"[0-9a-f]{2}", line.strip())]
    terminal.wait_until(lambda: "5a" in got(), "the keys do not arrive")
    t.equal(got(), [f"{byte:02x}" for byte in wanted] + ["5a"], f"keys {keys!r} with escape key {escape!r}")
    return terminal


@test("command-line 38")
def the_escape_key_can_be_typed(t):
    keys_arrive(t, [b"\x1e^"], b"\x1e")
    keys_arrive(t, [b"\x1ex"], b"\x1ex")
    keys_arrive(t, [b"a\x1e", b"^b\x1e", b"xc"], b"a\x1eb\x1exc")
    keys_arrive(t, [b"\x1e\x1e", b"q"], b"\x1e\x1eq")


@test("command-line 39")
def a_printable_escape_key_counts_after_a_new_line_only(t):
    keys_arrive(t, [b"a~"], b"a~", escape="~")
    keys_arrive(t, [b"~a"], b"~a", escape="~")          # not at the very start
    keys_arrive(t, [b"\r", b"~~"], b"\r~", escape="~")
    keys_arrive(t, [b"\n", b"~x"], b"\n~x", escape="~")
    terminal = keys_arrive(t, [b"b"], b"b", escape="~")
    terminal.type("\r")
    time.sleep(0.2)
    terminal.type("~")
    terminal.wait_bar('"." quits')
    terminal.type(".")
    t.equal(terminal.ended(), 0, "status after CR ~ .")


@test("command-line 40")
def an_empty_escape_key_intercepts_nothing(t):
    keys_arrive(t, [b"\x1e.", b"\x1e\x1a"], b"\x1e.\x1e\x1a", escape="")


@test("command-line 39")
def escape_keys_that_would_be_missed_are_refused(t):
    for key in ("\x03", "\x04", "\x0a", "\x0c", "\x0d", "ab", "é"):
        keys_arrive(t, [b"\x1e^"], b"\x1e", escape=key, pause=0.1)
    keys_arrive(t, [b"\x02b\x02B\x02x"], b"\x02\x02\x02x", escape="\x02")


@test("command-line 36")
def the_menu_names_the_commands(t):
    for escape, wanted in ((None, '"^" gives literal Ctrl-^'), ("\x02", '"B" gives literal Ctrl-B')):
        env = {} if escape is None else {"MOSH_ESCAPE_KEY": escape}
        _, terminal = program(t, SHOW_KEYS, env=env)
        terminal.wait_for("GO")
        terminal.type("\x1e" if escape is None else escape)
        terminal.wait_bar("Commands: Ctrl-Z suspends, \".\" quits, " + wanted)
        t.check("To quit" not in terminal.screen.bar(), "the hint is there too")
        terminal.type("x")
        terminal.wait_no_bar()


@test("command-line 38")
def every_byte_can_be_typed(t):
    keys = bytes(byte for byte in range(256) if byte != 0x1E)
    session = t.server("/bin/sh", "-c", "stty raw -echo opost onlcr; printf 'GO\\n'; head -c 510 | od -An -v -tx1 -w32; exec sleep 60")
    terminal = PtyTerminal(t, session, columns=132, env={"MOSH_PREDICTION_DISPLAY": "never"})
    terminal.wait_for("GO")
    terminal.type(keys)         # a paste
    for byte in keys:           # and one by one
        terminal.type(bytes([byte]))
    terminal.wait_for("fe ff")
    got = "".join(line for line in terminal.screen.text()).replace("GO", "").replace(" ", "")
    t.equal(got, (keys + keys).hex(), "bytes")


# --- what it draws ----------------------------------------------------------------------------------------------------

@test("command-line 43")
def the_title_has_a_prefix_unless_refused(t):
    command = "printf '\\033]0;first\\007'; echo up; read x; printf '\\033]2;second\\007'; read x"
    for env, first, second in (({}, "[mosh] first", "[mosh] second"), ({"MOSH_TITLE_NOPREFIX": "1"}, "first", "second"),
                               ({"MOSH_TITLE_NOPREFIX": ""}, "first", "second")):
        _, terminal = program(t, command, env=env)
        terminal.wait_until(lambda: terminal.screen.title == first, lambda: f"title {terminal.screen.title!r}, wanted {first!r}")
        terminal.type("\r")
        terminal.wait_until(lambda: terminal.screen.title == second, lambda: f"title {terminal.screen.title!r}, wanted {second!r}")
        terminal.type("\r")
        t.equal(terminal.ended(), 0, "status")
        t.check("[mosh]" not in (terminal.screen.title or ""), f"the title after the end: {terminal.screen.title!r}")


@test("command-line 43")
def no_title_is_made_up(t):
    _, terminal = shell(t)
    terminal.type("exit\r")
    t.equal(terminal.ended(), 0, "status")
    t.check(b"\x1b]" not in terminal.raw(), f"a title was sent: {terminal.raw()!r}")
    _, terminal = shell(t, env={"TERM": "vt100"})
    terminal.type("printf '\\033]0;here\\007'; exit\r")
    t.equal(terminal.ended(), 0, "status")
    t.check(b"\x1b]" not in terminal.raw(), "a title was sent to a terminal that has none")


@test("command-line 44; terminal 341")
def the_alternate_screen_is_used_unless_refused(t):
    for env, wanted in (({}, True), ({"MOSH_NO_TERM_INIT": "1"}, False), ({"MOSH_NO_TERM_INIT": ""}, False)):
        _, terminal = shell(t, env=env)
        terminal.type("exit\r")
        t.equal(terminal.ended(), 0, "status")
        raw = terminal.raw()
        t.equal((b"\x1b[?1049h" in raw, b"\x1b[?1049l" in raw), (wanted, wanted), f"smcup, rmcup with {env}")
        t.check(0 <= raw.find(b"\x1b[?1h") < raw.find(b"ready") < raw.rfind(b"\x1b[?1l"), "application cursor keys are set and reset")
        if wanted:
            t.check(raw.startswith(b"\x1b[?1049h") and raw.find(b"\x1b[?1049h") < raw.find(b"\x1b[?1h"), f"the beginning: {raw[:40]!r}")
            t.check(raw.rfind(b"\x1b[?1l") < raw.rfind(b"\x1b[?1006l") < raw.rfind(b"\x1b[?1049l"), f"the end: {raw[-200:]!r}")


@test("command-line 45, 20")
def a_new_window_size_reaches_the_program(t):
    session, terminal = program(t, "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done", columns=91, rows=33)
    terminal.wait_for("33 91")
    for columns, rows in ((100, 30), (40, 10), (1, 1), (132, 50), (80, 24)):
        terminal.resize(columns, rows)
        if columns > 10:
            terminal.wait_for(f"{rows} {columns}")
        else:
            time.sleep(0.5)
    t.check(alive(session.pid), "the session ended")


@test("command-line 46")
def ctrl_l_repaints_everything(t):
    # A program that answers Ctrl-L with nothing.
    _, terminal = program(t, "seq 100 120; stty raw -echo; printf 'up\\r\\n'; exec od -An -v -tx1 -w1")
    terminal.wait_for("up")
    time.sleep(0.5)
    start = terminal.type("\x0c")
    terminal.wait_for("0c")
    fresh = ShownScreen(80, 24)

    def repainted():
        fresh.__init__(80, 24)
        fresh.feed(terminal.raw(start))
        return all(any(str(n) in line for line in fresh.text()) for n in range(101, 121))
    t.eventually(repainted, lambda: f"not everything was drawn again: {fresh.text()}", GENEROUS)


@test("command-line 47", skip_if=our_client_only("aborts"))
def a_window_without_a_size_is_taken_for_80x24(t):
    session = t.server("/bin/sh", "-c", "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done")
    terminal = PtyTerminal(t, session, columns=0, rows=0)
    terminal.screen.resize(80, 24)
    terminal.wait_until(lambda: b"24 80" in terminal.raw(), "nothing is drawn")
    terminal.resize(90, 30)
    terminal.wait_until(lambda: b"30 90" in terminal.raw(), "a size that comes later is not taken")
    terminal.set_size(0, 0)
    time.sleep(0.5)
    terminal.type("\x1e.")
    t.equal(terminal.ended(), 0, "status")
    terminal.check_restored("0x0")


@test()
def a_terminal_that_takes_no_output_delays_nothing_else(t):
    path = os.path.join(t.temp, "typed")
    _, terminal = program(t, f"stty -echo; printf UP; while read x; do echo $x >>{path}; seq 2000; done")
    terminal.wait_for("UP")
    flooded = "flow"
    termios.tcflow(terminal.slave, termios.TCOOFF)
    try:
        for n in range(3):
            terminal.type(f"{flooded}{n}\r")
            time.sleep(0.2)

        def arrived():
            with open(path) as file:
                return file.read().split() == [f"{flooded}{n}" for n in range(3)]
        if CLIENT_IS_STOCK:
            t.skip("stock client: no key goes out meanwhile")
        t.eventually(lambda: os.path.exists(path) and arrived(), "keys do not go out while the terminal takes no output", GENEROUS)
    finally:
        termios.tcflow(terminal.slave, termios.TCOON)
    terminal.wait_for("2000")
    terminal.type("\x1e.")
    t.equal(terminal.ended(), 0, "status")
    terminal.check_restored("after Ctrl-S")


if __name__ == "__main__":
    sys.exit(main())
