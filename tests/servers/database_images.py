#!/usr/bin/env python3
"""Container images of PostgreSQL and MariaDB for tests, of what Debian installed on this machine: no engine, no registry.

    tests/servers/database_images.py postgres|mariadb    prints the file of the image, which `docker load` takes

They take the environment and the arguments that the images of Docker Hub document (POSTGRES_PASSWORD, MARIADB_DATABASE, `-c name=value`), so
that what is generated for those runs with these. The file is kept in ~/.cache/assay/images (or $ASSAY_CACHE/images), and made anew when a
package or this script has another version.
"""

import hashlib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import container_image as ci  # noqa: E402

TOOLS = ("bash cat chmod chown cp cut date df dirname basename env find getent grep head hostname id install ln ls mkdir mktemp mount mv "
         "rm sed setpriv sleep sort stat tail test touch tr true uname expr").split()

POSTGRES_ENTRY = r"""#!/bin/bash
set -euo pipefail
data=${PGDATA:-/var/lib/postgresql/data}
if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /var/run/postgresql
  chown postgres:postgres "$data" /var/run/postgresql
  chmod 700 "$data"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$data/PG_VERSION" ]; then
  [ -n "${POSTGRES_PASSWORD:-}" ] || { echo "POSTGRES_PASSWORD is missing" >&2; exit 1; }
  user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
  printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
  initdb -D "$data" -U "$user" --pwfile=/tmp/password -A scram-sha-256 --auth-local=trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  # As the official image does: while the data is prepared, it listens on its socket alone.
  pg_ctl -D "$data" -o "-c listen_addresses=''" -w start
  [ "$database" = postgres ] || psql -X -v ON_ERROR_STOP=1 -U "$user" -d postgres -c "create database \"$database\""
  pg_ctl -D "$data" -m fast -w stop
fi
exec "$@" -D "$data" -c "listen_addresses=*" -c "unix_socket_directories=/var/run/postgresql"
"""

MARIADB_ENTRY = r"""#!/bin/bash
set -euo pipefail
data=/var/lib/mysql
if [ "${1:0:1}" = - ]; then set -- mariadbd "$@"; fi
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /run/mysqld
  chown mysql:mysql "$data" /run/mysqld
  exec setpriv --reuid=mysql --regid=mysql --clear-groups "$0" "$@"
fi
options=(--no-defaults --datadir="$data" --socket=/run/mysqld/mysqld.sock)
if [ ! -d "$data/mysql" ]; then
  [ -n "${MARIADB_ROOT_PASSWORD:-}" ] || { echo "MARIADB_ROOT_PASSWORD is missing" >&2; exit 1; }
  mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve
  mariadbd "${options[@]}" --skip-networking &
  server=$!
  sql() { mariadb --no-defaults --socket=/run/mysqld/mysqld.sock -uroot "$@"; }
  for ((i = 0; i < 300; i++)); do ! sql -e "do 0" 2>/dev/null || break; sleep 0.1; done
  sql -e "create database if not exists \`$MARIADB_DATABASE\`;
    create user '$MARIADB_USER'@'%' identified by '$MARIADB_PASSWORD';
    grant all on \`$MARIADB_DATABASE\`.* to '$MARIADB_USER'@'%';
    drop user if exists ''@localhost;
    create user root@'%' identified by '$MARIADB_ROOT_PASSWORD'; grant all on *.* to root@'%' with grant option;
    alter user root@localhost identified by '$MARIADB_ROOT_PASSWORD'"
  kill "$server"
  wait "$server" || true
fi
shift
exec mariadbd "${options[@]}" --bind-address='*' "$@"
"""

# Of Debian's package mariadb-client, which brings more than is needed; what a health check uses of it.
MARIADB_ADMIN = r"""#!/bin/bash
host=127.0.0.1
for word; do case $word in --host=*) host=${word#*=} ;; ping | --silent) ;; *) echo "unknown: $word" >&2; exit 2 ;; esac; done
exec mariadb --no-defaults --connect-timeout=5 --host="$host" -uroot -p"$MARIADB_ROOT_PASSWORD" -e 'do 0'
"""


def tree_with_tools(users):
    tree = ci.Tree()
    ci.add_base(tree, users)
    for tool in TOOLS:
        tree.program("/usr/bin/" + tool)
    tree.link("/usr/bin/sh", "bash")
    tree.below("/usr/lib/locale/C.utf8")
    return tree


def of_package(package, wanted):
    listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise ci.ImageError(f"the package {package} is not installed (tools/setup.sh test does)")
    return [path for path in listed.stdout.splitlines() if os.path.isfile(path) and wanted(path)]


def add_files(tree, paths):
    for path in paths:
        if os.path.islink(path):
            tree.file(path)
        with open(path, "rb") as file:
            elf = file.read(4) == b"\x7fELF"
        if elf:
            tree.program(os.path.realpath(path))
        else:
            tree.file(os.path.realpath(path))


def postgres(name):
    home = "/usr/lib/postgresql/15"
    programs = {f"{home}/bin/{program}" for program in ("postgres", "initdb", "pg_ctl", "psql", "pg_isready")}
    tree = tree_with_tools([("root", 0, "/root"), ("postgres", 999, "/var/lib/postgresql")])
    add_files(tree, of_package("postgresql-15", lambda path: path in programs or path.startswith("/usr/share/postgresql/15/")
                               or (path.startswith(f"{home}/lib/") and path.endswith(".so") and "/bitcode/" not in path and "llvmjit" not in path)))
    add_files(tree, of_package("postgresql-client-15", lambda path: path in programs))
    tree.below("/usr/share/zoneinfo/Etc")
    for zone in ("UTC", "posixrules", "localtime"):
        if os.path.isfile("/usr/share/zoneinfo/" + zone):
            tree.file("/usr/share/zoneinfo/" + zone)
    tree.folder("/var/lib/postgresql/data", 0o1777)
    tree.text("/usr/bin/entry", POSTGRES_ENTRY, 0o755)
    return ci.Image(name, tree, {"Entrypoint": ["/usr/bin/entry"], "Cmd": ["postgres"],
                                 "Env": [f"PATH={home}/bin:/usr/sbin:/usr/bin", "LC_ALL=C.UTF-8"]}, level=1)


def mariadb(name):
    tree = tree_with_tools([("root", 0, "/root"), ("mysql", 999, "/var/lib/mysql")])
    programs = {"/usr/bin/mariadb", "/usr/bin/my_print_defaults", "/usr/bin/mariadb-install-db", "/usr/bin/resolveip", "/usr/sbin/mariadbd"}
    for package in ("mariadb-server-core", "mariadb-client-core"):
        add_files(tree, of_package(package, lambda path: path in programs or path.startswith(("/usr/share/mysql/", "/usr/share/mariadb/"))))
    tree.folder("/var/lib/mysql", 0o1777)
    tree.text("/usr/bin/entry", MARIADB_ENTRY, 0o755)
    tree.text("/usr/bin/mariadb-admin", MARIADB_ADMIN, 0o755)
    return ci.Image(name, tree, {"Entrypoint": ["/usr/bin/entry"], "Cmd": ["mariadbd"],
                                 "Env": ["PATH=/usr/sbin:/usr/bin", "LC_ALL=C.UTF-8"]}, level=1)


IMAGES = {"postgres": (postgres, ("postgresql-15", "postgresql-client-15", "libc6", "bash", "coreutils")),
          "mariadb": (mariadb, ("mariadb-server-core", "mariadb-client-core", "libc6", "bash", "coreutils"))}


def name_of(database):
    return f"assay-test/{database}:debian"


def build(database):
    """The file of the image, made when there is none of these versions."""
    make, packages = IMAGES[database]
    versions = subprocess.run(["dpkg-query", "-W", *packages], capture_output=True, text=True, check=False).stdout
    scripts = [pathlib.Path(__file__).read_bytes(), pathlib.Path(ci.__file__).read_bytes()]
    key = hashlib.sha256(b"\0".join([versions.encode(), *scripts])).hexdigest()[:16]
    folder = pathlib.Path(os.environ.get("ASSAY_CACHE") or pathlib.Path.home() / ".cache/assay") / "images"
    file = folder / f"{database}-{key}.tar"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{database}-*.tar"):
            old.unlink(missing_ok=True)
        make(name_of(database)).write(file)
    return file


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in IMAGES:
        sys.exit("usage: tests/servers/database_images.py postgres|mariadb")
    try:
        print(build(sys.argv[1]))
    except ci.ImageError as error:
        sys.exit(f"tests/servers/database_images.py: {error}")


if __name__ == "__main__":
    main()
