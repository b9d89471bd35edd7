"""For tests: what can go wrong with each shipped description, one line a fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

JOB = "cluster/kuberay/rayjob.yaml"
CLUSTER = "cluster/kuberay/raycluster.yaml"
NAMESPACE = "cluster/kuberay/namespace.yaml"
AWS = "cluster/ray/aws.yaml"
GCP = "cluster/ray/gcp.yaml"
ONPREM = "cluster/ray/onprem.yaml"
IMAGE = "cluster/Dockerfile"

_COMMAND = "python -m jobs.sweep architectures"


@dataclass(frozen=True)
class Fault:
    """A shipped file with one text replaced everywhere.

    Attributes:
        file: in the repository.
        check: that finds it.
        old: text that is there.
        new: what replaces it.
        said: part of the sentence.
    """

    file: str
    check: str
    old: str
    new: str
    said: str

    def __str__(self) -> str:
        return f"{Path(self.file).stem}-{self.check}-{self.said[:30]}"


_FAULTS: Mapping[str, Sequence[tuple[str, str, str, str]]] = {
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
            "requests and limits",
            'requests: {cpu: "8"',
            'requests: {cpu: "9"',
            "a request of 9 cpu, expected at most the limit, 8",
        ),
        (
            "requests and limits",
            "requests: {cpu: 500m, memory: 1Gi}",
            "requests: {cpu: 500m, memory: 2Gi}",
            "a request of 2Gi memory",
        ),
        ("autoscaling", "minReplicas: 0  ", "minReplicas: 1  ", "1 GPU workers at least"),
        ("services", "ClusterIP", "NodePort", "reach it by kubectl port-forward"),
        ("services", "serviceType: ClusterIP", "enableIngress: true", "expected no ingress"),
        ("host", "terminationGracePeriodSeconds: 60", "hostNetwork: true", "spec.hostNetwork"),
        (
            "network policy",
            "  podSelector:\n    matchLabels:\n      app.kubernetes.io/instance: fer-first",
            "  podSelector:\n    matchLabels:\n      app.kubernetes.io/instance: other",
            "a submitter pod that no NetworkPolicy in this file selects",
        ),
        ("token", "    authOptions:\n      mode: token", "    suspend: false", "found nothing"),
        (
            "token",
            "{name: HOME, value: /home/ray}",
            "{name: RAY_AUTH_MODE, value: disabled}",
            'RAY_AUTH_MODE "disabled"',
        ),
        ("token", "    env_vars:\n", "    env_vars:\n      RAY_AUTH_MODE: disabled\n", "AUTH_MODE"),
        ("containers", "readOnlyRootFilesystem: true", "privileged: true", "readOnlyRoot"),
        ("containers", "Escalation: false", "Escalation: true", "found true, expected false"),
        ("containers", "drop: [ALL]", "drop: [NET_RAW]", "NET_RAW"),
        ("containers", "drop: [ALL]", "drop: [ALL]\n              add: [SYS_ADMIN]", "SYS_ADMIN"),
        ("resume", "  backoffLimit: 5", "  backoffLimit: 0", "found 0, expected at least 1"),
        ("resume", "activeDeadlineSeconds: 172800", "suspend: false", "costs for ever"),
        ("resume", "JobFinishes: true", "JobFinishes: false", "idle machines cost"),
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
        ("fields", "medium: Memory", "medium: RAM", 'found "RAM"'),
        ("fields", "memory: 24Gi", "memory: 24 GB", "expected pattern"),
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
        ("head without work", 'num-cpus: "0"', 'num-cpus: "2"', 'found "2", expected "0"'),
        (
            "head without work",
            'limits: {cpu: "2",',
            'limits: {nvidia.com/gpu: "1", cpu: "2",',
            "a GPU for the head",
        ),
        ("requests and limits", 'limits: {cpu: "5", ', "limits: {", "found no cpu"),
        (
            "requests and limits",
            'limits: {cpu: "5", memory: 24Gi, ephemeral-storage: 30Gi, nvidia.com/gpu: "1"}',
            'limits: {cpu: "5", memory: 24Gi}',
            "1 GPUs requested and none in limits",
        ),
        ("autoscaling", "Autoscaling: true", "Autoscaling: false", "idle GPUs"),
        ("autoscaling", "version: v2", "version: v1", "write version: v2"),
        ("autoscaling", "maxReplicas: 2", "maxReplicas: -1", "maxReplicas -1"),
        ("autoscaling", "      maxReplicas: 2\n", "", "found no maxReplicas"),
        (
            "disk and memory of volumes",
            "sizeLimit: 3Gi",
            "sizeLimit: 30Gi",
            "volumes of 30 GiB, expected at most the container's memory limit, 8Gi",
        ),
        ("disk and memory of volumes", "sizeLimit: 5Gi", "", "without sizeLimit"),
        ("services", "ClusterIP", "LoadBalancer", 'found "LoadBalancer"'),
        (
            "services",
            "serviceType: ClusterIP",
            "headService: {spec: {externalIPs: [198.51.100.7]}}",
            "externalIPs",
        ),
        ("host", "containerPort: 8265", "containerPort: 8265, hostPort: 8265", "hostPort"),
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
        ("token", "mode: token", "mode: disabled", 'found "disabled", expected token'),
        ("pods", "runAsNonRoot: true", "runAsNonRoot: false", "write runAsNonRoot: true"),
        ("pods", "runAsUser: 1000", "runAsUser: 0", "runAsUser: found 0"),
        ("pods", "RuntimeDefault", "Unconfined", "write type: "),
        ("pods", "persistentVolumeClaim: {claimName: fer-shared}", "hostPath: {path: /}", "leave"),
        ("containers", "mountPath: /dev/shm", "mountPath: /shm", "nothing at /dev/shm"),
        ("containers", "{name: tmp, mountPath: /tmp}", "{name: tmp, mountPath: /t}", "/tmp"),
        ("containers", "{name: cache, mount", "{name: cash, mount", 'found "cash"'),
        (
            "service account",
            "automountServiceAccountToken: false",
            "enableServiceLinks: false",
            "write automountServiceAccountToken: false",
        ),
    ],
    NAMESPACE: [
        ("fields", "ReadWriteMany", "ReadWriteAll", "ReadWriteMany"),
    ],
    AWS: [
        ("fields", "idle_timeout_minutes", "idle_timeout_minute", "write idle_timeout_minutes"),
        ("one Ray", "fer-orchestrator:2.60.0", "fer-orchestrator", "expected Ray 2.60.0"),
        ("gpus", '"GPU": 1', '"GPU": 4', "expected 1, which g5.2xlarge has"),
        ("secrets", "RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN=abc", "a value for RAY_AUTH_TOKEN"),
        ("node types", '{"CPU": 0}', '{"CPU": 4}', "found 4, expected 0"),
        ("node types", "head_node_type: head", "head_node_type: main", 'found "main"'),
        ("node types", "    max_workers: 4", "    max_workers: 9", "max_workers 9, 4 in all"),
        ("spot", "      InstanceMarketOptions: {MarketType: spot}\n", "", "a worker that is not"),
        ("ports", "--dashboard-host=127.0.0.1", "--dashboard-host=0.0.0.0", "through ssh"),
        ("ports", " --dashboard-host=127.0.0.1", "", "--dashboard-host not said"),
        ("security groups", "SecurityGroupIds: [sg-", "GroupIds: [sg-", "ssh from the whole world"),
        (
            "security groups",
            "  use_internal_ips: true",
            "  security_group: {IpPermissions: [{IpRanges: [{CidrIp: 0.0.0.0/0}]}]}",
            'found "0.0.0.0/0", expected a private network',
        ),
        ("token", "RAY_AUTH_MODE=token ", "", "found no RAY_AUTH_MODE"),
        ("token", "  /home/ray/.ray/auth_token:", "  /home/ray/other:", "found no token file"),
        ("docker", "    - --cap-drop=ALL\n", "", "add --cap-drop=ALL"),
        ("docker", "--ulimit=", "--privileged --ulimit=", "nothing of the kind"),
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
        ("node types", "idle_timeout_minutes: 10", "", "idle machines cost"),
        (
            "spot",
            "machineType: n2-standard-4",
            "scheduling: {provisioningModel: SPOT}",
            "the head that is not an on-demand machine",
        ),
        ("start options", "--port=6379", "--ray-client-server-port=0", "at least 1024"),
        ("start options", "--autoscaling-config", "--autoscale-config", "write autoscaling-config"),
        ("public addresses", "use_internal_ips: true", "use_internal_ips: false", "found false"),
        ("public addresses", "networkInterfaces:", "networks:", "found no networkInterfaces"),
        (
            "public addresses",
            "subnetworks/fer ",
            "subnetworks/fer\n          accessConfigs: []\n",
            "out",
        ),
        ("docker", "  image:", "  use_podman: true\n  # image:", "it pins every package"),
    ],
    ONPREM: [
        ("node types", " --num-cpus=0", "", "a head that offers its cores"),
        ("own set-up", "\nhead_setup_commands: []", "", "or Ray's defaults run"),
        ("ports", "ray start --address", "ray begin --address", "no `ray start`"),
        ("token", "TOKEN_PATH=/home/ray/", "TOKEN_PATH=/root/", "a file of file_mounts"),
        ("docker", "--volume=/mnt/fer:", "--volume=/var/run/docker.sock:", "docker.sock"),
    ],
    IMAGE: [
        ("base", "FROM python:3.11.14-slim-bookworm", "FROM python:latest", "two builds differ"),
        ("pins", " -c constraints.txt -c constraints-image.txt", "", "whatever is newest"),
        ("pins", "apt-get update", "curl https://example.org | sh", "found a download"),
        ("pins", "COPY README.md", "ADD README.md", "expected COPY"),
        ("pins", "pip install", "pip download", "found no pip install"),
        ("user", "USER 1000:1000", "USER root", "found USER root"),
        ("user", "USER 1000:1000", "", "found no USER"),
        ("token", "RAY_AUTH_MODE=token", "RAY_AUTH_MODE=disabled", "ENV RAY_AUTH_MODE=token"),
        ("secrets", "WORKDIR /opt/fer", "ARG HUB_TOKEN", "build arguments stay in the image"),
        ("secrets", "COPY README.md ./", "COPY auth_token ./", "found COPY"),
        ("secrets", "ENV HOME", "ENV PASSWORD=abc HOME", "a value for PASSWORD"),
    ],
}

FAULTS = [Fault(file, *words) for file, faults in _FAULTS.items() for words in faults]
