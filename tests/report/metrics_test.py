"""The metrics of a result in the eyes of those who collect them: promtool, a Pushgateway, Prometheus, and the official
definitions of OTLP. What is expected comes from the result itself, read by its documented format."""

import base64
import functools
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))
import pypi  # noqa: E402

SERVERS = ROOT / "tests/servers/prometheus"
ASSAY = os.environ["ASSAY"]
SAMPLE = os.environ["RESULTS_SAMPLE"]
FOLDER = tempfile.TemporaryDirectory(prefix="assay-metrics-")
RESULT = pathlib.Path(FOLDER.name) / "result.json"
LABELS = {"workload": "tpcc", "driver": "postgres"}
SECONDS = 60


def setUpModule():
    RESULT.write_bytes(subprocess.run([SAMPLE, "result,agents=3", "60", "5"], check=True, capture_output=True).stdout)


def tearDownModule():
    FOLDER.cleanup()


def assay(*arguments, code=0):
    done = subprocess.run([ASSAY, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout[:1000]}\n{done.stderr}")
    return done


@functools.cache
def report(*options):
    return assay("report", RESULT, *options).stdout


@functools.cache
def result():
    return json.loads(RESULT.read_text())


def buckets(text):
    """A histogram of the result as docs/result.md has it: (lowest, highest, count) in ns."""
    data = base64.b64decode(text)
    assert data[0] == 1
    numbers, value, shift = [], 0, 0
    for byte in data[1:]:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    found, at = [], 0
    for gap, count in zip(numbers[3::2], numbers[4::2]):
        at += gap
        octave, sub = divmod(at, 128)
        width = 1 if octave == 0 else 1 << (octave - 1)
        low = sub if octave == 0 else (128 + sub) * width
        found.append((low, low + width - 1, count))
        at += 1
    return found


def measured(group, operation):
    groups = {g["name"]: g for g in result()["groups"]}
    return {o["name"]: o for o in groups[group]["operations"]}[operation]["phases"]["measure"]


def samples():
    """[(name, labels, value)] of the exposition."""
    found = []
    for line in report("--format", "prometheus").splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
        parsed = {key: re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), text)
                  for key, text in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)}
        found.append((name, parsed, float(value)))
    return found


def value_of(name, **labels):
    values = [value for n, l, value in samples() if n == name and all(l.get(k) == v for k, v in labels.items())]
    if len(values) != 1:
        raise AssertionError(f"{name} {labels}: {values}")
    return values[0]


def dashboard_queries():
    return [(panel["title"], target["expr"]) for panel in json.loads(report("--format", "grafana"))["panels"]
            for target in panel["targets"]]


class ExpositionTest(unittest.TestCase):

    @unittest.skipUnless(shutil.which("promtool"), "there is no promtool (tools/setup.sh test installs prometheus)")
    def test_promtool_has_nothing_to_say(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=report("--format", "prometheus"), text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_every_sample_says_which_workload_and_driver(self):
        self.assertGreater(len(samples()), 100)
        for name, labels, _ in samples():
            self.assertLessEqual(LABELS.items(), labels.items(), name)

    def test_counts_and_percentiles_are_those_of_the_result(self):
        for group, operation in (("terminals", "new_order"), ("deferred", "delivery_queue")):
            of = {"group": group, "operation": operation}
            stats = measured(group, operation)
            found = buckets(stats["response"])
            count = sum(n for _, _, n in found)
            self.assertEqual(value_of("assay_operations", **of), count)
            self.assertEqual(value_of("assay_errors", **of), sum(stats["failures"].values()))
            self.assertAlmostEqual(value_of("assay_operations_per_second", **of), stats["completed"] / 48)
            left = math.ceil(0.99 * count)
            for low, high, n in found:
                left -= n
                if left <= 0:
                    break
            self.assertTrue(low <= value_of("assay_response_percentile_seconds", percentile="99", **of) * 1e9 <= high)
        self.assertEqual(value_of("assay_run_measured_seconds"), 48)
        self.assertEqual(value_of("assay_run_verdict", verdict="fail"), 1)
        self.assertEqual(value_of("assay_run_verdict", verdict="pass"), 0)
        self.assertEqual(value_of("assay_figure", figure="nopm", unit="1/min"), 13245.6)
        self.assertEqual(value_of("assay_in_doubt_commits"), 4)
        self.assertEqual(value_of("assay_event_seconds", kind="outage"), 3.9)
        self.assertEqual(value_of("assay_requirement_met", requirement="payment share"), 0)
        self.assertEqual(value_of("assay_check_passed", when="after"), 0)

    def test_an_agent_is_a_label(self):
        agents = result()["agents"]
        self.assertEqual([bool(a.get("lost")) for a in agents], [False, False, True])
        for agent in agents:
            of = {"agent": agent["name"], "shard": str(agent["shard"])}
            self.assertEqual(value_of("assay_agent_lost", **of), 1 if agent.get("lost") else 0)
            if agent.get("lost"):  # it told nothing: there is no figure of it, and no 0
                self.assertEqual([n for n, l, _ in samples() if l.get("agent") == agent["name"]], ["assay_agent_lost"])
                continue
            self.assertAlmostEqual(value_of("assay_agent_operations_per_second", **of), agent["completed"] / 48)
            self.assertEqual(value_of("assay_agent_errors", **of), agent["errors"])
            self.assertAlmostEqual(value_of("assay_agent_client_cpu_seconds", **of), agent["own_cost"]["cpu_seconds"])
            self.assertEqual(value_of("assay_agent_busiest_loop_ratio", **of), agent["own_cost"]["busiest_loop"])
            for name, field in (("lag_p99", "p99_lag_ns"), ("lag_max", "max_lag_ns"), ("clock_offset", "clock_offset_ns"),
                                ("clock_error", "clock_error_ns"), ("start_delay", "late_ns")):
                self.assertAlmostEqual(value_of(f"assay_agent_{name}_seconds", **of), agent[field] / 1e9, 12)
        self.assertEqual(value_of("assay_agent_bottleneck", shard="0"), 0)
        self.assertEqual(value_of("assay_agent_bottleneck", shard="1"), 1)

    def test_histograms_count_what_the_result_counts_below_each_bound(self):
        for name in ("response", "service", "wait", "lag"):
            stats = measured("terminals", "payment")
            found = buckets(stats[name])
            bounds = [(l["le"], v) for n, l, v in samples()
                      if n == f"assay_{name}_seconds_bucket" and l["operation"] == "payment"]
            self.assertEqual(bounds[-1][0], "+Inf")
            self.assertEqual([v for _, v in bounds], sorted(v for _, v in bounds))
            for bound, value in bounds:
                limit = float(bound) * 1e9
                surely = sum(n for _, high, n in found if high <= limit)
                perhaps = sum(n for low, _, n in found if low <= limit)
                self.assertTrue(surely <= value <= perhaps, f"{name} {bound}: {value} is not in {surely} to {perhaps}")
            of = {"group": "terminals", "operation": "payment"}
            self.assertEqual(value_of(f"assay_{name}_seconds_count", **of), sum(n for _, _, n in found))
            total = value_of(f"assay_{name}_seconds_sum", **of) * 1e9
            self.assertTrue(sum(low * n for low, _, n in found) <= total <= sum(high * n for _, high, n in found))

    def test_text_in_labels_is_escaped(self):
        document = json.loads(json.dumps(result()))
        document["figures"][0]["name"] = 'a "quoted" \\ name\nwith a break'
        path = pathlib.Path(FOLDER.name) / "escaped.json"
        path.write_text(json.dumps(document))
        text = assay("report", path, "--format", "prometheus").stdout
        self.assertIn('figure="a \\"quoted\\" \\\\ name\\nwith a break"', text)

    def test_every_metric_of_the_dashboard_is_exposed(self):
        exposed = {name for name, _, _ in samples()}
        used = {name for _, expression in dashboard_queries() for name in re.findall(r"\bassay_\w+", expression)}
        self.assertGreater(len(used), 15)
        self.assertEqual(used - exposed, set())

    def test_every_metric_is_documented(self):
        documented = (ROOT / "docs/formats.md").read_text()
        exposed = re.findall(r"(?m)^# TYPE (\w+) ", report("--format", "prometheus"))
        sent = [m["name"] for m in json.loads(report("--format", "otlp", "--series"))["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]]
        self.assertLess(set(exposed), set(sent))
        self.assertEqual([name for name in sent if f"`{name}`" not in documented], [])


def fetch(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return answer.read().decode()


@unittest.skipUnless(shutil.which("prometheus") and shutil.which("prometheus-pushgateway"),
                     "no prometheus or no prometheus-pushgateway (tools/setup.sh test installs them)")
class ServersTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="assay-prometheus-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.addClassCleanup(subprocess.run, [SERVERS, "down", cls.folder.name], check=True, timeout=SECONDS)
        subprocess.run([SERVERS, "up", cls.folder.name], check=True, timeout=SECONDS)
        env = subprocess.run([SERVERS, "env", cls.folder.name], check=True, capture_output=True, text=True).stdout
        urls = dict(re.findall(r"export (\w+)='(.*)'", env))
        cls.gateway, cls.prometheus = urls["ASSAY_TEST_PUSHGATEWAY_URL"], urls["ASSAY_TEST_PROMETHEUS_URL"]

    def push(self, *options, path=RESULT, code=0):
        return assay("report", path, "--format", "prometheus", "--push", *options, code=code)

    def query(self, expression):
        url = f"{self.prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        answer = json.loads(fetch(url))
        self.assertEqual(answer["status"], "success", answer)
        return answer["data"]["result"]

    def test_every_panel_of_the_dashboard_shows_something(self):
        self.push(self.gateway)
        queries = dashboard_queries()
        end = time.monotonic() + SECONDS
        for title, expression in queries:
            expression = expression.replace("$workload", "tpcc").replace("$driver", ".*")
            while not (answer := self.query(expression)):
                self.assertLess(time.monotonic(), end, f"{title}: nothing for {expression}")
                time.sleep(0.2)
            for series in answer:
                self.assertFalse(math.isnan(float(series["value"][1])), f"{title}: {expression}")
        [p99] = self.query('histogram_quantile(0.99, sum by (le) (assay_response_seconds_bucket{nested=""}))')
        exact = value_of("assay_response_percentile_seconds", percentile="99", group="all")
        # Bounds lie apart by a factor of 2 or 2.5: that is what can be said of a quantile that is estimated from them.
        self.assertTrue(exact / 2.5 <= float(p99["value"][1]) <= exact * 2.5)

    def test_a_later_run_takes_the_place_of_an_earlier_one_and_leaves_other_workloads_alone(self):
        self.push(self.gateway + "/")
        document = json.loads(json.dumps(result()))
        document["id"] = "later"
        document["figures"] = []
        later = pathlib.Path(FOLDER.name) / "later.json"
        later.write_text(json.dumps(document))
        document["workload"]["name"] = "other"
        other = pathlib.Path(FOLDER.name) / "other.json"
        other.write_text(json.dumps(document))
        self.push(self.gateway, path=other)
        self.push(self.gateway, path=later)
        text = fetch(self.gateway + "/metrics")
        mine = [line for line in text.splitlines() if 'workload="tpcc"' in line]
        self.assertEqual([line for line in mine if line.startswith("assay_figure{")], [])
        [info] = [line for line in mine if line.startswith("assay_run_info{")]
        self.assertIn('result="later"', info)
        self.assertIn('job="assay"', info)
        self.assertEqual(len([line for line in text.splitlines() if line.startswith("assay_run_info{")]), 2)

    def test_a_path_of_ones_own_is_taken(self):
        self.push(f"{self.gateway}/metrics/job/nightly/branch/main")
        self.assertIn('branch="main"', fetch(self.gateway + "/metrics"))

    def test_what_the_server_says_is_told(self):
        said = self.push(f"{self.gateway}/no/such/path", code=7).stderr
        self.assertRegex(said, r"answered 404")
        self.assertNotIn("secret", self.push(self.gateway.replace("//", "//me:secret@") + "/no", code=7).stderr)

    def test_a_server_that_is_not_there_is_named(self):
        self.assertIn("127.0.0.1", self.push("http://127.0.0.1:1", code=3).stderr)
        self.assertIn("is no URL of a server", self.push("ftp://127.0.0.1/x", code=2).stderr)


def official_definitions():
    """A strict parser of what is sent to a receiver. Skips where PyPI is out of reach."""
    pypi.use("opentelemetry-proto", "opentelemetry-proto==1.45.2", "protobuf==6.33.5")
    from google.protobuf import json_format
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    return lambda text: json_format.Parse(text, metrics_service_pb2.ExportMetricsServiceRequest())  # unknown fields are errors


class OtlpTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.parse = staticmethod(official_definitions())

    def metrics_of(self, request):
        [resource] = request.resource_metrics
        [scope] = resource.scope_metrics
        self.assertEqual(scope.scope.name, "assay")
        attributes = {a.key: a.value.string_value for a in resource.resource.attributes}
        self.assertEqual(attributes["service.name"], "assay")
        self.assertEqual(attributes["assay.workload"], "tpcc")
        return {m.name: m for m in scope.metrics}

    @staticmethod
    def labels(point):
        return {a.key: a.value.string_value for a in point.attributes}

    def test_it_is_what_the_definitions_say_and_the_same_as_the_exposition(self):
        metrics = self.metrics_of(self.parse(report("--format", "otlp")))
        seen = set()
        for name, labels, value in samples():
            base, _, part = re.fullmatch(r"(.*?)(_(bucket|sum|count))?", name).groups()
            metric = metrics[name if name in metrics else base]
            seen.add(metric.name)
            own = {k: v for k, v in labels.items() if k not in ("workload", "driver", "le")}
            points = metric.histogram.data_points if metric.HasField("histogram") else metric.gauge.data_points
            [point] = [p for p in points if self.labels(p) == own]
            if part is None or name in metrics:
                self.assertEqual(point.as_double, value)
            elif part == "sum":
                self.assertEqual(point.sum, value)
            elif part == "count":
                self.assertEqual(point.count, value)
            elif labels["le"] == "+Inf":
                self.assertEqual(sum(point.bucket_counts), value)
            else:
                at = list(point.explicit_bounds).index(float(labels["le"]))
                self.assertEqual(sum(point.bucket_counts[:at + 1]), value)
        self.assertEqual(seen, set(metrics))
        point = metrics["assay_response_seconds"].histogram.data_points[0]
        self.assertEqual(metrics["assay_response_seconds"].histogram.aggregation_temporality, 2)  # cumulative
        self.assertEqual(len(point.bucket_counts), len(point.explicit_bounds) + 1)
        self.assertLess(point.start_time_unix_nano, point.time_unix_nano)
        found = buckets(measured("terminals", "new_order")["response"])
        self.assertTrue(found[0][0] <= point.min * 1e9 <= found[0][1])
        self.assertTrue(found[-1][0] <= point.max * 1e9 + 1e-3 and point.max * 1e9 <= found[-1][1] + 1e-3)

    def test_the_time_line_comes_with_series(self):
        metrics = self.metrics_of(self.parse(report("--format", "otlp", "--series")))
        points = [p for p in metrics["assay_interval_operations_per_second"].gauge.data_points
                  if self.labels(p) == {"group": "terminals", "operation": "new_order"}]
        cells = {i["index"]: i["operations"][0].get("completed", 0) for i in result()["groups"][0]["series"]["intervals"]}
        start = points[0].time_unix_nano - 10**9
        self.assertEqual({(p.time_unix_nano - start) // 10**9 - 1: p.as_double for p in points},
                         {i: cells.get(i, 0) for i in range(60)})
        commits = [p for p in metrics["assay_target_series"].gauge.data_points if self.labels(p)["counter"] == "true"]
        self.assertEqual([p.as_double for p in commits], [v for _, v in result()["target_series"][0]["samples"]])
        self.assertNotIn("assay_target_series", self.metrics_of(self.parse(report("--format", "otlp"))))

    def test_it_is_sent_as_a_receiver_expects_it(self):
        parse, got = self.parse, []

        class Receiver(http.server.BaseHTTPRequestHandler):

            def do_POST(self):
                got.append((self.path, self.headers["Content-Type"],
                            parse(self.rfile.read(int(self.headers["Content-Length"])).decode())))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                done = assay("report", RESULT, "--format", "otlp", "--push", f"http://127.0.0.1:{server.server_port}")
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual(done.stdout, "")
        [(path, kind, request)] = got
        self.assertEqual((path, kind), ("/v1/metrics", "application/json"))
        self.assertEqual(request, parse(report("--format", "otlp")))


if __name__ == "__main__":
    unittest.main()
