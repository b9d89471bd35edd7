"""The house's plan: who may import whom; `boundaries_test` holds the code to it.

A new module needs a room here or falls into its parent's; a new import across rooms needs a word
here, and a reason in the commit.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """What the modules of a room may import besides each other and the standard library.

    Attributes:
        ours: rooms or modules of this repository.
        packages: others'.
    """

    ours: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def room(ours: str = "", packages: str = "") -> Room:
    """A room in few words: those of ours are relative to `orchestrator`, or whole with a "/"."""
    names = [w[1:] if w.startswith("/") else f"orchestrator.{w}" for w in ours.split()]
    return Room(tuple(names), tuple(packages.split()))


NETS = "keras numpy"
ROOMS: dict[str, Room] = {
    # what everybody may know
    "orchestrator": room(),
    "orchestrator.errors": room(),
    "orchestrator.config": room("errors"),
    "orchestrator.testing.boundaries": room(),
    "orchestrator.process.hardware": room("", "psutil"),
    "orchestrator.metrics": room("", "numpy"),
    # from files to arrays
    "orchestrator.data": room(
        "errors /results.patience /results.places", "numpy pandas PIL pyarrow rich"
    ),
    "orchestrator.preprocess": room("data.turns errors", "numpy scipy skimage rich"),
    # nets and their training; no Ray
    "orchestrator.training.augment": room("errors", "keras"),
    "orchestrator.models": room("config errors", NETS),
    "orchestrator.models.notation": room("config errors"),
    "orchestrator.models.options": room("config errors"),
    "orchestrator.models.layer_sizes": room("errors models.notation"),
    "orchestrator.training": room(
        "config data errors metrics preprocess training /results", "numpy safetensors"
    ),
    "orchestrator.training.optimizers": room("", "keras"),
    "orchestrator.training.on_tensorflow.fused_normalisation": room("", "keras tensorflow"),
    "orchestrator.training.on_tensorflow.device": room("", "tensorflow"),
    "orchestrator.training.on_tensorflow.pixels": room("", "tensorflow"),
    "orchestrator.training.on_tensorflow.precision": room("training", "keras tensorflow"),
    "orchestrator.training.on_tensorflow.tensorflow_engine": room(
        "augment config models training", "keras numpy tensorflow"
    ),
    # the question
    "orchestrator.sweeps": room("config errors", "ray"),
    "orchestrator.search.space": room("config errors models.notation", "numpy ray"),
    "orchestrator.request": room("config errors"),
    "orchestrator.plan": room(
        "command config data.faces data.uris errors listed models.options rungs search space"
        " summary sweeps training.inputs /results"
    ),
    "orchestrator.driver.dry_run": room("command config hardware listed plan progress space"),
    # decisions and their memory; no Ray either
    "orchestrator.scheduling.asha": room("errors"),
    "orchestrator.search.strategy": room("errors space"),
    "orchestrator.search.study": room("errors", "optuna"),
    "orchestrator.search.tpe": room("errors listed space strategy study", "numpy optuna"),
    "orchestrator.scheduling.ledger": room(),
    "orchestrator.scheduling.failures": room(),
    "orchestrator.scheduling.hang_detector": room(),
    "orchestrator.scheduling.scheduler": room(
        "config deaths ledger rungs strategy training.history"
    ),
    "orchestrator.scheduling.finished_trials": room("conductor ledger /results", "pyarrow"),
    # what is shown
    "orchestrator.monitor.rows": room(
        "conductor data.faces ledger metrics training.history training.verdict", "numpy"
    ),
    "orchestrator.monitor.tables": room("ledger summary /results"),
    "orchestrator.driver.integrity": room("errors ledger plan tables /results"),
    "orchestrator.monitor.event_files": room("", "numpy tensorboard tensorboardX"),
    "orchestrator.monitor.tensorboard": room("event_files", "numpy PIL tensorboard tensorboardX"),
    "orchestrator.monitor.progress": room("", "rich"),
    "orchestrator.driver.local_files": room("terminal /results"),
    "orchestrator.monitor.monitor": room(
        "conductor dashboard deaths ledger metrics plan progress space summary tables terminal"
        " training.inputs /results.journal",
        "numpy",
    ),
    "orchestrator.process.terminal": room(),
    "orchestrator.process.provenance": room("hardware plan"),
    # where Ray comes in
    "orchestrator.on_ray.resources": room("command errors hardware"),
    "orchestrator.on_ray.head_watch": room(),
    "orchestrator.on_ray.capacity": room("slots"),
    "orchestrator.on_ray.session": room("errors lookout", "ray"),
    "orchestrator.on_ray.tune_adapter": room("conductor config deaths vigil", "ray"),
    "orchestrator.on_ray.trial": room(
        "config errors hardware terminal training /results", "ray safetensors"
    ),
    "orchestrator.driver.run": room(
        "command conductor dashboard intact ledger plan reuse rungs scheduling search slots"
        " strategy tables trial vigil waiting watch workplace /results",
        "ray",
    ),
    "orchestrator.sweep": room(
        "command conductor config errors estimate hardware intact ledger plan provenance session"
        " slots sweeps terminal training.inputs trial watch work workplace /results",
        "ray",
    ),
    # for tests
    "orchestrator.testing.stand_ins": room("config training", "numpy"),
    "orchestrator.testing.scripted": room(
        "conductor config ledger rungs search space strategy study testing", "optuna"
    ),
    # those who read results, and the doors
    "results": room("", "fsspec numpy pyarrow"),
    "results.testing": room("", "moto werkzeug"),
    "analysis": room("/results", "numpy pandas"),
    "analysis.statistics": room("", "numpy scipy threadpoolctl"),
    "analysis.seeds": room(
        "/analysis.leaderboard /analysis.sweep_folder /results", "numpy pandas scipy"
    ),
    "analysis.sweep_folder": room("config data errors training.inputs /results", "pandas"),
    "analysis.members": room(
        "config errors models training.fused_normalisation /results /analysis.sweep_folder",
        "keras numpy safetensors",
    ),
    "analysis.ensemble": room(
        "errors metrics /results /analysis.statistics", "numpy pyarrow scipy"
    ),
    "analysis.ensemble.saved": room(
        "config errors models preprocess training.pixels /results /analysis.ensemble"
        " /analysis.members",
        "keras numpy",
    ),
    "analysis.explain": room("errors models.options", "keras numpy pandas scipy"),
    "analysis.explain.network": room(
        "errors models.options /analysis.explain", f"{NETS} tensorflow"
    ),
    "analysis.features": room("errors /analysis.explain", f"{NETS} tensorflow"),
    "analysis.pictures": room("errors", "matplotlib numpy pandas PIL"),
    "analysis.figures": room(
        "metrics /results /analysis.explain.names /analysis.pictures /analysis.statistics",
        "matplotlib numpy optuna pandas PIL scipy",
    ),
    "analysis.report": room(
        "event_files /results /analysis.explain.names /analysis.figures.faithfulness"
        " /analysis.leaderboard",
        "jinja2 markupsafe numpy pandas PIL sklearn tensorboard tensorboardX",
    ),
    # one post-processing: tables, what workers do, the order of it all
    "analysis.findings": room("/results /analysis.ensemble", "numpy pandas pyarrow safetensors"),
    "analysis.workshop": room(
        "data errors hardware metrics preprocess training.device /results /analysis.ensemble"
        " /analysis.explain /analysis.features /analysis.findings /analysis.members"
        " /analysis.sweep_folder",
        "numpy pyarrow safetensors",
    ),
    "analysis.stages": room(
        "data.faces errors hardware preprocess provenance /results /analysis",
        "numpy pandas pyarrow safetensors",
    ),
    "analysis.pipeline.testing": room(
        "config errors metrics testing training /results /analysis", "safetensors"
    ),
    "jobs": room("/analysis /orchestrator /results", "numpy pandas ray rich"),
    "orchestrator.on_ray.worker_pool": room("errors terminal /results", "ray"),
    "cluster": room("", "jsonschema packaging ray yaml"),
    "cluster.preflight": room("data.uris errors", "ray"),
    "cluster.job_command": room("command errors sweeps /jobs.pipeline"),
    "cluster.submit": room("errors terminal /cluster"),
    "cluster.job_log": room("", "ray"),
    "cluster.driver_overhead": room(
        "/orchestrator /results /cluster.chaos", "numpy pandas psutil ray"
    ),
    "cluster.chaos": room("/orchestrator /results", "numpy pandas psutil ray"),
}
