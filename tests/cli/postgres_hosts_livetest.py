"""Several hosts in one URL of PostgreSQL."""

import re
import socket

from database_server import ServerTest, unittest


class SeveralHostsTest(ServerTest):
    """One that cannot be reached does not keep assay from the next, whatever keeps it from answering."""

    def address(self):
        return re.search(r"@([^/]+)/", self.url)[1]

    def with_hosts(self, *hosts):
        return re.sub(r"@[^/]+/", f"@{','.join(hosts)}/", self.url)

    def test_an_unknown_host_is_passed_over(self):
        self.prepare(workload="kv", url=self.with_hosts("no-such-host.invalid:1", self.address()))

    def test_a_host_that_refuses_or_says_nothing_is_passed_over_after_its_time_out(self):
        with socket.socket() as deaf, socket.socket() as closed:
            for listener in (deaf, closed):
                listener.bind(("127.0.0.1", 0))
            deaf.listen()
            hosts = [f"127.0.0.1:{s.getsockname()[1]}" for s in (closed, deaf)] + [self.address()]
            self.prepare("--connect-timeout", "500ms", workload="kv", url=self.with_hosts(*hosts))
            self.assertRegex(self.refused("check", "kv", "--target", self.with_hosts(*hosts[:2]), "--connect-timeout", "300ms", code=3),
                             "cannot connect")

    def test_what_a_host_answers_is_the_answer(self):
        url = re.sub("/[^/]*$", "/nowhere", self.with_hosts(self.address(), "127.0.0.1:1"))
        self.assertIn('database "nowhere" does not exist', self.refused("check", "kv", "--target", url, code=3))

    def test_the_attributes_of_a_session_are_asked_for(self):
        primary, either = self.url + "?target_session_attrs=primary", self.url + "?target_session_attrs=prefer-standby"
        self.prepare(workload="kv", url=primary)
        self.assay("check", "kv", "--target", either)
        self.assertIn("cannot connect", self.refused("check", "kv", "--target", self.url + "?target_session_attrs=standby", code=3))


if __name__ == "__main__":
    unittest.main()
