"""An agent as those who use it see it: the real program, asked over HTTP. Every answer is held against what the agent itself
says of its API (GET /openapi.json), so a test that asks anything tests the description too."""

import functools
import http.client
import json
import pathlib
import re
import signal
import ssl
import sys
import time
import urllib.parse

from jsonschema import Draft202012Validator, RefResolver

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import SECONDS, ProgramTest, environment, unittest  # noqa: E402, F401

JSON = "application/json"
NULL = "null:?memory=true&latency=1ms"
KV = {"rows": "100", "clients": "2", "prepare": "true"}
ANYWHERE = (408, 431, 503)  # too slow, too long a header, too many connections
ENDED = ("done", "failed", "stopped")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = headers.get("Content-Type", "").split(";")[0]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class Description:
    """The OpenAPI document of an agent."""

    def __init__(self, document):
        self.document = document
        self.resolver = RefResolver.from_schema(document)

    def operation(self, method, path):
        """Path and description of what a request came to, or (None, None)."""
        parts = path.split("/")
        fitting = []
        for pattern, item in self.document["paths"].items():
            wanted = pattern.split("/")
            if len(wanted) == len(parts) and all(w == p or w.startswith("{") for w, p in zip(wanted, parts)):
                fitting.append((pattern.count("{"), pattern, item))
        if not fitting:
            return None, None
        _, pattern, item = min(fitting, key=lambda f: f[:2])
        return pattern, item.get(method.lower())

    def faults(self, schema, value):
        validator = Draft202012Validator(schema, resolver=self.resolver)
        return [f"{e.json_path}: {e.message[:300]}" for e in validator.iter_errors(value)]

    def faults_of_event(self, kind, value):
        kinds = self.document["paths"]["/api/v1/tasks/{id}/events"]["get"]["x-events"]
        return self.faults(kinds[kind], value) if kind in kinds else ["is not described"]

    def judge(self, method, path, body, answer):
        """What of this request and its answer is not as described."""
        path = re.sub("(?<=.)/+$", "", re.sub("/+", "/", path))
        pattern, operation = self.operation("GET" if method == "HEAD" else method, path)
        if operation is None:
            expected = (404, 405) if pattern is None or answer.status == 405 else ()
            if answer.status not in (*expected, 401, 403):
                return [f"{method} {path} is not described and answered {answer.status}"]
            return self.faults({"$ref": "#/components/schemas/Error"}, answer.json) if answer.body else []
        where = f"{method} {pattern} {answer.status}: "
        if answer.status in ANYWHERE:
            return self.faults({"$ref": "#/components/schemas/Error"}, answer.json)
        described = operation["responses"].get(str(answer.status))
        if described is None:
            return [where + "no such status is described"]
        if "$ref" in described:
            described = self.resolver.resolve(described["$ref"])[1]
        found = []
        if answer.status < 300 and isinstance(body, (dict, list)):
            schema = operation["requestBody"]["content"][JSON]["schema"]
            found += [f"{where}body: {fault}" for fault in self.faults(schema, body)]
        if method == "HEAD":
            return found
        content = described.get("content", {})
        if answer.type not in content:
            return found + [f"{where}{answer.type} is none of {list(content)}"]
        if answer.type == JSON:
            found += [where + fault for fault in self.faults(content[JSON]["schema"], answer.json)]
        return found


class Agent:
    """A running agent. Requests are on a connection each, as many threads as one likes."""

    def __init__(self, process, url, token=None, authority=None):
        self.process, self.token = process, token
        parts = urllib.parse.urlsplit(url)
        self.address, self.url = parts.netloc, url
        self.context = None if parts.scheme == "http" else ssl.create_default_context(cafile=authority)
        self.description = None

    def connect(self, timeout=SECONDS):
        if self.context:
            return http.client.HTTPSConnection(self.address, timeout=timeout, context=self.context)
        return http.client.HTTPConnection(self.address, timeout=timeout)

    def ask(self, method, path, body=None, headers=(), judge=True):
        """`body`: an object is sent as JSON, text and bytes as they are."""
        sent = dict(headers)
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body
        if isinstance(body, (dict, list)):
            data = json.dumps(body)
            sent.setdefault("Content-Type", JSON)
        connection = self.connect()
        try:
            connection.request(method, path, data, {k: v for k, v in sent.items() if v is not None})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if judge:
            if faults := self.described().judge(method, path.split("?")[0], body, answer):
                raise AssertionError("\n".join(faults))
        return answer

    def described(self):
        if self.description is None:
            self.description = Description(self.ask("GET", "/openapi.json", judge=False).json)
        return self.description

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)

    def events(self, task, last=None, timeout=SECONDS):
        """Server-sent events as (id, kind, data), read by the rules of the HTML standard §9.2.6."""
        headers = {"Last-Event-ID": str(last)} if last is not None else {}
        connection = self.connect(timeout)
        try:
            connection.request("GET", f"/api/v1/tasks/{task}/events", headers=headers)
            response = connection.getresponse()
            assert response.status == 200 and response.getheader("Content-Type").startswith("text/event-stream"), response.status
            number, kind, data = "", "message", []
            for raw in response:
                line = raw.decode().rstrip("\r\n")
                if not line:
                    if data:
                        value = json.loads("\n".join(data))
                        if faults := self.described().faults_of_event(kind, value):
                            raise AssertionError(f"event {kind}: " + "\n".join(faults))
                        yield number, kind, value
                    kind, data = "message", []
                    continue
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if field == "id":
                    number = value
                elif field == "event":
                    kind = value
                elif field == "data":
                    data.append(value)
        finally:
            connection.close()


class AgentTest(ProgramTest):
    """A test with agents of its own, their data in its folder."""

    def agent(self, *options, data="data", env=(), token=None, authority=None, listen="127.0.0.1:0"):
        process = self.start("agent", "--listen", listen, "--data", self.folder / data, *options, env=env)
        said = self.wait_for_text(process, r"listening on http\S+\n|listening on http\S+, target")
        self.said = said
        return Agent(process, re.search(r"listening on (http\S+?),?\s", said)[1], token, authority)

    def task(self, agent, verb="run", workload="kv", target=NULL, options=(), headers=(), **more):
        """Starts a task and answers it."""
        body = {"verb": verb, "workload": workload, "target": target, "options": dict(options), **more}
        answer = agent.post("/api/v1/tasks", body, headers=headers)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def run_kv(self, agent, duration="1h", target=NULL, **more):
        options = {**KV, "duration": duration, **more.pop("options", {})}
        return self.task(agent, options=options, target=target, **more)

    def ended(self, agent, task, state="done"):
        """The task when it has ended, which must be in this state."""
        found = agent.get(f"/api/v1/tasks/{task['id'] if isinstance(task, dict) else task}?wait={SECONDS}s").json
        self.assertEqual(found["state"], state, found)
        return found

    def measuring(self, agent, task):
        def look():
            found = agent.get(f"/api/v1/tasks/{task['id']}").json
            self.assertNotIn(found["state"], ENDED, found)
            return found if found["phase"] == "measure" and found.get("live") else None
        return self.wait_for(look, "the run to measure")

    def stop(self, agent, task, state="stopped"):
        self.assertEqual(agent.post(f"/api/v1/tasks/{task['id']}/stop").status, 200)
        return self.ended(agent, task, state)

    def result(self, agent, task):
        answer = agent.get(f"/api/v1/tasks/{task['id']}/result")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def idle(self, agent):
        """The status as soon as nothing is under way."""
        def look():
            status = agent.get("/status").json
            return status if status["code"] == "Idle" else None
        return self.wait_for(look, "the agent to be idle")

    def terminate(self, agent, code=0):
        agent.process.send_signal(signal.SIGTERM)
        out, err = agent.process.communicate(timeout=SECONDS)
        self.assertEqual(agent.process.returncode, code, err)
        self.assertNotIn("this is a bug", err)
        return err

    def refused(self, answer, status=2, *texts, code=2):
        """An error with its text, where `texts` ask for an answer's; else a program that refuses its arguments."""
        if not isinstance(answer, Answer):
            return super().refused(answer, *((status, *texts) if status != 2 else ()), code=code)
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(set(answer.json), {"error"})
        for text in texts:
            self.assertIn(text, answer.error)
        return answer.error


def unix_ns(seconds=0.0):
    return str(time.time_ns() + int(seconds * 1e9))


def measured(document, kind="completed"):
    """Of every operation of a result by (group, name): what was counted in all phases together."""
    def count(stats):
        return sum(stats["failures"].values()) if kind == "errors" else stats[kind]
    return {(group["name"], operation["name"]): sum(count(stats) for stats in operation["phases"].values())
            for group in document["groups"] for operation in group["operations"]}


main = functools.partial(unittest.main, module="__main__")
