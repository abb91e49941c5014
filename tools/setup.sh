#!/usr/bin/env bash
# Installs what is missing, and only that, from Debian's packages: tools/setup.sh compile|demo|test|bench
#   compile  what compiling needs, without npm: it is 300 packages, and only the pages need it
#   demo  what building assay and its pages needs
#   test  that, and what the tests need: PostgreSQL and MariaDB servers, Java for others, the clang tools, Chromium, …
#   bench what building needs, and the programs that benchmarks compare with
# Runs as root, or with sudo. Says nothing and touches no network when nothing is missing.
set -euo pipefail

build_packages=(make cmake ninja-build ccache g++ pkg-config python3 git ca-certificates
  libboost-context-dev liburing-dev libexpected-dev libfmt-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev zlib1g-dev
  libsqlite3-dev libpq-dev libmariadb-dev libssl-dev libcurl4-openssl-dev prometheus-cpp-dev libcairo2-dev fonts-dejavu-core)
# Drivers whose libraries are heavy are built where these are: a demo does without.
driver_packages=(libmongoc-dev librdkafka-dev libprotobuf-dev)
test_packages=("${driver_packages[@]}" libgtest-dev libgmock-dev clang-format clang-tidy clang-14 libclang-rt-14-dev
  postgresql-15 mariadb-server-core mariadb-client-core prometheus prometheus-pushgateway openjdk-17-jdk-headless maven
  openssl sqlite3 age gpg gpg-agent python3-jsonschema python3-yaml python3-venv
  chromium iproute2 util-linux docker.io docker-compose iptables)

bench_packages=(postgresql-15 mariadb-server-core mariadb-client-core sysbench chromium util-linux)

case "${1:-}" in
  compile | demo) wanted=("${build_packages[@]}") ;;
  test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  bench) wanted=("${build_packages[@]}" "${bench_packages[@]}") ;;
  *)
    echo "usage: tools/setup.sh compile|demo|test|bench" >&2
    exit 2
    ;;
esac
# The pages are built with npm. A machine may have Node from elsewhere than Debian, so ask for the command.
command -v node >/dev/null || wanted+=(nodejs)
[ "$1" = compile ] || command -v npm >/dev/null || wanted+=(npm)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "tools/setup.sh: this is no Debian; install the equivalents of these packages yourself: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "tools/setup.sh: neither root nor sudo here; as root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

# Debian's postgresql package makes and starts a server of its own on port 5432 unless told not to; the tests start theirs.
cluster_conf=/etc/postgresql-common/createcluster.conf
case " ${missing[*]} " in
  *" postgresql-15 "*)
    if [ ! -e $cluster_conf ]; then
      "${as_root[@]}" mkdir -p "${cluster_conf%/*}"
      echo 'create_main_cluster = false' | "${as_root[@]}" tee $cluster_conf >/dev/null
    fi
    ;;
esac

# Debian's packages of Prometheus and Docker start servers of their own, the one on all addresses; the tests start theirs. What is told here is
# for the time of the installation only, and nothing is told where the machine has a policy already.
policy=/usr/sbin/policy-rc.d
own_policy=
case " ${missing[*]} " in
  *" prometheus"* | *" docker.io "*)
    if [ ! -e $policy ]; then
      printf '#!/bin/sh\ncase " $* " in *" prometheus"* | *" docker "* | *" containerd "*) exit 101 ;; esac\nexit 0\n' | "${as_root[@]}" tee $policy >/dev/null
      "${as_root[@]}" chmod 755 $policy
      own_policy=$policy
    fi
    ;;
esac

echo "installing: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
log=$(mktemp)
cleanup() {
  rm -f "$log"
  [ -z "$own_policy" ] || "${as_root[@]}" rm -f "$own_policy"
}
trap cleanup EXIT
if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
  tail -30 "$log" >&2
  echo "tools/setup.sh: apt-get failed (above); missing are: ${missing[*]}" >&2
  exit 1
fi
