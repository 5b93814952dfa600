"""What is typed in bench/paper: a synthetic mix after section 11.3 of the prediction specification, the same for the same seed.

Two thirds is plain typing: letters and the lines of a letter. The rest is Enter, Backspace, arrows, and single keys of a mail reader that
are answered by a whole screen. A line of a trace: milliseconds since the key before, kind, the key's bytes in hexadecimal.
Kinds: t typing, e Enter, b Backspace, a arrow, c command.
"""
import math
import random

SHARES = {"t": 0.66, "e": 0.08, "b": 0.04, "a": 0.05, "c": 0.17}
ENTER, BACKSPACE, LEFT, RIGHT, UP, LEAVE_LETTER = "\r", "\x7f", "\033[D", "\033[C", "\033[A", "\x18"
# Medians and the deviations of their logarithms; seconds.
WITHIN_WORD, BETWEEN_WORDS, BETWEEN_LINES, BETWEEN_COMMANDS = (0.18, 0.4), (0.7, 0.8), (2.0, 0.7), (0.6, 0.7)
NEW_SCREEN = (6.0, 0.2)     # before the first key in another program: its screen is looked at first
LONGEST_GAP = 10.0
LETTER_LINE = 62        # where the writer of a letter presses Enter; beyond 72 columns the far program breaks the line itself


class Typist:
    def __init__(self, seed):
        self.random, self.keys = random.Random(seed), []
        self.counts = dict.fromkeys(SHARES, 0)
        self.before_command = NEW_SCREEN

    def gap(self, median, deviation):
        normal = math.sqrt(-2 * math.log(1 - self.random.random())) * math.cos(2 * math.pi * self.random.random())
        return min(median * math.exp(deviation * normal), LONGEST_GAP)

    def press(self, kind, key, pause):
        self.counts[kind] += 1
        self.keys.append((round(self.gap(*pause) * 1000, 1), kind, key))

    def lacks(self, kind):
        """Whether fewer keys of this kind were typed than should be."""
        return self.counts[kind] < SHARES[kind] * (len(self.keys) + 1)

    def word(self, letters=None, first=BETWEEN_WORDS):
        """A word, with slips mended at once; geometric length, five letters on average."""
        size = len(letters) if letters else 1
        while not letters and size < 14 and self.random.random() > 0.2:
            size += 1
        for i in range(size):
            pause = WITHIN_WORD if i else first
            if i and not letters and self.lacks("b") and self.random.random() < 0.15:
                self.press("t", self.letter(), pause)
                self.press("b", BACKSPACE, BETWEEN_WORDS)
            self.press("t", letters[i] if letters else self.letter(), pause)
        return size

    def letter(self):
        return self.random.choice("eeeettaaooiinnsshhrrddlucmfwygpbvk")

    def correct(self, typed):
        """Back into the line, a letter put in, and to its end again."""
        back = 1 + int(self.random.random() * min(typed - 1, 4))
        for i in range(back):
            self.press("a", LEFT, WITHIN_WORD if i else BETWEEN_WORDS)
        self.press("t", self.letter(), BETWEEN_WORDS)
        for i in range(back):
            self.press("a", RIGHT, WITHIN_WORD)

    def line_pause(self):
        pause, self.before_command = self.before_command, BETWEEN_LINES
        return pause

    def leave(self, key, pause):
        self.press("c", key, pause)
        self.before_command = NEW_SCREEN

    def command_line(self):
        if self.random.random() < 0.25 and self.lacks("e"):
            self.press("a", UP, self.line_pause())
            self.press("e", ENTER, BETWEEN_WORDS)
            return
        typed = self.word(first=self.line_pause())
        while self.random.random() < 0.5 and typed < 40:
            self.press("t", " ", WITHIN_WORD)
            typed += 1 + self.word()
        if typed > 3 and self.lacks("a"):
            self.correct(typed)
        self.press("e", ENTER, BETWEEN_WORDS)

    def read_mail(self):
        self.word("mail", self.line_pause())
        self.press("e", ENTER, WITHIN_WORD)
        pause = NEW_SCREEN
        for _ in range(8 + int(self.random.random() * 12)):
            if self.lacks("e") and self.random.random() < 0.35:
                self.press("e", ENTER, pause)
            else:
                self.press("c", self.random.choice("nnnn jjkp"), pause)
            pause = BETWEEN_COMMANDS
        self.leave("q", BETWEEN_COMMANDS)

    def write_letter(self, most):
        self.word("write", self.line_pause())
        self.press("e", ENTER, WITHIN_WORD)
        pause = NEW_SCREEN
        lines = 2 + int(self.random.random() * 2)
        for line in range(lines):
            column = 0
            # In the last line the writer goes on typing, and it is the far program that breaks it.
            end = LETTER_LINE if line + 1 < lines else LETTER_LINE + 14
            while column < end and len(self.keys) < most:
                column += 1 + self.word(first=pause)
                pause = BETWEEN_WORDS
                self.press("t", " ", WITHIN_WORD)
                if 20 < column < 50 and self.lacks("a") and self.random.random() < 0.5:
                    self.correct(4)
            self.press("e", ENTER, BETWEEN_WORDS)
            pause = BETWEEN_LINES
        self.leave(LEAVE_LETTER, BETWEEN_LINES)


def make(keys, seed):
    """At least so many keys: (milliseconds since the one before, kind, bytes) each."""
    typist = Typist(seed)
    while len(typist.keys) < keys:
        if typist.lacks("c"):
            typist.read_mail()
        elif typist.lacks("e"):
            typist.command_line()
        else:
            typist.write_letter(keys)
    return typist.keys


def write(path, keys):
    with open(path, "w") as file:
        file.writelines(f"{gap} {kind} {text.encode().hex()}\n" for gap, kind, text in keys)


def describe(keys):
    """The shares and the length, in one line."""
    shares = ", ".join(f"{kind} {sum(key[1] == kind for key in keys) / len(keys):.0%}" for kind in SHARES)
    return f"{len(keys)} keys in {sum(key[0] for key in keys) / 1000:.0f} s ({shares})"
