"""Strings from data made safe to show: what a terminal or a browser would obey becomes visible."""

from __future__ import annotations

import re

from rich.cells import cell_len

# Written out rather than taken from unicodedata, whose answers change with the Python version:
# C0 and C1 controls, then format characters that are invisible or turn the reading direction,
# line and paragraph separators, lone surrogates, and tags.
_OBEYED = (
    "\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[{_OBEYED}]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
ELLIPSIS = "…"


def clean(text: object, limit: int | None = None) -> str:
    r"""Return text in which control, bidi and other invisible characters are shown as escapes.

    The escapes are for reading; a backslash that was in the text stays as it is.

    Parameters
    ----------
    text : object
        Taken as ``str(text)``.
    limit : int, optional
        Longest result in terminal cells; what is cut is marked by an ellipsis.

    Examples
    --------
    >>> clean("\x1b[31mred\nline")
    '\\x1b[31mred\\nline'
    >>> clean("a" * 20, limit=5)
    'aaaa…'
    """
    whole = str(text)
    if limit is None:
        return _UNSAFE.sub(_escaped, whole)
    # No terminal shows this many characters in so few cells: the bound keeps huge values cheap.
    start = whole[: 4 * limit + 4]
    shown = _UNSAFE.sub(_escaped, start)
    if len(start) == len(whole) and cell_len(shown) <= limit:
        return shown
    return fitting(shown, limit - 1) + ELLIPSIS


def clean_sentence(text: object, limit: int = 360) -> str:
    """Return cleaned text; a long one loses its middle, for the number may stand at either end.

    >>> clean_sentence("class " + "a" * 90 + " has 24 rows", 30)
    'class aaaaaaaaaaa… has 24 rows'
    """
    whole = str(text)
    if len(whole) <= limit and cell_len(shown := clean(whole)) <= limit:
        return shown
    tail = limit * 2 // 5
    end = clean(whole[-tail:])
    while cell_len(end) > tail:
        end = end[1:]
    return clean(whole, limit - cell_len(end)) + end


def clean_lines(text: object) -> str:
    r"""Return text cleaned line by line: for our own messages, in which a line feed is layout.

    >>> clean_lines("two problems\n  \x1b[2J")
    'two problems\n  \\x1b[2J'
    """
    return "\n".join(clean(line) for line in str(text).split("\n"))


def clean_json(text: str) -> str:
    r"""Escape the same characters inside JSON text, where ``\uXXXX`` means the character itself.

    >>> clean_json('{\n"a": "\x9b"}') == '{\n"a": "\\u009b"}'
    True
    """
    return _UNSAFE.sub(_escaped_json, text)


def fitting(text: str, cells: int) -> str:
    """Return the longest start of text that is no wider than ``cells``.

    >>> fitting("日本語", 5)
    '日本'
    """
    low, high = 0, min(len(text), 4 * max(cells, 0) + 4)
    while low < high:
        middle = (low + high + 1) // 2
        if cell_len(text[:middle]) <= cells:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escaped_json(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        # JSON has escaped those inside strings; what is left is the layout.
        return match.group()
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
