"""assay generate: what it writes refers to nothing that is not there, says the same on both platforms, and is what was asked for; every
mistake is told."""

import itertools
import json
import pathlib
import re
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import ROOT, ProgramTest, unittest  # noqa: E402

import references  # noqa: E402

SERVERS = ("mysql", "mariadb", "postgresql", "mongodb", "neo4j", "kafka")
FILES = ("csv", "jsonl")
SOURCES = (*SERVERS, *FILES)
SCHEMA = ROOT / "schemas" / "shop.yaml"
PASSWORD = "correct-horse-battery"
# Of issue and documentation alike: workers, cpus, memory, tmpfs, rows, batch.
PRESETS = {"small": (2, "0.5", "512Mi", "256Mi", "10000", "500"), "medium": (4, "1.0", "1Gi", "1Gi", "100000", "1000"),
           "large": (8, "2.0", "4Gi", "4Gi", "1000000", "5000")}
FREE = "tables:\n" + "".join(f"- {{name: {name}, columns: [{{name: id, type: big_int, primary_key: true}}]}}\n" for name in ("users", "orders", "products"))


class GenerateTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def generate(self, source, *options, code=0, schema=SCHEMA, platform="both", env=()):
        return self.assay("generate", "--source", source, "--schema", schema, "--platform", platform, "--output-dir", self.out, *options,
                          code=code, env={"ASSAY_DATABASE_PASSWORD": PASSWORD, **dict(env)})

    def compose(self):
        return references.check_compose(self, self.out)

    def workers(self):
        return {name: service for name, service in self.compose()["services"].items() if name.startswith("worker-")}

    def test_every_reference_resolves_whatever_is_asked_for(self):
        for source, options in itertools.product(SOURCES, ((), ("--tmpfs",), ("--preset", "small", "--workers", "5"), ("--preset", "large", "--tmpfs"))):
            if source in FILES and "--tmpfs" in options:
                options = (*options, "--workers", "1")
            with self.subTest(source=source, options=options):
                self.generate(source, *options)
                self.compose()
                references.check_kubernetes(self, self.out)

    def test_workers_with_a_folder_of_their_own_each_do_not_share_tables(self):
        for source in FILES:
            said = self.generate(source, "--tmpfs", "--workers", "2", code=2).stderr
            self.assertIn("--tmpfs gives each worker a folder of its own", said)
            self.generate(source, "--tmpfs", "--workers", "1")

    def test_a_database_that_is_there_is_not_deployed(self):
        self.generate("postgresql", "--connection-string", "postgresql://bench:s3cret-word@db.example:6432/bench")
        self.assertEqual(set(self.compose()["services"]), {f"worker-{i}" for i in range(1, 5)})
        cluster = references.check_kubernetes(self, self.out)
        self.assertEqual(cluster.of("StatefulSet"), {})
        self.assertIn("db.example:6432", (self.out / "worker.env").read_text())
        self.assertFalse((self.out / "database.env").exists())

    def test_both_platforms_have_the_same_workers(self):
        for source in SOURCES:
            self.generate(source, "--tmpfs", "--preset", "small", *(("--workers", "1") if source in FILES else ()))
            jobs = references.check_kubernetes(self, self.out).of("Job")
            workers = self.workers()
            self.assertEqual({f"loadtest-{name}" for name in workers}, set(jobs))
            for name, service in workers.items():
                container = jobs[f"loadtest-{name}"]["spec"]["template"]["spec"]["containers"][0]
                self.assertEqual(container["args"], service["command"])
                self.assertEqual(container["image"], service["image"])

    def test_the_database_has_the_same_settings_on_both_platforms(self):
        for source in SERVERS:
            self.generate(source)
            service = self.compose()["services"][source]
            container = references.check_kubernetes(self, self.out).of("StatefulSet")[source]["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual(container.get("args"), service.get("command"))
            self.assertEqual({e["name"]: e["value"] for e in container.get("env", [])}, service.get("environment", {}))
            self.assertEqual(["CMD", *container["readinessProbe"]["exec"]["command"]], [word.replace("$$", "$") for word in service["healthcheck"]["test"]])

    def test_presets_are_the_documented_ones(self):
        documented = (ROOT / "docs/deploy.md").read_text()
        for preset, (workers, cpus, memory, tmpfs, rows, batch) in PRESETS.items():
            self.generate("mysql", "--preset", preset, "--tmpfs")
            self.assertRegex(documented, rf"\| `{preset}` \| {workers} \| {cpus} \| {memory} \| {tmpfs} \| {int(rows):,} \| {int(batch):,} \|")
            jobs = references.check_kubernetes(self, self.out).of("Job")
            self.assertEqual(len(jobs), workers)
            container = jobs["loadtest-worker-1"]["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual(container["resources"]["limits"], {"cpu": cpus, "memory": memory})
            words = container["args"]
            self.assertEqual([references.option(words, name) for name in ("--row-count", "--batch-size", "--expect-cpus", "--expect-memory", "--expect-tmpfs")],
                             [rows, batch, cpus, memory, f"/data:{tmpfs}"])

    def test_options_win_over_the_preset(self):
        self.generate("mariadb", "--preset", "small", "--workers", "3", "--cpu-limit", "0.25", "--memory-limit", "300m", "--tmpfs", "--tmpfs-size", "64Mi",
                      "--row-count", "77k", "--batch-size", "33", "--seed", "18446744073709551615", "--database-memory-limit", "2g",
                      "--database-cpu-limit", "1.5", "--database-tmpfs-size", "1g", "--database-image", "mariadb:10.11.9", "--image", "registry:5000/assay:x")
        workers = self.workers()
        self.assertEqual(len(workers), 3)
        worker = workers["worker-2"]
        self.assertEqual(worker["deploy"]["resources"]["limits"], {"cpus": "0.25", "memory": "300m"})
        self.assertEqual(worker["tmpfs"], ["/data:size=64m,mode=1777"])
        self.assertEqual(worker["image"], "registry:5000/assay:x")
        words = worker["command"]
        for name, value in (("--row-count", "77000"), ("--batch-size", "33"), ("--seed", "18446744073709551615"), ("--shard", "1/3")):
            self.assertEqual(references.option(words, name), value)
        database = self.compose()["services"]["mariadb"]
        self.assertEqual(database["deploy"]["resources"]["limits"], {"cpus": "1.5", "memory": "2g"})
        self.assertEqual(database["tmpfs"], ["/var/lib/mysql:size=1g,mode=1777"])
        self.assertEqual(database["image"], "mariadb:10.11.9")
        self.assertIn("--innodb-buffer-pool-size=512M", database["command"])

    def test_partitioned_by_table_the_documented_assignment_is_made(self):
        (self.folder / "free.yaml").write_text(FREE)
        self.generate("postgresql", "--partition-by", "table", "--workers", "3", "--seed", "42", schema="free.yaml")
        told = [(references.option(w["command"], "--tables"), references.option(w["command"], "--seed"), "--shard" in w["command"])
                for w in self.workers().values()]
        self.assertEqual(told, [("users", "42", False), ("orders", "43", False), ("products", "44", False)])

    def test_the_seed_is_the_schemas_when_none_is_given(self):
        (self.folder / "free.yaml").write_text("seed: 977\n" + FREE)
        self.generate("postgresql", schema="free.yaml")
        self.assertEqual({references.option(w["command"], "--seed") for w in self.workers().values()}, {"977"})

    def test_what_is_printed_is_one_line_of_json_without_secrets_and_the_same_as_the_file(self):
        said = self.generate("neo4j", "--preset", "small")
        self.assertEqual(said.stdout.count("\n"), 1)
        config = json.loads(said.stdout)
        self.assertEqual(config, json.loads((self.out / "loadtest.json").read_text()))
        self.assertNotIn(PASSWORD, said.stdout + said.stderr)
        self.assertEqual([c["id"] for c in config["containers"]], ["worker-1", "worker-2"])
        self.assertEqual(config["source_type"], "neo4j")
        for file in ("docker-compose.loadtest.yml", "kubernetes/20-database.yaml", "kubernetes/30-workers.yaml"):
            self.assertNotIn(PASSWORD, (self.out / file).read_text(), file)
        self.assertIn(PASSWORD, (self.out / "worker.env").read_text())

    def test_a_password_is_made_when_none_is_given_and_never_twice_the_same(self):
        made = set()
        for _ in range(3):
            self.generate("postgresql", env={"ASSAY_DATABASE_PASSWORD": None})
            made.add(references.environment_of(self.out / "database.env")["POSTGRES_PASSWORD"])
        self.assertEqual(len(made), 3)
        self.assertTrue(all(re.fullmatch(r"[A-Za-z0-9]{24}", word) for word in made), made)

    def test_the_same_request_makes_the_same_files(self):
        self.generate("mongodb")
        first = {path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}
        self.generate("mongodb")
        self.assertEqual({path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}, first)

    def test_what_an_earlier_generation_left_is_not_applied_with_the_next(self):
        self.generate("csv")
        (self.out / "kubernetes/my-own.yaml").write_text("mine")
        (self.out / "results/notes.txt").write_text("mine")
        self.generate("csv", "--connection-string", "x", code=2)
        self.generate("mysql", platform="docker-compose")
        self.assertEqual([p.name for p in (self.out / "kubernetes").iterdir()], ["my-own.yaml"])
        self.assertFalse((self.out / "loadtest.yaml").exists())
        self.assertTrue((self.out / "results/notes.txt").exists())

    def test_a_file_with_secrets_becomes_the_owners_only(self):
        self.generate("mysql")
        (self.out / "worker.env").chmod(0o644)
        self.generate("mysql")
        self.assertEqual(stat.S_IMODE((self.out / "worker.env").stat().st_mode), 0o600)

    def test_somebody_elses_file_is_not_overwritten(self):
        self.out.mkdir()
        (self.out / "docker-compose.loadtest.yml").write_text("mine")
        said = self.generate("mysql", code=2).stderr
        self.assertRegex(said, r"docker-compose\.loadtest\.yml is there and assay did not write it; expected another --output-dir")
        self.assertEqual([p.name for p in self.out.iterdir()], ["docker-compose.loadtest.yml"])
        self.assertEqual((self.out / "docker-compose.loadtest.yml").read_text(), "mine")

    def test_messages_of_kafka_come_with_what_decodes_them(self):
        self.generate("kafka")
        brokers = "KAFKA_BROKERS=kafka://kafka:9092?format=protobuf\n"
        self.assertEqual((self.out / "worker.env").read_text(), brokers)
        names = sorted(p.name for p in (self.out / "config/proto").iterdir())
        self.assertEqual(names, sorted(f"{t}.proto" for t in json.loads((self.out / "loadtest.json").read_text())["containers"][0]["tables"]))
        types = references.check_kubernetes(self, self.out).of("ConfigMap")["loadtest-proto"]["data"]
        for name in names:
            self.assertEqual((self.out / "config/proto" / name).read_text(), types[name])
            self.assertIn('syntax = "proto3";', types[name])
        self.generate("kafka", "--message-format", "json")
        self.assertEqual((self.out / "worker.env").read_text(), "KAFKA_BROKERS=kafka:9092\n")
        self.assertFalse((self.out / "config/proto").exists())
        self.generate("kafka", "--connection-string", "kafka://k:9092?format=json&acks=all")
        self.assertFalse((self.out / "config/proto").exists())
        self.generate("kafka", "--connection-string", "kafka://k:9092?acks=all")
        self.assertEqual((self.out / "worker.env").read_text(), "KAFKA_BROKERS=kafka://k:9092?acks=all&format=protobuf\n")
        self.assertIn("expected one of them", self.generate("kafka", "--connection-string", "kafka://k:9092?format=json",
                                                            "--message-format", "protobuf", code=2).stderr)
        self.assertIn("--message-format is of kafka", self.generate("mysql", "--message-format", "json", code=2).stderr)

    def test_a_schema_that_kubectl_or_kubernetes_does_not_take_is_told(self):
        def of_size(size):
            path = self.folder / f"{size}.yaml"
            path.write_text(FREE + "#" * (size - len(FREE) - 1) + "\n")
            return path

        self.assertNotIn("server-side", self.generate("postgresql", schema=of_size(190_000)).stderr)
        self.assertIn("note: the ConfigMap loadtest-config has 300011 bytes",
                      self.generate("postgresql", schema=of_size(300_000)).stderr)
        said = self.generate("postgresql", schema=of_size(1_100_000), code=2).stderr
        self.assertIn("--schema has 1100000 bytes; expected at most 1000000", said)

    def test_a_dollar_sign_stays_one(self):
        self.generate("postgresql", "--connection-string", "postgresql://u@h/d", "--image", "a:b")
        (self.folder / "$x.yaml").write_text(FREE.replace("users", "us$ers"))
        self.generate("postgresql", schema="$x.yaml")
        for worker in self.workers().values():
            self.assertEqual(references.option(worker["command"], "--tables"), "us$$ers,orders,products")
        jobs = references.check_kubernetes(self, self.out).of("Job")
        self.assertEqual(references.option(jobs["loadtest-worker-1"]["spec"]["template"]["spec"]["containers"][0]["args"], "--tables"), "us$$ers,orders,products")

    def test_a_volume_that_one_node_mounts_keeps_its_pods_together_and_a_shared_one_does_not(self):
        self.generate("jsonl")
        cluster = references.check_kubernetes(self, self.out)
        for template in [j["spec"]["template"] for j in cluster.of("Job").values()] + list(cluster.of("Pod").values()):
            [term] = template["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            cluster.match(term["labelSelector"]["matchLabels"], template["metadata"]["labels"])
        self.assertEqual({c["spec"]["accessModes"][0] for c in cluster.of("PersistentVolumeClaim").values()}, {"ReadWriteOnce"})
        self.generate("jsonl", "--shared-volumes", "--storage-class", "nfs")
        cluster = references.check_kubernetes(self, self.out)
        self.assertEqual({(c["spec"]["accessModes"][0], c["spec"]["storageClassName"]) for c in cluster.of("PersistentVolumeClaim").values()},
                         {("ReadWriteMany", "nfs")})
        self.assertTrue(all("affinity" not in j["spec"]["template"]["spec"] for j in cluster.of("Job").values()))

    def test_all_mistakes_are_told_at_once_and_nothing_is_written(self):
        said = self.generate("mysql", "--cpu-limit", "0", "--workers", "0", "--preset", "huge", "--tmpfs-sise", "1g", "word", code=2).stderr
        for text in ("--cpu-limit", "--workers", "huge", "did you mean 'tmpfs-size'", "unexpected word 'word'"):
            self.assertIn(text, said)
        (self.folder / "bad.yaml").write_text("tables:\n- {name: a, colums: []}\n")
        said = self.generate("mysql", "--memory-limit", "1 parsec", "--tmpfs-size", "1g", "--database-tmpfs-size", "1g", schema="bad.yaml", code=2).stderr
        for text in ("--memory-limit: '1 parsec' is not a size", "--tmpfs-size has no effect without --tmpfs",
                     "--database-tmpfs-size has no effect without --tmpfs or --database-tmpfs", "bad.yaml:2:13: unknown name 'colums'"):
            self.assertIn(text, said)
        self.assertFalse(self.out.exists())

    def test_each_mistake_says_what_is_expected(self):
        cases = (
            (("mysql", "--tmpfs", "--tmpfs-size", "2Gi", "--memory-limit", "1Gi"), "--tmpfs-size is 2Gi with a --memory-limit of 1Gi"),
            (("mysql", "--memory-limit", "1Mi"), "expected 32Mi or more"),
            (("mysql", "--database-memory-limit", "256Mi"), "expected 512Mi or more"),
            (("postgresql", "--connection-string", "mysql://h/d"), "expected a URL of postgresql"),
            (("csv", "--connection-string", "x"), "--connection-string has no effect with csv"),
            (("csv", "--database-image", "x:1"), "--database-image has no effect: csv needs no database"),
            (("mysql", "--connection-string", "mysql://h/d", "--database-tmpfs"), "--database-tmpfs has no effect: with --connection-string"),
            (("mysql", "--partition-by", "table"), "has a foreign key to"),
        )
        for arguments, text in cases:
            self.assertIn(text, self.generate(*arguments, code=2).stderr)
        self.assertIn("--storage-class has no effect", self.generate("mysql", "--storage-class", "x", platform="docker-compose", code=2).stderr)
        self.assertIn("--run is of Docker Compose", self.generate("mysql", "--run", platform="kubernetes", code=2).stderr)
        self.assertIn("letters, digits", self.generate("mysql", env={"ASSAY_DATABASE_PASSWORD": "pass word$"}, code=2).stderr)
        unknown = self.assay("generate", "--source", "postgres", "--schema", SCHEMA, code=2).stderr
        self.assertIn("'postgres' is none of mysql, mariadb, postgresql", unknown)
        self.assertNotIn("missing", unknown)
        self.assertIn("--source is missing", self.assay("generate", "--schema", SCHEMA, code=2).stderr)
        self.assertIn("--schema is missing", self.assay("generate", "--source", "csv", code=2).stderr)
        self.assertIn("cannot be read", self.generate("mysql", schema="none.yaml", code=2).stderr)
        self.assertIn("expected a file, which is copied", self.generate("mysql", schema="-", code=2).stderr)

    def test_a_secret_of_a_connection_string_is_not_shown(self):
        said = self.generate("postgresql", "--connection-string", "mysql://u:hunter2hunter2@h/d", code=2)
        self.assertNotIn("hunter2", said.stderr + said.stdout)

    def test_a_folder_that_cannot_be_made_is_an_error_of_output(self):
        self.out.write_text("a file")
        self.assertIn("cannot be made", self.generate("mysql", code=7).stderr)

    def test_without_docker_run_says_what_is_missing(self):
        said = self.generate("postgresql", "--run", platform="docker-compose", env={"PATH": str(self.folder)}, code=2).stderr
        self.assertIn("the program docker is not installed", said)
        self.assertIn("apt install", said)

    def test_without_a_docker_engine_run_says_that_it_cannot_be_reached(self):
        (self.folder / "docker").write_text("#!/bin/sh\n[ \"$1\" = compose ] && exit 0\necho 'Cannot connect to the Docker daemon' >&2; exit 1\n")
        (self.folder / "docker").chmod(0o755)
        said = self.generate("postgresql", "--run", platform="docker-compose", env={"PATH": str(self.folder) + ":/usr/bin:/bin"}, code=3).stderr
        self.assertIn("Cannot connect to the Docker daemon", said)

    def test_run_does_not_count_the_reports_of_an_earlier_run(self):
        self.generate("postgresql", platform="docker-compose")
        (self.out / "results/worker-9.json").write_text("{}")
        said = self.generate("postgresql", "--run", platform="docker-compose", code=2).stderr
        self.assertIn("worker-9.json; expected none", said)


if __name__ == "__main__":
    unittest.main()
