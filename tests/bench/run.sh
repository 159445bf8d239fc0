#!/usr/bin/env bash
# Builds and runs all benchmarks and prints one table: the median of each, and the goals that have one.
#
# Usage: tests/bench/run.sh [NAME…]    only benchmarks whose name contains one of the words
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

tests/tools/install_dependencies.sh test >build_dependencies.log 2>&1 || { cat build_dependencies.log; rm -f build_dependencies.log; exit 2; }
rm -f build_dependencies.log
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null || exit 2
targets=$(sed -n 's/^bulkhead_bench(\([a-z_]*\) .*/\1/p' tests/bench/CMakeLists.txt)
ninja -C build/release $targets || exit 2

filter=$(IFS='|'; echo "$*")
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
for target in $targets; do
  echo "running $target" >&2
  build/release/"$target" --benchmark_filter="${filter:-.}" --benchmark_repetitions=3 --benchmark_out="$results/$target.json" \
    --benchmark_out_format=json --benchmark_display_aggregates_only=true >"$results/$target.log" 2>&1 || cat "$results/$target.log"
done
python3 tests/bench/table.py "$results"/*.json
