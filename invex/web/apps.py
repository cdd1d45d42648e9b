from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "invex.web"
    label = "web"
