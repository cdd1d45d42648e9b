from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "invex.studio"
    label = "studio"
