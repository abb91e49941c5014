#!/usr/bin/env bash
# Fuzzes for a bounded time: tools/fuzz.sh [SECONDS [NAME...]], 10 seconds for each target of tests/fuzz unless told otherwise.
#
# Begins with the corpus of each, tests/fuzz/corpus/NAME, which stays as it is; what is found on the way is kept in
# build/fuzz/corpus/NAME for the next time. An input that breaks a target is left in build/fuzz/found and printed as base64:
# put it into the corpus, where every build replays it, and mend the cause. Builds nothing: tools/build.sh fuzz fuzzers.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-10}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: tools/fuzz.sh [SECONDS [NAME...]]" >&2; exit 2; }
shift
names=("$@")
[ $# -gt 0 ] || for source in tests/fuzz/fuzz_*.cc; do
  name=${source##*/fuzz_}
  names+=("${name%.cc}")
done

found=build/fuzz/found
mkdir -p "$found"
failed=0
for name in "${names[@]}"; do
  program=build/fuzz/fuzz/fuzz_$name
  [ -x "$program" ] || { echo "tools/fuzz.sh: there is no $program; tools/build.sh fuzz fuzzers builds it" >&2; exit 2; }
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/$name-" -print_final_stats=1)
  [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
  echo "== $name, $seconds s"
  log=$found/$name.log
  # New inputs go to the first folder; the committed ones are only read.
  if "$program" "${options[@]}" "$corpus" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "$log"
  else
    failed=1
    grep -vE '^#[0-9]+.*(NEW|REDUCE|pulse|INITED)|NEW_FUNC' "$log" | tail -60
  fi
done
exit $failed
