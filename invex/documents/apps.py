from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "invex.documents"
    label = "documents"
