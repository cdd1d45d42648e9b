from django.apps import AppConfig


class ExtractionConfig(AppConfig):
    name = "invex.extraction"
    label = "extraction"
