"""Many sessions of one host: starts them, drives them with load_clients, and reads what they cost from /proc. Needs to own the
servers (or to be root): the processes of ours are not dumpable."""
import contextlib
import os
import re
import signal
import statistics
import subprocess
import time

PROGRAM = ["/bin/sh", "-c", "stty raw -echo; printf hello; exec cat"]
ENVIRONMENT = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8")
ANNOUNCED = re.compile(r"MOSH CONNECT (\d+) (\S+)")
DETACHED = re.compile(r"pid = (\d+)")
SECONDS_PER_CONTACT = 0.03      # ours: what a session's first contact may take, with its shell's start, on a busy machine
SECONDS_PER_READING = 0.006      # and what reading the memory of its processes may take


class Host:
    """`count` sessions of `server`, and the processes of each: the detached one and its children, without the session's program."""

    def __init__(self, server, count):
        self.monitors, self.announced, start_ms = [], [], []
        for _ in range(count):
            began = time.monotonic()
            done = subprocess.run([server, "new", "-i", "127.0.0.1", "-p", "0", "--", *PROGRAM], stdin=subprocess.DEVNULL, env=ENVIRONMENT,
                                  capture_output=True, text=True)
            start_ms.append((time.monotonic() - began) * 1000)
            said = done.stdout + done.stderr
            if not ANNOUNCED.search(said) or not DETACHED.search(said):
                self.end()
                raise RuntimeError(f"{server} did not start: {said.strip()}")
            self.announced.append(ANNOUNCED.search(said).groups())
            self.monitors.append(int(DETACHED.search(said)[1]))
        self.start_ms = statistics.median(start_ms)
        self.processes = []

    def find_processes(self):
        """To be called once all are there: after the first contact."""
        self.processes = list(self.monitors)
        monitors = set(self.monitors)
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError, ValueError):
                with open(f"/proc/{int(entry)}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
                if int(fields[1]) in monitors and int(fields[4]) == 0:      # its parent; it has no terminal
                    self.processes.append(int(entry))

    def memory_mb(self):
        return self.total("smaps_rollup", r"^Pss:\s+(\d+)") / 1024

    def cpu_s(self):
        return self.total("schedstat", r"^(\d+)") / 1e9

    def total(self, file, pattern):
        found = 0
        for pid in self.processes:
            with contextlib.suppress(OSError):      # it has ended: then it costs nothing
                with open(f"/proc/{pid}/{file}") as opened:
                    match = re.search(pattern, opened.read(), re.M)
                found += int(match[1]) if match else 0
        return found

    def end(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for monitor in self.monitors:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(monitor, number)
            deadline = time.monotonic() + 5
            while any(os.path.exists(f"/proc/{monitor}") for monitor in self.monitors) and time.monotonic() < deadline:
                time.sleep(0.05)


def wait_until(moment):
    time.sleep(max(0, moment - time.monotonic()))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


def measure(server, clients, count, idle_s, type_s):
    """What `count` sessions cost together, idle and while each types one key a second."""
    host = Host(server, count)
    try:
        contact = time.monotonic() + 1 + SECONDS_PER_CONTACT * count
        idle = contact + 1 + idle_s     # a second to come to rest
        typed = idle + type_s + 0.5 + SECONDS_PER_READING * count     # the sessions must still be there when they are read
        driver = subprocess.Popen([clients, str(contact), str(idle), str(typed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        driver.stdin.write("".join(f"{port} {key}\n" for port, key in host.announced))
        driver.stdin.close()
        wait_until(contact + 1)
        host.find_processes()
        cpu, began = [host.cpu_s()], [time.monotonic()]
        wait_until(idle)
        cpu.append(host.cpu_s())
        began.append(time.monotonic())
        memory = host.memory_mb()
        wait_until(idle + type_s)
        cpu.append(host.cpu_s())
        began.append(time.monotonic())
        memory_typing = host.memory_mb()
        lines = [line.split() for line in driver.stdout]
        driver.wait()
    finally:
        host.end()
    spent = [(cpu[i + 1] - cpu[i]) / (began[i + 1] - began[i]) for i in range(2)]
    reached = [line for line in lines if line and line[0] != "no"]
    echoes = [float(ms) for line in reached for ms in line[2:]]
    return {"sessions": count, "reached": len(reached), "processes": len(host.processes) / count, "start_ms": host.start_ms,
            "first_output_p50_ms": percentile([float(line[0]) for line in reached], 0.5),
            "pss_mb_per_session": memory / count, "pss_mb_per_session_typing": memory_typing / count,
            "idle_cpu_us_per_s_per_session": spent[0] * 1e6 / count, "typing_cpu_ms_per_key": spent[1] * 1e3 / count,
            "keys": len(echoes), "keys_lost": sum(int(line[1]) for line in reached),
            "echo_p50_ms": percentile(echoes, 0.5), "echo_p99_ms": percentile(echoes, 0.99)}
