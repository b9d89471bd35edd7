"""What can go wrong with each shipped description: one text replaced, and who finds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from cluster.checks import CHECKS, problems
from cluster.checks.files import REPOSITORY, Description, Pins, described, read

JOB = "cluster/kuberay/rayjob.yaml"
CLUSTER = "cluster/kuberay/raycluster.yaml"
NAMESPACE = "cluster/kuberay/namespace.yaml"
AWS = "cluster/ray/aws.yaml"
GCP = "cluster/ray/gcp.yaml"
ONPREM = "cluster/ray/onprem.yaml"
IMAGE = "cluster/Dockerfile"
PINS = Pins.of()

_COMMAND = "python -m jobs.sweep architectures"


@cache
def shipped(file: str) -> Description:
    """A description that comes with the repository; nobody changes it."""
    return read(REPOSITORY / file, PINS)


@dataclass(frozen=True)
class Mutation:
    """A shipped file with one text replaced everywhere.

    Attributes:
        file: in the repository.
        check: that finds it.
        old: text that is there.
        new: what replaces it.
        words: part of the sentence.
    """

    file: str
    check: str
    old: str
    new: str
    words: str

    def __str__(self) -> str:
        return f"{Path(self.file).stem}-{self.check}-{self.words[:30]}"

    def description(self) -> Description:
        original = shipped(self.file)
        assert self.old in original.text
        text = original.text.replace(self.old, self.new)
        return described(text, original.family if original.family == "image" else "", PINS)


TABLE: Mapping[str, Sequence[tuple[str, str, str, str]]] = {
    JOB: [
        ("fields", "backoffLimit: 5", "backOffLimit: 5", "write backoffLimit"),
        ("fields", "ray.io/v1\n", "ray.io/v1alpha1\n", "expected one of ray.io/v1"),
        ("fields", 'num-gpus: "1"', "num-gpus: 1", "put it in quotes"),
        ("fields", "K8sJobMode", "JobMode", 'found "JobMode"'),
        ("one Ray", '"2.60.0"', '"2.59.1"', 'rayVersion: found "2.59.1", expected Ray 2.60.0'),
        ("gpus", "--concurrency 16", "--concurrency 17", "found 4.25 GPUs for all trials"),
        ("gpus", "--gpus-per-trial 0.25", "--gpus-per-trial 2", "found 2 GPUs for a trial"),
        ("gpus", "--gpus-per-trial 0.25 ", "", "found no --gpus-per-trial"),
        ("gpus", " --concurrency 16", "", "add --concurrency 16"),
        ("gpus", "  backoffLimit: 5", "  entrypointNumGpus: 2\n  backoffLimit: 5", "the driver"),
        (
            "rules",
            'requests: {cpu: "8"',
            'requests: {cpu: "9"',
            "expected requests of at most the limits",
        ),
        (
            "rules",
            "requests: {cpu: 500m, memory: 1Gi}",
            "requests: {cpu: 500m, memory: 2Gi}",
            "expected requests of at most the limits",
        ),
        ("gpus", "minReplicas: 0  ", "minReplicas: 1  ", "1 GPU workers at least"),
        ("rules", "ClusterIP", "NodePort", "reach it by kubectl port-forward"),
        ("rules", "serviceType: ClusterIP", "enableIngress: true", "expected no ingress"),
        ("rules", "terminationGracePeriodSeconds: 60", "hostNetwork: true", "spec.hostNetwork"),
        (
            "network policy",
            "  podSelector:\n    matchLabels:\n      app.kubernetes.io/instance: fer-first",
            "  podSelector:\n    matchLabels:\n      app.kubernetes.io/instance: other",
            "a submitter pod that no NetworkPolicy in this file selects",
        ),
        ("rules", "    authOptions:\n      mode: token", "    suspend: false", "found nothing"),
        (
            "rules",
            "{name: HOME, value: /home/ray}",
            "{name: RAY_AUTH_MODE, value: disabled}",
            "expected token, or no RAY_AUTH_MODE",
        ),
        (
            "resume",
            "    env_vars:\n",
            "    env_vars:\n      RAY_AUTH_MODE: disabled\n",
            "AUTH_MODE",
        ),
        ("rules", "readOnlyRootFilesystem: true", "privileged: true", "readOnlyRoot"),
        ("rules", "Escalation: false", "Escalation: true", "found true, expected false"),
        ("rules", "drop: [ALL]", "drop: [NET_RAW]", "NET_RAW"),
        ("rules", "drop: [ALL]", "drop: [ALL]\n              add: [SYS_ADMIN]", "SYS_ADMIN"),
        ("rules", "  backoffLimit: 5", "  backoffLimit: 0", "found 0, expected at least 1"),
        ("rules", "activeDeadlineSeconds: 172800", "suspend: false", "costs for ever"),
        ("rules", "JobFinishes: true", "JobFinishes: false", "idle machines cost"),
        ("resume", "SIGINT", "SIGTERM", 'RAY_JOB_STOP_SIGNAL "SIGTERM"'),
        ("resume", 'TIME_S: "60"', 'TIME_S: "3"', "too short to write tables"),
        ("resume", " --name first", "", "found no --name"),
        ("resume", " --results /shared/results", "", "found no --results"),
        ("resume", "/shared/results", "results/runs", "no shared volume on a head"),
        ("resume", "--data /shared/", "--data /var/cache/fer/", "below /shared/ or a URI"),
        ("resume", _COMMAND, "python train.py", "expected python -m jobs.NAME"),
        ("resume", _COMMAND, "python -m 'jobs.sweep", "close the quotation mark"),
        ("secrets", "/shared/results", "s3://me:pw@runs", "credentials in a URI"),
        (
            "secrets",
            "{name: HOME, value: /home/ray}",
            "{name: AWS_SECRET_ACCESS_KEY, value: abc}",
            "a value for AWS_SECRET_ACCESS_KEY",
        ),
    ],
    CLUSTER: [
        ("start options", "num-cpus:", "num-cpu:", "unknown option num-cpu,"),
        ("start options", 'num-gpus: "1"', 'num-gpus: "one"', "a whole number"),
        ("start options", '"1000000000"', '"0"', "at least 78643200; take it out"),
        ("fields", "  rayVersion", "  1: 2\n  a: 3\n  rayVersion", "the unknown field 1"),
        ("fields", "maxReplicas: 4", "maxReplicas: many", "a value of type integer"),
        ("fields", "groupName: gpu", "priority: 1", "found no groupName"),
        ("rules", "medium: Memory", "medium: RAM", 'found "RAM"'),
        ("rules", "memory: 24Gi", "memory: 24 GB", "expected a quantity such as 24Gi"),
        ("fields", "kind: NetworkPolicy", "kind: Secret", 'found "Secret"'),
        (
            "one Ray",
            "fer-orchestrator:2.60.0",
            "fer-orchestrator:latest",
            "fer-orchestrator:latest",
        ),
        ("one Ray", "version: v2", "version: v2\n    image: ray:2.9.0", "ray:2.9.0"),
        ("gpus", 'num-gpus: "1"', 'num-gpus: "2"', "found 2 GPUs told to Ray, expected 1"),
        ("gpus", "key: nvidia.com/gpu", "key: other", "no toleration"),
        ("rules", 'num-cpus: "0"', 'num-cpus: "2"', 'found "2", expected "0"'),
        (
            "rules",
            'limits: {cpu: "2",',
            'limits: {nvidia.com/gpu: "1", cpu: "2",',
            "expected no GPU for the head",
        ),
        ("rules", 'limits: {cpu: "5", ', "limits: {", "found no cpu"),
        (
            "gpus",
            'limits: {cpu: "5", memory: 24Gi, ephemeral-storage: 30Gi, nvidia.com/gpu: "1"}',
            'limits: {cpu: "5", memory: 24Gi}',
            "found 1 GPUs told to Ray, expected 0",
        ),
        ("rules", "Autoscaling: true", "Autoscaling: false", "idle GPUs"),
        ("rules", "version: v2", "version: v1", "write version: "),
        ("fields", "maxReplicas: 2", "maxReplicas: -1", "found -1, expected minimum 0"),
        ("fields", "      maxReplicas: 2\n", "", "found no maxReplicas"),
        (
            "volumes",
            "sizeLimit: 3Gi",
            "sizeLimit: 30Gi",
            "volumes of 30 GiB, expected at most the container's memory limit, 8Gi",
        ),
        ("rules", "sizeLimit: 5Gi", "", "an emptyDir with a sizeLimit"),
        ("rules", "ClusterIP", "LoadBalancer", 'found "LoadBalancer"'),
        (
            "rules",
            "serviceType: ClusterIP",
            "headService: {spec: {externalIPs: [198.51.100.7]}}",
            "externalIPs",
        ),
        ("rules", "containerPort: 8265", "containerPort: 8265, hostPort: 8265", "hostPort"),
        ("network policy", "[Ingress]", "[Egress]", "a head pod that no NetworkPolicy"),
        (
            "network policy",
            "  ingress:\n",
            "  ingress:\n    - from: [{ipBlock: {cidr: 0.0.0.0/0}}]\n",
            "which lets in anybody",
        ),
        (
            "network policy",
            "  ingress:\n",
            "  ingress:\n    - ports: [{port: 8265}]\n",
            "a rule without from",
        ),
        (
            "network policy",
            "  ingress:\n",
            "  ingress:\n    - from: [{namespaceSelector: {}}]\n",
            "name a podSelector with labels",
        ),
        ("network policy", "mode: token", "mode: disabled", "network policy and token"),
        ("network policy", "dashboard-host: 0.0.0.0", "dashboard-host: 8.8.8.8", "8.8.8.8"),
        ("rules", "mode: token", "mode: disabled", 'found "disabled", expected "token"'),
        ("rules", "runAsNonRoot: true", "runAsNonRoot: false", "write runAsNonRoot: true"),
        ("rules", "runAsUser: 1000", "runAsUser: 0", "runAsUser: found 0"),
        ("rules", "RuntimeDefault", "Unconfined", "write type: "),
        ("rules", "persistentVolumeClaim: {claimName: fer-shared}", "hostPath: {path: /}", "leave"),
        ("rules", "mountPath: /dev/shm", "mountPath: /shm", "nothing at /dev/shm"),
        ("rules", "{name: tmp, mountPath: /tmp}", "{name: tmp, mountPath: /t}", "/tmp"),
        ("rules", "{name: cache, mount", "{name: cash, mount", "a mount of no volume"),
        (
            "rules",
            "automountServiceAccountToken: false",
            "enableServiceLinks: false",
            "write automountServiceAccountToken: false",
        ),
    ],
    NAMESPACE: [
        ("rules", "ReadWriteMany", "ReadWriteAll", "ReadWriteMany"),
    ],
    AWS: [
        ("fields", "idle_timeout_minutes", "idle_timeout_minute", "write idle_timeout_minutes"),
        ("one Ray", "fer-orchestrator:2.60.0", "fer-orchestrator", "expected Ray 2.60.0"),
        ("gpus", '"GPU": 1', '"GPU": 4', "expected 1, which g5.2xlarge has"),
        ("secrets", "RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN=abc", "a value for RAY_AUTH_TOKEN"),
        ("idle head", '{"CPU": 0}', '{"CPU": 4}', "found 4, expected 0"),
        ("idle head", "head_node_type: head", "head_node_type: main", 'found "main"'),
        ("node types", "    max_workers: 4", "    max_workers: 9", "max_workers 9, 4 in all"),
        (
            "node types",
            "      InstanceMarketOptions: {MarketType: spot}\n",
            "",
            "a worker that is not",
        ),
        ("dashboard", "--dashboard-host=127.0.0.1", "--dashboard-host=0.0.0.0", "through ssh"),
        ("dashboard", " --dashboard-host=127.0.0.1", "", "--dashboard-host not said"),
        ("rules", "SecurityGroupIds: [sg-", "GroupIds: [sg-", "ssh from the whole world"),
        (
            "security groups",
            "  use_internal_ips: true",
            "  security_group: {IpPermissions: [{IpRanges: [{CidrIp: 0.0.0.0/0}]}]}",
            'found "0.0.0.0/0", expected a private network',
        ),
        ("token", "RAY_AUTH_MODE=token ", "", "found no RAY_AUTH_MODE"),
        ("token", "  /home/ray/.ray/auth_token:", "  /home/ray/other:", "found no token file"),
        ("rules", "    - --cap-drop=ALL\n", "", "add --cap-drop=ALL"),
        ("rules", "--ulimit=", "--privileged --ulimit=", "nothing of the kind"),
    ],
    GCP: [
        ("fields", "max_workers: 4  ", "max_workers: four  ", 'found "four"'),
        (
            "one Ray",
            "\nsetup_commands: []",
            "\nsetup_commands: ['pip install ray==2.61.0']",
            "found ray==2.61.0",
        ),
        (
            "one Ray",
            "\nsetup_commands: []",
            "\nsetup_commands: ['pip install pandas']",
            "takes whatever is newest",
        ),
        ("gpus", "acceleratorCount: 1", "acceleratorCount: 2", "which guestAccelerators has"),
        ("secrets", "ssh_user: ubuntu", "ssh_user: AKIAABCDEFGHIJKLMNOP", "an AWS access key"),
        ("rules", "idle_timeout_minutes: 10", "", "idle machines cost"),
        (
            "node types",
            "machineType: n2-standard-4",
            "scheduling: {provisioningModel: SPOT}",
            "the head that is not an on-demand machine",
        ),
        ("start options", "--port=6379", "--ray-client-server-port=0", "at least 1024"),
        ("start options", "--autoscaling-config", "--autoscale-config", "write autoscaling-config"),
        ("rules", "use_internal_ips: true", "use_internal_ips: false", "found false"),
        ("rules", "networkInterfaces:", "networks:", "found no networkInterfaces"),
        (
            "rules",
            "subnetworks/fer ",
            "subnetworks/fer\n          accessConfigs: []\n",
            "out",
        ),
        ("rules", "  image:", "  use_podman: true\n  # image:", "it pins every package"),
    ],
    ONPREM: [
        ("idle head", " --num-cpus=0", "", "a head that offers its cores"),
        ("rules", "\nhead_setup_commands: []", "", "or Ray's defaults install"),
        ("dashboard", "ray start --address", "ray begin --address", "no `ray start`"),
        ("token", "TOKEN_PATH=/home/ray/", "TOKEN_PATH=/root/", "a file of file_mounts"),
        ("rules", "--volume=/mnt/fer:", "--volume=/var/run/docker.sock:", "docker.sock"),
    ],
    IMAGE: [
        (
            "hadolint",
            "FROM python:3.11.14-slim-bookworm",
            "FROM python:latest",
            "Pin the version",
        ),
        ("hadolint", " -c constraints.txt -c constraints-image.txt", "", "Pin versions in pip"),
        ("rules", "apt-get update", "curl https://example.org | sh", "found a download"),
        ("hadolint", "COPY README.md", "ADD README.md", "Use COPY"),
        ("rules", "pip install", "pip download", "found no pip install"),
        ("hadolint", "USER 1000:1000", "USER root", "should not be root"),
        ("rules", "USER 1000:1000", "", "found no USER"),
        ("rules", "USER 1000:1000", "USER ray", "expected USER 1000:1000"),
        ("rules", "RAY_AUTH_MODE=token", "RAY_AUTH_MODE=disabled", "ENV RAY_AUTH_MODE=token"),
        ("hadolint", "WORKDIR /opt/fer", "ARG HUB_TOKEN", "Potentially sensitive data"),
        ("rules", "COPY README.md LICENSE ./", "COPY auth_token ./", "found a secret copied in"),
        ("rules", "ENV HOME", "ENV PASSWORD=abc HOME", "a value for PASSWORD"),
    ],
}

MUTATIONS = [Mutation(file, *words) for file, rows in TABLE.items() for words in rows]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_mutation_is_named_by_its_check_in_one_sentence_with_its_place(mutation):
    description = mutation.description()
    own = set(CHECKS[description.family][mutation.check](description))
    sentences = [
        p.sentence(mutation.file, description.line(p.place))
        for p in problems(description)
        if p in own
    ]
    assert any(mutation.words in s for s in sentences), sentences
    for sentence in sentences:
        assert sentence.startswith(mutation.file)
        assert "\n" not in sentence
        assert "found " in sentence
        assert "expected " in sentence


def test_every_check_has_a_mutation_that_makes_it_fail():
    failing = {(shipped(m.file).family, m.check) for m in MUTATIONS}
    assert failing == {(family, name) for family, checks in CHECKS.items() for name in checks}


@pytest.mark.parametrize("file", TABLE)
def test_a_pin_outside_of_the_projects_range_is_found_whatever_the_file(file):
    other = replace(shipped(file), pins=Pins(PINS.ray, SpecifierSet(">=2.61")))
    texts = [p.actual for p in problems(other)]
    assert [f"ray=={PINS.ray} in cluster/constraints.txt"] == texts or file == NAMESPACE
