"""Rows of a terminal as tmux captures them with escapes (capture-pane -e), in a form that can be compared."""

import re


# tmux writes line drawing between SO and SI, in the letters of the DEC graphics set.
DEC_GRAPHICS = dict(zip("`afgijklmnopqrstuvwxyz{|}~", "◆▒°±␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"))


def cells(line):
    """A row captured with escapes as (character, set of attributes): independent of the order in which they were written."""
    found, pen, graphics = [], (), False
    for escape, char in re.findall(r"\x1b\[([\d;:]*)m|(.)", line):
        if char in ("\x0e", "\x0f"):
            graphics = char == "\x0e"
        elif char:
            char = DEC_GRAPHICS.get(char, char) if graphics else char
            found.append((char, visible(pen) if char == " " else pen))
        else:
            pen = apply_sgr(pen, escape)
    while found and found[-1] == (" ", ()):
        found.pop()
    return found


def apply_sgr(pen, escape):
    state = dict(pen)
    words = [int(word or 0) for word in escape.replace(":", ";").split(";")]
    at = 0
    while at < len(words):
        n = words[at]
        if n == 0:
            state.clear()
        elif n in (38, 48):
            size = 3 if words[at + 1] == 5 else 5
            value = tuple(words[at:at + size][1:])
            if value[0] == 5 and value[1] < 16:
                value = (5, value[1])
            state["fg" if n == 38 else "bg"] = value
            at += size - 1
        elif 30 <= n <= 37 or 40 <= n <= 47:
            state["fg" if n < 40 else "bg"] = (5, n % 10)
        elif 90 <= n <= 97 or 100 <= n <= 107:
            state["fg" if n < 100 else "bg"] = (5, n % 10 + 8)
        elif n in (39, 49):
            state.pop("fg" if n == 39 else "bg", None)
        else:
            state[n] = True
        at += 1
    return tuple(sorted(state.items(), key=str))


def visible(pen):
    """What of a rendition shows on a blank: background, underline, inverse (and then the foreground too), strike-through."""
    state = dict(pen)
    shows = ("bg", 4, 7, 9) + (("fg",) if 7 in state else ())
    return tuple((what, value) for what, value in pen if what in shows)


def rows(capture):
    """The rows of one capture; a rendition goes on over the end of a line."""
    pen = ""
    for line in capture.split("\n")[:-1]:
        yield cells(pen + line)
        for escape in re.findall(r"\x1b\[[\d;:]*m", line):
            pen = escape if escape in ("\x1b[0m", "\x1b[m") else pen + escape
