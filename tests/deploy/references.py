"""Whether everything that a generated load test refers to is there: volumes, config maps, secrets, claims, services, networks, files,
host names, ports, selectors. Written from the Compose specification and the Kubernetes API, knowing nothing of how assay makes them."""

import pathlib
import re

import yaml


class Strict(yaml.SafeLoader):
    """A name that stands twice in a map is a mistake; YAML's own loader takes the last."""


def unique_map(loader, node, deep=False):
    names = [loader.construct_object(key, deep=deep) for key, _ in node.value]
    assert len(names) == len(set(names)), f"twice in {node.start_mark}: {names}"
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_map)


def documents(path):
    return list(yaml.load_all(pathlib.Path(path).read_text(), Strict))


def option(words, name):
    return words[words.index(name) + 1] if name in words else None


def environment_of(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def hosts_in(environment):
    """The hosts and ports that a worker's environment names."""
    found = []
    for value in environment.values():
        if match := re.fullmatch(r"(?:\w+://)?(?:[^@/]*@)?([\w.-]+):(\d+)(?:[/?].*)?", value):
            found.append((match[1], int(match[2])))
    return found


PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432, "mongodb": 27017, "neo4j": 7687, "kafka": 9092}


def check_worker_paths(test, words, places):
    """Every path that a worker is told lies in something that is mounted."""
    for name in ("--schema", "--metrics-output"):
        path = option(words, name)
        test.assertTrue(any(path.startswith(place + "/") for place in places), f"{name} {path} is in none of {places}")
    if tmpfs := option(words, "--expect-tmpfs"):
        test.assertIn(tmpfs.split(":")[0], places)


def check_compose(test, folder):
    [compose] = documents(folder / "docker-compose.loadtest.yml")
    services = compose["services"]
    used_volumes = set()
    for name, service in services.items():
        test.assertTrue(service["image"] and ":" in service["image"] and not service["image"].endswith(":latest"), service["image"])
        test.assertLessEqual(set(service["networks"]), set(compose["networks"]))
        limits = service["deploy"]["resources"]["limits"]
        test.assertRegex(limits["cpus"], r"^\d+\.\d+$")
        test.assertRegex(limits["memory"], r"^\d+[kmg]?$")
        places = [mount.split(":")[0] for mount in service.get("tmpfs", [])]
        for file in service.get("env_file", []):
            test.assertTrue((folder / file).is_file(), file)
            test.assertEqual((folder / file).stat().st_mode & 0o077, 0, f"{file} is for others to read")
        for volume in service.get("volumes", []):
            source, place = volume.split(":")[:2]
            places.append(place)
            if source.startswith("."):
                test.assertTrue((folder / source).is_dir(), f"{source} of {name} is not there")
            else:
                test.assertIn(source, compose.get("volumes", {}))
                used_volumes.add(source)
        test.assertEqual(len(places), len(set(places)), f"{name} mounts a place twice: {places}")
        for other, how in service.get("depends_on", {}).items():
            test.assertIn(other, services)
            if how["condition"] == "service_healthy":
                test.assertEqual(services[other]["healthcheck"]["test"][0], "CMD")
        if name.startswith("worker-"):
            words = service["command"]
            check_worker_paths(test, words, places)
            test.assertTrue((folder / option(words, "--schema").replace("/config", "config", 1)).is_file())
            test.assertEqual(option(words, "--worker-id"), name)
            for host, port in hosts_in(environment_of(folder / "worker.env")):
                if host in PORTS:
                    test.assertIn(host, services)
                    test.assertEqual(port, PORTS[host])
                    test.assertIn(host, service["depends_on"])
    test.assertEqual(used_volumes, set(compose.get("volumes") or {}))
    return compose


KINDS = {"Namespace": "v1", "ConfigMap": "v1", "Secret": "v1", "PersistentVolumeClaim": "v1", "Service": "v1", "StatefulSet": "apps/v1",
         "Job": "batch/v1", "Pod": "v1"}


class Cluster:
    """The objects of all manifests, by kind and name."""

    def __init__(self, test, paths):
        self.test, self.objects, self.namespaces = test, {}, set()
        for path in paths:
            for item in documents(path):
                test.assertEqual(item["apiVersion"], KINDS[item["kind"]], path)
                key = item["kind"], item["metadata"]["name"]
                test.assertNotIn(key, self.objects, f"{key} stands twice")
                test.assertRegex(item["metadata"]["name"], r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
                if item["kind"] == "Namespace":
                    self.namespaces.add(item["metadata"]["name"])
                else:  # what is applied in the order of the files finds its namespace
                    test.assertIn(item["metadata"]["namespace"], self.namespaces)
                self.objects[key] = item

    def of(self, kind):
        return {name: item for (its, name), item in self.objects.items() if its == kind}

    def check(self):
        used = set()
        for (kind, name), item in self.objects.items():
            if kind in ("Job", "StatefulSet"):
                used |= self.check_pod(item["spec"]["template"]["spec"], item["spec"].get("volumeClaimTemplates", []), f"{kind} {name}")
            if kind == "Pod":
                used |= self.check_pod(item["spec"], [], name)
            if kind == "StatefulSet":
                self.test.assertIn(item["spec"]["serviceName"], self.of("Service"))
                self.match(item["spec"]["selector"]["matchLabels"], item["spec"]["template"]["metadata"]["labels"])
            if kind == "Service":
                pods = [s["spec"]["template"] for s in self.of("StatefulSet").values()
                        if item["spec"]["selector"].items() <= s["spec"]["template"]["metadata"]["labels"].items()]
                self.test.assertEqual(len(pods), 1, f"the Service {name} selects nothing")
                names = {p["name"]: p["containerPort"] for c in pods[0]["spec"]["containers"] for p in c["ports"]}
                for port in item["spec"]["ports"]:
                    self.test.assertEqual(names[port["targetPort"]], port["port"])
                others = [j for j in self.of("Job").values()
                          if item["spec"]["selector"].items() <= j["spec"]["template"]["metadata"]["labels"].items()]
                self.test.assertEqual(others, [], "a Service that also selects workers")
        for kind in ("ConfigMap", "Secret", "PersistentVolumeClaim"):
            for name in self.of(kind):
                if name != "loadtest-proto":  # is for those who read the messages
                    self.test.assertIn((kind, name), used, "nobody uses it")

    def match(self, selector, labels):
        self.test.assertLessEqual(selector.items(), labels.items())

    def check_pod(self, pod, templates, where):
        used = set()
        volumes = {template["metadata"]["name"] for template in templates}
        for volume in pod.get("volumes", []):
            self.test.assertNotIn(volume["name"], volumes, where)
            volumes.add(volume["name"])
            if "configMap" in volume:
                used.add(("ConfigMap", volume["configMap"]["name"]))
            elif "persistentVolumeClaim" in volume:
                used.add(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
            else:
                self.test.assertEqual(volume["emptyDir"]["medium"], "Memory", where)
        mounted = set()
        for container in pod.get("initContainers", []) + pod["containers"]:
            self.test.assertTrue(":" in container["image"] and not container["image"].endswith(":latest"), container["image"])
            self.test.assertEqual(set(container["resources"]["limits"]), {"cpu", "memory"}, where)
            places = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
            self.test.assertEqual(len(places), len(set(places)), where)
            mounted |= {mount["name"] for mount in container.get("volumeMounts", [])}
            used |= {("Secret", source["secretRef"]["name"]) for source in container.get("envFrom", [])}
            if container["name"] == "worker":
                words = container["args"]
                check_worker_paths(self.test, words, places)
                [config] = [v for v in pod["volumes"] if "configMap" in v]
                self.test.assertIn(option(words, "--schema").rpartition("/")[2], self.of("ConfigMap")[config["configMap"]["name"]]["data"])
                secret = self.of("Secret")[container["envFrom"][0]["secretRef"]["name"]]
                for host, port in hosts_in(secret["stringData"]):
                    if host in PORTS:
                        self.test.assertIn(port, [p["port"] for p in self.of("Service")[host]["spec"]["ports"]])
                        self.test.assertIn(host, " ".join(pod["initContainers"][0]["command"]))
        self.test.assertEqual(volumes, mounted, where)
        for key in used:
            self.test.assertIn(key, self.objects, where)
        return used


def check_kubernetes(test, folder):
    paths = sorted((folder / "kubernetes").glob("*.yaml"))
    test.assertTrue(paths)
    cluster = Cluster(test, paths)
    cluster.check()
    test.assertEqual(documents(folder / "loadtest.yaml"), [item for path in paths for item in documents(path)])
    for path in (folder / "loadtest.yaml", folder / "kubernetes/11-secrets.yaml"):
        test.assertEqual(path.stat().st_mode & 0o077, 0, f"{path} is for others to read")
    return cluster
