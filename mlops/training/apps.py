from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "mlops.training"
    label = "training"
