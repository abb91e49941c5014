"""GET /openapi.json describes the agent as it is: every route, and no other. That answers are as described is held against it
in every test of this folder."""

import copy
import json

from agents import AgentTest, Description, main
from jsonschema import Draft202012Validator
from program import ROOT

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class DescriptionTest(AgentTest):

    def test_every_route_is_described_and_every_description_is_a_route(self):
        agent = self.agent()
        document = agent.get("/openapi.json").json
        self.assertEqual(document, json.loads((ROOT / "docs/agent.openapi.json").read_text()))
        described = {(method.upper(), path) for path, item in document["paths"].items() for method in item if method in METHODS}
        told = {(r["method"], r["path"]) for r in agent.get("/").json["routes"]}
        for workload in ("kv", "populate", "tpcc"):  # are told one by one
            for method, path in (("GET", ""), ("POST", "/prepare"), ("POST", "/run"), ("POST", "/check"), ("POST", "/cleanup")):
                told.remove((method, f"/work/{workload}{path}"))
        self.assertEqual(described - {("GET", "/work/{workload}"), ("POST", "/work/{workload}/{verb}")}, told)

    def test_it_is_an_openapi_document(self):
        document = self.agent().get("/openapi.json").json
        self.assertRegex(document["openapi"], r"^3\.1\.\d+$")
        self.assertTrue({"title", "version"} <= set(document["info"]))
        names = []
        for path, item in document["paths"].items():
            for operation in item.values():
                names.append(operation["operationId"])
                self.assertTrue(operation["summary"] and operation["responses"])
                in_path = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
                self.assertEqual(in_path, {part[1:-1] for part in path.split("/") if part.startswith("{")}, path)
        self.assertEqual(len(names), len(set(names)), "operationIds are unique")
        for name, schema in document["components"]["schemas"].items():
            with self.subTest(name):
                Draft202012Validator.check_schema(schema)
        text = json.dumps(document)
        for kind in ("schemas", "responses"):
            for name in document["components"][kind]:
                self.assertIn(f'"#/components/{kind}/{name}"', text, "used")

    def test_an_answer_that_is_not_as_described_is_noticed(self):
        agent = self.agent()
        answer = agent.get("/status")
        description = Description(agent.get("/openapi.json").json)
        self.assertEqual(description.judge("GET", "/status", None, answer), [])
        for body in (b"{}", b'{"code": "Lazy"}', b'{"code": "Idle", "surprise": 1}', b"[]"):
            changed = copy.copy(answer)
            changed.body = body
            self.assertTrue(description.judge("GET", "/status", None, changed), body)
        changed = copy.copy(answer)
        changed.status = 418
        self.assertTrue(description.judge("GET", "/status", None, changed))
        self.assertTrue(description.judge("GET", "/undescribed", None, answer))
        self.assertTrue(description.judge("POST", "/api/v1/tasks", {"workload": "kv", "surprise": 1}, agent.get("/api/v1/time")))


if __name__ == "__main__":
    main()
