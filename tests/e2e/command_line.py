#!/usr/bin/env python3
"""The server's command line, start-up, detaching, environment, timeouts and signals: docs/spec/command-line.md section 4, items 1 to 30."""

import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

from harness import IS_STOCK, LIBEXEC, PATIENCE, SERVER, alive, main, name_of, need, ours_only, stat_of, status_of, test

# ours: what happens at once takes milliseconds, ten times as long on a busy machine; what waits for something waits for 10 s or more.
LONG = 8.0
CONNECT = re.compile(r"^MOSH CONNECT [0-9]+ [A-Za-z0-9/+]{22}$", re.M)


def bound_addresses(port):
    """Local addresses of the UDP sockets on a port, as the kernel's table shows them."""
    found = set()
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        try:
            with open(table) as file:
                for line in file.readlines()[1:]:
                    address, _, number = line.split()[1].partition(":")
                    if int(number, 16) == port:
                        found.add(address)
        except OSError:
            pass
    return found


def free_ports(count):
    """A run of UDP ports that are free now, outside the default range, and below those that the system gives to whoever asks for any."""
    for first in range(30100 + os.getpid() % 1500, 32700, count):
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sockets[-1].bind(("0.0.0.0", port))
            return first
        except OSError:
            continue
        finally:
            for sock in sockets:
                sock.close()
    raise AssertionError("no free ports")


def read(t, path):
    """A file that the session's program writes, once its last line is END."""
    def content():
        try:
            with open(path) as file:
                text = file.read()
            return text if text.endswith("END\n") else None
        except OSError:
            return None
    return t.eventually(content, f"the session wrote no {os.path.basename(path)}")[:-4]


def session_output(t, shell_words, env=None, options=("-i", "127.0.0.1", "-p", "0")):
    """Runs shell words as the session's program; gives what they print (by a file)."""
    path = os.path.join(t.temp, f"output{len(t.sessions)}")
    session = t.server("/bin/sh", "-c", f"{{ {shell_words}; echo END; }} >{path} 2>&1; sleep 30", options=options, env=env)
    t.client(session)
    return read(t, path), session


@test("command-line 1")
def prints_the_connect_line_on_standard_output(t):
    env = t.environment(SSH_CONNECTION="127.0.0.1 50000 127.0.0.1 22")
    session = t.run_server("new", "-c", "256", "-s", "-l", "LANG=C.UTF-8", env=env)
    t.equal(session.returncode, 0, "status")
    t.equal(len(CONNECT.findall(session.stdout)), 1, f"connect lines in {session.stdout!r}")
    t.check(session.key not in session.stderr, "the key is on standard error")


@test("command-line 2")
def connect_line_starts_at_column_0_on_a_terminal_with_type_ahead(t):
    leader, follower = pty.openpty()
    os.write(leader, b"typed ahead")
    time.sleep(0.1)
    process = t.background(SERVER, "new", "-i", "127.0.0.1", "-p", "0", stdin=follower, stdout=follower, stderr=subprocess.PIPE,
                           env=t.environment())
    _, err = process.communicate(timeout=PATIENCE)
    t.equal(process.returncode, 0, "status")
    seen = b""
    while select.select([leader], [], [], 0.3)[0]:
        seen += os.read(leader, 4096)
    t.check(re.search(rb"\nMOSH CONNECT [0-9]+ [A-Za-z0-9/+]{22}\r?\n", seen), f"the terminal shows {seen!r}")
    t.check(b"typed ahead" in seen.partition(b"MOSH CONNECT")[0], "the type-ahead was not echoed before the line: no test")
    t.check(b"MOSH CONNECT" not in err, "the line is on standard error")


@test("command-line 3; wire 50")
def starter_exits_at_once_and_the_daemon_lives(t):
    start = time.monotonic()
    session = t.server()
    t.check(time.monotonic() - start < LONG, "the starter waits for something")
    time.sleep(0.5)
    t.check(alive(session.pid), "the daemon is gone")
    t.equal(len(CONNECT.findall(session.stdout)), 1, "connect lines")


@test("command-line 4")
def pipes_see_end_of_file_at_once(t):
    start = time.monotonic()
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0")     # reads both pipes to their ends
    t.check(time.monotonic() - start < LONG, "the pipes stayed open")
    t.check(alive(session.pid), "the daemon is gone")


@test("command-line 5")
def verbose_keeps_the_output_open(t):
    process = t.background(SERVER, "new", "-v", "-i", "127.0.0.1", "-p", "0", stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=t.environment())
    t.equal(process.wait(timeout=PATIENCE), 0, "status of the starter")
    end = time.monotonic() + 1.5
    err = b""
    while time.monotonic() < end:
        if select.select([process.stderr], [], [], 0.1)[0]:
            piece = os.read(process.stderr.fileno(), 65536)
            t.check(piece, f"standard error ended; it said {err!r}")
            err += piece
    pid = int(re.search(rb"detached, pid = (\d+)", err)[1])
    os.kill(pid, signal.SIGTERM)
    t.eventually(lambda: not alive(pid), "SIGTERM did not end it")
    rest = process.stderr.read()
    t.check(rest is not None, "standard error does not end with the daemon")


@test("command-line 6")
def detached_line_names_a_live_process(t):
    session = t.server()
    t.check(re.search(r"^\[mosh-server detached, pid = \d+\]$", session.stderr, re.M), f"standard error: {session.stderr!r}")
    t.check(alive(session.pid), "the named process is not there")
    name = name_of(session.pid)
    t.check("-serve" in name, f"the named process is {name}")     # 15 characters, where only the short name can be read


@test("command-line 7")
def takes_the_first_free_port_from_60001(t):
    def first_free(skip=()):
        for port in range(60001, 61000):
            if port in skip:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    pass
        return None
    for _ in range(8):      # another session on this machine may take or free a port meanwhile
        wanted = first_free()
        first = t.server(options=("-i", "127.0.0.1"))
        wanted_second = first_free()
        second = t.server(options=("-i", "127.0.0.1"))
        if (first.port, second.port) == (wanted, wanted_second) and wanted_second > wanted:
            return
    t.fail(f"got {first.port} and {second.port}, wanted {wanted} and {wanted_second}")


@test("command-line 8; wire 50")
def port_options_give_the_ports_asked_for(t):
    low = free_ports(12)
    t.equal(t.server(options=("-i", "127.0.0.1", "-p", f"{low}:{low + 10}")).port, low, "first port of the range")
    t.equal(t.server(options=("-i", "127.0.0.1", "-p", f"{low}:{low + 10}")).port, low + 1, "second port of the range")
    t.equal(t.server(options=("-i", "127.0.0.1", "-p", str(low + 11))).port, low + 11, "exact port")
    t.check(t.server(options=("-i", "127.0.0.1", "-p", "0")).port > 1023, "port of the system's choice")
    t.equal(t.server(options=("-i", "127.0.0.1", f"-p{low + 5}")).port, low + 5, "attached value")


@test("command-line 9")
def bad_ports_are_refused_in_words_that_the_wrapper_knows(t):
    first_lines = {"5:4": "Low port 5 greater than high port 4", "70000": "(Low) port number 70000 outside valid range [0..65535]",
                   "abc": "Invalid (low) port number (abc)", "0:10": "Low port 0 incompatible with port ranges",
                   "5:70000": "High port number 70000 outside valid range [0..65535]", "5:x": "Invalid high port number (x)"}
    for value, first in first_lines.items():
        session = t.run_server("new", "-p", value)
        t.equal(session.returncode, 1, f"-p {value}: status")
        t.check("Bad UDP port range (" + value + ")" in session.stderr, f"-p {value}: {session.stderr!r}")
        t.equal(session.stderr.split("\n")[0], first, f"-p {value}: first line")
        t.check("Usage:" in session.stderr, f"-p {value}: no usage line")
        t.equal(session.stdout, "", f"-p {value}: standard output")


@test("command-line 10")
def an_address_that_is_not_local_falls_back_to_any(t):
    port = free_ports(1)
    session = t.server(options=("-i", "192.0.2.77", "-p", str(port)))
    t.equal(bound_addresses(port), {"00000000"}, "bound addresses")
    t.check(f"Failed binding to 192.0.2.77:{port}" in session.stderr, session.stderr)
    t.check("Error binding to IP 192.0.2.77: bind: Cannot assign requested address" in session.stderr, session.stderr)
    t.check(t.client(session).newest > 0, "no contact")


@test()
def a_busy_port_is_one_clear_failure(t):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("0.0.0.0", 0))
        port = busy.getsockname()[1]
        session = t.run_server("new", "-p", str(port))
    t.equal(session.returncode, 1, "status")
    t.check(f"Failed binding to 0.0.0.0:{port}" in session.stderr, session.stderr)
    t.check("Network exception: bind: Address already in use" in session.stderr, session.stderr)
    t.equal(session.stdout, "", "standard output")
    t.no_leftovers()


@test("command-line 11")
def missing_ssh_connection_warns_and_starts(t):
    for value, warning in (("UNSET", "Warning: SSH_CONNECTION not found; binding to any interface."),
                           ("one two", "Warning: Could not parse SSH_CONNECTION; binding to any interface.")):
        session = t.server(options=("-s", "-p", "0"), env=t.environment(SSH_CONNECTION=value))
        t.check(warning in session.stderr, f"{value}: {session.stderr!r}")
        t.equal(bound_addresses(session.port), {"00000000"}, "bound addresses")


@test("command-line 12")
def a_mapped_address_becomes_plain(t):
    for address in ("::ffff:127.0.0.1", "::FFFF:127.0.0.1"):
        env = t.environment(SSH_CONNECTION=f"{address} 5 {address} 22")
        session = t.server(options=("-s", "-p", "0"), env=env)
        t.equal(bound_addresses(session.port), {"0100007F"}, f"{address}: bound addresses")


@test()
def the_later_of_s_and_i_wins(t):
    env = t.environment(SSH_CONNECTION="127.0.0.1 5 127.0.0.2 22")
    t.equal(bound_addresses(t.server(options=("-s", "-i", "127.0.0.1", "-p", "0"), env=env).port), {"0100007F"}, "-s -i")
    t.equal(bound_addresses(t.server(options=("-i", "127.0.0.1", "-s", "-p", "0"), env=env).port), {"0200007F"}, "-i -s")


@test("command-line 13")
def unknown_options_are_told_and_ignored(t):
    session = t.server(options=("-Z", "-i", "127.0.0.1", "-p", "0"))
    t.check("Usage:" in session.stderr, f"no usage line: {session.stderr!r}")
    t.server(options=("-v", "-@", "new", "-i", "127.0.0.1", "-p", "0")[1:])
    t.server(options=("-i", "127.0.0.1", "-p", "0", "surplus", "words"))


@test("command-line 14")
def a_locale_without_utf8_is_replaced(t):
    env = t.environment(LANG="C", LC_TIME="C")
    bare = t.run_server("new", "-i", "127.0.0.1", "-p", "0", env=env)
    if IS_STOCK:
        t.equal(bare.returncode, 1, "status")
        t.equal(bare.stderr.split("\n")[0], "mosh-server needs a UTF-8 native locale to run.", "first line")
    else:   # our improvement of section 1.5: C.UTF-8 is tried
        t.check(bare.returncode == 0 and bare.port, f"did not start: {bare.stderr!r}")
        shown, _ = session_output(t, "locale charmap || echo ${LC_ALL-}${LC_CTYPE-}${LANG-}", env=env)
        t.check("UTF-8" in shown.upper().replace("UTF8", "UTF-8"), f"the session's locale: {shown!r}")
    shown, _ = session_output(t, "env", env=env, options=("-i", "127.0.0.1", "-p", "0", "-l", "LANG=C.UTF-8"))
    t.check("LANG=C.UTF-8\n" in shown, f"LANG of the session: {shown}")
    t.check("LC_TIME" not in shown, "LC_TIME is still there")


@test("command-line 15")
def a_utf8_locale_makes_l_useless(t):
    shown, _ = session_output(t, "env", options=("-i", "127.0.0.1", "-p", "0", "-l", "LANG=xx", "-l", "LC_TIME=xx"))
    t.check("LANG=C.UTF-8\n" in shown and "LC_TIME" not in shown, f"environment: {shown}")


@test(skip_if=ours_only("takes any name (section 1.5, step 3)"))
def l_sets_locale_variables_and_nothing_else(t):
    shown, _ = session_output(t, "env", env=t.environment(LANG="C"),
                              options=("-i", "127.0.0.1", "-p", "0", "-l", "LANG=C.UTF-8", "-l", "LD_PRELOAD=/x", "-l", "PATH=/x"))
    t.check("LD_PRELOAD" not in shown and "PATH=/x\n" not in shown, f"environment: {shown}")


@test("command-line 16")
def term_follows_the_number_of_colours(t):
    base = ("-i", "127.0.0.1", "-p", "0")
    for more, wanted in ((("-c", "256"), "xterm-256color"), (("-c", "8"), "xterm"), (("-c", "0"), "xterm"),
                         (("-c", "16777216"), "xterm"), ((), "xterm")):
        shown, _ = session_output(t, "echo $TERM", options=base + more)
        t.equal(shown.strip(), wanted, f"TERM for {more}")


@test()
def a_bad_number_of_colours_is_refused(t):
    session = t.run_server("new", "-c", "many")
    t.equal(session.returncode, 1, "status")
    t.check("Bad number of colors (many)" in session.stderr and "Usage:" in session.stderr, session.stderr)


@test("command-line 17")
def the_sessions_environment_is_the_specified_one(t):
    env = t.environment(STY="123.tty", SSH_CONNECTION="a b c d", COLUMNS="33", MOSH_SERVER_NETWORK_TMOUT="600")
    shown, _ = session_output(t, "env; pwd; stty -a", env=env)
    lines = shown.split("\n")
    t.check("NCURSES_NO_UTF8_ACS=1" in lines, "NCURSES_NO_UTF8_ACS")
    t.check(not any(line.startswith("STY=") for line in lines), "STY is there")
    t.check(f"PWD={t.home}" in lines and t.home in lines, f"PWD: {[line for line in lines if 'PWD' in line]}")
    t.check("SSH_CONNECTION=a b c d" in lines and "COLUMNS=33" in lines and "MOSH_SERVER_NETWORK_TMOUT=600" in lines, "inherited variables")
    t.check(re.search(r"(^|[ ;])iutf8", shown, re.M), "iutf8 is off")
    t.check("MOSH_KEY" not in shown, "MOSH_KEY is in the session's environment")


@test("command-line 18")
def login_shell_and_motd(t):
    text = ""
    for path in ("/run/motd.dynamic", "/etc/motd"):
        try:
            with open(path) as file:
                text += file.read()
        except OSError:
            pass
    words = [line.strip() for line in text.split("\n") if line.strip()][-1:]
    with open(os.path.join(t.home, ".profile"), "w") as file:
        file.write(f'echo "$0" >{t.temp}/argv0; echo END >>{t.temp}/argv0; echo READY\n')
    for hush in (True, False):
        if not hush:
            os.unlink(os.path.join(t.home, ".hushlogin"))
        client = t.client(t.server(), columns=200)
        t.equal(read(t, f"{t.temp}/argv0").strip(), "-sh", "argv[0]")
        t.check(client.wait_for("READY"), f"the shell is not ready: {client.screen.text()}")
        if words and (hush or not IS_STOCK):     # Debian's stock build shows no motd here
            t.equal(client.shows(words[0][:60]), not hush, f"motd shown with hushlogin={hush}: {client.screen.text()}")
    client = t.client(t.server("/bin/sh", "-c", "echo READY; sleep 30"), columns=200)
    t.check(client.wait_for("READY"), "the command did not run")
    if words:
        t.check(not client.shows(words[0][:60]), "motd shown with a command")
    else:
        t.note("this host has no motd text")


@test("command-line 19")
def arguments_arrive_unchanged(t):
    words = ["", " a  b ", "'", '"', "$HOME `id` $(id)", "a\nb\tc", "\\", "*", "--", "-v", "漢é", "; exit 3"]
    path = os.path.join(t.temp, "argv")
    program = f"import sys,json; open({path!r}, 'w').write(json.dumps(sys.argv[1:]) + 'END\\n')"
    t.client(t.server(sys.executable, "-c", program, *words))
    t.equal(json.loads(read(t, path)), words, "arguments")


@test("command-line 20; wire 52")
def the_program_starts_with_the_first_datagram_and_the_clients_size(t):
    path = os.path.join(t.temp, "size")
    session = t.server("/bin/sh", "-c", f"stty size >{path}; echo END >>{path}; sleep 30")
    time.sleep(1.0)
    t.check(not os.path.exists(path), "the program ran before a client came")
    client = t.client(session, connect=False)
    for size in (0, 10, 24, 27, 28, 37, 38, 100, 1400, 3000):       # what is not authentic releases nothing
        client.send_datagram(os.urandom(size))
    time.sleep(0.5)
    t.check(not os.path.exists(path), "an unauthenticated datagram started the program")
    t.client(session, columns=101, rows=37)
    t.equal(read(t, path).strip(), "37 101", "size at the program's start")


@test("command-line 21", skip_if=ours_only("begins every session with an empty line"))
def the_first_output_is_on_row_1(t):
    client = t.client(t.server("/bin/sh", "-c", "echo first; sleep 30"))
    t.check(client.wait_for("first"), "no output")
    t.equal(client.screen.text()[0], "first", "row 1")


@test("command-line 22")
def a_failing_exec_is_told_in_the_session(t):
    session = t.server("/no/such/program", "argument")
    client = t.client(session)
    t.check(client.wait_for("/no/such/program"), f"no message: {client.screen.text()}")
    t.check(client.shows("No such file or directory"), f"no reason: {client.screen.text()}")
    t.check(client.pump(PATIENCE, lambda: client.shutdown_seen), "the session does not end")
    t.gone(session, client=client)


@test()
def a_missing_login_shell_is_told_before_anything_detaches(t):
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", env=t.environment(SHELL="/no/such/shell"))
    t.equal(session.returncode, 1, "exit status")
    t.check("MOSH CONNECT" not in session.stdout and "/no/such/shell" in session.stderr, f"{session.stdout!r} {session.stderr!r}")


@test("command-line 23; wire 51", timeout=85)
def without_a_client_the_daemon_leaves_after_60_seconds(t):
    path = os.path.join(t.temp, "ran")
    start = time.monotonic()
    session = t.server("/bin/sh", "-c", f"touch {path}")
    time.sleep(57)
    t.check(alive(session.pid), "gone too early")
    t.gone(session, 20)
    t.note(f"left after {time.monotonic() - start:.1f} s")
    t.check(not os.path.exists(path), "the program was run")
    t.no_leftovers()


@test("command-line 24; wire 53")
def network_timeout_ends_a_silent_session(t):
    session = t.server("/bin/sh", "-c", "sleep 60", env=t.environment(MOSH_SERVER_NETWORK_TMOUT="5"))
    client = t.client(session)
    client.pump(6.5)        # a live client keeps it up
    t.check(alive(session.pid), "ended although the client was there")
    start = time.monotonic()
    client.close()
    t.gone(session)
    t.check(time.monotonic() - start > 1.9, "gone too early")      # the last heartbeat was up to 3 s ago
    t.note(f"gone after {time.monotonic() - start:.1f} s")
    t.no_leftovers()


@test("wire 53")
def network_timeout_counts_from_the_start(t):
    session = t.server("/bin/sh", "-c", "sleep 60", env=t.environment(MOSH_SERVER_NETWORK_TMOUT="5"))
    time.sleep(2)
    t.check(alive(session.pid), "gone too early")
    t.gone(session)
    t.no_leftovers()


@test("command-line 25; wire 53")
def signal_timeout_lets_usr1_end_only_a_silent_session(t):
    session = t.server("/bin/sh", "-c", "sleep 60", env=t.environment(MOSH_SERVER_SIGNAL_TMOUT="6"))
    client = t.client(session)
    os.kill(session.pid, signal.SIGUSR1)
    client.pump(2)
    t.check(alive(session.pid), "USR1 ended a connected session")
    client.close()
    time.sleep(7)
    t.check(alive(session.pid), "gone without a signal")
    os.kill(session.pid, signal.SIGUSR1)
    t.gone(session)
    t.no_leftovers()


@test()
def usr1_without_the_variable_ends_the_session(t):
    session = t.server("/bin/sh", "-c", "sleep 60")
    client = t.client(session)
    os.kill(session.pid, signal.SIGUSR1)
    t.check(client.pump(PATIENCE, lambda: client.shutdown_seen), "no goodbye")
    t.gone(session, client=client)


@test()
def bad_timeouts_are_told_and_ignored(t):
    for value, words in (("soon", "MOSH_SERVER_NETWORK_TMOUT not a valid integer, ignoring"),
                         ("-5", "MOSH_SERVER_NETWORK_TMOUT is negative, ignoring")):
        session = t.server(env=t.environment(MOSH_SERVER_NETWORK_TMOUT=value))
        t.check(words in session.stderr, f"{value}: {session.stderr!r}")
        time.sleep(0.3)
        t.check(alive(session.pid), f"{value}: the daemon is gone")


@test("command-line 26; wire 54")
def hangup_is_ignored_and_term_says_goodbye(t):
    session = t.server("/bin/sh", "-c", "sleep 60")
    client = t.client(session)
    os.kill(session.pid, signal.SIGHUP)
    client.pump(0.5)
    t.check(alive(session.pid), "SIGHUP ended it")
    client.type(b"x")
    t.check(client.pump(PATIENCE, lambda: client.acknowledged), "no answer after SIGHUP")
    start = time.monotonic()
    os.kill(session.pid, signal.SIGTERM)
    t.check(client.pump(PATIENCE, lambda: client.shutdown_seen), "no goodbye")
    t.gone(session, client=client)
    t.check(time.monotonic() - start < LONG, "the end took long")
    t.no_leftovers()


@test("wire 54")
def term_before_contact_or_twice_ends_at_once(t):
    session = t.server("/bin/sh", "-c", "sleep 60")
    os.kill(session.pid, signal.SIGTERM)
    t.gone(session, LONG)
    session = t.server("/bin/sh", "-c", "sleep 60")
    client = t.client(session)
    client.auto_ack = False
    os.kill(session.pid, signal.SIGTERM)
    time.sleep(0.15)
    t.check(IS_STOCK or alive(session.pid), "the initiator of a shutdown does not wait for an answer")
    if alive(session.pid):
        os.kill(session.pid, signal.SIGTERM)
    t.gone(session, LONG)
    t.no_leftovers()


@test("command-line 27", timeout=30)
def the_programs_exit_ends_the_client_with_status_0(t):
    terminal = t.mosh_client(t.server("/bin/sh", "-c", "read x; exit 7"))
    time.sleep(1)
    terminal.type("\n")
    terminal.wait_for("client-status=0")
    t.no_leftovers()


@test("command-line 28")
def core_limits(t):
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard == 0:
        t.skip("the hard core limit is 0 here")
    soft = 4096 * 1024
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    path = os.path.join(t.temp, "output")
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", f"ulimit -S -c >{path}; echo END >>{path}; sleep 30",
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (soft, hard)))
    t.client(session)
    t.equal(int(read(t, path)), soft // 512, "soft core limit in the session, in blocks")
    with open(f"/proc/{session.pid}/limits") as file:
        limit = re.search(r"Max core file size\s+(\S+)", file.read())[1]
    t.equal(limit, "0", "soft core limit of the daemon")


@test("command-line 29; wire 13")
def a_new_source_address_takes_over_the_output(t):
    session = t.server("/bin/sh", "-c", "while read x; do echo got-$x; done")
    client = t.client(session)
    client.type(b"one\r")
    t.check(client.wait_for("got-one"), "no echo")
    old = client.socket
    client.socket = client._new_socket()        # as a client behind a NAT whose mapping changed
    client.type(b"two\r")
    t.check(client.wait_for("got-two"), "no echo at the new address")
    client.pump(1.3)                            # ours: the old address is served until the answer, at most for one second
    while select.select([old], [], [], 0)[0]:
        old.recv(4096)
    client.type(b"three\r")
    t.check(client.wait_for("got-three"), "no second echo at the new address")
    client.pump(1.0)
    t.check(not select.select([old], [], [], 0)[0], "the old address still gets datagrams")
    old.close()


@test("wire 13")
def a_replayed_datagram_moves_nothing(t):
    session = t.server("/bin/sh", "-c", "while read x; do echo got-$x; done")
    client = t.client(session)
    recorded = []
    send = client.send_datagram
    client.send_datagram = lambda data: (recorded.append(data), send(data))
    client.type(b"one\r")
    t.check(client.wait_for("got-one"), "no echo")
    client.send_datagram = send
    client.pump(0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        for data in recorded * 20:
            attacker.sendto(data, client.server)
        client.type(b"two\r")
        t.check(client.wait_for("got-two"), "no echo after the replay")
        client.pump(0.5)
        t.check(not select.select([attacker], [], [], 0)[0], "the replaying address got a datagram")
    t.equal(sum(line == "got-one" for line in client.screen.text()), 1, "times that the replayed line was typed")


@test("command-line 30")
def help_is_on_standard_output(t):
    for words in (("--help",), ("-h",), ("new", "--help"), ("new", "-p", "--help"), ("new", "-i", "127.0.0.1", "-h")):
        session = t.run_server(*words)
        t.equal(session.returncode, 0, f"{words}: status")
        t.check("Usage:" in session.stdout, f"{words}: {session.stdout!r}")
        t.check(not CONNECT.search(session.stdout), f"{words}: it started")
    version = t.run_server("--version")
    t.check(version.returncode == 0 and re.search(r"\d+\.\d+", version.stdout), f"--version: {version.stdout!r}")
    path = os.path.join(t.temp, "ran")
    session = t.server("/bin/sh", "-c", f'echo "$0" "$@" >{path}; echo END >>{path}; sleep 9', "--help", "--version")
    t.client(session)
    t.equal(read(t, path).strip(), "--help --version", "what follows -- belongs to the command")


@test()
def legacy_forms_start(t):
    port = free_ports(1)
    session = t.run_server("127.0.0.1", str(port))
    t.equal(session.port, port, f"IP PORT form ({session.stderr!r})")
    session = t.run_server("127.0.0.1")
    t.check(session.port, f"IP form: {session.stderr!r}")
    session = t.run_server()
    t.check(session.port, f"no arguments: {session.stderr!r}")
    session = t.run_server("a", "b", "c")
    t.equal(session.returncode, 1, "three words: status")
    t.check("Usage:" in session.stderr, f"three words: {session.stderr!r}")


@test()
def a_trailing_double_dash_means_the_login_shell(t):
    with open(os.path.join(t.home, ".profile"), "w") as file:
        file.write("echo login-$((40+2))\n")
    client = t.client(t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--"))
    t.check(client.wait_for("login-42"), f"no login shell: {client.screen.text()}")


@test()
def the_daemon_is_detached(t):
    path = os.path.join(t.temp, "runs")
    session = t.server("/bin/sh", "-c", f"echo END >{path}; sleep 30")
    t.client(session)
    read(t, path)           # before its release the child waits with every signal blocked
    ignored = int(status_of(session.pid)["SigIgn"], 16)
    blocked = int(status_of(session.pid)["SigBlk"], 16)
    for number in (signal.SIGHUP, signal.SIGPIPE):
        t.check((ignored | blocked) >> (number - 1) & 1, f"{number!r} is neither ignored nor blocked")
    for descriptor in (0, 1, 2):
        try:
            target = os.readlink(f"/proc/{session.pid}/fd/{descriptor}")
        except PermissionError:
            t.note("descriptors of the daemon are not readable by this user")
            break
        except FileNotFoundError:
            continue
        t.equal(target, "/dev/null", f"descriptor {descriptor}")
    shell = session.shell()
    t.equal(int(status_of(shell)["SigIgn"], 16), 0, "signals ignored in the session's program")
    t.equal(int(status_of(shell)["SigBlk"], 16), 0, "signals blocked in the session's program")
    t.equal(stat_of(shell)[3], shell, "the session's program leads its own session")


@test()
def descriptors_that_leak_in_do_not_reach_the_session(t):
    planted = [os.open("/dev/zero", os.O_RDONLY) for _ in range(20)]
    for descriptor in planted:
        os.set_inheritable(descriptor, True)
    path = os.path.join(t.temp, "output")
    program = ("import os; found = []\n"
               "for fd in range(3, 256):\n"
               "    try: os.fstat(fd); found.append(fd)\n"
               "    except OSError: pass\n"
               f"open({path!r}, 'w').write(repr(found) + '\\nEND\\n')")
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", "--", sys.executable, "-c", program, close_fds=False)
    t.client(session)
    found = read(t, path).strip()
    if not IS_STOCK:
        t.equal(found, "[]", "descriptors above 2 in the session")


@test(skip_if=ours_only("is one program"))
def missing_internal_programs_are_one_clear_failure(t):
    for missing in ("net", "terminal"):
        root = os.path.join(t.temp, "without-" + missing)
        os.makedirs(os.path.join(root, "bin"))
        shutil.copy(SERVER, os.path.join(root, "bin"))
        shutil.copytree(LIBEXEC, os.path.join(root, "libexec/sallyport"))
        os.unlink(os.path.join(root, "libexec/sallyport", missing))
        session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", server=os.path.join(root, "bin", os.path.basename(SERVER)))
        t.check(session.returncode != 0, f"without {missing}: status 0")
        t.check(missing in session.stderr, f"without {missing}: {session.stderr!r}")
        t.check("detached" not in session.stderr and "MOSH CONNECT" not in session.stdout, f"without {missing}: it went on")
    t.no_leftovers()


@test(skip_if=ours_only("has no such command"))
def sandbox_report_speaks_words_and_json(t):
    words = t.run_server("sandbox-report")
    t.equal(words.returncode, 0, f"status ({words.stderr!r})")
    for mechanism in ("seccomp", "andlock"):
        t.check(mechanism in words.stdout, f"no {mechanism} in {words.stdout!r}")
    report = t.run_server("sandbox-report", "--json")
    json.loads(report.stdout)


@test()
def works_as_a_shell_of_a_pty_with_hostile_environment(t):
    env = t.environment(HOME="/no/such/home", TERM="bogus", LANG=b"C.UTF-8".decode(), LD_BIND_NOW="1")
    client = t.client(t.server("/bin/sh", "-c", "echo here; sleep 30", env=env))
    t.check(client.wait_for("here"), f"no output: {client.screen.text()}")
    t.check(client.shows("chdir:"), f"the missing home is not told: {client.screen.text()}")


if __name__ == "__main__":
    sys.exit(main())
