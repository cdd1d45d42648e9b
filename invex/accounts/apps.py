from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "invex.accounts"
    label = "accounts"
