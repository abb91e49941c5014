#!/usr/bin/env bash
# make demo: from a clone to a TPC-C report on embedded SQLite. Installs what is missing, builds, prepares, runs, checks.
set -euo pipefail
cd "$(dirname "$0")/.."

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

tools/setup.sh compile
step "Building assay (Release, in build/)"
# An empty compiler cache finds nothing, and to fill it takes time of a first build that somebody waits for.
[ -n "$(find "${CCACHE_DIR:-$HOME/.cache/ccache}" -name '*R' -print -quit 2>/dev/null)" ] || export CCACHE_DISABLE=1
if ! command -v npm >/dev/null; then  # it comes while what needs no pages is compiled
  tools/setup.sh demo &
  npm_comes=$!
  compiled=0
  tools/build.sh release assay_registry || compiled=$?
  wait $npm_comes
  [ $compiled = 0 ] || exit $compiled
fi
tools/build.sh release assay

# Without think times, so that 15 s show the system at work and not its users thinking.
mkdir -p demo
rm -f demo/tpcc.db demo/tpcc.db-wal demo/tpcc.db-shm demo/tpcc.db-journal
set -- run tpcc --target sqlite:demo/tpcc.db --warehouses 1 --think-times false --prepare --check --warmup 2s --duration 15s --result demo/result.json
step "build/assay $*"
status=0
build/assay "$@" || status=$?
# A run that missed a threshold or is invalid still has a result worth reading: show it, and end with the run's exit code.
if [ -s demo/result.json ]; then
  build/assay report demo/result.json --format html >demo/report.html.new
  mv demo/report.html.new demo/report.html
  step "The report: $PWD/demo/report.html"
fi
exit $status
