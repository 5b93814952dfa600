"""The layers of the confinement, as sandbox/report.h numbers and names them, and which of them can be denied (tests/sandbox/deny.cc)."""

import itertools

USER = 65534
UNCONFINED = 70     # exit status

MECHANISMS = ("non-dumpable", "descriptor-inventory", "unprivileged-identity", "parent-death-signal", "resource-limits", "no-capabilities",
              "empty-bounding-set", "no_new_privs", "landlock", "memory-deny-write-execute", "seccomp", "namespaces", "key-memory")
MANDATORY = ("non-dumpable", "descriptor-inventory", "parent-death-signal", "resource-limits", "no-capabilities", "no_new_privs", "seccomp")
OPTIONAL = ("landlock", "memory-deny-write-execute", "namespaces", "key-memory")
# Of root alone: an identity that is refused is mandatory, one that the user namespace lacks and the bounding set are not.
ROOT_MANDATORY = ("unprivileged-identity",)
ROOT_OPTIONAL = ("empty-bounding-set", "unmapped-identity")
MEANS = {"unmapped-identity": "unprivileged-identity", "landlock-restrict": "landlock"}


def mechanism(word):
    word = word.partition(":")[0]
    return MEANS.get(word, word)


def words_of(as_root):
    mandatory = MANDATORY + (ROOT_MANDATORY if as_root else ())
    optional = OPTIONAL + (ROOT_OPTIONAL if as_root else ())
    return mandatory, optional


def singles(as_root):
    return [(word,) for group in words_of(as_root) for word in group] + [("landlock-restrict",)]


def pairs(as_root):
    mandatory, optional = words_of(as_root)
    return [pair for pair in itertools.combinations(mandatory + optional, 2) if mechanism(pair[0]) != mechanism(pair[1])]
