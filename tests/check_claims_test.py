#!/usr/bin/env python3
"""Tests of scripts/check-claims and scripts/check-threat-model: each thing that can be wrong with the documents is found."""
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEAD = "# Assurance case\n\n| id | claim | tests | residual |\n| --- | --- | --- | --- |\n"
GOOD = "| N1 | Nothing is answered | `Answer.None`, `e2e.abuse.junk` | the link |\n"
SECURITY = "# Security\n\n## What is promised\n\n- Nothing is answered, over two\n  lines [N1].\n\n## Else\n\n- free\n"
CASES = {"Answer.None": "passed", "Prefix/Each.Works/net": "passed", "Prefix/Each.Works/terminal": "passed"}


def xml_of(cases):
    """A GoogleTest record of {"Suite.Name": verdict}."""
    lines = ['<testsuites><testsuite name="all">']
    for name, verdict in cases.items():
        suite, case = name.split(".")
        inner = {"passed": "", "failed": '<failure message="it broke"/>', "skipped": '<skipped message="needs root"/>'}[verdict]
        lines.append(f'<testcase name="{case}" classname="{suite}" status="run" result="completed">{inner}</testcase>')
    return "\n".join(lines + ["</testsuite></testsuites>"])


class CheckClaims(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check-claims-")
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("docs/threat-model/13-assurance-case.md", HEAD + GOOD)
        self.write("SECURITY.md", SECURITY)
        self.write_results()

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def claims(self, text):
        self.write("docs/threat-model/13-assurance-case.md", HEAD + text)

    def write_results(self, cases=None, preset="release", e2e="passed"):
        folder = os.path.join("results", preset)
        self.write("results/steps", "passed\tcheck-links\t\n")
        self.write(f"{folder}/net_tests.xml", xml_of(CASES if cases is None else cases))
        self.write(f"{folder}/e2e-abuse.json", json.dumps([{"name": "junk", "verdict": e2e, "why": "no socket", "items": []}]))
        self.write(f"{folder}/ctest-units.xml", '<testsuite><testcase name="fuzz.datagram" status="run"/></testsuite>')

    def run_it(self, *words):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "scripts/check-claims"), "--root", self.root, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def refused(self, words, *arguments):
        status, text = self.run_it(*(arguments or (os.path.join(self.root, "results"),)))
        self.assertEqual(status, 1, text)
        self.assertIn(words, text)

    def accepted(self, words, *arguments):
        status, text = self.run_it(*(arguments or (os.path.join(self.root, "results"),)))
        self.assertEqual(status, 0, text)
        self.assertIn(words, text)

    def test_a_claim_whose_tests_passed_is_shown(self):
        self.accepted("claims: 1 of 1 shown, 0 not shown on this host, 0 problems; 2 tests")

    def test_a_claim_without_a_test_is_refused(self):
        self.claims("| N1 | Nothing is answered | | the link |\n")
        self.refused("N1: names no test")

    def test_a_claim_without_a_column_for_tests_is_refused(self):
        for row in ("| N1 | Nothing is answered |\n", "| N1 | Nothing is answered ||\n", "| N1 |\n"):
            self.claims(row)
            self.refused("N1: names no test")

    def test_a_row_that_would_be_overlooked_is_refused(self):
        for row in ("| N2a | Another | | |\n", "| n2 | Another | `Answer.None` | none known |\n", " | N2 | Another | | |\n"):
            self.claims(GOOD + row)
            self.refused("a row that is no claim")

    def test_words_in_place_of_a_test_are_refused(self):
        self.claims("| N1 | Nothing is answered | `Answer.None`, unit tests of net | the link |\n")
        self.refused("N1: tests are named in backquotes")

    def test_a_test_that_is_not_in_the_results_is_refused(self):
        self.claims("| N1 | Nothing is answered | `Answer.None`, `Answer.Ever` | the link |\n")
        self.refused("N1: test Answer.Ever did not run")

    def test_a_failed_test_is_refused(self):
        self.write_results({"Answer.None": "failed"})
        self.refused("N1: test Answer.None failed: it broke")

    def test_a_test_that_failed_in_one_build_alone_is_refused(self):
        self.write_results({"Answer.None": "failed"}, preset="fuzz")
        self.refused("N1: test Answer.None failed")

    def test_a_failed_end_to_end_test_is_refused(self):
        self.write_results(e2e="failed")
        self.refused("N1: test e2e.abuse.junk failed")

    def test_a_skipped_test_is_counted_and_not_green(self):
        self.write_results({"Answer.None": "skipped"})
        self.accepted("not shown on this host: N1: Answer.None: needs root")
        self.accepted("claims: 0 of 1 shown, 1 not shown on this host")

    def test_a_claim_whose_every_test_was_skipped_is_refused(self):
        self.claims("| N1 | Nothing is answered | `Answer.None` | the link |\n")
        self.write_results({"Answer.None": "skipped"})
        self.refused("N1: every test was skipped: Answer.None: needs root")

    def test_a_test_skipped_in_one_build_and_passed_in_another_is_shown(self):
        self.write_results({"Answer.None": "skipped"}, preset="fuzz")
        self.accepted("claims: 1 of 1 shown")

    def test_a_name_stands_for_every_instance_and_a_star_for_at_least_one(self):
        self.claims("| N1 | Each works | `Each.Works`, `Answer.*`, `fuzz.datagram`, `check-links` | none known |\n")
        self.accepted("claims: 1 of 1 shown, 0 not shown on this host, 0 problems; 5 tests")
        self.claims("| N1 | Each works | `Nothing.*` | none known |\n")
        self.refused("N1: test Nothing.* did not run")

    def test_one_failed_instance_is_enough(self):
        self.claims("| N1 | Each works | `Each.Works` | none known |\n")
        self.write_results({"Prefix/Each.Works/net": "passed", "Prefix/Each.Works/terminal": "failed"})
        self.refused("N1: test Prefix/Each.Works/terminal failed")

    def test_a_claim_that_says_nothing_of_what_remains_is_refused(self):
        self.claims("| N1 | Nothing is answered | `Answer.None` | |\n")
        self.refused("N1: says nothing of what remains")

    def test_two_rows_of_one_id_are_refused(self):
        self.claims(GOOD + GOOD)
        self.refused("N1: two rows have this id")
        self.claims(GOOD)
        self.write("docs/threat-model/05-threats.md", "| N1 | threat |\n")
        self.refused("N1: two rows have this id, in docs/threat-model/05-threats.md and docs/threat-model/13")

    def test_an_id_that_no_table_defines_is_refused(self):
        self.write("docs/threat-model/05-threats.md", "see [N1] and [N1, C9]\n")
        self.refused("docs/threat-model/05-threats.md: cites C9, which does not exist")

    def test_an_id_of_another_table_and_a_link_are_no_matter(self):
        self.write("docs/threat-model/05-threats.md", "| T1 | threat |\n\nsee [T1], [N1] and [X9](page.md)\n")
        self.accepted("0 problems")

    def test_a_claim_that_nobody_cites_is_refused(self):
        self.claims(GOOD + "| N2 | Another | `Answer.None` | the link |\n")
        self.refused("N2: no document cites it")

    def test_a_promise_without_a_claim_is_refused(self):
        self.write("SECURITY.md", SECURITY.replace(" [N1]", "") + "elsewhere [N1]\n")
        self.refused("SECURITY.md: a promise without a claim: Nothing is answered, over two lines.")

    def test_no_promises_at_all_are_refused(self):
        self.write("SECURITY.md", SECURITY.replace("## What is promised", "## What we promise"))
        self.refused("SECURITY.md: no promises below 'What is promised'")

    def test_no_claims_at_all_is_refused(self):
        self.write("docs/threat-model/13-assurance-case.md", "# Nothing\n")
        self.refused("no claim found")

    def test_without_results_each_test_must_exist(self):
        program = self.write("build/tests/net_tests", "#!/bin/sh\nprintf 'Answer.\\n  None\\n  DISABLED_Old\\nPrefix/Each.\\n  Works/net  # GetParam() = 1\\n'\n")
        os.chmod(program, 0o755)
        self.write("tests/e2e/abuse.py", "\n@test(\nprint('junk wire 4')\n".replace("@test(", "'''\n@test(\n'''"))
        self.write("scripts/test", "  step check-links scripts/check-links\n")
        build = ("--build", os.path.join(self.root, "build"))
        self.claims("| N1 | All | `Answer.None`, `Each.Works`, `e2e.abuse.junk`, `check-links` | none known |\n")
        self.accepted("claims: 1 of 1 have tests that exist", *build)
        for name in ("Answer.Old", "Answer.DISABLED_Old", "e2e.abuse.other", "check-else"):
            self.claims(f"| N1 | All | `{name}` | none known |\n")
            self.refused(f"N1: test {name} does not exist", *build)


class CheckThreatModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sys.dont_write_bytecode = True
        loader = importlib.machinery.SourceFileLoader("check_threat_model", os.path.join(ROOT, "scripts/check-threat-model"))
        cls.script = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(cls.script)
        cls.files = cls.script.sources()
        cls.page = cls.script.read(cls.script.BOUNDARIES) + cls.script.read(cls.script.BOUNDARIES_OF_CLIENT)

    def of_messages(self, page=None, **changed):
        return list(self.script.problems_of_messages(page or self.page, {**self.files, **changed}))

    def of_constants(self, page):
        return list(self.script.problems_of_constants("page", page, self.files))

    def test_the_pages_are_as_the_code(self):
        self.assertEqual(self.of_messages(), [])

    def test_a_field_without_a_row_and_a_row_without_a_field_are_found(self):
        changed = self.files["privsep/net_monitor.h"].replace("  PeerAddress peer;\n", "  PeerAddress peer;\n  std::uint8_t hops = 0;\n")
        self.assertIn("docs/threat-model/04-boundaries.md: PeerMoved 0x83 hops has no row", self.of_messages(**{"privsep/net_monitor.h": changed}))
        self.assertEqual(self.of_messages(self.page + "| `Stop` 0x05 | `status` | 1 | | |\n"),
                         ["docs/threat-model/04-boundaries.md: Stop 0x05 status is no field of a message"])

    def test_a_new_message_a_changed_type_byte_and_a_second_row_are_found(self):
        header = self.files["privsep/terminal_monitor.h"]
        one = "\nstruct Bell {\n  static constexpr TerminalMessage kType = TerminalMessage::kReply;\n  void put(ByteWriter&) const {}\n};\n"
        self.assertEqual(len(self.of_messages(**{"privsep/terminal_monitor.h": header + one})), 1)
        self.assertNotEqual(self.of_messages(**{"privsep/terminal_monitor.h": header.replace("0x91", "0x92")}), [])
        self.assertEqual(len(self.of_messages(self.page + "| `Stop` 0x05 | `reason` | 1 | | |\n")), 1)

    def test_a_budget_is_compared_with_its_constant(self):
        row = "| frame | {} | `kMaxFrameBytes` in `privsep/net_terminal.h` | |"
        self.assertEqual(self.of_constants(row.format("4 MiB - 1 KiB")), [])
        for wrong in ("4 MiB", "4 MiB - 2 KiB", "4 s", "much"):
            self.assertEqual(len(self.of_constants(row.format(wrong))), 1, wrong)

    def test_numbers_of_system_calls_are_those_of_the_policies(self):
        self.assertEqual(len(list(self.script.problems_of_calls("page", "System calls: net 9, monitor 11, each with"))), 1)
        self.assertEqual(len(list(self.script.problems_of_calls("page", "| system calls | 11, pinned | 9 | 9 | none |"))), 2)

    def test_each_layer_has_its_row_and_its_weight(self):
        page, report = self.script.read(self.script.HOSTS), self.script.read("sandbox/report.cc")
        self.assertEqual(list(self.script.problems_of_layers(page, report)), [])
        for was, now in (("| seccomp | 4.14 | yes |", "| seccomp | 4.14 | no |"), ("| landlock | 5.13 | no |", "| landlock | 5.13 | yes |"),
                         ("| namespaces |", "| nothing |")):
            self.assertIn(was, page)
            self.assertEqual(len(list(self.script.problems_of_layers(page.replace(was, now), report))), 1, now)

    def test_constants_and_files_that_do_not_exist_are_found(self):
        self.assertEqual(self.of_constants("see `kMaxFrameBytes` and `privsep/codec.h`"), [])
        self.assertEqual(len(self.of_constants("see `kMaxNothing` and `privsep/nothing.h`")), 2)


if __name__ == "__main__":
    unittest.main()
