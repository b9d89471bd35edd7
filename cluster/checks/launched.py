"""Types of what our checks read in a description for `ray up`; Ray's schema leaves many open."""

from cluster.checks.kubernetes import NUMBER, TEXT, TRUTH, WHOLE, Schema, many, table


def loose(**known: Schema) -> Schema:
    """An object in which these fields have these types; others may stand beside them."""
    return {"type": "object", "properties": known}


TEXTS = many(TEXT)
CARD = loose(AssociatePublicIpAddress=TRUTH)
MACHINE = loose(
    InstanceType=TEXT,
    machineType=TEXT,
    SecurityGroupIds=TEXTS,
    NetworkInterfaces=many(CARD),
    networkInterfaces=many(CARD),
    guestAccelerators=many(loose(acceleratorCount=WHOLE)),
    InstanceMarketOptions=loose(MarketType=TEXT),
    scheduling=loose(provisioningModel=TEXT, preemptible=TRUTH),
)
NODE = loose(min_workers=WHOLE, max_workers=WHOLE, resources=table(NUMBER), node_config=MACHINE)
RULE = loose(IpRanges=many(loose(CidrIp=TEXT)), Ipv6Ranges=many(loose(CidrIpv6=TEXT)))
OPTIONS = dict.fromkeys(("run_options", "head_run_options", "worker_run_options"), TEXTS)
IMAGES = dict.fromkeys(("image", "head_image", "worker_image"), TEXT)
COMMANDS = (
    "initialization_commands",
    "setup_commands",
    "head_setup_commands",
    "worker_setup_commands",
    "head_start_ray_commands",
    "worker_start_ray_commands",
)
READ = loose(
    max_workers=WHOLE,
    idle_timeout_minutes=NUMBER,
    head_node_type=TEXT,
    provider=loose(type=TEXT, security_group=loose(IpPermissions=many(RULE))),
    auth=loose(),
    docker=loose(**OPTIONS, **IMAGES),
    available_node_types=table(NODE),
    file_mounts=table(TEXT),
    **dict.fromkeys(COMMANDS, TEXTS),
)
