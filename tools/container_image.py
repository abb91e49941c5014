#!/usr/bin/env python3
"""Makes a container image of assay without a container engine and without a registry: what `make image` does.

    tools/container_image.py build/assay build/assay-image.tar [--name assay:0.1.0]

The image has one layer: the program (stripped), exactly the shared libraries that the dynamic linker says it needs, the plugins that
libmariadb opens by itself to log in to MySQL, CA certificates, and the user `assay` (65532). There is no shell in it.

The file is an OCI image layout with the `manifest.json` of `docker save` beside it, so that `docker load`, `podman load`,
`skopeo copy oci-archive:…` and `ctr images import` all take it. The same input makes the same bytes: no times, no names of this machine.
"""

import argparse
import dataclasses
import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64"}
USER = 65532
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
EPOCH = "1970-01-01T00:00:00Z"


class ImageError(Exception):
    """What a person can act on."""


@dataclasses.dataclass
class Entry:
    mode: int
    content: bytes | pathlib.Path | str | None  # of a file, from a file, a symbolic link's target, or a folder
    owner: int = 0


class Tree:
    """The files of a layer, by their absolute paths, each with its folders. What is put twice must be the same."""

    def __init__(self):
        self.entries = {}

    def folder(self, path, mode=0o755, owner=0):
        path = self.place(path)
        if path.as_posix() not in self.entries and path.parent != path:
            self.parents(path)
            self.entries[path.as_posix()] = Entry(mode, None, owner)

    def parents(self, path):
        if path.parent != path.parent.parent:
            self.folder(path.parent)

    def place(self, path):
        """Where `path` is, when a folder of it is a link here, as /lib is on a merged system."""
        path = pathlib.PurePosixPath(path)
        parent = pathlib.PurePosixPath(os.path.realpath(path.parent)) if path.parent != path else path
        return parent / path.name if path.parent != path else path

    def text(self, path, text, mode=0o644, owner=0):
        path = self.place(path)
        self.parents(path)
        self.entries[path.as_posix()] = Entry(mode, text.encode(), owner)

    def link(self, path, target):
        path = self.place(path)
        self.parents(path)
        self.entries[path.as_posix()] = Entry(0o777, str(target))

    def file(self, source, path=None, mode=None):
        """A file of this machine, at its own path or another; a link with what it points at."""
        source = pathlib.Path(source)
        if path is None and source.is_symlink():
            target = os.readlink(source)
            place = self.place(source)
            if place.as_posix() not in self.entries:
                self.link(place, target)
                self.file(os.path.normpath(place.parent / target))
            return
        if not source.is_file():
            raise ImageError(f"{source} is not a file of this machine")
        place = self.place(path or source)
        self.parents(place)
        self.entries[place.as_posix()] = Entry(mode or (0o755 if os.access(source, os.X_OK) else 0o644), source)

    def below(self, source):
        """All that is in a folder of this machine."""
        for found in sorted(pathlib.Path(source).rglob("*")):
            if found.is_dir() and not found.is_symlink():
                self.folder(found)
            elif found.exists():
                self.file(found)

    def program(self, source, path=None):
        """A program or library with all libraries that it needs."""
        self.file(source, path, 0o755)
        for library in libraries(source):
            self.file(library)

    def layer(self):
        """As a tar, in the order of the names."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path in sorted(self.entries):
                add(tar, path.lstrip("/"), self.entries[path])
        return out.getvalue()


def add(tar, name, entry):
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid = entry.mode, entry.owner, entry.owner
    if entry.content is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    elif isinstance(entry.content, str):
        info.type, info.linkname = tarfile.SYMTYPE, entry.content
        tar.addfile(info)
    else:
        content = entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))


def libraries(program):
    """What the dynamic linker would load, and the linker itself."""
    done = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode != 0:
        if re.search("not a dynamic executable|statically linked", done.stdout + done.stderr):
            return []
        raise ImageError(f"ldd {program} failed: {done.stderr.strip() or done.stdout.strip()}")
    missing = re.findall(r"^\s*(\S+) => not found", done.stdout, re.M)
    if missing:
        raise ImageError(f"{program} needs {', '.join(missing)}, which this machine does not have")
    return re.findall(r"^\s*(?:\S+ => )?(/\S+) \(0x", done.stdout, re.M)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


@dataclasses.dataclass
class Image:
    name: str  # "assay:0.1.0"
    tree: Tree
    config: dict  # as the OCI specification has it: Entrypoint, Cmd, Env, User, WorkingDir, …
    level: int = 6  # of gzip

    def write(self, out):
        """Answers (bytes of the file, bytes of the files in the image). The file is there whole or not at all."""
        layer = self.tree.layer()
        packed = gzip.compress(layer, self.level, mtime=0)
        config = compact({
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": EPOCH,
            "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(layer)]},
            "history": [{"created": EPOCH, "created_by": "tools/container_image.py"}],
        })

        def described(media_type, content, **more):
            return {"mediaType": media_type, "digest": "sha256:" + digest(content), "size": len(content), **more}

        manifest = compact({"schemaVersion": 2, "mediaType": MANIFEST, "config": described(CONFIG, config),
                            "layers": [described(LAYER, packed)]})
        names = {"io.containerd.image.name": qualified(self.name), "org.opencontainers.image.ref.name": tag_of(self.name)}
        index = compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described(MANIFEST, manifest, annotations=names)]})
        saved = compact([{"Config": blob(config), "RepoTags": [self.name], "Layers": [blob(packed)]}])
        files = {"oci-layout": compact({"imageLayoutVersion": "1.0.0"}), "index.json": index, "manifest.json": saved,
                 **{blob(content): content for content in (config, manifest, packed)}}
        out = pathlib.Path(out)
        part = out.with_name(f"{out.name}.{os.getpid()}.part")
        try:
            with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
                for folder in ("blobs", "blobs/sha256"):
                    add(tar, folder, Entry(0o755, None))
                for name in sorted(files):
                    add(tar, name, Entry(0o644, files[name]))
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
        return out.stat().st_size, len(layer)


def blob(content):
    return "blobs/sha256/" + digest(content)


def tag_of(name):
    return name.rpartition(":")[2]


def qualified(name):
    """As containerd writes it: with the registry that a name without one means."""
    first, slash, _ = name.partition("/")
    if slash and re.search(r"[.:]|^localhost$", first):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def add_base(tree, users):
    """What every program expects of a system: users, how names are resolved, a place for temporary files."""
    tree.text("/etc/passwd", "".join(f"{name}:x:{uid}:{uid}::{home}:/sbin/nologin\n" for name, uid, home in users))
    tree.text("/etc/group", "".join(f"{name}:x:{uid}:\n" for name, uid, _ in users))
    tree.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    tree.folder("/tmp", 0o1777)
    # The linker is asked for by its old path, which is a link on a merged system.
    for folder in ("/bin", "/sbin", "/lib", "/lib64"):
        if os.path.islink(folder):
            tree.link(folder, os.readlink(folder))


def assay_image(program, name):
    tree = Tree()
    add_base(tree, [("root", 0, "/root"), ("assay", USER, "/data")])
    with tempfile.TemporaryDirectory() as scratch:
        stripped = pathlib.Path(scratch) / "assay"
        if shutil.which("strip") is None:
            raise ImageError("the program strip is missing: it is in the package binutils")
        subprocess.run(["strip", "--strip-all", "-o", str(stripped), str(program)], check=True)
        content = stripped.read_bytes()
    needed = libraries(program)
    tree.parents(pathlib.PurePosixPath("/usr/bin/assay"))
    tree.entries["/usr/bin/assay"] = Entry(0o755, content)
    for library in needed:
        tree.file(library)
        plugins = pathlib.Path(os.path.realpath(library)).parent / "libmariadb3/plugin"
        if pathlib.Path(library).name.startswith("libmariadb.") and plugins.is_dir():
            for plugin in sorted(plugins.glob("*.so")):
                tree.program(plugin)
    if not os.path.isfile(CERTIFICATES):
        raise ImageError(f"{CERTIFICATES} is missing: it is of the package ca-certificates")
    tree.file(CERTIFICATES)
    for folder in ("/data", "/results", "/config"):
        tree.folder(folder, owner=USER)
    config = {"Entrypoint": ["/usr/bin/assay"], "Cmd": ["--help"], "User": f"{USER}:{USER}", "WorkingDir": "/data",
              "Env": ["PATH=/usr/bin", f"SSL_CERT_FILE={CERTIFICATES}", "HOME=/data", "LC_ALL=C.UTF-8"],
              "Labels": {"org.opencontainers.image.title": "assay", "org.opencontainers.image.version": tag_of(name)}}
    return Image(name, tree, config)


def version_of(program):
    """Of `assay --version`: "assay 0.1.0"."""
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    found = re.fullmatch(r"assay (\S+)\n", done.stdout)
    if done.returncode != 0 or not found:
        raise ImageError(f"{program} --version does not say what assay says: {(done.stdout + done.stderr).strip()[:200]}")
    return found[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program", type=pathlib.Path, help="the program assay, for Linux")
    parser.add_argument("out", type=pathlib.Path, help="the file that is written")
    parser.add_argument("--name", help="name and tag of the image; without it assay:VERSION")
    options = parser.parse_args()
    try:
        if not options.program.is_file():
            raise ImageError(f"{options.program} is not there: build it first (make build)")
        name = options.name or "assay:" + version_of(options.program)
        if not re.fullmatch(r"(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", name):
            raise ImageError(f"'{name}' is no name of an image; expected NAME:TAG, as in assay:0.1.0")
        packed, whole = assay_image(options.program, name).write(options.out)
    except (ImageError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"tools/container_image.py: {error}")
    print(f"{options.out}: image {name}, {packed / 1e6:.1f} MB ({whole / 1e6:.1f} MB unpacked); docker load -i {options.out}")


if __name__ == "__main__":
    main()
