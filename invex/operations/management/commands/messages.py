"""`manage.py messages`: bring the catalogues of messages up to the sources, and compile them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from invex.operations import catalogue

SOURCE_LANGUAGE = "en"
BAD_INPUT = 2


class Command(BaseCommand):
    help = "Gather what the sources say to people into the .po files and compile them; see docs/translating.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which languages."""
        others = [code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE]
        parser.add_argument("languages", nargs="*", default=others, help="codes such as de; left out: all")

    def handle(self, *args: Any, languages: list[str], **options: Any) -> None:
        """Update each, and name what lacks a translation. Raises CommandError when something does."""
        open_messages = 0
        for language in languages:
            found = catalogue.update(language)
            missing = catalogue.untranslated(found)
            open_messages += len(missing)
            self.stderr.write(f"{catalogue.path_of(language)}: {len(found)} messages, {len(missing)} untranslated")
            for text in missing:
                self.stderr.write(f"  {text}")
        if open_messages:
            raise CommandError("Translate them in the .po file, and run this once more.", returncode=BAD_INPUT)
