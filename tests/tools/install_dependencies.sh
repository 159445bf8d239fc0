#!/bin/sh
# Installs what Bulkhead is built and tested with, from the distribution (Debian 12 or a relative of it).
#
#   tests/tools/install_dependencies.sh [build|test]
#
# build: compiler, libraries and the sqlite3 shell: enough for the `bulkhead` program and the demo.
# test:  also the test libraries, the fuzzer and the checkers (default).
#
# Asks dpkg what is missing and installs only that, as root or through sudo. When nothing is missing it does
# nothing and needs no network.
set -eu

# One package a line: the name, then why it is needed. Reasons for libraries are in ARCHITECTURE.md.
build_packages='
g++                  compiles everything
cmake                describes the build
ninja-build          runs the build
ccache               makes the second build fast
mold                 links fast
pkg-config           finds libraries
antlr4               generates the parser from grammar/ (brings a Java runtime)
libantlr4-runtime-dev the generated parser
libfmt-dev           formats text
libcli11-dev         command line
libyaml-cpp-dev      YAML rules
nlohmann-json3-dev   JSON
libsodium-dev        signatures and keyed hashes
libssl-dev           SHA-256
libsqlite3-dev       source, store and clients
sqlite3              the shell the demo changes rows with
python3              the checkers
'
test_packages='
catch2               unit tests
libbenchmark-dev     benchmarks
clang-19             fuzzing (the default one does not know all of C++20)
libclang-rt-19-dev   fuzzing: libFuzzer and sanitizers
postgresql           end-to-end tests: a server of their own
libpq-dev            end-to-end tests: its client library
clang-format         formatting (advisory)
clang-tidy           checks (advisory)
'

say() { printf 'dependencies: %s\n' "$*"; }
die() { printf 'dependencies: %s\n' "$*" >&2; exit 1; }

case ${1:-test} in
  build) table=$build_packages ;;
  test) table=$build_packages$test_packages ;;
  *) die "unknown argument '$1' (build or test)" ;;
esac
wanted=$(printf '%s\n' "$table" | awk 'NF { print $1 }')

command -v dpkg-query >/dev/null 2>&1 || die "no dpkg here. Install by hand what these Debian packages hold:
$wanted"

installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
  awk '$2 == "installed" { print $1 }' | sort -u)
missing=''
for package in $wanted; do
  printf '%s\n' "$installed" | grep -qxF -- "$package" || missing="$missing $package"
done
missing=${missing# }
if [ -z "$missing" ]; then
  say 'all there'
  exit 0
fi

say 'missing:'
for package in $missing; do
  printf '%s\n' "$table" | awk -v p="$package" '$1 == p { why = $0; sub(/^[^ ]+ +/, "", why); printf "  %-22s %s\n", p, why }'
done

if [ "$(id -u)" = 0 ]; then
  as_root=''
elif ! command -v sudo >/dev/null 2>&1; then
  die "not root and no sudo. As root: apt-get update && apt-get install $missing"
elif [ -t 0 ]; then
  as_root='sudo'
else
  as_root='sudo -n'
fi

apt() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs apt-get; shows one line per package, and everything when it fails.
loudly() {
  if apt "$@" >"$log" 2>&1; then
    sed -n 's/^Setting up \([^ ]*\).*/  set up \1/p' "$log"
  else
    return 1
  fi
}

say 'installing with apt-get (this changes the system, nothing else here does)'
if ! apt install --simulate --no-install-recommends $missing >"$log" 2>&1; then
  say 'fetching the package lists first'
  loudly update || { cat "$log" >&2; die 'apt-get update failed: is there a network, and may this user install?'; }
fi
if ! loudly install --no-install-recommends $missing; then
  # Stale lists name packages the mirror no longer has.
  say 'trying again with fresh package lists'
  loudly update || { cat "$log" >&2; die 'apt-get update failed: is there a network, and may this user install?'; }
  loudly install --no-install-recommends $missing || { cat "$log" >&2; die "could not install: $missing"; }
fi
say 'done'
