"""Who may use an agent, and how much of it: token, TLS, foreign pages, sizes and times."""

import os
import socket
import ssl
import subprocess

from agents import AgentTest, main

OPEN = ("/ping", "/healthz")


class ProtectionTest(AgentTest):

    def test_a_token_is_asked_for_everywhere_but_where_it_lives(self):
        (self.folder / "token").write_text("s3cret\n")
        agent = self.agent("--token-file", "token", token="s3cret")
        for path in OPEN:
            self.assertEqual(agent.get(path, headers={"Authorization": None}).status, 200)
        for method, path in (("GET", "/status"), ("GET", "/"), ("GET", "/openapi.json"), ("POST", "/work/stop"), ("POST", "/api/v1/tasks"), ("GET", "/x")):
            for sent in (None, "Bearer wrong", "Basic czNjcmV0", "Bearer s3cretX"):
                answer = agent.ask(method, path, headers={"Authorization": sent})
                self.refused(answer, 401)
                self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
        self.assertEqual(agent.get("/status").status, 200)
        task = self.ended(agent, self.run_kv(agent, "100ms"))
        kept = "".join(file.read_text() for file in (self.folder / "data").rglob("*") if file.is_file())
        self.assertNotIn("s3cret", kept)
        self.assertTrue(task["has_result"])

    def test_the_token_may_come_from_the_environment(self):
        agent = self.agent(env={"ASSAY_TOKEN": "t"}, token="t")
        self.refused(agent.get("/status", headers={"Authorization": None}), 401)
        self.assertEqual(agent.get("/status").status, 200)
        self.refused("agent", "--token-file", "none", "--listen", "127.0.0.1:0")

    def test_a_token_is_a_line_of_visible_characters(self):
        for text in ("s3cret", "s3cret\n", "s3cret\r\n", "s3cret\r\nsecond line\r\n"):
            (self.folder / "token").write_bytes(text.encode())
            agent = self.agent("--token-file", "token", token="s3cret")
            self.assertEqual(agent.get("/status").status, 200)
            self.terminate(agent)
        wrong = {" s3cret\n": "character 1 of 7", "s3cret \n": "character 7 of 7", "s3 cret": "a blank as its character 3 of 7", "s3\tcret": "blank",
                 "s3cr\u00e9t": "0xc3", "": "holds no token", "\n": "holds no token", "\r\ns3cret": "holds no token"}
        for text, why in wrong.items():
            (self.folder / "token").write_bytes(text.encode())
            for words in (("agent", "--listen", "127.0.0.1:0", "--token-file", "token"),
                          ("run", "kv", "--target", "null:", "--agents", "127.0.0.1:1", "--agent-token-file", "token"),
                          ("exec", "results", "--agents", "127.0.0.1:1", "--agent-token-file", "token")):
                said = self.refused(*words)
                self.assertIn(why, said)
                self.assertIn("'token'", said)
                self.assertNotIn("cret", said)
        self.assertIn("the token of ASSAY_TOKEN has a blank", self.assay("agent", "--listen", "127.0.0.1:0", env={"ASSAY_TOKEN": "a b"}, code=2).stderr)
        self.assertIn("cannot be read", self.refused("agent", "--listen", "127.0.0.1:0", "--token-file", "none"))

    def test_beyond_loopback_a_token_is_needed(self):
        for everywhere in ("0.0.0.0:0", ":0"):
            said = self.refused("agent", "--listen", everywhere, "--data", "data")
            self.assertIn("token", said)
        self.agent(listen="0.0.0.0:0", env={"ASSAY_TOKEN": "t"}).process.terminate()

    def test_pages_of_other_sites_are_refused(self):
        agent = self.agent()
        self.refused(agent.post("/work/stop", headers={"Origin": "https://evil.example"}), 403)
        self.refused(agent.get("/status", headers={"Host": "evil.example"}), 403)
        self.assertEqual(agent.get("/status", headers={"Origin": agent.url}).status, 200)

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                       cwd=self.folder, check=True, capture_output=True, timeout=60)

    def test_over_tls_all_is_the_same_and_plain_http_is_nothing(self):
        self.certificate()
        agent = self.agent("--tls-certificate", "cert.pem", "--tls-key", "key.pem", authority=self.folder / "cert.pem")
        self.assertTrue(agent.url.startswith("https://"))
        task = self.run_kv(agent, "300ms")
        self.assertEqual(list(agent.events(task["id"]))[-1][1], "end")
        self.ended(agent, task)
        host, port = agent.address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as plain:
            plain.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"200", plain.recv(1000))
        with self.assertRaises(ssl.SSLCertVerificationError):
            agent.context = ssl.create_default_context()
            agent.get("/ping")
        self.refused("agent", "--tls-certificate", "cert.pem", "--listen", "127.0.0.1:0")
        self.assertIn("none.pem", self.refused("agent", "--tls-certificate", "none.pem", "--tls-key", "key.pem", "--listen", "127.0.0.1:0", "--data", "d2"))

    def test_a_body_that_is_too_big_is_refused(self):
        agent = self.agent("--max-request", "1KiB")
        self.refused(agent.post("/work/kv/run", {"target": "null:" + "x" * 2000}), 413)
        self.refused(agent.post("/api/v1/tasks", iter([b"x" * 900, b"y" * 900]), headers={"Content-Type": "application/json"}), 413)
        self.assertEqual(agent.get("/status").json, {"code": "Idle"})

    def test_a_client_that_sends_too_slowly_is_let_go(self):
        agent = self.agent("--request-timeout", "200ms")
        host, port = agent.address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as slow:
            slow.sendall(b"POST /work/kv/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            self.assertIn(b" 408 ", slow.recv(1000))
        self.assertEqual(agent.get("/status").json, {"code": "Idle"})

    def test_a_password_in_a_target_is_told_to_nobody(self):
        agent = self.agent("--target", "postgres://bench:hunter2@127.0.0.1:1/bench")
        self.refused(agent.get("/healthz"), 500)
        self.assertNotIn("hunter2", self.said)
        agent.post("/work/tpcc/run", {"duration": "1s"})
        self.idle(agent)
        task = agent.get("/api/v1/tasks").json["tasks"][0]
        self.assertEqual((task["state"], task["exit_code"]), ("failed", 3))
        for text in (*(agent.get(p).body.decode() for p in ("/status", "/healthz", "/api/v1/tasks", "/metrics")),
                     "".join(map(str, agent.events(task["id"]))), (self.folder / "data" / "tasks" / f"{task['id']}.json").read_text()):
            self.assertNotIn("hunter2", text)
        said = agent.post("/api/v1/tasks", {"workload": "kv", "target": "postgres://u:hunter2@h:99999/d"})
        self.assertNotIn("hunter2", self.refused(said, 400))

    def test_secrets_are_read_from_a_mounted_folder(self):
        secret = self.folder / "secret"
        secret.mkdir()
        self.assertIn("neither", self.refused("agent", "--target-secret", "secret", "--listen", "127.0.0.1:0"))
        (secret / "uri").write_text(f"sqlite:{self.file}\n")
        agent = self.agent("--target-secret", "secret")
        self.ended(agent, self.task(agent, "prepare", target="", options={"rows": "10"}))
        self.assertTrue(self.file.exists())
        self.refused("agent", "--target-secret", "secret", "--target", "null:")

    def test_a_wrong_command_line_is_refused(self):
        for words, why in ((("--listen", "nowhere"), "nowhere"), (("--listen", "127.0.0.1:99999"), "99999"), (("word",), "word"), (("--max-request", "1"), "max-request")):
            self.assertIn(why, self.refused("agent", *words))
        (self.folder / "file").write_text("")
        self.assertIn("file", self.refused("agent", "--data", "file/x", "--listen", "127.0.0.1:0", code=7))
        agent = self.agent()
        self.assertIn(agent.address, self.assay("agent", "--listen", agent.address, "--data", "other", code=None).stderr)
        self.assertEqual(os.listdir(self.folder / "data" / "tasks"), [])


if __name__ == "__main__":
    main()
