"""Fields of Ray's own kinds of Kubernetes objects, complete as of KubeRay 1.7 (`ray.io/v1`).

Everything that is Kubernetes' own inside them refers to its published schema (see `field_types`).
"""

from typing import Any

Schema = dict[str, Any]

DEFINITIONS = "https://kubernetes.io/api/_definitions.json"

TEXT: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}
TEXTS: Schema = {"type": "array", "items": TEXT}


def table(schema: Schema) -> Schema:
    """An object whose keys are free and whose values are such."""
    return {"type": "object", "additionalProperties": schema}


def many(schema: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": schema}


def one_of(*words: str) -> Schema:
    """One of these texts."""
    return {"enum": list(words)}


def fields(text: str = "", boolean: str = "", integer: str = "", **others: Schema) -> Schema:
    """An object in which these fields have these types; names of one type in one text."""
    types = {"string": text, "boolean": boolean, "integer": integer}
    plain = {name: {"type": kind} for kind, names in types.items() for name in names.split()}
    return {"type": "object", "properties": plain | others}


def closed(required: str, schema: Schema) -> Schema:
    """The same without any other field; `required` names some, separated by spaces."""
    return {**schema, "required": required.split(), "additionalProperties": False}


def kubernetes(kind: str) -> Schema:
    """A type of Kubernetes' own, e.g. core.v1.PodSpec, or one of its fields behind a slash."""
    owner, slash, field = kind.partition("/")
    return {"$ref": f"{DEFINITIONS}#/$defs/io.k8s.api.{owner}{slash and '/properties/'}{field}"}


AMOUNT: Schema = {"type": "integer", "minimum": 0}
LABELS = table(TEXT)
TEMPLATE = kubernetes("core.v1.PodTemplateSpec")
NODES: Any = {"template": TEMPLATE, "resources": LABELS, "labels": LABELS, "rayStartParams": LABELS}
HEAD = fields(
    text="serviceType",
    boolean="enableIngress",
    headService=kubernetes("core.v1.Service"),
    ingressOptions=OBJECT,
    **NODES,
)
WORKERS = fields(
    text="groupName",
    boolean="suspend",
    integer="idleTimeoutSeconds priority numOfHosts",
    replicas=AMOUNT,
    minReplicas=AMOUNT,
    maxReplicas=AMOUNT,
    scaleStrategy=closed("", fields(workersToDelete=TEXTS)),
    **NODES,
)
_CONTAINER = "resources image imagePullPolicy securityContext env envFrom volumeMounts command args"
CONTAINER: Any = {name: kubernetes(f"core.v1.Container/{name}") for name in _CONTAINER.split()}
AUTOSCALER = fields(
    integer="idleTimeoutSeconds",
    upscalingMode=one_of("Default", "Aggressive", "Conservative"),
    version=one_of("v1", "v2"),
    **CONTAINER,
)
POLICY: Any = {f"{way}Rules": kubernetes(f"networking.v1.NetworkPolicySpec/{way}")
          for way in ("ingress", "egress")}  # fmt: skip
NETWORK_POLICY = fields(
    mode=one_of("DenyAll", "DenyAllIngress", "DenyAllEgress"),
    head=closed("", fields(**POLICY)),
    worker=closed("", fields(**POLICY)),
    workerGroups=many(closed("groupName", fields(text="groupName", **POLICY))),
)
AUTHENTICATION = fields(
    text="secretName", boolean="enableK8sTokenAuth", mode=one_of("disabled", "token")
)
CLUSTER = fields(
    text="managedBy rayVersion",
    boolean="suspend enableInTreeAutoscaling",
    upgradeStrategy=closed("", fields(type=one_of("Recreate", "None"))),
    authOptions=closed("", AUTHENTICATION),
    autoscalerOptions=closed("", AUTOSCALER),
    headServiceAnnotations=LABELS,
    gcsFaultToleranceOptions=OBJECT,
    historyServerOptions=OBJECT,
    networkPolicy=closed("", NETWORK_POLICY),
    tlsOptions=closed("", fields(boolean="enabled")),
    headGroupSpec=closed("template", HEAD),
    workerGroupSpecs=many(closed("groupName template maxReplicas", WORKERS)),
)
JOB = fields(
    text="managedBy entrypoint runtimeEnvYAML jobId entrypointResources",
    boolean="shutdownAfterJobFinishes suspend",
    integer="activeDeadlineSeconds backoffLimit ttlSecondsAfterFinished preRunningDeadlineSeconds",
    rayClusterSpec=closed("headGroupSpec", CLUSTER),
    submitterPodTemplate=TEMPLATE,
    metadata=LABELS,
    clusterSelector=LABELS,
    submitterConfig=closed("", fields(integer="backoffLimit")),
    deletionStrategy=OBJECT,
    submissionMode=one_of("K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"),
    entrypointNumCpus={"type": "number"},
    entrypointNumGpus={"type": "number"},
)


def _ray_kind(spec: Schema) -> Schema:
    metadata = kubernetes("core.v1.Pod/metadata")
    complete = fields("kind", apiVersion=one_of("ray.io/v1"), metadata=metadata, spec=spec)
    return closed("apiVersion kind metadata spec", complete)


KINDS: dict[str, Schema] = {
    "RayCluster": _ray_kind(closed("headGroupSpec", CLUSTER)),
    "RayJob": _ray_kind(closed("entrypoint", JOB)),
    "NetworkPolicy": kubernetes("networking.v1.NetworkPolicy"),
    "PersistentVolumeClaim": kubernetes("core.v1.PersistentVolumeClaim"),
    "Namespace": kubernetes("core.v1.Namespace"),
}
