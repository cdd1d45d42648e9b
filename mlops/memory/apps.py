from django.apps import AppConfig


class MemoryConfig(AppConfig):
    name = "mlops.memory"
    label = "memory"
