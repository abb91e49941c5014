"""What an agent tells a real Prometheus is what it says of itself and what the result has."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

from agents import AgentTest, measured, main, unittest
from program import ROOT

SCRIPT = ROOT / "tests/servers/prometheus"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class MetricsTest(AgentTest):

    def samples(self, agent):
        """{(name, labels…): value} of the exposition."""
        found = {}
        for line in agent.get("/metrics").body.decode().splitlines():
            if not line.startswith("#"):
                name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
                found[(name, *sorted(re.findall(r'(\w+)="([^"]*)"', labels or "")))] = float(value)
        return found

    @unittest.skipUnless(shutil.which("promtool"), "there is no promtool (tools/setup.sh test installs prometheus)")
    def test_promtool_has_nothing_to_say(self):
        agent = self.agent()
        self.ended(agent, self.run_kv(agent, "300ms"))
        done = subprocess.run(["promtool", "check", "metrics"], input=agent.get("/metrics").body, capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_counters_and_histograms_are_those_of_the_result(self):
        agent = self.agent()
        task = self.ended(agent, self.run_kv(agent, "1s"))
        result, found = self.result(agent, task), self.samples(agent)
        for kind, name in (("completed", "assay_operations_total"), ("retries", "assay_retries_total")):
            for (group, operation), count in measured(result, kind).items():
                labels = (("group", group), ("operation", operation), ("workload", "kv"))
                self.assertEqual(found[(name, *labels)], count)
                if kind == "completed":
                    self.assertEqual(found[("assay_response_seconds_count", *labels)], count)
                    buckets = [v for k, v in found.items() if k[0] == "assay_response_seconds_bucket" and set(labels) <= set(k[1:])]
                    self.assertEqual((buckets, buckets[-1]), (sorted(buckets), count))
        for (group, operation), count in measured(result, "errors").items():
            self.assertEqual(sum(v for k, v in found.items() if k[0] == "assay_errors_total" and ("operation", operation) in k), count)
        self.assertEqual(found[("assay_tasks_total", ("state", "done"), ("task", "kv/run"))], 1)
        self.assertEqual(found[("assay_busy",)], 0)
        self.ended(agent, self.task(agent, verb="cleanup", options={}))  # no run: the counters are still those of the last one
        after = self.samples(agent)
        self.assertEqual({k: v for k, v in after.items() if k[0] != "assay_tasks_total"},
                         {k: v for k, v in found.items() if k[0] != "assay_tasks_total"})
        self.assertFalse([k for k in found if k[0] == "assay_rate"], "no rate while nothing runs")

    @unittest.skipUnless(shutil.which("prometheus") and shutil.which("prometheus-pushgateway"),
                         "no prometheus or no prometheus-pushgateway (tools/setup.sh test installs them)")
    def test_a_real_prometheus_scrapes_them(self):
        agent = self.agent()
        folder = self.folder / "prometheus"
        subprocess.run([SCRIPT, "up", folder, agent.address], check=True, capture_output=True, timeout=100)
        self.addCleanup(subprocess.run, [SCRIPT, "down", folder], check=True, timeout=60)
        env = subprocess.run([SCRIPT, "env", folder], check=True, capture_output=True, text=True, timeout=30).stdout
        url = re.search("ASSAY_TEST_PROMETHEUS_URL='(.*)'", env)[1]

        def query(expression):
            with DIRECT.open(f"{url}/api/v1/query?" + urllib.parse.urlencode({"query": expression}), timeout=30) as answer:
                return [(r["metric"], float(r["value"][1])) for r in json.load(answer)["data"]["result"]]

        task = self.run_kv(agent)
        self.wait_for(lambda: query("assay_busy == 1"), "Prometheus to see the run")
        self.wait_for(lambda: query("assay_rate > 0"), "Prometheus to see a rate")
        self.stop(agent, task)
        total = sum(measured(self.result(agent, task)).values())
        self.wait_for(lambda: query("sum(assay_operations_total)") == [({}, total)], f"Prometheus to see {total} operations")
        self.assertTrue(query("histogram_quantile(0.5, sum by (le) (assay_response_seconds_bucket))")[0][1] > 0)
        self.assertEqual(query('up{job="agent"}')[0][1], 1)


if __name__ == "__main__":
    main()
