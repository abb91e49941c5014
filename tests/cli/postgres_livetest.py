"""What only PostgreSQL has: several hosts in one URL, and how its messages get to the kernel."""

import ctypes
import errno
import platform
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


class WayToTheKernelTest(ServerTest):
    """Whether messages went by io_uring is in the result, since it is part of how it was measured."""

    @staticmethod
    def io_uring_is_there():
        io_uring_setup = 425  # without parameters: EFAULT where it is there, ENOSYS or EPERM where it is not
        library = ctypes.CDLL(None, use_errno=True)
        version = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
        return version >= (6, 1) and library.syscall(io_uring_setup, 1, None) == -1 and ctypes.get_errno() == errno.EFAULT

    def loops(self, result, **how):
        self.assay("run", "kv", "--target", self.url + "?sslmode=disable", "--mix", "get=50,put=50", "--sessions", "8", "--threads", "2",
                   "--count", "2000", "--result", result, **how)
        cost = self.report(result)["own_cost"]
        table = " ".join(self.assay("report", result).stdout.split())
        return cost["loops"], cost["io_uring_loops"], re.findall("io_uring in [0-9]+ of [0-9]+ loops", table)

    def test_the_result_says_which_it_was(self):
        if not self.io_uring_is_there():
            self.skipTest("this kernel, or its administrator, has no io_uring for us")
        self.prepare(workload="kv", url=self.url)
        self.assertEqual(self.loops("with.json", env={"ASSAY_IO_URING": None}), (2, 2, ["io_uring in 2 of 2 loops"]))
        self.assertEqual(self.loops("without.json", env={"ASSAY_IO_URING": "off"}), (2, 0, []))
        told = self.assay("compare", "with.json", "without.json").stdout
        self.assertRegex(told, "io_uring +used +not used")


if __name__ == "__main__":
    unittest.main()
