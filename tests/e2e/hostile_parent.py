"""Ways to start a server that no honest parent uses: things leaked on purpose, and a process state that a child inherits."""

import ctypes
import os
import resource
import select
import signal
import socket
import sys

# Reports, as lines, all that a program inherits from its parent and can say of itself. Run inside a session and outside.
PROBE = r"""
import ctypes, mmap, os, resource, signal, sys
libc = ctypes.CDLL(None)
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
for name in ("Umask", "Uid", "Gid", "Groups", "SigPnd", "ShdPnd", "SigBlk", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
             "Seccomp", "Seccomp_filters", "Speculation_Store_Bypass", "SpeculationIndirectBranch", "Cpus_allowed", "Mems_allowed", "THP_enabled"):
    print(name, status.get(name, "").strip())
print("SigIgn", "%x" % (int(status["SigIgn"], 16) & ~0x1001000))    # PIPE and XFSZ are Python's own
for name in sorted(word for word in dir(resource) if word.startswith("RLIMIT_")):
    print(name, resource.getrlimit(getattr(resource, name)))
for name, option in dict(pdeathsig=2, dumpable=3, keepcaps=7, timing=13, seccomp=21, securebits=27, timerslack=30, subreaper=37,
                         no_new_privs=39, thp=42, mdwe=65).items():
    value = ctypes.c_int(0)
    answer = libc.prctl(option, ctypes.byref(value) if name in ("pdeathsig", "subreaper") else 0, 0, 0, 0)
    print("prctl", name, answer, value.value)
for name in ("user", "net", "mnt", "ipc", "uts", "pid", "cgroup", "time"):
    print("namespace", name, os.readlink("/proc/self/ns/" + name))
print("priority", os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), os.sched_getaffinity(0))
for name in ("oom_score_adj", "coredump_filter", "personality", "attr/current", "loginuid"):
    try:
        print(name, open("/proc/self/" + name).read().strip("\0\n"))
    except OSError as error:
        print(name, error.errno)
print("memory that is writable and executable", len(mmap.mmap(-1, 4096, prot=7)))
open(os.environ["HOME"] + "/written", "w").write("x" * 100000)
print("a file of its own", os.path.getsize(os.environ["HOME"] + "/written"))
os.unlink(os.environ["HOME"] + "/written")
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
print("a child", os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1])
print("END", flush=True)
"""


def leak(folder):
    """Opens some 50 descriptors of many kinds, inheritable, some at high numbers and some where compartments have theirs.
    Returns them; keep the result."""
    libc, held = ctypes.CDLL(None), []
    for number in range(4):
        path = os.path.join(folder, f"leaked-{number}")
        held += [os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), os.open(path, os.O_PATH)]
    held += [os.open(folder, os.O_DIRECTORY), os.open("/dev/zero", os.O_RDONLY), os.open("/proc/self/environ", os.O_RDONLY)]
    sockets = [socket.socket(family, kind) for family in (socket.AF_INET, socket.AF_INET6) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
    sockets[0].bind(("127.0.0.1", 0))
    sockets[0].listen()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        sockets += socket.socketpair(socket.AF_UNIX, kind)
    held += [sock.detach() for sock in sockets]
    held += [*os.pipe(), *os.pipe(), *os.openpty(), os.memfd_create("leaked"), os.eventfd(1), os.pidfd_open(os.getpid())]
    held += [libc.signalfd(-1, bytes(128), 0), libc.timerfd_create(1, 0), libc.inotify_init()]
    epoll = select.epoll()
    epoll.register(held[-1])
    held.append(os.dup(epoll.fileno()))
    ceiling = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for number in (*range(60, 70), 127, 128, 255, 256, 500, 1000, ceiling - 2, ceiling - 1):
        if number < ceiling:
            held.append(os.dup2(held[len(held) % 20], number))
    for number in held:
        os.set_inheritable(number, True)
    return held


def _signals(blocked, ignored):
    def prepare():
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return prepare


def _internal_signals_ignored():
    """Those that the C library keeps for itself, and refuses to change: by the kernel's call. Its posix_spawn leaves them so, too."""
    number = {"x86_64": 13, "aarch64": 134}.get(os.uname().machine)
    for which in (32, 33) if number else ():
        ctypes.CDLL(None).syscall(number, which, (ctypes.c_ulong * 4)(1, 0, 0, 0), None, 8)


def _limits(**limits):
    def prepare():
        for name, (soft, hard) in limits.items():
            which = getattr(resource, "RLIMIT_" + name)
            ceiling = resource.getrlimit(which)[1]

            def capped(value):
                return value if ceiling == resource.RLIM_INFINITY else ceiling if value == resource.RLIM_INFINITY else min(value, ceiling)
            resource.setrlimit(which, (capped(soft), capped(hard)))
    return prepare


def _closed(*numbers):
    return lambda: [os.close(number) for number in numbers]


def _prctl(*numbers):
    return lambda: ctypes.CDLL(None).prctl(*numbers, *[0] * (5 - len(numbers)))


def _personality():
    ctypes.CDLL(None).personality(0x0400000 | 0x0040000)        # READ_IMPLIES_EXEC, ADDR_NO_RANDOMIZE


def _odd_folder():
    os.mkdir("/tmp/gone-%d" % os.getpid())
    os.chdir("/tmp/gone-%d" % os.getpid())
    os.rmdir("/tmp/gone-%d" % os.getpid())


ALL = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
ENDLESS = resource.RLIM_INFINITY
LOADER = {"LD_BIND_NOT": "1", "LD_LIBRARY_PATH": "/tmp", "LD_AUDIT": "", "MALLOC_PERTURB_": "170", "MALLOC_ARENA_MAX": "1", "MALLOC_CHECK_": "3",
          "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4096", "OPENSSL_ia32cap": "~0x200000200000000"}
# name: (what to do in the child before exec, more environment). Standard output stays, since the session is announced there.
PARENTS = {
    "plain": (None, {}),
    "all signals blocked": (_signals(ALL, []), {}),
    "all signals ignored": (_signals([], ALL), {}),
    "some of both": (_signals([signal.SIGCHLD, signal.SIGUSR1], [signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGSEGV]), {}),
    "the C library's own signals ignored": (_internal_signals_ignored, {}),
    "no standard input": (_closed(0), {}),
    "no standard input and error": (_closed(0, 2), {}),
    "umask 0": (lambda: os.umask(0), {}),
    "umask 777": (lambda: os.umask(0o777), {}),
    "endless limits": (_limits(CORE=(ENDLESS, ENDLESS), STACK=(ENDLESS, ENDLESS), MEMLOCK=(ENDLESS, ENDLESS), NOFILE=(1 << 19, 1 << 20)), {}),
    "tight limits": (_limits(CORE=(0, 0), STACK=(1 << 20, 1 << 20), NOFILE=(100, 120), FSIZE=(1 << 20, 1 << 20), MEMLOCK=(1 << 17, 1 << 17)), {}),
    "a folder that is gone": (_odd_folder, {}),
    "the loader's and malloc's variables": (None, LOADER),
    "a large environment": (None, {f"VARIABLE_{number}": "x" * 1000 for number in range(100)}),
    "an environment of odd names": (None, {"A B": "=", "MOSH_KEY": "A" * 22, "LISTEN_PID": "1", "IFS": "/", "BASH_ENV": "/etc/passwd",
                                           "ENV": "/etc/passwd", "HOSTILE": "\udcff\udcfe", "STY": "1"}),
    "no_new_privs": (_prctl(38, 1), {}),
    "ends with its parent": (_prctl(1, signal.SIGUSR1), {}),
    "readable memory executable, addresses not random": (_personality, {}),
    "low priority": (lambda: os.nice(10), {}),
    "a timer slack of its own": (_prctl(29, 1234567), {}),
}


if __name__ == "__main__":
    sys.exit("a module of tests")
