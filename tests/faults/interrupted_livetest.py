"""Loads and runs that are killed or interrupted half way, lose their sessions, or begin at once, on the server of all live tests."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from database_server import FAST, SERVER, ServerTest, unittest


class ShardsAtOnceTest(ServerTest):

    def test_shards_of_kv_that_begin_in_the_same_moment_share_one_record(self):
        for _ in range(5):
            shards = [self.start("prepare", "kv", "--target", self.url, "--rows", "1001", "--shard", f"{i}/4", "--quiet") for i in range(4)]
            for shard in shards:
                self.finish(shard)
            self.assay("check", "kv", "--target", self.url, "--quiet")
            self.assay("cleanup", "kv", "--target", self.url, "--quiet")


class TimedOutStatementTest(ServerTest):

    def test_a_statement_that_timed_out_is_ended_at_the_server_also_when_assay_ends_right_after(self):
        self.prepare(workload="kv")
        with self.client() as locker:
            locker.stdin.write(SERVER.lock.format("assay_kv") + " select 'locked';\n")
            locker.stdin.flush()
            self.assertEqual(locker.stdout.readline().strip(), "locked")
            # All gets wait for the lock, time out, and are the last thing that assay does.
            process = self.start("run", "kv", "--target", self.url, "--mix", "get=1", "--clients", "4", "--duration", "1s", "--drain", "0s",
                                 "--operation-timeout", "400ms")
            process.communicate(timeout=60)
            self.assertNotEqual(process.returncode, 0)
            self.wait_for(lambda: self.sql(SERVER.busy_sessions) == "0", "the statements to end", seconds=20)
            locker.stdin.write(SERVER.unlock + "\n")
            locker.stdin.close()


class InterruptedTest(ServerTest):
    LOAD = ("--scale-down", "20", "--warehouses", "2")

    def uninterrupted(self):
        self.assay("prepare", "tpcc", "--target", self.url, *self.LOAD, "--quiet")
        whole = self.contents()
        self.assay("cleanup", "tpcc", "--target", self.url, "--quiet")
        return whole

    def chunks(self):
        """Those in the record of the load; -1 as long as there is no record."""
        if not self.tables() & {"assay_meta"}:
            return -1
        return int(self.sql("select count(*) from assay_meta where name like 'load/%'"))

    def killed_at(self, chunks):
        process = self.start("prepare", "tpcc", "--target", self.url, *self.LOAD, "--quiet", stderr=None)
        self.wait_for(lambda: self.chunks() >= chunks or process.poll() is not None, f"{chunks} chunks")
        self.assertIsNone(process.poll(), f"the load was over before {chunks} chunks were seen")
        process.kill()
        process.wait()

    def test_kill_in_the_middle_of_a_load_of_a_server_can_be_resumed_to_the_same_data(self):
        whole = self.uninterrupted()
        for chunks in (0, 1, 9, 18):
            self.killed_at(chunks)
            self.refused("run", "tpcc", "--target", self.url, *self.LOAD)
        self.assay("prepare", "tpcc", "--target", self.url, *self.LOAD)
        self.assertEqual(self.contents(), whole)
        self.assay("check", "tpcc", "--target", self.url)

    def test_ctrl_c_in_a_load_of_a_server_can_be_resumed_to_the_same_data(self):
        whole = self.uninterrupted()
        process = self.start("prepare", "tpcc", "--target", self.url, *self.LOAD)
        self.wait_for(lambda: self.chunks() >= 3, "the first rows")
        self.interrupt(process)
        self.assertIn("interrupted", self.finish(process, 130).stderr)
        self.assay("prepare", "tpcc", "--target", self.url, *self.LOAD)
        self.assertEqual(self.contents(), whole)

    def test_ctrl_c_in_a_run_on_a_server_leaves_its_data_consistent(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "1h", "--check", "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        self.interrupt(process)
        done = self.finish(process, 130)
        self.assertIn("check after the run: consistent", done.stderr)
        self.assertTrue(json.loads((self.folder / "r.json").read_text())["partial"])
        self.assertGreater(self.report("r.json")["by_name"]["new_order"]["count"], 0)

    def test_sessions_that_an_administrator_ends_are_reopened(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "3s", "--check", "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        self.assertGreater(SERVER.end_sessions(self.sql), 0)
        self.finish(process)
        numbers = self.report("r.json")
        self.assertTrue({e["kind"] for e in numbers["events"]} & {"outage", "sessions_lost"})
        self.assertEqual({f["kind"] for f in numbers["failures"]}, {"disconnected"})


if __name__ == "__main__":
    unittest.main()
