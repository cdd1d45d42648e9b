from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "invex.review"
    label = "review"
