#!/usr/bin/env bash
# make test: every test and check of the project, in stages, in one command that needs nothing but Debian 12.
#
#   tools/test.sh            all stages
#   tools/test.sh STAGE...   only these, in the order given; `make test` is: setup format postgres mariadb mongodb ferretdb
#                            kafka neo4j docker kubernetes release asan tsan fuzz tidy
#
# setup     installs what is missing (tools/setup.sh)
# format    clang-format, without changing anything
# postgres  starts a PostgreSQL server for the live tests (tests/servers/postgres); stopped when this script ends
# mariadb   the same for MariaDB (tests/servers/mariadb)
# mongodb   the same for a server with MongoDB's protocol (tests/servers/mongodb), and ferretdb for another, with users
#           (tests/servers/ferretdb); where what they come from cannot be reached, their tests are skipped, as those of kafka,
#           neo4j and kubernetes are
# kafka     the same for Kafka (tests/servers/kafka)
# neo4j     the same for Neo4j (tests/servers/neo4j)
# docker    starts a Docker Engine (tests/servers/docker), and makes the images that its tests use
# kubernetes  an API server of Kubernetes (tests/servers/kubernetes), which is built once from Go's module proxy: minutes
# release   builds build/ and runs all tests: unit, conformance, live, cli, browser, house
# asan      builds and runs what is labelled `sanitized` under AddressSanitizer and UndefinedBehaviorSanitizer
# tsan      the same under ThreadSanitizer
# fuzz      builds the fuzz targets with clang and runs each for 10 seconds, or $FUZZ_SECONDS (tools/fuzz.sh)
# tidy      the fatal clang-tidy list (tools/tidy.py)
#
# A test that is about the clock (labels clock, live, cli, browser) and failed runs once more, alone; one that passes then counts as
# passed and is named.
#
# Ends with failures and their output, skipped tests and their reasons, the time of each stage, and `N passed, N failed, N
# skipped` over all of them; a stage that is no set of tests counts as one. Exit code 0 only when nothing failed. With CI=true
# a skipped test is a failure, unless its reason begins with "no registry:" (a server that this machine cannot fetch).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8 TZ=UTC
# The caller's own defaults for the servers are not for the tests.
for variable in "${!PG@}" "${!MYSQL_@}" "${!NEO4J_@}" KAFKA_PASSWORD; do unset "$variable"; done
stages=("$@")
[ $# -gt 0 ] || stages=(setup format postgres mariadb mongodb ferretdb kafka neo4j docker kubernetes release asan tsan fuzz tidy)

logs=$PWD/build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-test.XXXXXX")
chmod 755 "$scratch" # the database servers run as other users
cleanup() {
  trap - EXIT INT TERM
  local server
  for server in postgres mariadb mongodb ferretdb kafka neo4j docker kubernetes; do
    [ ! -d "$scratch/$server" ] || "tests/servers/$server" down "$scratch/$server"
  done
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# note STAGE passed|failed SECONDS [LOG]: what tools/test_summary.py reads, one line each.
note() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >>"$logs/stages.tsv"; }

# A stage that passes or fails as a whole.
check() {
  local name=$1 started=$SECONDS
  shift
  printf '%-22s' "$name"
  if "$@" </dev/null >"$logs/$name.log" 2>&1; then
    note "$name" passed $((SECONDS - started))
    printf 'ok      %4d s\n' $((SECONDS - started))
  else
    note "$name" failed $((SECONDS - started)) "$logs/$name.log"
    printf 'FAILED  %4d s\n' $((SECONDS - started))
    return 1
  fi
}

# The sanitizers of g++ 12 need their part of the address space free, which a kernel that randomizes 32 bits of it does not
# promise: without randomization they always get it. Not every container lets a process ask for that.
no_randomization=()
! setarch -R true 2>/dev/null || no_randomization=(setarch -R)

# What failed runs once more, alone. It is for the summary to say which of it counts: tests that are about the clock of a machine
# that may have been taken from them (tools/test_summary.py). Many failures are no matter of the clock.
run_again() {
  local name=$1 dir=$2 most=20
  shift 2
  [ "$(grep -c . "$dir/Testing/Temporary/LastTestsFailed.log" 2>/dev/null)" -le $most ] || return 1
  (
    cd "$dir" || exit 1
    ctest --show-only=json-v1 >"$logs/$name.tests.json"
    # ctest knows them by their numbers, in which those that are left out (-E) do not count.
    TMPDIR=$scratch "${no_randomization[@]}" ctest --rerun-failed "$@" --output-on-failure --output-junit "$logs/$name.again.xml"
  ) </dev/null >"$logs/$name-again.log" 2>&1
}

# A stage of many tests: ctest in a build folder, on those that are selected, its verdicts in JUnit form for the summary.
run_tests() {
  local name=$1 dir=$2 started=$SECONDS
  shift 2
  printf '%-22s' "$name tests"
  # A test's scratch files go with the rest; what one leaves behind is removed at the end.
  if (cd "$dir" && TMPDIR=$scratch "${no_randomization[@]}" ctest --output-on-failure --output-junit "$logs/$name.xml" -j "$jobs" "$@") </dev/null >"$logs/$name-tests.log" 2>&1; then
    printf 'ok      %4d s\n' $((SECONDS - started))
  elif run_again "$name" "$dir" "$@"; then
    printf 'again   %4d s\n' $((SECONDS - started))
  else
    printf 'FAILED  %4d s\n' $((SECONDS - started))
  fi
  note "$name tests" tests $((SECONDS - started)) "$logs/$name.xml"
}

start_server() {
  "tests/servers/$1" up "$scratch/$1" --tls && "tests/servers/$1" env "$scratch/$1" >"$scratch/$1.env"
}

start_docker() {
  tests/servers/docker up "$scratch/docker" && tests/servers/docker env "$scratch/docker" >"$scratch/docker.env" &&
    tests/servers/database_images.py postgres && tests/servers/database_images.py mariadb
}

# Where it cannot be built the tests that need it say why they are skipped.
start_kubernetes() {
  local said status=0
  said=$(tests/servers/kubernetes up "$scratch/kubernetes" 2>&1) || status=$?
  echo "$said"
  if [ $status = 0 ]; then
    tests/servers/kubernetes env "$scratch/kubernetes" >"$scratch/kubernetes.env"
  else
    said=$(sed -n 's/.*\(no registry: .*\)/\1/p' <<<"$said")
    [ -n "$said" ] || return 1
    printf 'export ASSAY_TEST_KUBERNETES_MISSING=%q\n' "$said" >"$scratch/kubernetes.env"
  fi
}

# One that comes from a registry: where that cannot be reached, the tests are told so, and that is no failure.
start_fetched_server() {
  local upper=${1^^} status=0
  start_server "$1" 2>"$scratch/$1.err" || status=$?
  cat "$scratch/$1.err" >&2
  if [ $status = 69 ] && grep -q '^no registry:' "$scratch/$1.err"; then
    printf "export ASSAY_TEST_%s_URL_MISSING='%s'\n" "$upper" "$(grep -m1 '^no registry:' "$scratch/$1.err" | tr -d "'")" >"$scratch/$1.env"
    return 0
  fi
  return $status
}

jobs=$(nproc)
echo "testing assay on $jobs processors"
for stage in "${stages[@]}"; do
  case "$stage" in
    setup) check setup tools/setup.sh test || break ;;
    format) check format tools/format.sh --check ;;
    postgres | mariadb)
      # shellcheck disable=SC1090
      check "$stage" start_server "$stage" && . "$scratch/$stage.env"
      ;;
    docker)
      # shellcheck disable=SC1091
      if [ "$(id -u)" = 0 ]; then
        check docker start_docker && . "$scratch/docker.env"
      else
        echo "docker                left out: only root can start an engine"
      fi
      ;;
    kubernetes)
      # shellcheck disable=SC1091
      check kubernetes start_kubernetes && . "$scratch/kubernetes.env"
      ;;
    mongodb | ferretdb | kafka | neo4j)
      # shellcheck disable=SC1090
      check "$stage" start_fetched_server "$stage" && . "$scratch/$stage.env"
      ;;
    release) check release-build tools/build.sh release all && run_tests release build ;;
    asan) check asan-build tools/build.sh asan sanitized_tests && run_tests asan build/asan -L sanitized ;;
    tsan)
      # What simulates thousands of runs to hold a statistic against its promise has one thread, and nothing to find for this one.
      check tsan-build tools/build.sh tsan sanitized_tests &&
        run_tests tsan build/tsan -L sanitized -E '^(Significance|ChangePoints)\.'
      ;;
    fuzz) check fuzz-build tools/build.sh fuzz fuzzers && check fuzz "${no_randomization[@]}" tools/fuzz.sh "${FUZZ_SECONDS:-10}" ;;
    tidy) check tidy tools/tidy.py ;;
    *)
      echo "tools/test.sh: unknown stage $stage" >&2
      exit 2
      ;;
  esac
done

python3 tools/test_summary.py "$logs/stages.tsv"
