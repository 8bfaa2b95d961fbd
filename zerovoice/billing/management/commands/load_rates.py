from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zerovoice.billing import deck


class Command(BaseCommand):
    help = "Load a rate deck from a CSV file: each price from its day on; what was in force until then ends."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = deck.load(deck.read(options["file"]))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{loaded.added} added, {loaded.ended} ended, {loaded.unchanged} unchanged")
