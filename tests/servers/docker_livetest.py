"""tests/servers/docker: that it starts beside any other engine, leaves nothing behind, and touches nothing that is not its own."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import database_images

SCRIPT = pathlib.Path(__file__).with_name("docker")


@unittest.skipUnless(os.geteuid() == 0, "only root can start a Docker Engine")
@unittest.skipUnless(shutil.which("dockerd"), "dockerd is not installed (tools/setup.sh test does)")
class DockerServerTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dk")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name + "/d"
        self.addCleanup(subprocess.run, [SCRIPT, "down", self.dir], capture_output=True, check=False)

    def script(self, verb, expect=0):
        done = subprocess.run([SCRIPT, verb, self.dir], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def docker(self, *words):
        env = {**os.environ, **dict(re.findall(r"export (\w+)='(.*)'", self.script("env")))}
        return subprocess.run(["docker", *words], capture_output=True, text=True, timeout=100, env=env, check=True).stdout

    def left(self):
        """Processes that name the folder, what is mounted in it, and bridges of the machine."""
        processes = []
        for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if self.dir.encode() in line.read_bytes():
                    processes.append(line.parent.name)
            except OSError:
                pass  # gone meanwhile
        mounts = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines() if line.split()[1].startswith(self.dir + "/")]
        return processes, mounts, {p.name for p in pathlib.Path("/sys/class/net").iterdir() if p.name.startswith("br-")}

    def test_containers_of_a_network_find_one_another_and_down_leaves_nothing(self):
        *_, bridges = self.left()
        self.script("up")
        self.docker("load", "--input", str(database_images.build("postgres")))
        self.docker("network", "create", "n")
        run = ("run", "--network", "n", "--entrypoint")
        self.docker(*run, "sleep", "--detach", "--name", "first", database_images.name_of("postgres"), "1000")
        self.assertRegex(self.docker(*run, "getent", "--rm", database_images.name_of("postgres"), "hosts", "first"), r"^[0-9.]+ +first")
        self.assertNotEqual(self.left(), ([], [], bridges))
        self.script("down")
        self.assertEqual(self.left(), ([], [], bridges))
        self.assertEqual(sorted(os.listdir(self.dir)), [".assay-docker", "daemon.json", "docker.log", "started.pid"])
        self.assertIn("no Docker Engine runs", self.script("env", expect=1))

    def test_one_that_was_killed_is_cleaned_up_and_started_anew(self):
        self.script("up")
        os.kill(int(pathlib.Path(self.dir, "docker.pid").read_text()), 9)
        self.script("up")
        self.assertEqual(self.docker("ps", "--quiet"), "")
        self.script("down")
        processes, mounts, _ = self.left()
        self.assertEqual((processes, mounts), ([], []))

    def test_a_folder_that_is_not_its_own_is_left_alone(self):
        os.mkdir(self.dir)
        precious = pathlib.Path(self.dir, "precious")
        precious.write_text("x")
        self.assertIn("neither empty nor made by this script", self.script("up", expect=1))
        self.assertIn("was not made by this script", self.script("down", expect=1))
        self.assertEqual(precious.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
