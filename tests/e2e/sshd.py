"""A real sshd on loopback for the end-to-end suites: its own configuration, host key and user key below the test's folder, a port of the
system's choice, ended with the test. Runs as root and as an ordinary user (who then logs in as himself).

  daemon = Sshd(tools)                     # waits until it answers
  ["sallyport", f"--ssh={daemon.ssh}", daemon.host, ...]
  daemon.run("echo hello")                 # a plain ssh, for comparison

Where devpts gives an ordinary user's terminals to another group than tty, such an sshd cannot hand them on: ssh is then run without -tt.
The login's environment is set by the daemon: HOME is the test's home folder, PATH may be given, LANG is not set unless asked for.
"""

import getpass
import grp
import os
import shutil
import socket
import subprocess

from harness import IS_ROOT, Failed, Skipped, need

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
WAIT_SECONDS = 30


def find_sshd():
    found = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:" + os.environ.get("PATH", ""))
    if not found:
        raise Skipped("sshd is not installed (openssh-server)")
    need("ssh")
    need("ssh-keygen")
    return found


def free_port(address="127.0.0.1"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def has_ipv6():
    try:
        free_port("::1")
        return True
    except OSError:
        return False


def can_own_terminals():
    """Whether an sshd without privileges can hand a pseudoterminal on: it must not have to change its owner, group or mode."""
    if IS_ROOT:
        return True
    ends = os.openpty()
    try:
        found = os.fstat(ends[1])
        return found.st_uid == os.geteuid() and found.st_gid == grp.getgrnam("tty").gr_gid and found.st_mode & 0o777 == 0o620
    except KeyError:
        return False
    finally:
        for end in ends:
            os.close(end)


WITHOUT_TERMINAL = """#!/bin/sh
for word; do shift; [ "$word" = -tt ] || set -- "$@" "$word"; done
exec ssh "$@"
"""


class Sshd:
    """`path`: PATH of what is logged in. `environment`: more of its variables. `addresses`: where it listens (one port).
    `options`: more lines of sshd_config. `ssh_options`: more lines of ssh_config. `host`: the name in ssh_config."""

    def __init__(self, tools, path=SYSTEM_PATH, environment=None, addresses=("127.0.0.1",), options=(), ssh_options=(), host="testhost"):
        self.tools, self.host, self.user, self.addresses = tools, host, getpass.getuser(), addresses
        self.folder = os.path.join(tools.temp, f"sshd{len(tools.processes)}")
        os.mkdir(self.folder, 0o700)
        self.program = find_sshd()
        self.program_words = "ssh" if can_own_terminals() else tools.write("ssh-without-tt", WITHOUT_TERMINAL, 0o755)
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.at(name)], check=True, timeout=WAIT_SECONDS)
        if IS_ROOT:     # where Debian's sshd wants to confine itself; its service would make it
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        variables = {"HOME": tools.home, "PATH": path, **(environment or {})}
        self.server_lines = ["UsePAM no", "PermitRootLogin yes", "PubkeyAuthentication yes", "PasswordAuthentication no",
                             "KbdInteractiveAuthentication no", "StrictModes no", "PrintMotd no", "PrintLastLog no", "AllowTcpForwarding yes",
                             f"HostKey {self.at('host_key')}", f"AuthorizedKeysFile {self.at('user_key.pub')}",
                             f"PidFile {self.at('pid')}", "SetEnv " + " ".join(f'"{name}={value}"' for name, value in variables.items()),
                             *options]
        self.ssh_lines = list(ssh_options)
        self.start()

    def at(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        for _ in range(5):      # somebody else may take the port between our look and the daemon's
            self.port = free_port()
            lines = [f"Port {self.port}", *(f"ListenAddress {address}" for address in self.addresses), *self.server_lines]
            with open(self.at("config"), "w") as file:
                file.write("\n".join(lines) + "\n")
            with open(self.at("log"), "ab") as log:
                self.process = self.tools.background(self.program, "-D", "-e", "-f", self.at("config"), stdin=subprocess.DEVNULL,
                                                     stdout=log, stderr=log)
            try:
                self.tools.eventually(lambda: self.process.poll() is not None or self.answers(), "sshd does not answer", WAIT_SECONDS)
            except Failed as why:
                raise Failed(f"{why}: {self.log()}") from None
            if self.process.poll() is None:
                break
        else:
            raise Failed(f"sshd does not start: {self.log()}")
        self.write_ssh_config()

    def answers(self):
        try:
            for address in self.addresses:
                with socket.create_connection((address, self.port), timeout=5) as probe:
                    if not probe.recv(4).startswith(b"SSH-"):
                        return False
            return True
        except OSError:
            return False

    def write_ssh_config(self, name="ssh_config", *more):
        """The configuration of ssh as `name`, with `more` lines for the host. Gives the words that run ssh with it."""
        with open(self.at("host_key.pub")) as file:
            key = " ".join(file.read().split()[:2])
        with open(self.at("known_hosts"), "w") as file:
            for known in {self.host, "localhost", *self.addresses}:
                file.write(f"[{known}]:{self.port} {key}\n{known} {key}\n")
        lines = [*more, *self.ssh_lines, f"HostName {self.addresses[0]}", f"HostKeyAlias {self.host}"]
        common = [f"Port {self.port}", f"User {self.user}", f"IdentityFile {self.at('user_key')}", "IdentitiesOnly yes", "IdentityAgent none",
                  f"UserKnownHostsFile {self.at('known_hosts')}", "GlobalKnownHostsFile /dev/null", "StrictHostKeyChecking yes",
                  "PasswordAuthentication no", "KbdInteractiveAuthentication no", "ConnectTimeout 20"]
        with open(self.at(name), "w") as file:
            file.write(f"Host {self.host}\n  " + "\n  ".join(lines) + "\nHost *\n  " + "\n  ".join(common) + "\n")
        os.chmod(self.at(name), 0o600)
        return f"{self.program_words} -F {self.at(name)}"

    @property
    def ssh(self):
        """What --ssh= takes: ssh with this daemon's configuration. `host` then reaches it, and so do its addresses."""
        return f"{self.program_words} -F {self.at('ssh_config')}"

    def run(self, command, timeout=WAIT_SECONDS):
        return subprocess.run([*self.ssh.split(), self.host, command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout)

    def log(self):
        with open(self.at("log"), errors="replace") as file:
            return file.read()[-2000:]

    def stop(self):
        """Ends the daemon, not what was started through it."""
        self.process.terminate()
        self.process.wait(WAIT_SECONDS)
