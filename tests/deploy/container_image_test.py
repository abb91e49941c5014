"""tools/container_image.py: the file is an image by the OCI image specification and by the form of `docker save`, holds what the program
needs and nothing that could differ from machine to machine, and is made the same twice."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ASSAY") or str(ROOT / "build/assay")
TOOL = ROOT / "tools/container_image.py"


def make(program, out, *options, code=0, env=()):
    done = subprocess.run([sys.executable, TOOL, program, out, *options], capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, **dict(env)})
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


class ContainerImageTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="assay-image")
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.image = cls.folder / "image.tar"
        cls.said = make(PROGRAM, cls.image)
        with tarfile.open(cls.image) as tar:
            cls.members = {m.name: m for m in tar.getmembers()}
            cls.files = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
        cls.manifest = cls.blob(cls, json.loads(cls.files["index.json"])["manifests"][0])
        cls.manifest = json.loads(cls.manifest)
        cls.config = json.loads(cls.blob(cls, cls.manifest["config"]))
        cls.layer = gzip.decompress(cls.blob(cls, cls.manifest["layers"][0]))
        with tarfile.open(fileobj=io.BytesIO(cls.layer)) as tar:
            cls.inside = {"/" + m.name: m for m in tar.getmembers()}
            cls.contents = {"/" + m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def blob(self, descriptor):
        """What a descriptor of the specification points at, which must be what it says."""
        algorithm, _, digest = descriptor["digest"].partition(":")
        content = self.files[f"blobs/{algorithm}/{digest}"]
        assert algorithm == "sha256" and hashlib.sha256(content).hexdigest() == digest
        assert len(content) == descriptor["size"]
        return content

    def test_it_is_an_image_layout_of_the_specification(self):
        self.assertEqual(json.loads(self.files["oci-layout"]), {"imageLayoutVersion": "1.0.0"})
        index = json.loads(self.files["index.json"])
        self.assertEqual((index["schemaVersion"], index["mediaType"]), (2, "application/vnd.oci.image.index.v1+json"))
        self.assertEqual(index["manifests"][0]["mediaType"], "application/vnd.oci.image.manifest.v1+json")
        self.assertEqual((self.manifest["schemaVersion"], self.manifest["mediaType"]), (2, "application/vnd.oci.image.manifest.v1+json"))
        self.assertEqual(self.manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json")
        self.assertEqual([layer["mediaType"] for layer in self.manifest["layers"]], ["application/vnd.oci.image.layer.v1.tar+gzip"])
        self.assertEqual((self.config["os"], self.config["rootfs"]["type"]), ("linux", "layers"))
        self.assertIn(self.config["architecture"], ("amd64", "arm64"))
        self.assertEqual(self.config["rootfs"]["diff_ids"], ["sha256:" + hashlib.sha256(self.layer).hexdigest()])
        self.assertEqual(len([entry for entry in self.config["history"] if not entry.get("empty_layer")]), 1)
        self.assertEqual({name for name in self.files if name.startswith("blobs/")},
                         {"blobs/sha256/" + d["digest"][7:] for d in (index["manifests"][0], self.manifest["config"], *self.manifest["layers"])})

    def test_it_is_what_docker_save_writes_too(self):
        [saved] = json.loads(self.files["manifest.json"])
        version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        self.assertEqual(saved["RepoTags"], [f"assay:{version}"])
        self.assertEqual(json.loads(self.files[saved["Config"]]), self.config)
        self.assertEqual([gzip.decompress(self.files[layer]) for layer in saved["Layers"]], [self.layer])

    def test_the_same_program_makes_the_same_bytes(self):
        again = self.folder / "again.tar"
        make(PROGRAM, again, env={"TZ": "Asia/Tokyo", "HOME": "/nowhere"})
        self.assertEqual(hashlib.sha256(again.read_bytes()).hexdigest(), hashlib.sha256(self.image.read_bytes()).hexdigest())
        for member in [*self.members.values(), *self.inside.values()]:
            self.assertEqual((member.mtime, member.uname, member.gname), (0, "", ""), member.name)

    def resolved(self, path):
        """A path inside the image, its links followed there."""
        for _ in range(20):
            parts, here = path.strip("/").split("/"), ""
            for i, part in enumerate(parts):
                here += "/" + part
                entry = self.inside.get(here)
                if entry is None:
                    return None
                if entry.issym():
                    path = os.path.normpath(os.path.join(os.path.dirname(here), entry.linkname, *parts[i + 1:]))
                    break
            else:
                return here
        return None

    def test_every_library_that_the_program_needs_is_there_and_no_other(self):
        needed = set(re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout))
        found = {path for path in self.contents if ".so" in path}
        plugins = {path for path in found if "/plugin/" in path}
        for path in needed:
            self.assertIsNotNone(self.resolved(path), f"{path} is not in the image")
        wanted = {self.resolved(path) for path in needed}
        for plugin in plugins:
            wanted |= {self.resolved(path) for path in re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", plugin], capture_output=True, text=True, check=True).stdout)}
        self.assertEqual(found - plugins, wanted)
        if any("libmariadb." in path for path in needed):
            self.assertTrue(any("caching_sha2_password" in path for path in plugins), "MySQL's own way to log in")

    def test_the_files_are_those_that_are_meant(self):
        self.assertIn(b"-----BEGIN CERTIFICATE-----", self.contents["/etc/ssl/certs/ca-certificates.crt"])
        self.assertIn(b"assay:x:65532:65532:", self.contents["/etc/passwd"])
        self.assertEqual(self.config["config"]["User"], "65532:65532")
        self.assertEqual(self.config["config"]["Entrypoint"], ["/usr/bin/assay"])
        self.assertEqual(self.inside["/usr/bin/assay"].mode, 0o755)
        self.assertEqual(self.inside["/tmp"].mode, 0o1777)
        for folder in ("/data", "/results"):
            self.assertEqual((self.inside[folder].uid, self.inside[folder].isdir()), (65532, True))
        others = {path for path in self.contents if ".so" not in path}
        self.assertEqual(others, {"/usr/bin/assay", "/etc/ssl/certs/ca-certificates.crt", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"})
        # Each file's folders stand before it, so that whoever unpacks it makes none up.
        for path in self.inside:
            parent = os.path.dirname(path)
            self.assertTrue(parent == "/" or parent in self.inside, path)
        self.assertEqual(list(self.inside), sorted(self.inside))

    def test_the_program_runs_with_nothing_but_what_is_in_the_image(self):
        if os.geteuid() != 0:
            self.skipTest("only root can change the root folder")
        root = self.folder / "root"
        root.mkdir()
        with tarfile.open(fileobj=io.BytesIO(self.layer)) as tar:
            tar.extractall(root)
        done = subprocess.run(["/usr/sbin/chroot", "--userspec=65532:65532", root, "/usr/bin/assay", "drivers"], capture_output=True, text=True, env={}, check=False)
        here = subprocess.run([PROGRAM, "drivers"], capture_output=True, text=True, check=True)
        self.assertEqual((done.returncode, done.stdout), (0, here.stdout), done.stderr)

    def test_its_size_is_told_and_is_that_of_the_file(self):
        told = re.search(r"image assay:\S+, ([0-9.]+) MB \(([0-9.]+) MB unpacked\)", self.said)
        self.assertAlmostEqual(float(told[1]), self.image.stat().st_size / 1e6, delta=0.06)
        self.assertAlmostEqual(float(told[2]), len(self.layer) / 1e6, delta=0.06)

    def test_what_cannot_be_an_image_is_refused_and_leaves_no_file(self):
        out = self.folder / "bad.tar"
        self.assertIn("build it first", make(self.folder / "none", out, code=1))
        self.assertIn("no name of an image", make(PROGRAM, out, "--name", "No Name", code=1))
        self.assertIn("does not say what assay says", make(shutil.which("true"), out, code=1))
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith("bad")], [])


if __name__ == "__main__":
    unittest.main()
