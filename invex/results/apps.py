from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "invex.results"
    label = "results"
