#!/usr/bin/env python3
"""The command `sallyport`: with a stub in ssh's place that records its words and plays the far side, and with a real sshd on loopback."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

from harness import CLIENT, SERVER, UTF8, WRAPPER, alive, descendants_of, main, name_of, need, quote, test
from sshd import Sshd, free_port, has_ipv6

KEY = "AAAAAAAAAAAAAAAAAAAA/+"
CONNECT = f"MOSH CONNECT 60001 {KEY}"
PATIENCE = 30
PROXY = f"ProxyCommand='{WRAPPER}' '--family=prefer-inet' --fake-proxy -- %h %p"


class Stub:
    """A stub ssh that records its words and runs a script, and a stub client that records words, environment and key."""

    def __init__(self, t, script="", query="exit 1", client="client", status=7):
        self.t, self.record, self.seen = t, os.path.join(t.temp, "ssh-words"), os.path.join(t.temp, "client-words")
        folder = os.path.join(t.temp, "stub")
        os.makedirs(folder, exist_ok=True)
        writer = "import json, os, sys\n"
        self.ssh = t.write("stub/ssh", f"#!{sys.executable}\n{writer}open({self.record!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
                           f"os.execv('/bin/sh', ['sh', '-c', {query!r} if '-G' in sys.argv else {script!r}])\n", 0o755)
        self.client = t.write(f"stub/{client}", f"#!{sys.executable}\n{writer}"
                              "if sys.argv[1:] == ['-c']:\n    print(256); sys.exit()\n"
                              "fds = [w[9:] for w in sys.argv if w.startswith('--key-fd=')]\n"
                              "key = os.read(int(fds[0]), 100).decode() if fds else None\n"
                              f"json.dump([sys.argv[1:], dict(os.environ), key], open({self.seen!r}, 'w'))\nsys.exit({status})\n", 0o755)

    def run(self, *words, env=None, timeout=PATIENCE, host=("127.0.0.1",)):
        done = subprocess.run([WRAPPER, f"--ssh={self.ssh}", f"--client={self.client}", *words, *host], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env or self.t.environment(), timeout=timeout)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        return done

    def calls(self, query=False):
        """The words of each run of ssh."""
        if not os.path.exists(self.record):
            return []
        with open(self.record) as file:
            found = [json.loads(line) for line in file]
        return found if query else [words for words in found if "-G" not in words]

    def session(self):
        """What the client was given: words, environment, key by descriptor; None if it was not started."""
        if not os.path.exists(self.seen):
            return None
        with open(self.seen) as file:
            return json.load(file)


def says(*lines):
    return "printf '%s\\n' " + " ".join(quote(line) for line in lines)


# --- with a stub in ssh's place ---------------------------------------------------------------------------------------

@test("command-line 48")
def ssh_gets_exactly_the_words_of_the_specification(t):
    stub = Stub(t)
    env = t.environment(LANG=UTF8, LC_ALL="")
    stub.run("--server=env A=1 mosh-server", env=env, host=("me@127.0.0.1", "--", "ls", "it's"))
    command = f"env A=1 mosh-server 'new' '-c' '256' '-s' '-l' 'LANG={UTF8}' '-l' 'LC_ALL=' '--' 'ls' 'it'\\''s'"
    t.equal(stub.calls(), [["-n", "-tt", "-S", "none", "-o", PROXY, "me@127.0.0.1", "--", command]], "the words of ssh")
    os.unlink(stub.record)
    stub.run("--server=s", "--no-ssh-pty", "-6", "--experimental-remote-ip=remote", "--bind-server=any", "-p", "61000:61001", env=env)
    t.equal(stub.calls(query=True)[0][:-1], ["-n", "-6", "127.0.0.1", "--"], "the words of ssh in mode remote")
    t.check(stub.calls()[0][-1].startswith("sh -c '") and " ; s 'new' '-c' '256' '-p' '61000:61001' '-l'" in stub.calls()[0][-1],
            f"the remote command is {stub.calls()[0][-1]!r}")
    os.unlink(stub.record)
    stub.run("--server=s", "--experimental-remote-ip=local", env=env, host=("me@127.0.0.1",))
    t.equal(stub.calls(query=True)[0][:-1], ["-n", "-tt", "me@127.0.0.1", "--"], "the words of ssh in mode local")


@test("command-line 49")
def the_ssh_option_is_split_as_a_shell_would(t):
    stub = Stub(t)
    subprocess.run([WRAPPER, f"--client={stub.client}", f"--ssh={stub.ssh} -p 2222 -o 'A B'", "127.0.0.1"], stdin=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=t.environment(), timeout=PATIENCE)
    t.equal(stub.calls()[0][:5], ["-p", "2222", "-o", "A B", "-n"], "the first words of ssh")


@test("command-line 50, 53, 58")
def a_line_of_noise_is_shown_and_the_clients_status_is_ours(t):
    stub = Stub(t, "printf 'noise\\033[2J\\r\\nMOSH IP 127.0.0.1\\r\\n%s\\r\\nlater\\r\\n' " + quote(CONNECT))
    done = stub.run("--predict=never", "--no-init", "-o")
    t.equal(done.returncode, 7, "the status")
    t.equal(done.out, "noise^[[2J\n", "standard output")
    words, environment, key = stub.session()
    t.equal(words[1:], ["127.0.0.1", "60001"], "the client's address and port")
    t.check(words[0].startswith("-# --ssh=") and words[0].endswith("127.0.0.1 |"), f"the first word of the client is {words[0]!r}")
    wanted = {"MOSH_KEY": KEY, "MOSH_PREDICTION_DISPLAY": "never", "MOSH_NO_TERM_INIT": "1", "MOSH_PREDICTION_OVERWRITE": "yes"}
    t.equal({name: value for name, value in environment.items() if name.startswith("MOSH_") and name != "MOSH_CLIENT_PID"}, wanted,
            "the client's variables")
    t.equal(key, None, "a descriptor for another's client")


@test()
def what_a_careless_starter_leaves_does_not_matter(t):
    stub = Stub(t, says("MOSH IP 127.0.0.1", CONNECT))
    words = [WRAPPER, f"--ssh={stub.ssh}", f"--client={stub.client}", "127.0.0.1"]
    for what, before in (("children that cannot be collected", lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)),
                         ("closed streams", lambda: [os.close(number) for number in (0, 1, 2)])):
        done = subprocess.run(words, preexec_fn=before, env=t.environment(), timeout=PATIENCE)
        t.equal(done.returncode, 7, f"{what}: the client's status")
        os.unlink(stub.seen)


@test("command-line 57")
def our_client_gets_the_key_by_descriptor_alone(t):
    stub = Stub(t, says("MOSH IP 127.0.0.1", CONNECT), client="sallyport-client")
    terminal = t.tmux(f"{WRAPPER} --ssh={stub.ssh} --client={stub.client} 127.0.0.1; echo status=$?; exec sleep 60",
                      env=t.environment(MOSH_KEY="another session's"))
    terminal.wait_for("status=7", PATIENCE)
    words, environment, key = stub.session()
    t.equal(key, KEY, "what the descriptor gives")
    t.check(not any(KEY in word for word in words), "the key is in an argument")
    t.check("MOSH_KEY" not in environment and KEY not in "".join(environment.values()), "the key is in the environment")
    for call in stub.calls():
        t.check(KEY not in "".join(call), "the key is in an argument of ssh")


@test("command-line 51, 52")
def a_wrong_line_is_fatal_and_no_client_is_started(t):
    for lines, complaint in (
            (["MOSH IP 127.0.0.1", "MOSH IP 127.0.0.1", CONNECT], "detected attempt to redefine MOSH IP"),
            (["MOSH IP 127.0.0.1", "MOSH CONNECT 60001 short"], "Bad MOSH CONNECT string"),
            (["MOSH IP 127.0.0.1", "MOSH CONNECT 60001 " + KEY + "A"], "Bad MOSH CONNECT string"),
            (["MOSH IP not.numeric", CONNECT], "Bad MOSH IP string"),
            (["MOSH SSH_CONNECTION 1 2", CONNECT], "Bad MOSH SSH_CONNECTION string"),
            ([CONNECT], "Did not find remote IP address"),
            (["MOSH SSH_CONNECTION 127.0.0.1 1 127.0.0.1 2", CONNECT], "Did not find remote IP address"),
            (["MOSH IP 127.0.0.1"], "Did not find mosh server startup message.")):
        stub = Stub(t, says(*lines))
        done = stub.run()
        t.equal(done.returncode, 1, f"the status after {lines}")
        t.check(complaint in done.err, f"{lines}: {done.err!r}")
        t.equal(stub.session(), None, "a client")
        t.check(KEY not in done.err + done.out, "the key was shown")


@test("command-line 54")
def wrong_words_are_refused_before_ssh_is_started(t):
    stub = Stub(t)
    for words, host in ((["-p", "0:5"], "h"), (["-p", "5:4"], "h"), (["--predict=x"], "h"), (["--family=x"], "h"), (["--zzz"], "h"), ([], "a b"),
                        ([], "h;touch x"), ([], "\x1b]0;x\x07"), (["--"], "-oProxyCommand=x"), (["--"], "me@-x"), ([], "$(x)"), ([], "h\n")):
        done = stub.run(*words, host=(host,))
        t.equal(done.returncode, 2, f"the status after {words} {host!r} ({done.err!r})")
        t.check(done.err and "\x1b" not in done.err and not done.out, f"{words} {host!r}: {done.err!r}")
    t.equal(stub.calls(query=True), [], "what ssh was started with")
    t.check(stub.run("-p", "0").returncode == 1 and stub.calls(), "-p 0 was refused")


@test()
def an_option_after_the_host_is_pointed_out(t):
    t.check("Option -4 was read by sallyport. Put -- before the remote command." in Stub(t).run(host=("127.0.0.1", "ls", "-4")).err, "no hint")


@test()
def a_far_side_names_the_address_only_when_asked_to_and_a_line_says_so(t):
    stub = Stub(t, says("MOSH SSH_CONNECTION 10.0.0.1 4000 127.0.0.1 22", CONNECT))
    done = stub.run("--experimental-remote-ip=remote", host=("some.host",))
    t.equal(done.returncode, 7, "the status")
    t.check("Using remote IP address 127.0.0.1 from $SSH_CONNECTION for hostname some.host" in done.err, f"no such line: {done.err!r}")


@test()
def behind_a_proxy_the_address_is_the_resolvers_and_ssh_connects_itself(t):
    config = says("user me", "hostname 127.0.0.9", "port 22", "proxyjump bastion")
    stub = Stub(t, says(CONNECT), query=config)
    done = stub.run("--server=s", host=("me@inner",))
    t.equal(done.returncode, 7, "the status")
    t.check("inner is reached through a proxy in your ssh configuration; the session goes straight to 127.0.0.9" in done.err, done.err)
    t.equal(stub.calls()[0][:-1], ["-n", "-tt", "me@inner", "--"], "the words of ssh")
    t.equal(stub.session()[0][1], "127.0.0.9", "the client's address")
    stub = Stub(t, says("MOSH IP 127.0.0.1", CONNECT), query=config)
    t.check("redefine MOSH IP" in stub.run(host=("inner",)).err, "the far side named an address behind a proxy")
    stub = Stub(t, says(CONNECT), query=says("hostname name.invalid", "proxycommand x"))
    done = stub.run(host=("inner",))
    t.check(done.returncode == 1 and "Try --experimental-remote-ip=remote; the host itself must be reachable by UDP." in done.err, done.err)
    t.equal(len(stub.calls()), 2, "runs of ssh, of which none was for the host without an address")


@test()
def an_unknown_host_is_one_line_and_ssh_is_not_started(t):
    stub = Stub(t, query=says("hostname name.invalid", "port 22"))
    done = stub.run(host=("name.invalid",))
    t.check(done.returncode == 1 and re.fullmatch(r"sallyport: Cannot find host name\.invalid \(.*\)\.\n", done.err), done.err)
    t.equal(stub.calls(), [], "runs of ssh")


@test()
def failures_of_ssh_and_of_the_far_side_are_said_in_plain_words(t):
    for words, script, message in (
            ([], "echo 'Host key verification failed.'; exit 255", "does not accept the host key of 127.0.0.1"),
            ([], "echo 'me@h: Permission denied (publickey).'; exit 255", "ssh could not log in to 127.0.0.1 (see above)."),
            ([], "echo 'SALLYPORT SERVER none'; exit 127", "Neither sallyport-server nor mosh-server was found on 127.0.0.1."),
            (["--server=mosh-server"], "echo 'sh: 1: mosh-server: not found'; exit 127", "mosh-server was not found on 127.0.0.1 (remote shell said:"),
            (["-p", "22"], "echo 'bind: Permission denied'; exit 1", 'For the ssh port use --ssh="ssh -p 22".'),
            (["-p", "61000"], "echo 'bind: Address already in use'; exit 1", "UDP port 61000 is in use on 127.0.0.1"),
            ([], "echo 'bind: Address already in use'; exit 1", "All UDP ports 60001-60999 on 127.0.0.1 are in use"),
            (["-p", "5:6"], "echo 'new: Bad UDP port (5:6)'; exit 1", "For the ssh port use"),
            (["-p", "5000:5001"], "echo 'new: Bad UDP port'; exit 1", "Server does not support UDP port range option."),
            ([], "echo 'mosh-server needs a UTF-8 native locale to run.'; exit 1", "The server has no UTF-8 locale"),
            ([], "echo odd; exit 3", "The last line was: odd")):
        done = Stub(t, says("MOSH IP 127.0.0.1") + "; " + script).run(*words)
        t.check(done.returncode == 1 and message in done.err, f"{script}: status {done.returncode}, {done.err!r}")


@test()
def a_missing_ssh_and_a_missing_client_are_said(t):
    stub = Stub(t)
    done = subprocess.run([WRAPPER, "--ssh=/nonexistent/ssh", f"--client={stub.client}", "127.0.0.1"], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env=t.environment(), timeout=PATIENCE)
    t.check(done.returncode == 1 and b"Cannot run /nonexistent/ssh: No such file or directory." in done.stderr, done.stderr)
    done = subprocess.run([WRAPPER, "--client=/nonexistent/client", "127.0.0.1"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env=t.environment(), timeout=PATIENCE)
    t.check(done.returncode == 1 and b"Can't count colors: /nonexistent/client: No such file" in done.stderr, done.stderr)


@test()
def a_terminal_that_will_not_do_is_said_before_ssh_is_started(t):
    stub = Stub(t, client="sallyport-client")
    done = stub.run()
    t.check(done.returncode == 1 and "sallyport needs a terminal. For scripts use ssh." in done.err, done.err)
    terminal = t.tmux(f"LC_ALL=C {WRAPPER} --ssh={stub.ssh} --client={stub.client} 127.0.0.1; echo status=$?; "
                      f"TERM=no-such-type {WRAPPER} --ssh={stub.ssh} --client={CLIENT} 127.0.0.1; echo second=$?; exec sleep 60")
    terminal.wait_for("second=1", PATIENCE)
    lines = "\n".join(terminal.screen())
    t.check("status=1" in lines and "Your terminal's locale is C. Set LANG to a UTF-8 locale" in lines, lines)
    t.check("Terminal type no-such-type is not in the local terminfo database." in lines, lines)
    t.equal(stub.calls(query=True), [], "runs of ssh")


@test()
def both_families_of_a_name_go_to_our_client(t):
    if not has_ipv6():
        t.skip("no IPv6 on this machine")
    # A name with both, in a mount namespace of its own.
    t.write("hosts", "127.0.0.1 localhost\n127.0.0.1 both.test\n::1 both.test\n")
    script = f'mount --bind {t.temp}/hosts /etc/hosts && exec "$@"'
    inside = f"unshare -rm sh -c {quote(script)} sh"
    if b"::1" not in subprocess.run(f"{inside} getent ahosts both.test", shell=True, capture_output=True, timeout=PATIENCE).stdout:
        t.skip("no mount namespaces for this user")
    query = says("hostname both.test", "port 22")
    for words, connected, wanted in (([], "127.0.0.1", "127.0.0.1,::1"), ([], "::1", "::1,127.0.0.1"), (["-4"], "127.0.0.1", "127.0.0.1"),
                                     (["-6"], "::1", "::1")):
        stub = Stub(t, says(f"MOSH IP {connected}", CONNECT), query=query, client="sallyport-client")
        terminal = t.tmux(f"{inside} {WRAPPER} --ssh={stub.ssh} --client={stub.client} {' '.join(words)} both.test; echo status=$?; exec sleep 60")
        terminal.wait_for("status=7", PATIENCE)
        t.equal(stub.session()[0][-2:], [wanted, "60001"], f"the client's words for {words}, {connected}")
        terminal.kill()


@test()
def ctrl_c_ends_ssh_and_restores_the_terminal(t):
    stub = Stub(t, "stty -echo -icanon </dev/tty; echo waiting; trap '' INT; exec sleep 300")
    terminal = t.tmux(f"trap : INT; stty -a >{t.temp}/before; {WRAPPER} --ssh={stub.ssh} --client={stub.client} 127.0.0.1; echo status=$?; "
                      f"stty -a >{t.temp}/after; echo done; exec sleep 60")
    terminal.wait_for("waiting", PATIENCE)
    sleepers = [pid for pid in descendants_of(terminal.pid) if name_of(pid) == "sleep"]
    t.check(sleepers, "the stub is not there")
    terminal.key("C-c")
    terminal.wait_for("done", PATIENCE)
    t.check(any("status=130" in line for line in terminal.screen()), "\n".join(terminal.screen()))
    t.check(not any(alive(pid) for pid in sleepers), "ssh is still there")
    with open(f"{t.temp}/before") as before, open(f"{t.temp}/after") as after:
        t.equal(after.read(), before.read(), "the terminal's settings")


@test()
def a_signal_ends_everything(t):
    for number in (signal.SIGTERM, signal.SIGHUP):
        stub = Stub(t, "exec sleep 300")
        process = t.background(WRAPPER, f"--ssh={stub.ssh}", f"--client={stub.client}", "127.0.0.1", stdin=subprocess.DEVNULL, env=t.environment())
        t.eventually(lambda: any(name_of(pid) == "sleep" for pid in descendants_of(process.pid)), "ssh was not started", PATIENCE)
        below = descendants_of(process.pid)
        process.send_signal(number)
        t.equal(process.wait(PATIENCE), -number, "how the command ended")
        t.eventually(lambda: not any(alive(pid) for pid in below), "something is left", PATIENCE)


@test()
def verbose_says_each_step_with_its_time(t):
    done = Stub(t, says("MOSH IP 127.0.0.1", CONNECT)).run("--verbose")
    for step in ("client: ", "running ", "the server has announced itself", "session at 127.0.0.1 UDP port 60001"):
        t.check(re.search(r"sallyport: \[\d+\.\d{3} s\] " + re.escape(step), done.err), f"{step}: {done.err!r}")
    t.check(KEY not in done.err, "the key is among the steps")


@test()
def the_fake_proxy_copies_both_ways_and_passes_ends_on(t):
    import socket
    import threading
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    data = os.urandom(1 << 20)

    def echo():
        peer, _ = listener.accept()
        received = b""
        while piece := peer.recv(65536):
            received += piece
        peer.sendall(received[::-1])
        peer.close()
    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    done = subprocess.run([WRAPPER, "--family=prefer-inet", "--fake-proxy", "--", "127.0.0.1", str(port)], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE)
    thread.join(PATIENCE)
    t.equal(done.stderr, b"MOSH IP 127.0.0.1\n", "standard error")
    t.check(done.returncode == 0 and done.stdout == data[::-1], f"status {done.returncode}, {len(done.stdout)} bytes")
    listener.close()
    done = subprocess.run([WRAPPER, "--family=inet", "--fake-proxy", "--", "127.0.0.1", str(port)], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=PATIENCE)
    t.equal(done.stderr, b"sallyport: Could not connect to 127.0.0.1, last tried 127.0.0.1: Connection refused\n", "standard error")
    t.equal(done.returncode, 1, "the status")


# --- with a real sshd ---------------------------------------------------------------------------------------------------

def session(t, daemon, words="", client=CLIENT, host=None, command="sh -c 'echo here; exec sh'", env=None, ssh=None):
    """A session in a terminal of its own, begun."""
    terminal = t.tmux(f"{WRAPPER} --ssh={quote(ssh or daemon.ssh)} --client={client} {words} {host or daemon.host} -- {command}; "
                      "echo status=$?; exec sleep 60", env=env)
    terminal.wait_for("here", PATIENCE)
    return terminal


def leave(t, terminal, status=0):
    terminal.type("exit\n")
    terminal.wait_for(f"status={status}", PATIENCE)


def ours(words=""):
    return f"--server={SERVER} {words}"


@test(timeout=120)
def a_session_through_a_real_sshd(t):
    daemon = Sshd(t)
    terminal = session(t, daemon, ours())
    terminal.type("echo $((6*7)) && exit\n")
    terminal.wait_for("status=0", PATIENCE)
    t.eventually(lambda: not [p for p in descendants_of(terminal.pid) if name_of(p) == "ssh"], "an ssh is left", PATIENCE)


@test("command-line 56, 57", timeout=120)
def the_command_arrives_word_for_word_and_the_key_in_no_argument(t):
    daemon = Sshd(t)
    terminal = session(t, daemon, ours(), command="sh -c 'echo here \"$HOME\"; printf \"<%s>\" \"$@\"; exec sh' sh 'a  b' '$x' \"it's\" ''")
    terminal.wait_for(f"here {t.home}", PATIENCE)
    terminal.wait_for("<a  b><$x><it's><>", PATIENCE)
    key = re.compile(rb"MOSH_KEY=|(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{22}(?![A-Za-z0-9/+])")
    for pid in descendants_of(os.getpid()):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if name == "environ":
                t.check(not any(word.startswith(b"MOSH_KEY=") for word in words), f"MOSH_KEY in the environment of {name_of(pid)}")
            else:
                t.check(not any(key.fullmatch(word) for word in words), f"a key in the words of {name_of(pid)}: {words}")
    leave(t, terminal)


@test("command-line 55", timeout=120)
def local_mode_needs_no_ssh(t):
    terminal = t.tmux(f"{WRAPPER} --local --ssh=/nonexistent --client={CLIENT} 127.0.0.1 -- sh -c 'printf \"he%s\\n\" llo; exec sh'; "
                      "echo status=$?; exec sleep 60")
    terminal.wait_for("hello", PATIENCE)
    leave(t, terminal)


@test(timeout=120)
def the_far_side_prefers_our_server_and_else_uses_moshs_and_says_so(t):
    need("mosh-server")
    for place in ("/usr/local/bin/sallyport-server", "/opt/homebrew/bin/sallyport-server", "/opt/local/bin/sallyport-server"):
        if os.path.exists(place):
            t.skip(f"{place} would be found")
    folder = os.path.join(t.temp, "far")
    os.mkdir(folder)
    for name in ("sh", "bash", "env", "sleep", "ls"):
        os.symlink(shutil.which(name), os.path.join(folder, name))
    daemon = Sshd(t, path=folder, environment={"LANG": UTF8})
    done = subprocess.run([WRAPPER, f"--ssh={daemon.ssh}", "--client=" + Stub(t).client, daemon.host], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=t.environment(), timeout=PATIENCE)
    if b"using mosh-server" in done.stderr:
        t.skip("a mosh-server lies where the far side looks besides PATH")
    t.check(done.returncode == 1 and b"Neither sallyport-server nor mosh-server was found on testhost" in done.stderr, done.stderr)
    os.symlink(shutil.which("mosh-server"), os.path.join(folder, "mosh-server"))
    terminal = t.tmux(f"{WRAPPER} --ssh={quote(daemon.ssh)} --client={Stub(t).client} {daemon.host}; echo status=$?; exec sleep 60")
    terminal.wait_for("testhost has no sallyport-server; using mosh-server there.", PATIENCE)
    terminal.wait_for("status=7", PATIENCE)
    with open(os.path.join(folder, "sallyport-server"), "w") as file:
        file.write(f"#!/bin/sh\nexec {SERVER} \"$@\"\n")
    os.chmod(os.path.join(folder, "sallyport-server"), 0o755)
    terminal = session(t, daemon)
    t.check(not any("mosh-server" in line for line in terminal.screen()), "mosh-server was used")
    servers = [pid for pid in descendants_of(os.getpid()) if name_of(pid).startswith("sallyport-serve")]
    t.check(servers, "our server is not there")
    leave(t, terminal)


@test(timeout=120)
def questions_of_ssh_are_asked_at_the_terminal(t):
    daemon = Sshd(t)
    asking = daemon.write_ssh_config("asking", "StrictHostKeyChecking ask", f"UserKnownHostsFile {t.temp}/none", "HostKeyAlias unknown")
    terminal = t.tmux(f"{WRAPPER} --ssh={quote(asking)} --client={CLIENT} {ours()} {daemon.host} -- sh -c 'echo here; exec sh'; "
                      "echo status=$?; exec sleep 60")
    terminal.wait_for("Are you sure you want to continue connecting", PATIENCE)
    terminal.type("yes\n")
    terminal.wait_for("here", PATIENCE)
    leave(t, terminal)


@test(timeout=120)
def refusals_of_a_real_ssh_are_said_in_plain_words(t):
    daemon = Sshd(t)
    stub = Stub(t)

    def refused(ssh, message, *words, host=daemon.host):
        done = subprocess.run([WRAPPER, f"--ssh={ssh}", f"--client={stub.client}", *words, host], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=t.environment(), timeout=PATIENCE)
        err = done.stderr.decode()
        t.check(done.returncode == 1 and message in err, f"status {done.returncode}: {done.stdout.decode()!r} {err!r}")
        t.equal(stub.session(), None, "a client")
        return err

    refused(daemon.write_ssh_config("other_key", f"UserKnownHostsFile {t.temp}/none"), "ssh does not accept the host key of testhost (see above).")
    refused(daemon.write_ssh_config("no_login", "PubkeyAuthentication no"), "ssh could not log in to testhost (see above).")
    port = free_port()
    refused(daemon.write_ssh_config("wrong_port", f"Port {port}"), f"ssh could not reach testhost port {port}: Connection refused.")
    err = refused(daemon.write_ssh_config("no_such_host", "HostName name.invalid"), "Cannot find host name.invalid")
    t.equal(err.count("\n"), 1, "lines about a host that does not exist")
    refused(daemon.ssh, "no-such-server was not found on testhost (remote shell said: ", "--server=no-such-server")


@test(timeout=120)
def behind_a_real_bastion_ssh_connects_itself(t):
    daemon = Sshd(t)
    with open(daemon.at("ssh_config"), "a") as file:
        file.write(f"Host inner\n  HostName 127.0.0.1\n  HostKeyAlias testhost\n  ProxyCommand {daemon.ssh} -W %h:%p testhost\n")
    terminal = t.tmux(f"{WRAPPER} --ssh={quote(daemon.ssh)} --client={CLIENT} {ours()} inner -- sh -c 'echo here; exec sh'; "
                      "echo status=$?; exec sleep 60")
    terminal.wait_for("here", PATIENCE)
    leave(t, terminal)
    text = "\n".join(terminal.screen())
    t.check("inner is reached through a proxy in your ssh configuration" in text, text)


@test(timeout=120)
def a_master_connection_in_the_background_does_not_hold_the_start(t):
    daemon = Sshd(t, ssh_options=("ControlMaster auto", "ControlPersist 60"))
    shared = daemon.write_ssh_config("shared", f"ControlPath {t.temp}/master")
    terminal = session(t, daemon, ours("--experimental-remote-ip=remote"), ssh=shared)
    leave(t, terminal)
    t.check(any("Using remote IP address 127.0.0.1 from $SSH_CONNECTION" in line for line in terminal.screen()), "no line names the address")


@test(timeout=120)
def moshs_client_and_moshs_server_work_with_our_command(t):
    need("mosh-client")
    need("mosh-server")
    daemon = Sshd(t)
    for words in ("--server=mosh-server", ours()):
        leave(t, session(t, daemon, words, client="mosh-client"))


@test(timeout=120)
def sessions_over_ipv6(t):
    if not has_ipv6():
        t.skip("no IPv6 on this machine")
    daemon = Sshd(t, addresses=("::1",))
    leave(t, session(t, daemon, ours("-6"), host="::1"))


if __name__ == "__main__":
    sys.exit(main())
