from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "mlops.automation"
    label = "automation"
