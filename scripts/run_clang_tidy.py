#!/usr/bin/env python3
"""Runs clang-tidy on the project's own sources, and only on those whose text, headers or settings changed since they passed.

Usage: run_clang_tidy.py BUILD_DIRECTORY [--changed] [--jobs N] [--tool PROGRAM] [PATH...]
  --changed   only sources that see a file changed since the branch left main
  --tool      clang-tidy to run (clang-tidy)
  PATH...     only sources below these paths
What passed is remembered in BUILD_DIRECTORY/clang-tidy-passed, keyed by a digest of everything the result depends on.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


class Headers:
    """Which project files a source sees, found by reading #include lines; system headers count by the tool's version."""

    def __init__(self, include_roots):
        self.roots = include_roots
        self.known = {}

    def text(self, path):
        if path not in self.known:
            with open(path, "rb") as file:
                self.known[path] = file.read()
        return self.known[path]

    def closure(self, source):
        seen, todo = set(), [source]
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            for name in INCLUDE.findall(self.text(path)):
                found = self.find(os.path.dirname(path), name.decode())
                if found:
                    todo.append(found)
        return seen

    def find(self, folder, name):
        for root in [folder] + self.roots:
            path = os.path.normpath(os.path.join(root, name))
            if os.path.isfile(path):
                return path
        return None


def own_sources(database, below):
    """source -> (command, include roots); tests of the libraries are left to the compiler's warnings."""
    result = {}
    for entry in database:
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        relative = os.path.relpath(path, ROOT)
        if not relative.startswith("src" + os.sep) or "/test/" in relative or "verify_interface" in entry["command"]:
            continue
        if below and not any(relative == b or relative.startswith(b.rstrip("/") + "/") for b in below):
            continue
        roots = re.findall(r"-(?:I|isystem) ?(\S+)", entry["command"])
        result[path] = (entry["command"], [root for root in roots if root.startswith(ROOT)])
    return result


def changed_files():
    def git(*arguments):
        return subprocess.run(("git", "-C", ROOT) + arguments, capture_output=True, text=True, check=False).stdout.split()

    base = git("merge-base", "HEAD", "origin/main") or git("merge-base", "HEAD", "main")
    since = base[0] if base and base != git("rev-parse", "HEAD") else "HEAD~1"
    names = git("diff", "--name-only", since) + git("ls-files", "--others", "--exclude-standard")
    return {os.path.join(ROOT, name) for name in names}


def digest(settings, command, files, headers):
    value = hashlib.sha256(settings + command.encode())
    for path in sorted(files):
        value.update(os.path.relpath(path, ROOT).encode() + b"\0" + hashlib.sha256(headers.text(path)).digest())
    return value.hexdigest()


def run(tool, build, path):
    done = subprocess.run([tool, "--quiet", "-p", build, path], capture_output=True, text=True, check=False)
    notes = [line for line in done.stderr.splitlines() if "warnings generated" not in line]
    return done.returncode == 0, done.stdout + "\n".join(notes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--tool", default="clang-tidy")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_intermixed_args()

    with open(os.path.join(options.build, "compile_commands.json"), encoding="utf-8") as file:
        sources = own_sources(json.load(file), options.paths)
    with open(os.path.join(ROOT, ".clang-tidy"), "rb") as file:
        settings = file.read() + subprocess.run([options.tool, "--version"], capture_output=True, check=True).stdout
    changed = changed_files() if options.changed else None

    passed_path = os.path.join(options.build, "clang-tidy-passed")
    passed = set()
    if os.path.exists(passed_path):
        with open(passed_path, encoding="utf-8") as file:
            passed = set(file.read().split())

    todo = []
    texts = {}
    for path, (command, roots) in sorted(sources.items()):
        headers = Headers(roots)
        headers.known = texts
        files = headers.closure(path)
        if changed is not None and not files & changed:
            continue
        key = digest(settings, command, files, headers)
        if key not in passed:
            todo.append((path, key))

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool, open(passed_path, "a", encoding="utf-8") as memory:
        futures = {pool.submit(run, options.tool, options.build, path): (path, key) for path, key in todo}
        for future in concurrent.futures.as_completed(futures):
            path, key = futures[future]
            good, output = future.result()
            if good:
                memory.write(key + "\n")
                memory.flush()
            else:
                failed += 1
                print(output, flush=True)
    print(f"clang-tidy: {len(sources)} sources, {len(todo)} looked at, {failed} with findings", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
