"""The wiring on one page: which jobs an event wakes, on which queue, and what the sweeper looks after."""

from __future__ import annotations

ANNOUNCE = ("invex.results.jobs.announce", "results")  # to webhooks

# event name -> (job, queue), by dotted name. A job takes the subject's primary key, may run twice, and ends where it
# would have ended.
JOBS: dict[str, tuple[tuple[str, str], ...]] = {
    "document.received": (("invex.documents.jobs.read_document", "read"),),
    "document.read": (("invex.extraction.jobs.extract_document", "extract"),),
    "document.approved": (
        ("mlops.memory.jobs.refit", "default"),
        ("mlops.automation.jobs.consider_document", "default"),
        ANNOUNCE,
    ),
    "document.auto_approved": (ANNOUNCE,),
    "document.reopened": (("mlops.memory.jobs.refit", "default"), ANNOUNCE),
    "document.rejected": (ANNOUNCE,),
    "document.failed": (ANNOUNCE,),
    "document.needs_password": (ANNOUNCE,),
    "example.decided": (("mlops.memory.jobs.refit", "default"),),
    "export.requested": (("invex.results.jobs.write_export", "results"),),
    "document.erased": (
        ("mlops.memory.jobs.forget", "default"),
        ("mlops.datasets.jobs.forget", "default"),
        ("invex.results.jobs.forget_document", "results"),
    ),
    "export.ready": (ANNOUNCE,),
    "export.failed": (ANNOUNCE,),
    "memory.updated": (("invex.extraction.jobs.reread_waiting", "extract"),),
    "shadow.wanted": (("invex.extraction.jobs.read_shadow", "default"),),
    "deployment.requested": (("mlops.deployment.jobs.prepare", "default"),),
    "model.deployed": (
        ("mlops.memory.jobs.catch_up", "default"),
        ("mlops.retraining.jobs.deployed", "default"),
        ("invex.extraction.jobs.preload", "online"),
    ),
    "reread.requested": (("mlops.deployment.jobs.reread", "training"),),
    "replay.wanted": (("mlops.deployment.jobs.replay_code", "training"),),
    "training.requested": (("mlops.training.jobs.run", "training"),),
    "deployment.asks": (("mlops.retraining.jobs.asked", "default"),),
    "training.done": (("mlops.retraining.jobs.run_ended", "default"),),
    "training.failed": (("mlops.retraining.jobs.run_ended", "default"),),
    "training.cancelled": (("mlops.retraining.jobs.run_ended", "default"),),
    "retraining.fired": (("mlops.retraining.jobs.advance", "default"),),
    "retraining.continued": (("mlops.retraining.jobs.advance", "default"),),
    "dataset.requested": (("mlops.datasets.jobs.freeze", "training"),),
    "dataset.frozen": (
        ("mlops.datasets.jobs.validate", "training"),
        ("mlops.retraining.jobs.dataset_frozen", "default"),
    ),
    "template.changed": (("mlops.memory.jobs.refit_template", "default"),),
    "masterdata.changed": (("invex.extraction.jobs.check_list", "extract"),),
}

# Called by the scheduler, each after so many seconds; each returns how many rows it took up again, or away.
SWEEPS: dict[str, float] = {
    "invex.kernel.outbox.dispatch_stale": 3,
    "invex.documents.jobs.sweep": 3,
    "invex.extraction.jobs.sweep": 3,
    "invex.extraction.jobs.sweep_lists": 30,
    "mlops.memory.jobs.sweep": 15,
    "invex.studio.jobs.sweep": 5,
    "invex.results.jobs.sweep_exports": 15,
    "mlops.deployment.jobs.sweep": 3,
    "mlops.deployment.jobs.judge": 60,
    "mlops.deployment.jobs.sweep_code": 30,
    "mlops.deployment.jobs.sweep_rereads": 30,
    "mlops.datasets.jobs.sweep": 60,
    "mlops.training.jobs.sweep": 15,
    "mlops.training.jobs.sweep_leftovers": 3600,
    "mlops.compute.jobs.sweep": 60,
    "mlops.memory.jobs.sweep_erased": 600,
    "invex.documents.jobs.sweep_retention": 600,
    "invex.kernel.doomed.sweep": 60,
    "mlops.automation.jobs.sweep": 30,
    "mlops.monitoring.jobs.sweep_events": 10,
    "mlops.monitoring.jobs.sweep": 60,
    "mlops.monitoring.hardware.sweep": 60,
    "mlops.monitoring.services.forget": 3600,
    "mlops.retraining.jobs.sweep": 60,
    "mlops.retraining.jobs.sweep_circles": 15,
    "invex.results.jobs.sweep_webhooks": 5,
    "invex.results.jobs.sweep_log": 3600,
    "invex.kernel.blobs_s3.trim": 600,
    "invex.accounts.idempotency.sweep": 3600,
    "invex.review.drafts.sweep": 3600,
}
