"""Reads C++ just well enough for the tidy test: code without comments and strings, and where functions begin and end.

No parser: it counts braces and looks at the text in front of each. What it takes for a function is covered by
tidy_selftest.py.
"""

import re
from dataclasses import dataclass

_RAW_STRING = re.compile(r'(?:u8|[LuU])?R"([^()\\\s]{0,16})\(')


def strip(source):
    """`source` with comments, strings and preprocessor lines blanked; line breaks stay, so line numbers do too."""
    out = []
    at = 0
    line_start = True
    while at < len(source):
        rest2 = source[at : at + 2]
        char = source[at]
        if rest2 == "//":
            end = _line_end(source, at)
            at = end
        elif rest2 == "/*":
            end = source.find("*/", at + 2)
            end = len(source) if end < 0 else end + 2
            out.append(_blank(source[at:end]))
            at = end
        elif char == "#" and line_start:
            end = _directive_end(source, at)
            out.append(_blank(source[at:end]))
            at = end
        elif (raw := _RAW_STRING.match(source, at)) and not _inside_word(source, at):
            close = ")" + raw.group(1) + '"'
            end = source.find(close, raw.end())
            end = len(source) if end < 0 else end + len(close)
            out.append('""' + _blank(source[at:end]).replace(" ", ""))
            at = end
        elif char == '"':
            at = _quoted_end(source, at, '"')
            out.append('""')
        elif char == "'" and not _digit_separator(source, at):
            at = _quoted_end(source, at, "'")
            out.append("''")
        else:
            out.append(char)
            at += 1
        if char == "\n":
            line_start = True
        elif not char.isspace():
            line_start = False
    return "".join(out)


def raw_string_lines(source):
    """Numbers of the lines that belong to a raw string of several lines: nobody may break them."""
    lines = set()
    for match in _RAW_STRING.finditer(source):
        end = source.find(")" + match.group(1) + '"', match.end())
        first = source.count("\n", 0, match.start()) + 1
        last = first + source.count("\n", match.start(), end if end >= 0 else len(source))
        if last > first:
            lines.update(range(first, last + 1))
    return lines


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def _line_end(source, at):
    end = source.find("\n", at)
    return len(source) if end < 0 else end


def _directive_end(source, at):
    end = _line_end(source, at)
    while end < len(source) and source[end - 1] == "\\":
        end = _line_end(source, end + 1)
    return end


def _quoted_end(source, at, quote):
    at += 1
    while at < len(source) and source[at] != quote and source[at] != "\n":
        at += 2 if source[at] == "\\" else 1
    return at + 1


def _inside_word(source, at):
    return at > 0 and (source[at - 1].isalnum() or source[at - 1] == "_")


def _digit_separator(source, at):
    return at > 0 and source[at - 1] in "0123456789abcdefABCDEF" and at + 1 < len(source) and source[at + 1].isalnum()


@dataclass
class Function:
    name: str
    first_line: int
    lines: int


_TEMPLATE = re.compile(r"\btemplate\s*<[^{};]*?>(?=\s*(?:class|struct|union|enum|requires|template|[A-Za-z_:~]))")
_TYPE = re.compile(r"\b(?:class|struct|union|enum)\b[^()]*$")
_NAME = re.compile(r"([\w~:]+|operator\s*[^\s\w(]+|operator\s*\(\s*\))\s*\($")
_AFTER_PARAMETERS = re.compile(
    r"\)\s*(?:(?:const|noexcept|override|final|mutable|volatile|try|&&?|->\s*[\w:<>,*&\s]+|requires\b.*)\s*)*$", re.S
)


def functions(code):
    """Every function of `code` (which strip() has blanked) with its length from signature to closing brace."""
    found = []
    scopes = []  # (kind, head, line where head begins)
    head, head_line = "", 0
    line = 1
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            kind = _kind(head, scopes)
            scopes.append((kind, head, head_line or line))
            head, head_line = "", 0
        elif char == "}":
            if not scopes:
                continue
            kind, old_head, first = scopes.pop()
            if kind == "function":
                found.append(Function(_function_name(old_head), first, line - first + 1))
            # Inside a declaration a pair of braces is one more operand.
            head, head_line = (old_head + "()", first) if kind == "value" else ("", 0)
        elif char == ";":
            # Inside for (…; …) it does not end the statement.
            if head.count("(") > head.count(")"):
                head += char
            else:
                head, head_line = "", 0
        else:
            if not head_line and not char.isspace():
                head_line = line
            head += char
    return found


def _kind(head, scopes):
    text = _TEMPLATE.sub("", head).strip()
    parent = scopes[-1][0] if scopes else "namespace"
    if parent in ("function", "block", "value"):
        return "value" if parent == "value" else "block"
    if re.search(r"\bnamespace\b", text) or re.match(r'extern\s*""$', text):
        return "namespace"
    if _TYPE.search(text) and "=" not in text:
        return "type"
    if text.count("(") > text.count(")") or "(" not in text:
        return "value"
    if _AFTER_PARAMETERS.search(text):
        return "function"
    # A constructor's initialisers end in ')' or '}' (kept as "()"): `: a_(x), b_{y}`; anything else is b_{…} itself.
    return "value"


def _function_name(head):
    text = _TEMPLATE.sub("", head)
    depth = 0
    for at, char in enumerate(text):
        if char == "(" and depth == 0:
            match = _NAME.search(text[: at + 1])
            if match:
                return match.group(1)
        depth += {"(": 1, ")": -1}.get(char, 0)
    return "?"
