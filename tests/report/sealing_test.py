"""Results that only their recipient can read: with age and with GnuPG, from the run to the report."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import ProgramTest  # noqa: E402

SAMPLE = os.environ["RESULTS_SAMPLE"]


@functools.cache
def sample():
    return subprocess.run([SAMPLE, "result", "20", "5"], check=True, capture_output=True).stdout


class SealingTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.result = self.folder / "plain.json"
        self.result.write_bytes(sample())
        self.table = self.assay("report", self.result).stdout

    def sealed(self, recipient, name="sealed.json"):
        """The sample, encrypted by assay."""
        path = self.folder / name
        self.assay("report", self.result, "--format", "result", "--encrypt-to", recipient, "--output", path)
        return path


@unittest.skipUnless(shutil.which("age"), "there is no age (tools/setup.sh test installs it)")
class AgeTest(SealingTest):

    def key(self, name="key.txt"):
        path = self.folder / name
        subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
        return path, re.search(r"public key: (age1\w+)", path.read_text())[1]

    def test_what_was_encrypted_is_read_back(self):
        identity, recipient = self.key()
        sealed = self.sealed(recipient)
        self.assertTrue(sealed.read_bytes().startswith(b"age-encryption.org/v1\n"))
        self.assertNotIn(b"tpcc", sealed.read_bytes())
        self.assertEqual(self.assay("report", sealed, "--identity", identity).stdout, self.table)
        self.assertEqual(self.assay("report", sealed, env={"ASSAY_IDENTITY": str(identity)}).stdout, self.table)
        again = self.assay("report", sealed, "--identity", identity, "--format", "result").stdout
        self.assertEqual(again.encode(), sample())

    def test_what_age_itself_encrypted_is_read(self):
        identity, recipient = self.key()
        for armor in ((), ("--armor",)):
            path = self.folder / "by-age"
            subprocess.run(["age", *armor, "-r", recipient, "-o", path, self.result], check=True)
            self.assertEqual(self.assay("report", path, "--identity", identity).stdout, self.table)

    def test_age_itself_reads_what_assay_encrypted(self):
        identity, recipient = self.key()
        opened = subprocess.run(["age", "-d", "-i", identity, self.sealed(recipient)], check=True, capture_output=True).stdout
        self.assertEqual(opened, sample())

    def test_recipients_may_stand_in_a_file(self):
        (one, first), (two, second) = self.key("one"), self.key("two")
        recipients = self.folder / "team.txt"
        recipients.write_text(f"# the team\n{first}\n{second}\n")
        sealed = self.sealed(recipients)
        for identity in (one, two):
            self.assertEqual(self.assay("report", sealed, "--identity", identity).stdout, self.table)

    @unittest.skipUnless(shutil.which("ssh-keygen"), "there is no ssh-keygen")
    def test_a_key_of_ssh_is_a_recipient(self):
        key = self.folder / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, stdin=subprocess.DEVNULL)
        sealed = self.sealed(key.with_suffix(".pub").read_text().strip())
        self.assertEqual(self.assay("report", sealed, "--identity", key).stdout, self.table)

    def test_another_key_does_not_open_it(self):
        _, recipient = self.key()
        other, _ = self.key("other.txt")
        sealed = self.sealed(recipient)
        said = self.refused("report", sealed, "--identity", other)
        self.assertIn("sealed.json: it cannot be decrypted: age: error: no identity matched", said)
        self.assertIn("cannot be decrypted", self.refused("report", sealed, "--identity", self.folder / "nobody"))

    def test_without_a_key_it_is_said_what_is_missing(self):
        _, recipient = self.key()
        said = self.refused("report", self.sealed(recipient), env={"ASSAY_IDENTITY": None})
        self.assertIn("it is encrypted with age: expected a file with a private key that it is for in the variable ASSAY_IDENTITY", said)

    def test_a_comparison_without_a_key_asks_for_what_it_takes(self):
        _, recipient = self.key()
        sealed = self.sealed(recipient)
        self.assertIn("in the variable ASSAY_IDENTITY", self.refused("compare", sealed, self.result, env={"ASSAY_IDENTITY": None}))

    def test_a_file_that_was_cut_or_changed_is_refused_whole(self):
        identity, recipient = self.key()
        path = self.sealed(recipient)
        whole = path.read_bytes()
        self.assertGreater(len(whole), 70000, "longer than one chunk of age, which it would give out")
        header = whole.index(b"\n---") + 48
        cuts = [22, 23, header // 2, header, header + 20, len(whole) // 2, 65536 + header, len(whole) - 1]
        for length in cuts:
            path.write_bytes(whole[:length])
            self.assertIn("cannot be decrypted", self.refused("report", path, "--identity", identity), length)
        path.write_bytes(whole[:21])
        self.refused("report", path, "--identity", identity)
        path.write_bytes(whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])
        self.assertIn("cannot be decrypted", self.refused("report", path, "--identity", identity))

    def test_without_the_tool_it_is_said_what_to_install(self):
        identity, recipient = self.key()
        sealed = self.sealed(recipient)
        nothing = {"PATH": str(self.folder)}
        wanted = "the program age is not installed: apt install age"
        self.assertIn(wanted, self.refused("report", sealed, "--identity", identity, env=nothing))
        self.assertIn(wanted, self.refused("report", self.result, "--encrypt-to", recipient, code=2, env=nothing))
        said = self.refused("run", "kv", "--target", "null:", "--duration", "100ms", "--encrypt-to", recipient, env=nothing)
        self.assertIn(wanted, said)
        self.assertFalse((self.folder / "results").exists(), "nothing was begun")

    def test_a_run_leaves_nothing_readable(self):
        identity, recipient = self.key()
        self.assay("run", "kv", "--target", "null:?memory=true", "--rows", "100", "--prepare", "--duration", "300ms", "--encrypt-to", recipient,
                   "--quiet")
        [sealed] = (self.folder / "results").iterdir()
        self.assertRegex(sealed.name, r"-kv-null-[0-9a-f]{4}\.json\.age$")
        self.assertIn("Verdict: ", self.assay("report", sealed, "--identity", identity).stdout)
        for file in self.folder.rglob("*"):
            if file.is_file() and file != self.result:
                self.assertNotIn(b"assay-result", file.read_bytes(), file)

    def test_a_history_and_a_comparison_read_encrypted_results_too(self):
        identity, recipient = self.key()
        plain, sealed = self.folder / "plain", self.folder / "sealed"
        for folder in (plain, sealed):
            folder.mkdir()
        for name in ("a", "b"):
            result = {**json.loads(sample()), "id": name}
            (plain / f"{name}.json").write_text(json.dumps(result))
            self.assay("report", plain / f"{name}.json", "--format", "result", "--encrypt-to", recipient, "--output",
                       sealed / f"{name}.json.age")
        for command, files, code in (("history", lambda folder: [folder], 4),  # two runs are too few to tell
                                     ("compare", lambda folder: sorted(folder.iterdir()), 0)):
            expected, found = (
                self.assay(command, *files(folder), code=code, env={"ASSAY_IDENTITY": str(identity)}).stdout.replace(str(folder), "FOLDER")
                for folder in (plain, sealed))
            self.assertGreater(len(expected), 100)
            self.assertEqual(found.replace(".json.age", ".json"), expected)

    def test_what_is_no_recipient_is_refused_before_anything_is_done(self):
        for wrong, why in (("somebody@example.org", "is no recipient: expected age1"), ("age1wrong", "malformed recipient"),
                           ("gpg:", "is no recipient")):
            said = self.refused("run", "kv", "--target", "null:", "--duration", "100ms", "--encrypt-to", wrong)
            self.assertIn(why, said)
        self.assertFalse((self.folder / "results").exists())

    def test_pictures_and_pages_are_encrypted_too(self):
        identity, recipient = self.key()
        self.assay("report", self.result, "--format", "png", "--output", self.folder / "charts", "--encrypt-to", recipient)
        names = {file.name for file in (self.folder / "charts").iterdir()}
        self.assertIn("throughput.png.age", names)
        self.assertTrue(all(name.endswith(".png.age") for name in names))
        opened = subprocess.run(["age", "-d", "-i", identity, self.folder / "charts/throughput.png.age"], check=True,
                                capture_output=True).stdout
        self.assertTrue(opened.startswith(b"\x89PNG\r\n\x1a\n"))

    def test_a_terminal_is_not_filled_with_bytes(self):
        _, recipient = self.key()
        said = self.on_a_terminal("report", self.result, "--encrypt-to", recipient, code=2)
        self.assertIn("name a file with --output", said)


@unittest.skipUnless(shutil.which("gpg") and shutil.which("gpg-agent"), "there is no gpg (tools/setup.sh test installs it)")
class GpgTest(SealingTest):

    def home(self):
        """A keyring with one key, whose agent ends with the test."""
        folder = tempfile.TemporaryDirectory(prefix="gpg-")  # its path must be short: the agent's socket is in it
        self.addCleanup(folder.cleanup)
        env = {**os.environ, "GNUPGHOME": folder.name}
        self.addCleanup(subprocess.run, ["gpgconf", "--kill", "all"], env=env, check=False, capture_output=True)
        subprocess.run(["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "bench@example.org", "default", "default", "0"],
                       env=env, check=True, capture_output=True)
        return {"GNUPGHOME": folder.name}

    def test_a_key_of_gnupg_is_a_recipient(self):
        home = self.home()
        sealed = self.folder / "sealed.json.gpg"
        self.assay("report", self.result, "--format", "result", "--encrypt-to", "gpg:bench@example.org", "--output", sealed, env=home)
        self.assertNotIn(b"tpcc", sealed.read_bytes())
        self.assertEqual(self.assay("report", sealed, env=home).stdout, self.table)
        self.assertIn("expected no --identity", self.refused("report", sealed, "--identity", self.result, env=home))
        other = self.home()
        self.assertIn("cannot be decrypted: gpg: ", self.refused("report", sealed, env=other))
        whole = sealed.read_bytes()
        for length in (3, len(whole) // 2, len(whole) - 1):
            sealed.write_bytes(whole[:length])
            self.assertIn("cannot be decrypted", self.refused("report", sealed, env=home), length)
        said = self.refused("report", self.result, "--encrypt-to", "gpg:nobody@example.org", code=7, env=home)
        self.assertIn("cannot be encrypted for nobody@example.org: gpg: ", said)


if __name__ == "__main__":
    unittest.main()
