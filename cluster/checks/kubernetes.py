"""Fields of the Kubernetes objects that our descriptions are made of, as JSON schemas.

Ray's own kinds are complete as of KubeRay 1.7 (`ray.io/v1`); of pods, volumes and network policies
what a cluster like ours can need. A field that is missing here and right: one line adds it.
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
ANY: Schema = {}
QUANTITY: Schema = {
    "type": ["string", "integer"],
    "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$",
}
PORT: Schema = {"type": ["integer", "string"]}


def record(required: str = "", **known: Schema) -> Schema:
    """An object with exactly these fields; `required` names some of them, separated by spaces."""
    return {
        "type": "object",
        "properties": {name.strip("_"): schema for name, schema in known.items()},
        "required": required.split(),
        "additionalProperties": False,
    }


def many(schema: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": schema}


def table(schema: Schema) -> Schema:
    """An object whose keys are free and whose values are such."""
    return {"type": "object", "additionalProperties": schema}


def one_of(*words: str) -> Schema:
    """One of these texts."""
    return {"enum": list(words)}


METADATA = record("name", name=TEXT, namespace=TEXT, labels=table(TEXT), annotations=table(TEXT))
POD_METADATA = record(labels=table(TEXT), annotations=table(TEXT))

# --- pods ------------------------------------------------------------------------------------

KEY_OF = record("key name", key=TEXT, name=TEXT, optional=TRUTH)
ENV = record(
    "name",
    name=TEXT,
    value=TEXT,
    valueFrom=record(
        secretKeyRef=KEY_OF,
        configMapKeyRef=KEY_OF,
        fieldRef=record("fieldPath", fieldPath=TEXT, apiVersion=TEXT),
        resourceFieldRef=record("resource", resource=TEXT, containerName=TEXT, divisor=QUANTITY),
    ),
)
NAMED = record("name", name=TEXT, optional=TRUTH)
ENV_FROM = record(prefix=TEXT, secretRef=NAMED, configMapRef=NAMED)
RESOURCES = record(requests=table(QUANTITY), limits=table(QUANTITY))
SECCOMP = record("type", type=TEXT, localhostProfile=TEXT)
CONTAINER_SECURITY = record(
    allowPrivilegeEscalation=TRUTH,
    capabilities=record(add=many(TEXT), drop=many(TEXT)),
    privileged=TRUTH,
    readOnlyRootFilesystem=TRUTH,
    runAsGroup=WHOLE,
    runAsNonRoot=TRUTH,
    runAsUser=WHOLE,
    seccompProfile=SECCOMP,
)
POD_SECURITY = record(
    fsGroup=WHOLE,
    fsGroupChangePolicy=one_of("OnRootMismatch", "Always"),
    runAsGroup=WHOLE,
    runAsNonRoot=TRUTH,
    runAsUser=WHOLE,
    seccompProfile=SECCOMP,
    supplementalGroups=many(WHOLE),
)
MOUNT = record(
    "mountPath name", mountPath=TEXT, name=TEXT, readOnly=TRUTH, subPath=TEXT, mountPropagation=TEXT
)
PROBE = record(
    exec=record("command", command=many(TEXT)),
    httpGet=record("port", path=TEXT, port=PORT, scheme=TEXT),
    initialDelaySeconds=WHOLE,
    periodSeconds=WHOLE,
    timeoutSeconds=WHOLE,
    failureThreshold=WHOLE,
    successThreshold=WHOLE,
)
CONTAINER = record(
    "name image",
    name=TEXT,
    image=TEXT,
    imagePullPolicy=one_of("Always", "IfNotPresent", "Never"),
    command=many(TEXT),
    args=many(TEXT),
    workingDir=TEXT,
    env=many(ENV),
    envFrom=many(ENV_FROM),
    ports=many(
        record("containerPort", containerPort=WHOLE, name=TEXT, protocol=TEXT, hostPort=WHOLE)
    ),
    resources=RESOURCES,
    securityContext=CONTAINER_SECURITY,
    volumeMounts=many(MOUNT),
    lifecycle=ANY,
    livenessProbe=PROBE,
    readinessProbe=PROBE,
    startupProbe=PROBE,
)
VOLUME = record(
    "name",
    name=TEXT,
    emptyDir=record(medium=one_of("", "Memory"), sizeLimit=QUANTITY),
    persistentVolumeClaim=record("claimName", claimName=TEXT, readOnly=TRUTH),
    hostPath=record("path", path=TEXT, type=TEXT),
    nfs=record("server path", server=TEXT, path=TEXT, readOnly=TRUTH),
    configMap=ANY,
    secret=record("secretName", secretName=TEXT, defaultMode=WHOLE, optional=TRUTH, items=ANY),
    projected=ANY,
    csi=ANY,
    ephemeral=ANY,
)
POD = record(
    "containers",
    containers=many(CONTAINER),
    initContainers=many(CONTAINER),
    volumes=many(VOLUME),
    securityContext=POD_SECURITY,
    serviceAccountName=TEXT,
    automountServiceAccountToken=TRUTH,
    restartPolicy=one_of("Always", "OnFailure", "Never"),
    terminationGracePeriodSeconds=WHOLE,
    nodeSelector=table(TEXT),
    affinity=ANY,
    topologySpreadConstraints=ANY,
    tolerations=many(
        record(key=TEXT, operator=TEXT, value=TEXT, effect=TEXT, tolerationSeconds=WHOLE)
    ),
    priorityClassName=TEXT,
    runtimeClassName=TEXT,
    schedulerName=TEXT,
    imagePullSecrets=many(record("name", name=TEXT)),
    dnsPolicy=TEXT,
    enableServiceLinks=TRUTH,
    hostNetwork=TRUTH,
    hostPID=TRUTH,
    hostIPC=TRUTH,
)
TEMPLATE = record("spec", metadata=POD_METADATA, spec=POD)

# --- network policies ------------------------------------------------------------------------

SELECTOR = record(
    matchLabels=table(TEXT),
    matchExpressions=many(record("key operator", key=TEXT, operator=TEXT, values=many(TEXT))),
)
PEER = record(
    podSelector=SELECTOR,
    namespaceSelector=SELECTOR,
    ipBlock=record("cidr", cidr=TEXT, except_=many(TEXT)),
)
POLICY_PORT = record(port=PORT, endPort=WHOLE, protocol=TEXT)
INGRESS = record(from_=many(PEER), ports=many(POLICY_PORT))
EGRESS = record(to=many(PEER), ports=many(POLICY_PORT))
POLICY = record(
    "podSelector",
    podSelector=SELECTOR,
    policyTypes=many(one_of("Ingress", "Egress")),
    ingress=many(INGRESS),
    egress=many(EGRESS),
)

# --- Ray's own kinds -------------------------------------------------------------------------

START = table(TEXT)
HEAD = record(
    "template",
    template=TEMPLATE,
    headService=ANY,
    enableIngress=TRUTH,
    ingressOptions=ANY,
    resources=table(TEXT),
    labels=table(TEXT),
    rayStartParams=START,
    serviceType=TEXT,
)
WORKERS = record(
    "groupName template",
    suspend=TRUTH,
    groupName=TEXT,
    replicas=WHOLE,
    minReplicas=WHOLE,
    maxReplicas=WHOLE,
    idleTimeoutSeconds=WHOLE,
    priority=WHOLE,
    resources=table(TEXT),
    labels=table(TEXT),
    rayStartParams=START,
    template=TEMPLATE,
    scaleStrategy=record(workersToDelete=many(TEXT)),
    numOfHosts=WHOLE,
)
AUTOSCALER = record(
    resources=RESOURCES,
    image=TEXT,
    imagePullPolicy=TEXT,
    securityContext=CONTAINER_SECURITY,
    idleTimeoutSeconds=WHOLE,
    upscalingMode=one_of("Default", "Aggressive", "Conservative"),
    version=one_of("v1", "v2"),
    env=many(ENV),
    envFrom=many(ENV_FROM),
    volumeMounts=many(MOUNT),
    command=many(TEXT),
    args=many(TEXT),
)
RULES: dict[str, Any] = {"ingressRules": many(INGRESS), "egressRules": many(EGRESS)}
CLUSTER = record(
    "headGroupSpec",
    upgradeStrategy=record(type=one_of("Recreate", "None")),
    authOptions=record(mode=one_of("disabled", "token"), secretName=TEXT, enableK8sTokenAuth=TRUTH),
    suspend=TRUTH,
    managedBy=TEXT,
    autoscalerOptions=AUTOSCALER,
    headServiceAnnotations=table(TEXT),
    enableInTreeAutoscaling=TRUTH,
    gcsFaultToleranceOptions=ANY,
    historyServerOptions=ANY,
    networkPolicy=record(
        mode=one_of("DenyAll", "DenyAllIngress", "DenyAllEgress"),
        head=record(**RULES),
        worker=record(**RULES),
        workerGroups=many(record("groupName", groupName=TEXT, **RULES)),
    ),
    tlsOptions=record(enabled=TRUTH),
    headGroupSpec=HEAD,
    rayVersion=TEXT,
    workerGroupSpecs=many(WORKERS),
)
JOB = record(
    "entrypoint",
    activeDeadlineSeconds=WHOLE,
    backoffLimit=WHOLE,
    rayClusterSpec=CLUSTER,
    submitterPodTemplate=TEMPLATE,
    metadata=table(TEXT),
    clusterSelector=table(TEXT),
    submitterConfig=record(backoffLimit=WHOLE),
    managedBy=TEXT,
    deletionStrategy=ANY,
    entrypoint=TEXT,
    runtimeEnvYAML=TEXT,
    jobId=TEXT,
    submissionMode=one_of("K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"),
    entrypointResources=TEXT,
    entrypointNumCpus=NUMBER,
    entrypointNumGpus=NUMBER,
    ttlSecondsAfterFinished=WHOLE,
    preRunningDeadlineSeconds=WHOLE,
    shutdownAfterJobFinishes=TRUTH,
    suspend=TRUTH,
)
CLAIM = record(
    "accessModes resources",
    accessModes=many(one_of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")),
    resources=RESOURCES,
    storageClassName=TEXT,
    volumeMode=TEXT,
    volumeName=TEXT,
    selector=SELECTOR,
)


def kind(version: str, spec: Schema | None) -> Schema:
    """A whole object of this apiVersion."""
    whole = {"apiVersion": one_of(version), "kind": TEXT, "metadata": METADATA}
    if spec is None:
        return record("apiVersion kind metadata", **whole)
    return record("apiVersion kind metadata spec", **whole, spec=spec)


KINDS: dict[str, Schema] = {
    "RayCluster": kind("ray.io/v1", CLUSTER),
    "RayJob": kind("ray.io/v1", JOB),
    "NetworkPolicy": kind("networking.k8s.io/v1", POLICY),
    "PersistentVolumeClaim": kind("v1", CLAIM),
    "Namespace": kind("v1", None),
}
