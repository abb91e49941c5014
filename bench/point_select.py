"""PostgreSQL, prepared point select: assay's kv get against pgbench on the same rows of the same table, one thread each."""

import functools
import pathlib
import tempfile

import programs
from compare import Bench, Goal

# Long enough that opening 64 sessions is little of it, and no longer: many short pairs say more than few long ones.
ROWS, SECONDS = 100_000, 5
FIRST = 100_000_000
# The keys are '1' and eight digits, so pgbench can draw them as numbers. The column is bytea, whose text form they are.
SCRIPT = f"""\\set k random({FIRST}, {FIRST + ROWS - 1})
select v from assay_kv where k = :k;
"""
THROUGHPUT = {8: 1.15, 64: 1.3}


def compare(bench, url, script, transport, sessions, until):
    def ours():
        return programs.gets(bench, url, sessions, SECONDS)

    def theirs():
        done = programs.pgbench(["-n", "-M", "prepared", "-f", script, "-c", sessions, "-j", 1, "-T", SECONDS], url, 60,
                                cpus=programs.ALL_CPUS)
        return done.finished.cpu * 1e6 / done.transactions, done.rate

    def least(program):
        done = programs.run([programs.BUILD / "bench" / program, url, sessions, SECONDS, FIRST, ROWS], 60, cpus=programs.ALL_CPUS)
        return done.cpu * 1e6 / int(done.output), int(done.output) / SECONDS

    bare = {"bare libpq": "bare_libpq", "bare ring": "bare_ring"}
    mine, peers, *floors = bench.pairs(ours, theirs, until, [functools.partial(least, program) for program in bare.values()], times=3)
    where = f"{transport}, {sessions} sessions"
    bench.ratio(f"{where}: client CPU a select", ("assay", [m[0] for m in mine]), ("pgbench", [p[0] for p in peers]),
                Goal(0.9), unit="µs")
    bench.ratio(f"{where}: throughput", ("assay", [m[1] for m in mine]), ("pgbench", [p[1] for p in peers]),
                Goal(THROUGHPUT[sessions], most=False), unit="/s")
    for name, floor in zip(bare, floors, strict=True):
        for i, (what, unit) in enumerate((("CPU", "µs"), ("throughput", "/s"))):
            bench.ratio(f"{where}: the same of {name}: {what}", (name, [f[i] for f, _ in floor]), ("pgbench", [p[i] for _, p in floor]),
                        unit=unit)


def main():
    bench = Bench("point_select", "PostgreSQL, prepared point select: assay kv against pgbench -M prepared, one thread", budget=3600)
    # Pinned, the server's share of the processors alone would decide the throughput, whatever the client costs.
    bench.note("server and client share all processors, as on one's own machine; fsync off")
    bench.note("bare libpq: a loop of libpq over epoll that verifies, times and records nothing (bench/bare_libpq.cc)")
    bench.note("bare ring: the same without libpq, over io_uring (bench/bare_ring.cc): the least that any client can do")
    bench.note("CPU of the whole client process, start and connecting included, over all selects; assay verifies every value it reads")
    with programs.postgres("shared_buffers=256MB", cpus=programs.ALL_CPUS) as url, tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "point.sql"
        script.write_text(SCRIPT)
        programs.assay(["prepare", "kv", "--target", url, "--rows", ROWS, "--key-prefix", "1", "--key-digits", 8, "--value-size", 100,
                        "--quiet"], 120)
        programs.psql("vacuum analyze assay_kv", url)
        ways = [(transport, sessions) for transport in ("Unix socket", "TCP") for sessions in THROUGHPUT]
        for i, (transport, sessions) in enumerate(ways):
            way = url if transport == "TCP" else programs.by_unix_socket(url)
            compare(bench, way, script, transport, sessions, (i + 1) / len(ways))
    bench.finish()


if __name__ == "__main__":
    main()
