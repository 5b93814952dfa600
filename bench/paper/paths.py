"""A simulated path with the programs on it: the namespaces that paper_link makes, and what starts and ends there."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

NEAR, FAR = "10.77.0.1", "10.77.0.2"
SSH_PORT, BULK_PORT = 2222, 2223
START_SECONDS = 30
IS_ROOT = os.geteuid() == 0


class Broken(Exception):
    """A run that cannot go on, and why."""


class Path:
    """Two namespaces and the link between them. All that is started here ends with it."""

    def __init__(self, build, seed):
        self.folder, self.processes, self.daemons = tempfile.mkdtemp(prefix="sallyport-paper-"), [], []
        self.link = self.start([os.path.join(build, "bench/paper/paper_link"), "--seed", str(seed)])
        words = self.link.stdout.readline().split()
        if len(words) != 4:
            raise Broken(f"no simulated path: {self.link.stderr.read().strip()}")
        user = [] if IS_ROOT else [f"--user=/proc/{words[1]}/ns/user", "--preserve-credentials"]
        self.near = ["nsenter", *user, f"--net=/proc/{words[1]}/fd/{words[2]}", "--"]
        self.far = ["nsenter", *user, f"--net=/proc/{words[1]}/fd/{words[3]}", "--"]
        self.use_cubic()

    def use_cubic(self):
        """Linux's usual congestion control for TCP, whatever this machine is set to."""
        for prefix, other in ((self.near, FAR), (self.far, NEAR)):
            subprocess.run([*prefix, "ip", "route", "change", other, "dev", "path0", "congctl", "cubic"], stderr=subprocess.DEVNULL)

    def start(self, words, **options):
        given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        self.processes.append(subprocess.Popen(words, **given))
        return self.processes[-1]

    def set(self, direction, delay_ms, jitter_ms=0, loss=0, bits_per_second=0, queue_bytes=0):
        """`direction`: up, from near to far, or down."""
        self.link.stdin.write(f"set {direction} {delay_ms} {jitter_ms} {loss} {bits_per_second} {queue_bytes}\n")
        self.link.stdin.flush()

    def counts(self):
        self.link.stdin.write("counts\n")
        self.link.stdin.flush()
        return json.loads(self.link.stdout.readline())

    def file(self, name, text="", mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    # --- what runs on it ----------------------------------------------------------------------------------------------

    def mosh(self, server, client, program, display):
        """Starts a session's server; the words and the environment of its client."""
        words = [*self.far, server, "new", "-i", FAR, "-p", "60001", "-c", "256", "--", program]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS,
                              env=environment(MOSH_SERVER_NETWORK_TMOUT="900"))
        line = re.search(r"MOSH CONNECT (\d+) (\S{22})", done.stdout)
        pid = re.search(r"pid = (\d+)\]", done.stderr)
        if not line or not pid:
            raise Broken(f"{server} did not start: {done.stdout}{done.stderr}")
        self.daemons.append(int(pid[1]))
        return [*self.near, client, FAR, line[1]], environment(MOSH_KEY=line[2], MOSH_PREDICTION_DISPLAY=display)

    def ssh(self, program):
        """Starts an sshd; the words and the environment of a session by ssh."""
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.folder, name)], check=True)
        if IS_ROOT:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        config = self.file("sshd_config", f"""
Port {SSH_PORT}
ListenAddress {FAR}
HostKey {self.folder}/host_key
AuthorizedKeysFile {self.folder}/user_key.pub
PidFile none
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
PrintMotd no
PrintLastLog no
""")
        sshd = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not sshd:
            raise Broken("sshd is not installed")
        self.start([*self.far, sshd, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=open(os.path.join(self.folder, "sshd.log"), "w"))
        for _ in range(100 * START_SECONDS):
            if "listening" in open(os.path.join(self.folder, "sshd.log")).read():
                break
            time.sleep(0.01)
        else:
            raise Broken("sshd does not listen")
        with open(os.path.join(self.folder, "host_key.pub")) as file:
            known = self.file("known_hosts", f"[{FAR}]:{SSH_PORT} {' '.join(file.read().split()[:2])}\n")
        return [*self.near, "ssh", "-F", "none", "-tt", "-p", str(SSH_PORT), "-i", os.path.join(self.folder, "user_key"),
                "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", f"UserKnownHostsFile={known}", "-o", "LogLevel=ERROR",
                FAR, program], environment()

    def download(self):
        """A bulk TCP flow from far to near, without end."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bulk.py")
        sender = self.start([*self.far, "python3", script, "send", FAR, str(BULK_PORT)])
        if sender.stdout.readline() != "listening\n":
            raise Broken(f"no download: {sender.stderr.read()}")
        self.start([*self.near, "python3", script, "receive", FAR, str(BULK_PORT)])

    def end(self):
        for pid in self.daemons:
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    break
                time.sleep(0.5)
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def environment(**more):
    own = {name: os.environ[name] for name in ("PATH", "HOME", "USER") if name in os.environ}
    return {**own, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh", **more}
