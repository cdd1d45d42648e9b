"""`queue.ask` on a real Redis: an answer, no worker, a bug, no Redis."""

from __future__ import annotations

import subprocess
import threading

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from invex.kernel.errors import NotNow
from invex.kernel.queue import ask
from invex.kernel.rq_worker import Worker
from invex.operations.processes import redis_binary


class ThreadWorker(Worker):
    """A worker in a thread: no signals there."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    socket = tmp_path_factory.mktemp("redis") / "socket"
    command = [redis_binary(), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        patient = Retry(ConstantBackoff(0.02), 500)
        redis.Redis(unix_socket_path=str(socket), retry=patient).ping()
        yield redis.Redis(unix_socket_path=str(socket))
        process.kill()


@pytest.fixture
def queue(server, monkeypatch):
    server.flushall()
    found = Queue("online", connection=server, serializer=JSONSerializer)
    monkeypatch.setattr("invex.kernel.queue.named", lambda name: found)
    return found


def work_on(queue):
    """Do the next job of `queue` in a thread, as soon as it comes."""
    worker = ThreadWorker([queue], connection=queue.connection, serializer=JSONSerializer)
    thread = threading.Thread(target=lambda: worker.work(max_jobs=1, logging_level="ERROR"), daemon=True)
    thread.start()
    return thread


def test_the_answer_of_the_job_comes_back(queue):
    thread = work_on(queue)
    assert ask("os.path.basename", "a/b.pdf", queue="online", timeout_s=10) == "b.pdf"
    thread.join(10)


def test_an_answer_that_takes_longer_than_one_read_of_redis_is_waited_for(queue, monkeypatch):
    monkeypatch.setattr("invex.kernel.queue.LONGEST_READ_S", 1)
    late = threading.Timer(1.2, work_on, [queue])
    late.start()
    assert ask("os.path.basename", "a/b.pdf", queue="online", timeout_s=10) == "b.pdf"


def test_a_bug_in_the_job_is_a_bug(queue):
    thread = work_on(queue)
    with pytest.raises(RuntimeError, match="ValueError"):
        ask("builtins.int", "no number", queue="online", timeout_s=10)
    thread.join(10)


def test_without_a_worker_the_job_is_withdrawn(queue):
    with pytest.raises(NotNow) as e:
        ask("os.path.basename", "a", queue="online", timeout_s=1)
    assert e.value.retry_after_s > 0
    assert queue.count == 0


def test_without_redis_come_again(monkeypatch):
    def away(name):
        raise redis.ConnectionError("away")

    monkeypatch.setattr("invex.kernel.queue.named", away)
    with pytest.raises(NotNow):
        ask("os.path.basename", "a", queue="online", timeout_s=1)


def test_a_job_that_takes_longer_than_rq_expects_does_not_fail(queue, monkeypatch):
    monkeypatch.setattr("rq.worker.worker_classes.DEFAULT_WORKER_TTL", 1)
    monkeypatch.setattr("invex.kernel.rq_worker.BEAT_S", 0.2)
    job = queue.enqueue("time.sleep", 1.5, job_timeout=-1, result_ttl=0)
    work_on(queue).join(10)
    assert job.id not in queue.failed_job_registry
    assert not queue.connection.exists(job.key), "it is done, and nobody asks for what it returned"
