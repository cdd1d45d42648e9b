from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "invex.operations"
    label = "operations"
