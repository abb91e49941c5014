"""What assay generate writes, on a real Docker Engine with images made here: the image of assay, PostgreSQL, MariaDB."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
for folder in ("cli", "servers"):
    sys.path.insert(0, str(HERE.parents[1] / folder))
from program import PROGRAM, ROOT, ProgramTest, unittest  # noqa: E402

import database_images  # noqa: E402
import references  # noqa: E402

SCHEMA = ROOT / "schemas" / "shop.yaml"
MINUTES = 300
SMALL = ("--preset", "small", "--batch-size", "100", "--cpu-limit", "0.5", "--memory-limit", "192Mi")
DATABASE = ("--database-cpu-limit", "1", "--database-memory-limit", "768Mi")


@unittest.skipUnless(os.environ.get("ASSAY_TEST_DOCKER_DIR"), "no Docker Engine: tests/servers/docker up DIR, and the variables of its env")
class DockerTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def tool(self, *words, code=0, cwd=None):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=MINUTES, cwd=cwd or self.folder, check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def docker(self, *words, **more):
        return self.tool("docker", *words, **more).strip()

    def load_database(self, database):
        name = database_images.name_of(database)
        if not self.docker("images", "--quiet", name):
            self.docker("load", "--quiet", "--input", database_images.build(database))
        return name

    def load_assay(self):
        """The image of the program that is tested, as `make image` makes it, under its own name."""
        file = self.folder / "image.tar"
        self.tool(sys.executable, ROOT / "tools/container_image.py", PROGRAM, file)
        self.docker("load", "--quiet", "--input", file)
        version = self.tool(PROGRAM, "--version").split()[1]
        return f"assay:{version}"

    def what_is_there(self):
        """Everything that a load test could leave in the engine, images aside."""
        return {kind: set(self.docker(kind, "ls", "--quiet", *more).split())
                for kind, more in (("container", ("--all",)), ("network", ()), ("volume", ()))}

    def words(self, source, rows, *options):
        database = () if "--connection-string" in options else DATABASE
        return [PROGRAM, "generate", "--source", source, "--schema", SCHEMA, "--output-dir", self.out, "--row-count", rows, *SMALL, *database, *options]

    def generate(self, source, *options, code=0):
        done = subprocess.run(self.words(source, "400", *options),
                              capture_output=True, text=True, timeout=MINUTES, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_the_image_is_loaded_and_runs_as_nobody(self):
        image = self.load_assay()
        alone = ("run", "--rm", "--network", "none")
        self.assertEqual(self.docker(*alone, image, "--version"), self.tool(PROGRAM, "--version").strip())
        self.assertEqual(self.docker(*alone, image, "drivers"), self.tool(PROGRAM, "drivers").strip())
        self.assertEqual(self.docker("inspect", "--format", "{{.Config.User}}", image), "65532:65532")
        self.assertEqual(self.docker("images", "--quiet", image), self.docker("images", "--quiet", self.load_assay()))  # deterministic
        # A whole run, with what a database needs of a file system.
        said = self.docker(*alone, image, "run", "kv", "--target", "sqlite:/tmp/a.db", "--rows", "100", "--prepare", "--duration", "1s",
                           "--warmup", "0", "--quiet", "--result", "/tmp/r.json", code=None)
        self.assertIn("kv on SQLite", said)

    def run_here(self, source, image, *options):
        self.load_database(image)
        before = self.what_is_there()
        done = self.generate(source, "--database-image", database_images.name_of(image), "--run", *options)
        self.assertEqual(self.what_is_there(), before)
        reports = [json.loads(path.read_text()) for path in sorted((self.out / "results").glob("*.json"))]
        self.assertEqual([report["worker_id"] for report in reports], ["worker-1", "worker-2"])
        return done, reports

    def check_reports(self, reports, rows):
        self.assertEqual(sum(report["metrics"]["rows_processed"] for report in reports), rows)
        self.assertTrue(all(report["success"] for report in reports))
        for report in reports:
            self.assertEqual(report["environment"]["cgroup_memory_limit"], 192 << 20)
            self.assertRegex(report["environment"]["cgroup_cpu_quota"], r"^50000 100000$")

    def rows_of_schema(self):
        """Of `assay schema show`: "# users: 0 of 400 rows"."""
        shown = self.tool(PROGRAM, "schema", "show", SCHEMA, "--rows", "1", "--row-count", "400")
        return sum(int(n) for n in re.findall(r"^# \w+: \d+ of (\d+) rows", shown, re.M))

    def test_postgresql_is_filled_in_containers_and_all_is_removed(self):
        done, reports = self.run_here("postgresql", "postgres", "--tmpfs", "--tmpfs-size", "32Mi", "--database-tmpfs-size", "320Mi")
        self.check_reports(reports, self.rows_of_schema())
        for report in reports:
            self.assertEqual((report["environment"]["tmpfs_enabled"], report["environment"]["tmpfs_size_mb"]), (True, 32))
        self.assertRegex(done.stdout, r"worker-1.*\n.*worker-2")
        self.assertIn("TOTAL", done.stdout)

    def test_mariadb_is_filled_in_containers_and_all_is_removed(self):
        done, reports = self.run_here("mariadb", "mariadb")
        self.check_reports(reports, self.rows_of_schema())
        self.assertIn("TOTAL", done.stdout)

    def test_started_by_hand_the_limits_and_tmpfs_are_those_that_were_asked_for(self):
        self.load_assay()
        before = self.what_is_there()
        self.generate("postgresql", "--database-image", self.load_database("postgres"), "--tmpfs", "--tmpfs-size", "32Mi", "--database-tmpfs-size", "320Mi")
        references.check_compose(self, self.out)
        compose = ("docker-compose", "--file", "docker-compose.loadtest.yml", "--project-name", f"byhand{os.getpid()}")
        self.addCleanup(self.tool, *compose, "down", "--volumes", "--timeout", "5", cwd=self.out, code=None)
        self.tool(*compose, "up", "--detach", cwd=self.out)
        self.assertIn("healthy", self.docker("inspect", "--format", "{{.State.Health.Status}}", self.container("database")))
        database = self.container("database")
        # From inside, by what the kernel says.
        inside = self.docker("exec", database, "bash", "-c",
                             "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || "
                             "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max; grep ' /var/lib/postgresql/data ' /proc/mounts")
        self.assertIn(str(768 << 20), inside)
        self.assertRegex(inside, r"(?m)^100000( 100000)?$")
        self.assertRegex(inside, rf"tmpfs /var/lib/postgresql/data tmpfs .*size={320 << 10}k")
        workers = self.docker("ps", "--all", "--quiet", "--filter", "label=assay.component=worker").split()
        self.assertEqual(len(workers), 2)
        self.assertEqual(self.docker("wait", *workers).split(), ["0", "0"])
        for worker in workers:
            self.assertIn("/data: tmpfs (tmpfs: true)", self.tool("sh", "-c", f"docker logs {worker} 2>&1"))
        said = self.tool(PROGRAM, "aggregate", "--results-dir", self.out / "results", "--expect-workers", "worker-1,worker-2", "--output-format", "json")
        self.assertEqual(json.loads(said)["total_rows_populated"], self.rows_of_schema())
        self.tool(*compose, "down", "--volumes", "--timeout", "5", cwd=self.out)
        self.assertEqual(self.what_is_there(), before)

    def container(self, component):
        [found] = self.docker("ps", "--quiet", "--filter", f"label=assay.component={component}").split()
        return found

    def test_a_worker_that_fails_is_shown_and_all_is_removed(self):
        self.load_assay()
        before = self.what_is_there()
        done = self.generate("postgresql", "--connection-string", "postgresql://nobody@none.invalid:1/d", "--run", code=4)
        self.assertIn("none.invalid", done.stderr)
        self.assertIn("exit code", done.stderr)
        self.assertEqual(self.what_is_there(), before)

    def test_interrupted_all_is_removed(self):
        self.load_assay()
        self.load_database("postgres")
        before = self.what_is_there()
        process = subprocess.Popen(self.words("postgresql", "1M", "--database-image", database_images.name_of("postgres"), "--run"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.discard, process)
        end = time.monotonic() + MINUTES
        while not self.docker("ps", "--quiet", "--filter", "label=assay.component=worker") and time.monotonic() < end:
            time.sleep(0.2)
        self.interrupt(process)
        said = "".join(process.communicate(timeout=MINUTES))
        self.assertEqual(process.returncode, 130, said)
        self.assertEqual(self.what_is_there(), before)


if __name__ == "__main__":
    unittest.main()
