from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "mlops.registry"
    label = "registry"
