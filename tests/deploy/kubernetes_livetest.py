"""What assay generate writes for Kubernetes, taken by a real API server: every object of every source, strictly, as
`kubectl apply --dry-run=server` asks it."""

import json
import os
import pathlib
import ssl
import sys
import urllib.error
import urllib.request

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import ROOT, ProgramTest, unittest  # noqa: E402

SOURCES = ("mysql", "mariadb", "postgresql", "mongodb", "neo4j", "kafka", "csv", "jsonl")


class ApiServer:
    """The API of Kubernetes, as far as applying objects needs it."""

    def __init__(self, url, ca, token):
        self.url, self.token = url, token
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
        self.kinds = {}

    def ask(self, method, path, body=None):
        """The status and the answer."""
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", "Bearer " + self.token)
        request.add_header("Content-Type", "application/apply-patch+yaml" if method == "PATCH" else "application/json")
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def place(self, thing):
        """Where objects of its kind are made; None: the server has no such kind."""
        version, kind = thing.get("apiVersion"), thing.get("kind")
        base = f"/api/{version}" if version and "/" not in version else f"/apis/{version}"
        if base not in self.kinds:
            status, answer = self.ask("GET", base)
            self.kinds[base] = {r["kind"]: r for r in answer["resources"] if "/" not in r["name"]} if status == 200 else {}
        resource = self.kinds[base].get(kind)
        if resource is None:
            return None
        namespace = thing["metadata"].get("namespace", "default")
        return f"{base}/namespaces/{namespace}/{resource['name']}" if resource["namespaced"] else f"{base}/{resource['name']}"

    def dry_run(self, thing):
        """The message that it is refused with; None: it would be taken."""
        path = self.place(thing)
        if path is None:
            return f"there is no kind {thing.get('kind')} in {thing.get('apiVersion')}"
        # As kubectl apply --server-side does, so that what is there already (the namespace) is no obstacle.
        query = "?dryRun=All&fieldValidation=Strict&fieldManager=assay-tests"
        status, answer = self.ask("PATCH", f"{path}/{thing['metadata']['name']}{query}", thing)
        return None if status in (200, 201) else answer.get("message", str(answer))


@unittest.skipUnless("ASSAY_TEST_KUBERNETES_URL" in os.environ, os.environ.get(
    "ASSAY_TEST_KUBERNETES_MISSING", "no API server: eval \"$(tests/servers/kubernetes env DIR)\""))
class KubernetesTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.server = ApiServer(*(os.environ[f"ASSAY_TEST_KUBERNETES_{name}"] for name in ("URL", "CA", "TOKEN")))

    def refusals(self, objects):
        """Of all that is refused, what and why. Namespaces are made, as what is in them needs them."""
        wrong = []
        for thing in objects:
            refused = self.server.dry_run(thing)
            if refused is not None:
                wrong.append(f"{thing.get('kind')} {thing.get('metadata', {}).get('name')}: {refused}")
            if thing.get("kind") == "Namespace" and refused is None:
                status, answer = self.server.ask("POST", "/api/v1/namespaces", thing)
                self.assertIn(status, (201, 409), answer)
        return wrong

    def objects_of(self, folder):
        files = sorted((folder / "kubernetes").rglob("*.yaml"))
        self.assertTrue(files, "no manifests")
        objects = [thing for file in files for thing in yaml.safe_load_all(file.read_text()) if thing is not None]
        return sorted(objects, key=lambda thing: thing.get("kind") != "Namespace")

    def test_manifests_of_every_source_are_taken(self):
        for source in SOURCES:
            for more in ((), ("--tmpfs", "--tmpfs-size", "256Mi")):
                own_folders = bool(more) and source in ("csv", "jsonl")  # which workers cannot share
                with self.subTest(source=source, more=more):
                    out = self.folder / f"{source}{len(more)}"
                    self.assay("generate", "--platform", "kubernetes", "--source", source, "--preset", "small", "--schema",
                               ROOT / "schemas/shop.yaml", "--output-dir", out, *more,
                               *(("--workers", "1") if own_folders else ()))
                    objects = self.objects_of(out)
                    self.assertEqual(self.refusals(objects), [])
                    self.assertEqual(len(self.workers(objects)), 1 if own_folders else 2)

    @staticmethod
    def workers(objects):
        """The jobs that carry out `assay worker`."""
        return [thing for thing in objects if thing["kind"] == "Job" and "--worker-id" in json.dumps(thing)]

    def test_what_is_wrong_is_refused(self):
        """So that a manifest that is taken says something."""
        good = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "namespace": "default"}, "spec": {"template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "w", "image": "assay:1"}]}}}}
        self.assertIsNone(self.server.dry_run(good))
        unknown = json.loads(json.dumps(good))
        unknown["spec"]["template"]["spec"]["containers"][0]["resource"] = {}
        self.assertIn("not declared in schema", self.server.dry_run(unknown))
        wrong = json.loads(json.dumps(good))
        wrong["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"memory": "512Q"}}
        self.assertIn("quantities must match", self.server.dry_run(wrong))
        mount = json.loads(json.dumps(good))
        mount["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "nowhere", "mountPath": "/data"}]
        self.assertIn("Not found", self.server.dry_run(mount))
        self.assertIn("no kind", self.server.dry_run({"apiVersion": "batch/v0", "kind": "Job", "metadata": {}}))
        status, _ = self.server.ask("GET", "/apis/batch/v1/namespaces/default/jobs/a")
        self.assertEqual(status, 404, "a dry run left something")


if __name__ == "__main__":
    unittest.main()
