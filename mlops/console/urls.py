"""The factory's pages below a project (settings.PROJECT_PAGES)."""

from __future__ import annotations

from django.urls import path

from . import views

project_pages = [
    path("models/", views.models, name="models"),
    path("models/register/", views.register, name="build-register"),
    path("models/deploy/", views.deploy_file, name="deploy-file"),
    path("models/deployment.json", views.deployment_file, name="deployment-file"),
    path("models/rollback/", views.rollback, name="rollback"),
    path("models/decide/", views.decide, name="deployment-decide"),
    path("models/builds/<str:name>/", views.build, name="build"),
    path("models/builds/<str:name>/package", views.package, name="build-package"),
    path("models/builds/<str:name>/deploy/", views.deploy, name="build-deploy"),
    path("models/builds/<str:name>/override/", views.override, name="build-override"),
    path("models/builds/<str:name>/push/", views.push, name="build-push"),
]
