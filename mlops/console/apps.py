from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "mlops.console"
    label = "console"
