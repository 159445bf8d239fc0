#!/bin/bash
# Everything that must hold, from a fresh Debian 12 on: installs what is missing, builds, runs all tests.
#
#   tests/run.sh            short runs: minutes the first time, then as long as the changed parts take
#   tests/run.sh --long     more seeds, longer fuzzing, and the tests of an optimised build as well
#   tests/run.sh --update   rewrites the golden files from what the program prints now (read `git diff` then)
#
# The last line is `N passed, M failed`, counting ctest's tests and the steps of this script.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null

long=0
update=0
for argument in "$@"; do
  case $argument in
    --long) long=1 ;;
    --update) update=1 ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' tests/run.sh; exit 0 ;;
    *) echo "tests/run.sh: unknown argument '$argument' (try --help)" >&2; exit 2 ;;
  esac
done
if [ $update = 1 ] && [ -n "${CI:-}" ] && [ "$CI" != false ]; then
  echo 'tests/run.sh: golden files are not rewritten in continuous integration' >&2
  exit 2
fi

jobs=$(nproc)
logs=build/logs
mkdir -p "$logs"
passed=0
failed=0
failures=()

note() { printf '== %s\n' "$*"; }
pass() { passed=$((passed + 1)); printf '   ok: %s\n' "$*"; }
fail() { failed=$((failed + 1)); failures+=("$*"); printf '   FAILED: %s\n' "$*"; }

finish() {
  echo
  for failure in ${failures+"${failures[@]}"}; do echo "failed: $failure"; done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
  exit
}

# step NAME COMMAND...: one counted step; its output goes to the log, which is shown when it fails.
step() {
  local name=$1 log="$logs/${1// /_}.log"
  shift
  note "$name"
  if "$@" >"$log" 2>&1; then pass "$name"; else tail -n 60 "$log"; fail "$name (log: $log)"; return 1; fi
}

# build PRESET TARGET...: configures when needed and builds; shows ninja's progress.
build() {
  local preset=$1 dir=build/$1
  shift
  note "build $preset"
  if [ ! -f "$dir/build.ninja" ]; then
    cmake --preset "$preset" >"$logs/configure_$preset.log" 2>&1 ||
      { tail -n 40 "$logs/configure_$preset.log"; fail "configure $preset"; return 1; }
  fi
  if progress ninja -C "$dir" -j"$jobs" "$@"; then pass "build $preset"; else fail "build $preset"; return 1; fi
}

# Shows one line in 25 of ninja's, and all of what is not progress.
progress() {
  NINJA_STATUS='[%f/%t] ' "$@" 2>&1 |
    awk '/Re-checking globbed|GLOB mismatch|^ninja: Entering|^-- (Configuring|Generating|Build files)/ { next }
      /^\[[0-9]+\/[0-9]+\] / { if (++n % 25 == 1) { print "   " $0; fflush() } next }
      { print; fflush() }'
  return "${PIPESTATUS[0]}"
}

# Counts every ctest entry as one test.
run_ctest() {
  local preset=$1 junit
  shift
  junit=$PWD/$logs/ctest_$preset.xml
  rm -f "$junit"
  note "tests, $preset"
  ctest --test-dir "build/$preset" -j"$jobs" --output-on-failure --no-tests=error --output-junit "$junit" "$@" 2>/dev/null |
    awk '/ Test +#[0-9]+: / { print "  " $0; fflush(); next } /^ +Start / || /^Internal ctest/ { next } { print; fflush() }'
  local counts
  if ! counts=$(python3 - "$junit" <<'EOF'
import sys, xml.etree.ElementTree as tree
cases = tree.parse(sys.argv[1]).getroot().findall("testcase")
bad = [case.get("name") for case in cases if case.get("status") not in ("run", "notrun", "disabled")]
ran = [case for case in cases if case.get("status") == "run"]
print(len(ran), *bad)
# A test whose program is missing did not run: that is a failure, not a pass.
missing = [case.get("name") for case in cases if case.get("status") == "notrun"]
print(*missing)
EOF
  ); then
    fail "tests, $preset: no result"
    return
  fi
  local ran bad missing
  { read -r ran bad; read -r missing; } <<<"$counts"
  passed=$((passed + ran))
  for name in $bad; do fail "test $name ($preset)"; done
  for name in $missing; do fail "test $name ($preset): not run"; done
}

has_target() { ninja -C "$1" -t targets all 2>/dev/null | grep -qE "^$2: "; }

# The fuzzers must survive a short run from their seeds, and the canary, whose bug is planted, must not.
# A fuzzer that finds nothing because it tests nothing would find nothing in the canary either.
fuzz() {
  local seconds=10 target name seeds work
  [ $long = 1 ] && seconds=300
  build fuzz fuzz_all || return
  local targets
  targets=$(ninja -C build/fuzz -t targets all 2>/dev/null | sed -n 's/^\(fuzz_[a-z0-9_]*\): CXX_EXECUTABLE.*/\1/p')
  [ -n "$targets" ] || { fail 'fuzzing: no targets'; return; }
  for target in $targets; do
    name=${target#fuzz_}
    work=build/fuzz/corpus/$name
    mkdir -p "$work" "build/fuzz/crashes"
    seeds=$(seeds_of "$name")
    if [ "$name" = canary ]; then
      step 'fuzz canary' canary "build/fuzz/$target"
    else
      step "fuzz $name" "build/fuzz/$target" -max_total_time=$seconds -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$name-" "$work" $seeds
    fi
  done
}

# Folders of inputs to begin with: the fuzzer's own, and what other tests have.
seeds_of() {
  local folders=tests/fuzz/seeds/$1
  case $1 in
    compiler_syntax | compiler_driver) folders="$folders tests/golden examples/workspace -dict=build/fuzz/words.dict" ;;
    compiler_driver_replay) folders="$folders tests/scenario tests/golden/replay -dict=build/fuzz/words.dict" ;;
    runtime_plan | runtime_engine) folders="$folders $(plans)" ;;
  esac
  for folder in $folders; do
    case $folder in -*) echo "$folder" ;; *) [ ! -d "$folder" ] || echo "$folder" ;; esac
  done
}

# A folder of the plans of all examples.
plans() {
  local folder=build/fuzz/plans rules
  mkdir -p "$folder"
  for rules in examples/*/*.sync tests/golden/plan/*.sync; do
    build/release/bulkhead compile "$rules" -o "$folder/$(basename "$rules").json" >/dev/null 2>&1
  done
  echo "$folder"
}

canary() {
  local found=build/fuzz/crashes/canary-crash
  rm -f "$found"
  "$1" -seed=1 -runs=5000000 -max_total_time=120 -exact_artifact_path="$found" &&
    { echo 'the canary survived: the fuzzers do not look'; return 1; }
  [ -s "$found" ] || { echo 'the canary failed, but not by the planted crash'; return 1; }
}

echo 'Bulkhead: all tests. A first run installs and compiles for some minutes; later ones only what changed.'
step 'dependencies' tests/tools/install_dependencies.sh test || finish

if [ $update = 1 ]; then
  build dev golden_test || finish
  note 'rewriting golden files'
  BULKHEAD_UPDATE=1 build/dev/golden_test
  status=$?
  git --no-pager diff --stat -- tests/golden 2>/dev/null
  exit $status
fi

[ $long = 1 ] && export BULKHEAD_LONG=1
if build dev; then run_ctest dev; fi
if build release; then
  # The short form of the two commands a newcomer tries first is a test too.
  if has_target build/release bulkhead; then step 'demo' examples/demo.sh; else echo '   no program yet: no demo'; fi
fi
if [ $long = 1 ] && build release-tests; then run_ctest release-tests; fi
fuzz
finish
