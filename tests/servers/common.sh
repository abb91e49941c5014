# shellcheck shell=bash
# What the scripts that start real servers for tests share; sourced by them. They set `me` (their own name) and `dir`.

# shellcheck disable=SC2154
die() {
  echo "$me: $*" >&2
  exit 1
}

# run_clean USER PATH COMMAND...: as the user when we are root, with an environment free of the caller's variables. setpriv
# needs no PAM and opens no session; cwd is / because the server's user may not enter the caller's.
run_clean() {
  local user=$1 clean=(env -i PATH="$2" LC_ALL=C.UTF-8)
  shift 2
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "${clean[@]}" "$@")
  else
    (cd / && exec "${clean[@]}" "$@")
  fi
}

free_port() {
  python3 - <<'PY'
import random, socket
# Below the kernel's range of ephemeral ports, so that no outgoing connection takes it while the server is down.
for _ in range(1000):
    port = random.randrange(20000, 30000)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
else:
    raise SystemExit("no free port in 20000-29999")
PY
}

# running_in PID FOLDER: the process is there, and is the one that works in the folder (a pid may have been given to another
# since). Of a zombie the folder cannot be read.
running_in() { [ -n "$1" ] && [ "$(readlink -m "/proc/$1/cwd" 2>/dev/null)" = "$2" ]; }

wait_gone() {
  local pid i
  for pid in "$@"; do
    for ((i = 0; i < 1000; i++)); do
      # A zombie whose other threads have ended too holds nothing any more; in a container nobody may reap it.
      case "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)" in
        '') break ;;
        Z* | X*) [ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -gt 1 ] || break ;;
      esac
      sleep 0.01
    done
    [ $i -lt 1000 ] || die "process $pid is still there after 10 s"
  done
}

# A certificate for 127.0.0.1 and localhost, DIR/tls/server.crt, signed by DIR/ca.crt.
make_certificate() {
  local d=$dir/tls
  rm -rf "$d"
  mkdir -p "$d"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=assay test authority" \
    -keyout "$d/ca.key" -out "$d/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
    -keyout "$d/server.key" -out "$d/server.csr" 2>/dev/null
  openssl x509 -req -in "$d/server.csr" -CA "$d/ca.crt" -CAkey "$d/ca.key" -CAcreateserial -days 30 -out "$d/server.crt" \
    -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") 2>/dev/null
  cp "$d/ca.crt" "$dir/ca.crt"
  chmod 600 "$d"/*.key
}
