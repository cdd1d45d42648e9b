from django.apps import AppConfig


class MasterdataConfig(AppConfig):
    name = "invex.masterdata"
    label = "masterdata"
