#!/usr/bin/env bash
# Fuzzes each target for a while, from its corpus. Usage: scripts/fuzz.sh [SECONDS] [TARGET...]; findings: build/fuzz-findings.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
scripts/deps.sh build lint
cmake --preset fuzz >/dev/null

if [ $# -eq 0 ]; then
  set -- $(sed -n 's/^strongroom_fuzz_target(\([a-z0-9_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt | grep -v '^canary$')
fi
ninja -C build/fuzz fuzz_canary $(printf 'fuzz_%s ' "$@") >/dev/null
mkdir -p build/fuzz-findings

if build/fuzz/fuzz/fuzz_canary -runs=100 -artifact_prefix=build/fuzz-findings/ tests/fuzz/corpus/canary >/dev/null 2>&1; then
  echo "fuzz: the canary lives: the harness does not notice failures" >&2
  exit 1
fi

failed=()
for target in "$@"; do
  grown=build/fuzz-corpus/$target
  mkdir -p "$grown"
  echo "== $target, ${seconds} s" >&2
  log=build/fuzz-findings/$target.log
  build/fuzz/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="build/fuzz-findings/$target-" \
    "$grown" "tests/fuzz/corpus/$target" >"$log" 2>&1 || failed+=("$target")
  grep -E 'stat::number_of_executed|^==.*ERROR|^SUMMARY|check failed|Test unit written' "$log" >&2 || true
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "fuzz: findings in ${failed[*]}: see build/fuzz-findings" >&2
  exit 1
fi
echo "fuzz: nothing found" >&2
