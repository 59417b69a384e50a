#!/usr/bin/env python3
"""Runs a command in a real terminal (tmux) and prints what is on its screen at the end as an SVG.

    docs/capture.py ollamactl up --backend stub > docs/run.svg
"""

import html
import re
import shlex
import subprocess
import sys

COLUMNS, ROWS = 116, 40
CELL, LINE, MARGIN = 8.4, 19, 14
COLOURS = {31: "#f47067", 32: "#57ab5a", 33: "#c69026", 36: "#39c5cf"}
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")


def tmux(*args):
    done = subprocess.run(["tmux", "-L", "capture", "-f", "/dev/null", *args], check=True, text=True, capture_output=True)
    return done.stdout


def screen(command):
    """The lines of the screen, with their colours, once the command has ended."""
    line = shlex.join(command)
    shell = f"printf '$ %s\\n' {shlex.quote(line)}; {line}; tmux -L capture wait-for -S done; sleep 60"
    tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), shell)
    try:
        tmux("wait-for", "done")
        return tmux("capture-pane", "-p", "-e").rstrip().splitlines()
    finally:
        tmux("kill-server")


def style(codes, current):
    """The style after these codes of a colour sequence."""
    style = dict(current)
    for code in [int(code or 0) for code in codes.split(";")]:
        if code == 0:
            style = {}
        elif code == 1:
            style["font-weight"] = "bold"
        elif code == 2:
            style["opacity"] = "0.6"
        elif code == 39:
            style.pop("fill", None)
        elif code in COLOURS:
            style["fill"] = COLOURS[code]
    return style


def spans(lines):
    """Text, style, row and column of each stretch of one style, which lasts beyond the end of a line."""
    current = {}
    for row, line in enumerate(lines):
        column = 0
        for index, part in enumerate(SEQUENCE.split(line)):
            if index % 2:
                current = style(part, current)
            elif part:
                yield part, current, row, column
                column += len(part)


def svg(lines):
    width, height = COLUMNS * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">'
    yield f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#22272e"/>'
    yield '<g font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14" fill="#adbac7" xml:space="preserve">'
    for text, look, row, column in spans(lines):
        x, y = MARGIN + column * CELL, MARGIN + (row + 0.75) * LINE
        attributes = "".join(f' {name}="{value}"' for name, value in look.items())
        # The length keeps columns in line whatever the font's own width is.
        length = f' textLength="{len(text) * CELL:.1f}"'
        yield f'<text x="{x:.1f}" y="{y:.1f}"{length}{attributes}>{html.escape(text)}</text>'
    yield "</g></svg>"


print("\n".join(svg(screen(sys.argv[1:]))))
