#!/usr/bin/env python3
"""Searches the memory of other processes, as root: every readable mapping, through /proc/PID/mem.

Skipped is only what cannot hold a secret: file mappings of which no page was ever written (their content is the file's), and
pages of zeros. Run as a program it answers one question on standard input, so that a test of an ordinary user can ask through sudo.
"""

import json
import os
import re
import subprocess
import sys

PAGE = 4096
ZEROS = bytes(PAGE)


class Mapping:
    """One line of /proc/PID/smaps: place, permissions ("rw-p"), name, whether any page is the process's own, VmFlags."""

    def __init__(self, line):
        place, self.permissions, _, _, _, self.name = (line.split(None, 5) + [""])[:6]
        self.first, self.last = (int(word, 16) for word in place.split("-"))
        self.name, self.own_kib, self.flags = self.name.strip(), 0, []

    def searched(self):
        own = not self.name.startswith("/") or self.name.startswith(("/memfd", "/secretmem")) or self.own_kib > 0
        return self.permissions[0] == "r" and own and self.name not in ("[vvar]", "[vvar_vclock]", "[vdso]", "[vsyscall]")

    def kept_from_cores(self):
        """MADV_DONTDUMP, or memfd_secret's own: no core dump holds it."""
        return "dd" in self.flags


def mappings(pid):
    found = []
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                found.append(Mapping(line))
            elif line.startswith("Anonymous:"):
                found[-1].own_kib = int(line.split()[1])
            elif line.startswith("VmFlags:"):
                found[-1].flags = line.split()[1:]
    return found


def runs(data):
    """(offset, bytes) of what is left of a mapping without its pages of zeros."""
    start = None
    for at in range(0, len(data) + PAGE, PAGE):
        blank = at >= len(data) or data[at:at + PAGE] == ZEROS[:len(data[at:at + PAGE])]
        if blank and start is not None:
            yield start, data[start:at]
            start = None
        elif not blank and start is None:
            start = at


def search(pid, needles):
    """[(index of the needle, address, name of the mapping, kept from cores)], and the names of mappings that even root cannot read."""
    hits, unreadable = [], []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for mapping in mappings(pid):
            if not mapping.searched():
                continue
            try:
                memory.seek(mapping.first)
                data = memory.read(mapping.last - mapping.first)
            except OSError:
                unreadable.append(mapping.name)
                continue
            if len(data) != mapping.last - mapping.first:
                unreadable.append(mapping.name)
            for offset, piece in runs(data):
                for index, needle in enumerate(needles):
                    at = piece.find(needle)
                    while at >= 0:
                        hits.append((index, mapping.first + offset + at, mapping.name, mapping.kept_from_cores()))
                        at = piece.find(needle, at + 1)
    return hits, unreadable


def search_as_root(pid, needles):
    """search(), through sudo where we are not root; None where that is not possible."""
    if os.geteuid() == 0:
        return search(pid, needles)
    question = json.dumps({"pid": pid, "needles": [needle.hex() for needle in needles]})
    done = subprocess.run(["sudo", "-n", sys.executable, os.path.abspath(__file__)], input=question, capture_output=True, text=True)
    return tuple(json.loads(done.stdout)) if done.returncode == 0 else None


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(search(asked["pid"], [bytes.fromhex(needle) for needle in asked["needles"]]), sys.stdout)
