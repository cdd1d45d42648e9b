"""`manage.py worker QUEUE...`: run the jobs of these queues, one after the other, in this process."""

from __future__ import annotations

import gc
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.kernel import liveness, priority
from invex.operations import devices

BAD_USAGE = 2
LOWEST_PRIORITY = 19
LOW_PRIORITY = 15  # a batch that is read must not slow down the pages of who works with it
MIXED_PRIORITY = 5  # short jobs on which people look, and a few long ones
COMPUTING = frozenset({"read", "extract", "extract-gpu"})  # queues whose jobs compute in a thread of low priority


class Command(BaseCommand):
    help = "Run the jobs of the given queues. It holds its models and does not fork."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="+", choices=settings.QUEUES)
        parser.add_argument("--burst", action="store_true", help="stop when the queues are empty")

    def handle(self, *args: Any, queues: list[str], burst: bool, **options: Any) -> None:
        import django_rq

        from invex.kernel.rq_worker import Worker

        try:
            found = [django_rq.get_queue(name) for name in queues]
        except ValueError as e:
            raise CommandError(f"REDIS_URL={settings.REDIS_URL}: {e}") from e
        if "extract-gpu" in queues:
            settings.SERVING_DEVICE = _cuda_device()
        _give_way(queues)
        with liveness.beating(queues):
            if not burst:
                if "online" in queues:
                    from invex.extraction import online

                    online.preload(online.busiest())
                # What is loaded now stays: the collector of garbage, which may run while a job holds the database's
                # lock, took 200 ms to look through it.
                gc.collect()
                gc.freeze()
            worker = Worker(found, connection=found[0].connection, serializer=found[0].serializer)
            worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)


def _give_way(queues: list[str]) -> None:
    """Take a low priority for what may wait: what people wait for comes first (queue online, and the web server)."""
    if COMPUTING.issuperset(queues):
        priority.compute_at(LOW_PRIORITY)
    elif queues == ["online"]:
        priority.compute_at(MIXED_PRIORITY)  # an open document read anew, while its person works
    elif queues == ["default"]:
        os.nice(MIXED_PRIORITY)
        priority.compute_at(LOW_PRIORITY)
    elif "online" not in queues:
        os.nice(LOWEST_PRIORITY if queues == ["training"] else LOW_PRIORITY)


def _cuda_device() -> str:
    """Return the GPU that this worker serves on."""
    device = devices.resolved(settings.DEVICE)
    if device == devices.CPU:
        raise CommandError(
            f"INVEX_DEVICE={settings.DEVICE}: no GPU that ONNX Runtime can use is here. Queue extract-gpu needs one: "
            "install the extra `gpu` in place of onnxruntime, or run a worker for queue extract.",
            returncode=BAD_USAGE,
        )
    return device
