"""MariaDB, prepared point select: assay's kv get against sysbench's oltp_point_select, each on its own table of as many rows."""

import re

import programs
from compare import Bench, Goal

ROWS, SECONDS = 100_000, 4
SESSIONS = (8, 64)


def sysbench(url):
    """Its own script as it is: `SELECT c FROM sbtest1 WHERE id=?`, prepared; 120 characters by an integer key."""
    user, host, port, database = re.match(r"mysql://([^@]+)@([^:]+):(\d+)/(.*)", url).groups()
    return ["oltp_point_select", "--db-driver=mysql", f"--mysql-user={user}", f"--mysql-host={host}", f"--mysql-port={port}",
            f"--mysql-db={database}", "--tables=1", f"--table-size={ROWS}", "--create-secondary=off", "--rand-type=uniform",
            "--skip-trx=on"]


def compare(bench, url, sessions, until):
    def ours():
        return programs.gets(bench, url, sessions, SECONDS)

    def theirs():
        done = programs.sysbench([*sysbench(url), f"--threads={sessions}", "--events=0", f"--time={SECONDS}"], 60, cpus=programs.ALL_CPUS)
        return done.finished.cpu * 1e6 / done.events, done.rate

    mine, peers = bench.pairs(ours, theirs, until)
    bench.ratio(f"{sessions} sessions: client CPU a select", ("assay", [m[0] for m in mine]), ("sysbench", [p[0] for p in peers]),
                Goal(1), unit="µs")
    # No goal: how a machine's processors are shared between a server and 64 threads of a client decides it.
    bench.ratio(f"{sessions} sessions: throughput", ("assay", [m[1] for m in mine]), ("sysbench", [p[1] for p in peers]), unit="/s")


def main():
    bench = Bench("point_select_mariadb", "MariaDB, prepared point select: assay kv, one thread, against sysbench oltp_point_select",
                  budget=200)
    bench.note("server and client share all processors, as on one's own machine; TCP over loopback; nothing waits for the disk")
    bench.note("sysbench has a thread for each session; assay has one thread, and verifies every value it reads")
    bench.note("CPU of the whole client process, start and connecting included, over all selects")
    bench.note("keys: sysbench an integer, assay 9 bytes; values: 120 bytes; both tables are read by their primary key")
    with programs.mariadb("innodb_buffer_pool_size=256M", cpus=programs.ALL_CPUS) as url:
        programs.run(["sysbench", *sysbench(url), "prepare"], 120)
        programs.assay(["prepare", "kv", "--target", url, "--rows", ROWS, "--key-prefix", "1", "--key-digits", 8, "--value-size", 120,
                        "--quiet"], 120)
        for i, sessions in enumerate(SESSIONS):
            compare(bench, url, sessions, (i + 1) / len(SESSIONS))
    bench.finish()


if __name__ == "__main__":
    main()
