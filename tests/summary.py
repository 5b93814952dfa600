#!/usr/bin/env python3
"""Sums up one run of scripts/test: tests/summary.py RESULTS-FOLDER.

Counts each GoogleTest case, each end-to-end test, each replayed corpus and each step as one test; prints failures, skips with their
reasons, the coverage of the checklists, and the line "N passed, N failed, N skipped" last. Exit status: 0 when nothing failed.
"""
import glob
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

AGAIN = "passed when run again, alone"  # as tests/e2e/harness.py says it
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def collect(folder):
    """(verdict, name, words) of everything that was run."""
    with open(os.path.join(folder, "steps")) as file:
        for line in file:
            verdict, name, why = line.rstrip("\n").split("\t")
            yield verdict, name, why
    for preset in sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))):
        yield from collect_preset(os.path.join(folder, preset), preset)


def collect_preset(folder, preset):
    failed_in = {}      # program or suite: whether its own record explains a failure
    for path in sorted(glob.glob(os.path.join(folder, "*.xml"))):
        program = os.path.splitext(os.path.basename(path))[0]
        if program.startswith("ctest"):
            continue
        try:
            cases = list(xml.parse(path).getroot().iter("testcase"))
        except xml.ParseError:
            continue
        room = program.removesuffix("_tests")
        failed_in[room] = False
        for case in cases:
            name = f"{preset}: {case.get('classname')}.{case.get('name')}"
            failure, skipped = case.find("failure"), case.find("skipped")
            if failure is not None:
                failed_in[room] = True
                yield "failed", name, (failure.get("message") or "").split("\n")[0]
            elif skipped is not None or case.get("result") == "skipped":
                words = (skipped.get("message") or "") if skipped is not None else ""
                yield "skipped", name, words.replace("\n", " ").strip() or "no reason given"
            elif case.get("status") == "run":
                yield "passed", name, ""
    for path in sorted(glob.glob(os.path.join(folder, "e2e-*.json"))):
        suite = os.path.splitext(os.path.basename(path))[0].removeprefix("e2e-")
        failed_in["e2e." + suite] = False
        with open(path) as file:
            for entry in json.load(file):
                failed_in["e2e." + suite] |= entry["verdict"] == "failed"
                yield entry["verdict"], f"{preset}: e2e.{suite}.{entry['name']}", entry["why"] if entry["verdict"] == "failed" else entry["why"].split("\n")[0]
    records = sorted(glob.glob(os.path.join(folder, "ctest*.xml")))
    if not records:
        yield "failed", f"{preset}: ctest", "left no record"
    for case in (case for record in records for case in xml.parse(record).getroot().iter("testcase")):
        name, bad = case.get("name"), case.get("status") != "run"
        if name in failed_in:
            if bad and not failed_in[name]:     # it crashed, leaked or timed out after its last case
                yield "failed", f"{preset}: {name}", f"the program ended badly (ctest: {case.get('status')})"
        else:
            yield "failed" if bad else "passed", f"{preset}: {name}", ""


def main():
    folder = sys.argv[1]
    results = list(collect(folder))
    coverage = subprocess.run([sys.executable, os.path.join(ROOT, "scripts/checklist-coverage"), "--results", folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    results.append(("failed" if coverage.returncode else "passed", "checklist-coverage", "entries without a test that passed"))
    for verdict, name, why in results:
        if verdict == "passed" and why.startswith(AGAIN):
            print(f"passed at a later attempt: {name}: {why}")
    for word in ("skipped", "failed"):
        for verdict, name, why in results:
            if verdict == word:
                lines = why.rstrip().split("\n")[:40]
                print(f"{word}: {name}{': ' if why else ''}" + "\n    ".join(line for line in lines if line.strip()))
    print(coverage.stdout.strip())
    totals = {word: sum(verdict == word for verdict, _, _ in results) for word in ("passed", "failed", "skipped")}
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
