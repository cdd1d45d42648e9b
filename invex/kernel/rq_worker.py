"""The worker of RQ that runs our jobs: in its own process, and for as long as a job takes."""

from __future__ import annotations

import contextlib

import redis
from rq.job import Job
from rq.queue import Queue
from rq.worker import SimpleWorker

from .repeating import repeated

BEAT_S = 30.0
LIFE_S = 120  # without a beat after which RQ gives a job up


class Worker(SimpleWorker):
    """Holds its models, so it does not fork; and says while a job runs that it does.

    RQ says so for jobs that it forks alone. Of another it forgets after seven minutes that it runs, and takes its end
    for a failure.
    """

    def execute_job(self, job: Job, queue: Queue) -> None:
        with repeated(lambda: self._beat(job), every_s=BEAT_S, name="heartbeat"):
            super().execute_job(job, queue)

    def _beat(self, job: Job) -> None:
        execution = self.execution
        if execution is None:
            return
        with contextlib.suppress(redis.RedisError), self.connection.pipeline() as pipeline:
            self.heartbeat(LIFE_S, pipeline=pipeline)
            execution.heartbeat(job.started_job_registry, LIFE_S, pipeline=pipeline)
            pipeline.execute()
