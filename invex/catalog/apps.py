from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "invex.catalog"
    label = "catalog"
