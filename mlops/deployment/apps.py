from django.apps import AppConfig


class DeploymentConfig(AppConfig):
    name = "mlops.deployment"
    label = "deployment"
