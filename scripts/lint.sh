#!/usr/bin/env bash
# Everything that is checked without running the product: format, the tidy test, self-contained headers, clang-tidy.
# Usage: scripts/lint.sh [--changed]   (--changed: clang-tidy only where something changed since the branch left main)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/deps.sh build lint

step() { printf '\n== %s\n' "$1" >&2; }
failed=()
check() {
  local name=$1
  shift
  step "$name"
  "$@" || failed+=("$name")
}

clang_format() {
  find src tests cmake \( -name '*.h' -o -name '*.cc' \) -not -path '*/vectors/*' -print0 |
    xargs -0 -n 32 -P "$(nproc)" clang-format-19 --dry-run -Werror
}

# Headers that are generated have to be there before anything that includes them is read.
configure() {
  cmake --preset tidy >build/tidy-configure.log || { cat build/tidy-configure.log >&2; return 1; }
  local generated
  generated=$(ninja -C build/tidy -t targets all | sed -n 's/^\([^:]*_generated\.h\):.*/\1/p' | sort -u)
  [ -z "$generated" ] || ninja -C build/tidy $generated >/dev/null
}

# PyPI's, pinned: since release 22 it does not look into system headers, so a source costs a second instead of five.
clang_tidy() {
  local tools=build/lint-tools pins=scripts/lint-requirements.txt
  if ! cmp -s "$pins" "$tools/installed"; then
    rm -rf "$tools"
    python3 -m venv "$tools" && "$tools/bin/pip" install -q --disable-pip-version-check -r "$pins" || return 1
    cp "$pins" "$tools/installed"
  fi
  local program
  program=$("$tools/bin/python" -c 'import clang_tidy; print(clang_tidy.get_executable("clang-tidy"))') || return 1
  python3 -B scripts/run_clang_tidy.py build/tidy --tool "$program" "$@"
}

mkdir -p build
check "clang-format" clang_format
check "tidy" python3 -B tests/tidy/tidy.py .
check "tidy selftest" python3 -B tests/tidy/tidy_selftest.py
check "configure" configure
check "headers stand alone" ninja -C build/tidy --quiet all_verify_interface_header_sets
check "clang-tidy" clang_tidy "$@"

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nlint: to mend: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
printf '\nlint: clean\n' >&2
