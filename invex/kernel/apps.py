from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "invex.kernel"
    label = "kernel"
