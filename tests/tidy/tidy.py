#!/usr/bin/env python3
"""Reads the sources and reports what the compiler cannot: bans with their replacement, sizes, folders, include cycles.

Usage: tidy.py ROOT. Prints path:line: rule: what to do. Exit code 1 if there was anything.
"""

import os
import re
import sys

import rules
import scanner
from rules import Offence

CXX = (".cc", ".h")
TEXT = CXX + (".py", ".md", ".sh", ".cmake", ".txt", ".toml", ".fbs", ".js", ".go", ".java")
SKIPPED_FOLDERS = {"build", "vectors", "corpus", "node_modules", "__pycache__", "target", ".git", ".venv", ".ccache"}


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith("build"))
        for name in sorted(names):
            if name.endswith(TEXT):
                yield os.path.relpath(os.path.join(folder, name), root)


def applies(ban, path):
    if "/test/" in path and not ban.in_tests:
        return False
    return path.startswith(ban.only_in) and not (ban.except_in and path.startswith(ban.except_in))


def check_bans(path, source):
    is_cxx = path.endswith(CXX)
    code = None
    bans = rules.BANS + (rules.HEADER_BANS if path.endswith(".h") else ())
    for ban in bans:
        if not applies(ban, path) or not (is_cxx or ban.in_comments):
            continue
        if ban.in_comments or "include" in ban.pattern.pattern:
            text = source
        else:
            code = scanner.strip(source) if code is None else code
            text = code
        before = ""
        for number, line in enumerate(text.split("\n"), 1):
            # A call broken after its parenthesis reads on here.
            if ban.pattern.search(before + line.lstrip() if before else line):
                yield Offence(path, number, ban.name, f"use {ban.instead}")
            before = line[-9:].lstrip() if line.endswith("(") else ""


def check_sizes(path, source):
    lines = source.split("\n")
    count = len(lines) - (lines[-1] == "")
    limit = rules.HEADER_LINES_MAX if path.endswith(".h") else rules.SOURCE_LINES_MAX
    if count > limit and path.endswith(CXX):
        yield Offence(path, count, "file-size", f"{count} lines, at most {limit}: split it")
    if path.endswith(CXX + (".md",)):
        raw = scanner.raw_string_lines(source) if path.endswith(CXX) else ()
        for number, line in enumerate(lines, 1):
            if len(line) > rules.COLUMNS_MAX and number not in raw and not unbreakable(path, line):
                yield Offence(path, number, "columns", f"{len(line)} columns, at most {rules.COLUMNS_MAX}")
    if path.endswith(CXX):
        for function in scanner.functions(scanner.strip(source)):
            if function.lines > rules.FUNCTION_LINES_MAX:
                yield Offence(path, function.first_line, "function-size",
                              f"{function.name} has {function.lines} lines, at most {rules.FUNCTION_LINES_MAX}")


def unbreakable(path, line):
    """Table rows and link targets of documents; one long word; a test's vectors."""
    text = line.strip()
    if path.endswith(".md") and (text.startswith("|") or "](" in text or "://" in text):
        return True
    in_test = path.startswith("tests/") or "/test/" in path
    return " " not in text or text.startswith("#include ") or (in_test and '"' in text)


def check_header(path, source):
    lines = source.split("\n")
    if not lines or lines[0] != "#pragma once":
        yield Offence(path, 1, "pragma-once", "a header starts with #pragma once")
    elif "/include/" in path and not (len(lines) > 1 and lines[1].startswith("// ")):
        yield Offence(path, 2, "purpose", "a public header says after #pragma once what it is for (// …)")


INCLUDE = re.compile(r'^\s*#\s*include\s*"strongroom/(\w+)/', re.M)


def library_includes(root, paths):
    """library -> {library it includes: (path, line)}, sources and public headers, not tests."""
    graph = {}
    for path in paths:
        parts = path.split("/")
        if len(parts) < 4 or parts[0] != "src" or parts[2] == "test" or not path.endswith(CXX):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            source = file.read()
        for match in INCLUDE.finditer(source):
            used = match.group(1)
            if used != parts[1]:
                line = source.count("\n", 0, match.start()) + 1
                graph.setdefault(parts[1], {}).setdefault(used, (path, line))
    return graph


def check_cycles(graph):
    done = set()
    for start in sorted(graph):
        stack = [(start, [start])]
        while stack:
            library, trail = stack.pop()
            for used, (path, line) in sorted(graph.get(library, {}).items()):
                if used == start:
                    if frozenset(trail) not in done:
                        done.add(frozenset(trail))
                        yield Offence(path, line, "include-cycle", " -> ".join(trail + [start]))
                elif used not in trail and len(trail) < 12 and used > start:
                    stack.append((used, trail + [used]))


DECLARED = re.compile(r"strongroom_library\s*\(([^)]*)\)", re.S)


def declared_dependencies(root, library):
    path = os.path.join(root, "src", library, "CMakeLists.txt")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"#.*", "", file.read())
    match = DECLARED.search(text)
    if not match:
        return None
    words = match.group(1).split()
    found, active = set(), False
    for word in words:
        if word.isupper() and len(word) > 3:
            active = word == "DEPS"
        elif active:
            found.add(word)
    return found


def check_declared(root, graph):
    """A library names what it includes, also when another dependency would bring it along."""
    for library, used in sorted(graph.items()):
        declared = declared_dependencies(root, library)
        if declared is None:
            continue
        for name, (path, line) in sorted(used.items()):
            if name not in declared:
                yield Offence(path, line, "undeclared", f"add {name} to DEPS in src/{library}/CMakeLists.txt")


def check_folders(root):
    folder = os.path.join(root, "src")
    for library in sorted(os.listdir(folder)):
        if os.path.exists(os.path.join(folder, library, "CMakeLists.txt")):
            if not os.path.exists(os.path.join(folder, library, "README.md")):
                yield Offence(f"src/{library}", 1, "readme", "a library says in README.md what it is, in a few lines")


def check(root):
    offences = []
    paths = list(files(root))
    for path in paths:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            source = file.read()
        offences += check_bans(path, source)
        offences += check_sizes(path, source)
        if path.endswith(".h"):
            offences += check_header(path, source)
    graph = library_includes(root, paths)
    offences += check_cycles(graph)
    offences += check_declared(root, graph)
    offences += check_folders(root)
    return offences, len(paths)


def main():
    root = sys.argv[1]
    exceptions_path = os.path.join(root, "tests/tidy/exceptions.txt")
    exceptions = rules.Exceptions()
    if os.path.exists(exceptions_path):
        with open(exceptions_path, encoding="utf-8") as file:
            exceptions = rules.Exceptions.parse(file.read())
    offences, count = check(root)
    left = [offence for offence in offences if not exceptions.covers(offence)] + exceptions.stale()
    for offence in left:
        print(offence)
    print(f"tidy: {count} files, {len(left)} to mend", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
