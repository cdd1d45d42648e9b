"""Who may use which GPU: foreign processes, leases between hosts, the share, and giving back in time."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone

from invex.accounts.roles import Role
from mlops.compute import gpus, services
from mlops.compute.models import Gpu
from mlops.compute.probes import GpuFigures, GpuProcess, Nvml
from mlops.datasets.models import DatasetVersion
from mlops.training import device, process
from mlops.training.models import TrainingRun
from tests.invex.world import access_to

ROOT = Path(__file__).resolve().parents[3]
IDLE = GpuFigures("GPU-a", 0, "Card", memory_mb=80_000, free_mb=79_500, utilisation=0.0)
FOREIGN = GpuProcess(pid=1, memory_mb=30_000)  # pid 1 is never ours


class Figures:
    """A probe that tells what it was given."""

    def __init__(self, *figures: GpuFigures) -> None:
        self.figures = figures

    def gpus(self) -> tuple[GpuFigures, ...]:
        return self.figures


@pytest.fixture
def allowed(db):
    """Training may hold every GPU."""
    services.set_policy(access_to("acme", Role.ML_ADMIN), windows=[], most_load=1, gpu_share=1)


def test_what_others_hold_is_all_that_we_do_not():
    own = GpuProcess(pid=77, memory_mb=10_000)
    gpu = replace(IDLE, free_mb=40_000, processes=(FOREIGN, own))
    assert gpu.foreign({77}) == (FOREIGN,)
    assert gpu.others_mb({77}) == 30_000
    assert gpu.others_mb(()) == 40_000, "memory that no process is named for is somebody's, too"


def test_a_machine_without_nvml_has_no_gpu():
    assert Nvml().gpus() == ()


@pytest.mark.django_db
class TestTaking:
    def test_by_default_training_uses_no_gpu(self):
        assert gpus.take(1, "acme", probe=Figures(IDLE)) is None

    def test_a_free_one_is_leased_and_given_back(self, allowed):
        lease = gpus.take(1, "acme", probe=Figures(IDLE), host="one")
        assert lease.device == "cuda:0"
        assert lease.environment() == {"CUDA_VISIBLE_DEVICES": "GPU-a", "INVEX_DEVICE": "cuda:0"}
        row = Gpu.objects.get()
        assert (row.holder_host, row.run, row.project) == ("one", 1, "acme")
        assert gpus.take(2, "acme", probe=Figures(IDLE), host="two") is None, "another host sees the same hardware"
        assert gpus.give_back(lease)
        assert gpus.take(2, "acme", probe=Figures(IDLE), host="two")
        assert not gpus.give_back(lease), "not a lease that somebody else has now"

    def test_a_lease_that_nobody_renews_runs_out(self, allowed):
        dead = gpus.take(1, "acme", probe=Figures(IDLE))
        Gpu.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
        assert gpus.take(2, "acme", probe=Figures(IDLE))
        assert "lost" in gpus.why_yield(dead, probe=Figures(IDLE))

    @pytest.mark.parametrize(
        "gpu",
        [replace(IDLE, free_mb=49_500, processes=(FOREIGN,)), replace(IDLE, utilisation=0.9),
         replace(IDLE, memory_mb=3_000, free_mb=2_900)],
    )  # fmt: skip
    def test_not_where_others_compute_or_nothing_is_free(self, allowed, gpu):
        assert gpus.take(1, "acme", probe=Figures(gpu)) is None

    def test_the_one_with_the_most_free_memory(self, allowed):
        other = replace(IDLE, uuid="GPU-b", index=1, free_mb=79_900)
        assert gpus.take(1, "acme", probe=Figures(IDLE, other)).uuid == "GPU-b"

    def test_the_one_that_the_environment_names(self, allowed, settings):
        other = replace(IDLE, uuid="GPU-b", index=1, free_mb=79_900)
        settings.DEVICE = "cuda:0"
        assert gpus.take(1, "acme", probe=Figures(IDLE, other)).uuid == "GPU-a"
        settings.DEVICE = "cpu"
        assert gpus.take(2, "acme", probe=Figures(IDLE, other)) is None

    def test_the_share_holds_over_all_hosts(self):
        services.set_policy(access_to("acme", Role.ML_ADMIN), windows=[], most_load=1, gpu_share=0.5)
        hosts = [Figures(replace(IDLE, uuid=f"GPU-{n}")) for n in range(4)]
        for n, probe in enumerate(hosts):
            gpus.look(probe, host=f"host {n}")
        taken = [gpus.take(n, "acme", probe=probe, host=f"host {n}") for n, probe in enumerate(hosts)]
        assert [lease is not None for lease in taken] == [True, True, False, False]

    def test_it_yields_to_a_foreign_process_and_not_to_itself(self, allowed):
        lease = gpus.take(1, "acme", probe=Figures(IDLE))
        mine = GpuProcess(os.getpid(), 20_000)
        assert (
            gpus.why_yield(lease, probe=Figures(replace(IDLE, free_mb=59_500, utilisation=1, processes=(mine,)))) == ""
        )
        both = replace(IDLE, free_mb=29_500, utilisation=1, processes=(mine, FOREIGN))
        assert "1 other processes hold 30500 MB" in gpus.why_yield(lease, probe=Figures(both))
        assert "gone" in gpus.why_yield(lease, probe=Figures())

    def test_a_policy_that_changes_ends_it(self, allowed):
        lease = gpus.take(1, "acme", probe=Figures(IDLE))
        services.set_policy(access_to("acme", Role.ML_ADMIN), windows=[], most_load=1)
        assert "may not use a GPU" in gpus.why_yield(lease, probe=Figures(IDLE))


@pytest.mark.django_db
def test_of_two_hosts_that_saw_it_free_one_has_it(allowed):
    class Overtaken(Figures):
        """Between the look of one host and its hand another host takes the GPU."""

        def gpus(self):
            self.other = gpus.take(2, "acme", probe=Figures(IDLE), host="two")
            return super().gpus()

    slow = Overtaken(IDLE)
    assert gpus.take(1, "acme", probe=slow, host="one") is None
    assert slow.other is not None
    assert Gpu.objects.get().holder_host == "two"


RACE = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "invex.settings"
import django
django.setup()
from mlops.compute import gpus
from tests.mlops.compute.test_gpus import IDLE, Figures
time.sleep(max(0, float(sys.argv[1]) - time.time()))
print(sum(gpus.take(n, "acme", probe=Figures(IDLE), host=str(os.getpid())) is not None for n in range(20)))
"""


@pytest.mark.slow
def test_two_hosts_race_for_one_gpu(tmp_path):
    """Two processes on one database file, twenty tries each at the same time: one try of all has it."""
    environment = {**os.environ, "DATA": str(tmp_path), "PYTHONPATH": str(ROOT), "DATABASE_URL": ""}
    prepare = [sys.executable, "-c", PREPARE]
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    subprocess.run(prepare, cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-c", RACE, str(time.time() + 4)]
    hosts = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(int(host.communicate()[0]) for host in hosts) == [0, 1]


PREPARE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "invex.settings"
import django
django.setup()
from mlops.compute.models import ComputePolicy
ComputePolicy.objects.create(pk=1, gpu_share=1)
"""


class TestRuns:
    @pytest.fixture
    def seen(self, monkeypatch):
        figures = [IDLE]
        monkeypatch.setattr(gpus, "Nvml", lambda: Figures(*figures))
        return figures

    @pytest.fixture
    def frozen_run(self, db):
        access = access_to("acme", Role.ML_ADMIN)
        dataset = DatasetVersion.objects.create(project=access.project, name="d", made_by="ann")
        return TrainingRun.objects.create(project=access.project, version="1.0.0", dataset=dataset, made_by="ann")

    def test_a_run_computes_on_what_it_leased_and_goes_on_there(self, allowed, seen, frozen_run):
        with device.held(frozen_run) as lease:
            assert frozen_run.device == "cuda:0"
            assert Gpu.objects.get().run == frozen_run.pk
            assert lease.rows().exists()
        assert Gpu.objects.get().holder == ""
        seen[0] = replace(IDLE, free_mb=40_000, processes=(FOREIGN,))
        assert "1 other processes hold 40000 MB" in device.why_waits(frozen_run)
        with pytest.raises(device.NoDevice), device.held(frozen_run):
            pass

    def test_one_that_began_on_the_cpu_stays_there(self, allowed, seen, frozen_run):
        TrainingRun.objects.filter(pk=frozen_run.pk).update(progress=[{"step": "a", "seconds": 1}])
        frozen_run.refresh_from_db()
        with device.held(frozen_run) as lease:
            assert lease is None
        assert device.why_waits(frozen_run) == ""

    def test_it_says_why_there_is_no_gpu_for_it(self, allowed, seen, frozen_run, settings):
        TrainingRun.objects.filter(pk=frozen_run.pk).update(device="cuda:0")
        frozen_run.refresh_from_db()
        assert device.why_waits(frozen_run) == ""
        with device.held(TrainingRun(pk=99, project=frozen_run.project)):
            assert "as many GPUs as it may" in device.why_waits(frozen_run)
        seen.clear()
        assert "No GPU is seen" in device.why_waits(frozen_run)
        settings.DEVICE = "cpu"
        assert "INVEX_DEVICE" in device.why_waits(frozen_run)
        services.set_policy(access_to("acme", Role.ML_ADMIN), windows=[], most_load=1, gpu_share=0)
        assert "a share of 0 %" in device.why_waits(frozen_run)
        frozen_run.steps = [{"name": "train", "started_at": "x", "ended_at": "x", "detail": {}}]
        assert device.why_waits(frozen_run) == "", "what is left needs no GPU"

    def test_figures_are_written_seldom_and_who_comes_at_once(self, allowed, seen, django_assert_num_queries):
        gpus.look()
        seen[0] = replace(IDLE, utilisation=0.5)
        with django_assert_num_queries(1):
            gpus.look()
        seen[0] = replace(IDLE, utilisation=0.5, processes=(FOREIGN,))
        gpus.look()
        assert (Gpu.objects.get().others, Gpu.objects.get().utilisation) == (1, 0.5)
        long_ago = timezone.now() - gpus.WRITTEN_AFTER
        Gpu.objects.update(seen_at=long_ago)
        gpus.look()
        assert Gpu.objects.get().seen_at > long_ago


def stopped_after(stop_s: float, tmp_path: Path) -> float:
    """Have a program that ignores SIGTERM stopped; return the seconds from the cause to its end."""
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    began: list[float] = []

    def stop() -> str:
        if not said.read_bytes():  # it does not ignore anything yet
            return ""
        began.append(time.monotonic())
        return "somebody needs it"

    said = tmp_path / "said"
    with said.open("wb") as output:
        exit_code, cause = process.supervised(
            [sys.executable, "-c", code], output, dict(os.environ), stop=stop, look=lambda: None, stop_s=stop_s
        )
    assert (cause, exit_code) == ("somebody needs it", -9)
    return time.monotonic() - began[0]


def test_a_process_that_does_not_stop_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "POLL_S", 0.1)
    assert stopped_after(0.1, tmp_path) < 2


@pytest.mark.slow
def test_a_gpu_is_free_within_five_seconds(tmp_path):
    """From the look that finds the cause to the end of the process; the look before was half a second earlier."""
    assert stopped_after(process.GPU_STOP_S, tmp_path) + process.POLL_S < 5
