#!/bin/bash
# The main job, from a fresh Debian 12 on: rules in, isolated rows out, live, for two users.
#
# Installs what is missing, builds the release program, loads examples/workspace, compiles its rules, and runs source,
# server and two clients in one process. Then it changes the source with the sqlite3 shell, shows what each local
# database gained and lost, and compares each with the plain SQL answer. Exit status 0 only when all are equal.
#
#   examples/demo.sh [--plan] [--keep]
#
# --plan prints the plan of every stream, not only of one; --keep leaves the databases in their temporary folder.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null
root=$PWD
example=$root/examples/workspace
bulkhead=$root/build/release/bulkhead
keep=0
explain=(workspace_tasks)
for argument in "$@"; do
  case $argument in
    --plan) explain=() ;;
    --keep) keep=1 ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' examples/demo.sh; exit 0 ;;
    *) echo "examples/demo.sh: unknown argument '$argument' (try --help)" >&2; exit 2 ;;
  esac
done

say() { printf '\n== %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-demo.XXXXXX") || exit 1
run_pid=''
stop_run() {
  [ -n "$run_pid" ] || return 0
  local status
  kill -TERM "$run_pid" 2>/dev/null
  wait "$run_pid"
  status=$?
  run_pid=''
  return $status
}
finish() {
  stop_run
  if [ $keep = 1 ]; then echo "   files: $work"; else rm -rf "$work"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- The plain SQL answer ------------------------------------------------------------------------------------------

# What a client must hold, written by hand, independently of the rules: table, columns, condition. The words ME and
# MINE stand for the user and the user's workspaces.
tables=(countries profile workspaces projects members invitations users tasks)
columns_of() {
  case $1 in
    countries) echo 'code AS id, name, dial_code' ;;
    profile) echo 'id, email, name, country_code, created_at' ;;
    workspaces) echo 'id, name, plan, created_at' ;;
    projects) echo 'id, workspace_id, name, archived, created_at' ;;
    members) echo "user_id || ':' || workspace_id AS id, user_id, workspace_id, role, joined_at" ;;
    invitations) echo 'id, workspace_id, email, role, invited_by, created_at' ;;
    users) echo 'id, name, country_code' ;;
    tasks) echo 'id, workspace_id, project_id, title, description, status, priority, assignee_id, labels, estimate_hours, due_at, updated_at' ;;
  esac
}
source_of() {
  case $1 in
    countries) echo 'countries' ;;
    profile) echo 'users WHERE id = ME' ;;
    workspaces) echo 'workspaces WHERE id IN MINE' ;;
    projects | members) echo "$1 WHERE workspace_id IN MINE" ;;
    invitations) echo "invitations WHERE workspace_id IN (SELECT workspace_id FROM members WHERE user_id = ME AND role <> 'member')" ;;
    users) echo 'users WHERE id IN (SELECT user_id FROM members WHERE workspace_id IN MINE)' ;;
    tasks) echo "tasks WHERE status <> 'archived' AND workspace_id IN MINE" ;;
  esac
}

# Rows as SQL literals, so that 1, 1.0 and '1' differ; one line each; sorted.
query() { sqlite3 -readonly -cmd '.timeout 10000' "$1" "$2" 2>/dev/null; }
# "a, b || c AS id" -> the names "a id"
names_of() { columns_of "$1" | sed 's/^[^,]* AS //' | tr -d ' ' | tr ',' ' '; }
quoted() { local list=''; for name in $(names_of "$1"); do list="$list, replace(quote(\"$name\"), char(10), '\n')"; done; echo "${list#, }"; }

expected_rows() { # user table
  local mine="(SELECT workspace_id FROM members WHERE user_id = '$1')"
  local from
  from=$(source_of "$2" | sed "s/\bMINE\b/$mine/g; s/\bME\b/'$1'/g")
  query "$work/app.db" "SELECT $(quoted "$2") FROM (SELECT $(columns_of "$2") FROM $from) ORDER BY 1"
}
client_rows() { # user table
  query "$work/$1.db" "SELECT $(quoted "$2") FROM \"$2\" ORDER BY 1"
}

# Writes USER.expected and USER.actual; succeeds when they are equal.
compare() {
  local table
  : >"$work/$1.expected"
  : >"$work/$1.actual"
  for table in "${tables[@]}"; do
    expected_rows "$1" "$table" | sed "s/^/$table|/" >>"$work/$1.expected"
    client_rows "$1" "$table" | sed "s/^/$table|/" >>"$work/$1.actual"
  done
  [ -s "$work/$1.expected" ] && cmp -s "$work/$1.expected" "$work/$1.actual"
}

# Waits until both clients hold the SQL answer; shows the difference when they do not within SECONDS.
await_clients() {
  local deadline=$((SECONDS + $1)) user
  for user in alice bob; do
    until compare "$user"; do
      kill -0 "$run_pid" 2>/dev/null || { tail -n 20 "$work/run.log"; die 'bulkhead run has ended; its last lines are above'; }
      if [ $SECONDS -ge $deadline ]; then
        echo "$user.db differs from the SQL answer (< expected, > in the local database):"
        diff "$work/$user.expected" "$work/$user.actual" | grep '^[<>]' | head -n 20
        die "$user.db is wrong"
      fi
      sleep 0.1
    done
  done
}

# What each local database gained, lost and changed since the last call.
show_changes() {
  local user
  for user in alice bob; do
    touch "$work/$user.before"
    awk -F'|' -v user="$user" '
      { key = $1 "|" $2 }
      FILENAME == ARGV[1] { old[key] = $0; next }
      { table[$1]; if (!(key in old)) { gained[$1]++; if (gained[$1] == 1) example["+" $1] = $0 }
        else { if (old[key] != $0) { changed[$1]++; if (changed[$1] == 1) example["~" $1] = $0 } delete old[key] } }
      function short(text) { return length(text) > 90 ? substr(text, 1, 90) "…" : text }
      function line(sign, count, name, verb) {
        if (count) printf "   %-6s %s%-5d %-12s %s\n", user, sign, count, name, short(substr(example[sign name], length(name) + 2))
      }
      END {
        for (key in old) { split(key, part, "|"); table[part[1]]; lost[part[1]]++; example["-" part[1]] = old[key] }
        for (name in table) { line("+", gained[name], name); line("-", lost[name], name); line("~", changed[name], name)
          any += gained[name] + lost[name] + changed[name] }
        if (!any) printf "   %-6s nothing\n", user
      }' "$work/$user.before" "$work/$user.actual"
    cp "$work/$user.actual" "$work/$user.before"
  done
}

change() { # what, SQL
  say "$1"
  printf '   sqlite3 app.db "%s"\n' "$2"
  sqlite3 -bail -cmd '.timeout 10000' "$work/app.db" "$2" || die 'the sqlite3 shell refused the change'
}

start_run() {
  echo '   bulkhead run rules.sync --source app.db --store state.db \'
  echo "     --client alice.db='{\"sub\":\"alice\"}' --client bob.db='{\"sub\":\"bob\"}' --timing"
  (cd "$work" && exec "$bulkhead" run "$example/rules.sync" --source app.db --store state.db \
    --client alice.db='{"sub":"alice"}' --client bob.db='{"sub":"bob"}' --timing >>run.log 2>&1) &
  run_pid=$!
}

# What `bulkhead run` has said since the last call.
log_lines=0
show_log() {
  tail -n +$((log_lines + 1)) "$work/run.log" | sed 's/^/   | /'
  log_lines=$(wc -l <"$work/run.log")
}

# ---- The demo ------------------------------------------------------------------------------------------------------

echo 'Bulkhead demo. A first run installs packages and compiles for some minutes; later ones take seconds.'
tests/tools/install_dependencies.sh build || exit 1

say 'building the release program'
mkdir -p build
if [ ! -f build/release/build.ninja ]; then
  cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log >&2; die 'cmake failed'; }
fi
NINJA_STATUS='[%f/%t] ' ninja -C build/release bulkhead |
  awk '/Re-checking globbed|GLOB mismatch|^ninja: Entering|^-- (Configuring|Generating|Build files)/ { next }
    /^\[[0-9]+\/[0-9]+\] / { if (++n % 25 == 1) { print "   " $0; fflush() } next } { print "   " $0 }'
[ "${PIPESTATUS[0]}" = 0 ] || die 'the build failed'

say 'a source database: 200 workspaces, 50,000 tasks'
# WAL, so that the program and the shell do not wait for each other.
sqlite3 "$work/app.db" 'PRAGMA journal_mode = WAL' >/dev/null
sqlite3 -bail "$work/app.db" <"$example/schema.sql" && sqlite3 -bail "$work/app.db" <"$example/generate_data.sql" ||
  die 'the example data could not be loaded'
echo "   $work/app.db"

say 'compile the rules, run their tests'
"$bulkhead" compile "$example/rules.sync" -o "$work/plan.json" || die 'the rules do not compile'
"$bulkhead" test "$example/rules.sync" || die 'the tests of the rules fail'

say 'the plan: what is worked out per row, and what per connection'
"$bulkhead" explain "$example/rules.sync" ${explain+"${explain[@]}"} || die 'explain failed'

say 'run: SQLite as source, as server store and on two clients; | is what it prints'
start_run
await_clients 120
show_log
show_changes

change 'rows: a title in a shared workspace, a task that moves from one of Alice'"'"'s to one of Bob'"'"'s, a new one of Alice'"'"'s' \
  "BEGIN;
   UPDATE tasks SET title = 'Call the harbour' WHERE id = 't000501';
   UPDATE tasks SET workspace_id = 'w004', project_id = 'p00016' WHERE id = 't000301';
   INSERT INTO tasks VALUES ('t900001', 'w001', 'p00001', 'Try the demo', NULL, 'todo', 2, 'alice', '[\"client\"]', 0.5, NULL, '2025-07-01T10:00:00Z');
   COMMIT;"
await_clients 30
show_log
show_changes

change 'a row that leaves because of its own value: archived' "UPDATE tasks SET status = 'archived' WHERE id = 't900001';"
await_clients 30
show_log
show_changes

change 'memberships: Alice leaves w002, Bob joins it, in one transaction' \
  "BEGIN;
   DELETE FROM members WHERE user_id = 'alice' AND workspace_id = 'w002';
   INSERT INTO members VALUES ('bob', 'w002', 'member', '2025-07-01T11:00:00Z');
   COMMIT;"
await_clients 30
show_log
show_changes

change 'a role: Alice manages w001 no longer' "UPDATE members SET role = 'member' WHERE user_id = 'alice' AND workspace_id = 'w001';"
await_clients 30
show_log
show_changes

say 'stop, change the source meanwhile, start again: nothing is lost or repeated'
stop_run || die 'bulkhead run did not end well'
show_log
change 'while stopped: a colleague gets a new name, a task of the shared workspace goes' \
  "UPDATE users SET name = 'Bob B. Brook' WHERE id = 'bob'; DELETE FROM tasks WHERE id = 't000502';"
start_run
await_clients 60
show_log
show_changes
stop_run || die 'bulkhead run did not end well'
show_log

say 'both local databases hold exactly what SQL answers, after every change'
for user in alice bob; do printf '   %-6s %d rows\n' "$user" "$(wc -l <"$work/$user.actual")"; done
