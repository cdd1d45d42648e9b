"""The factory's pages below a project (settings.PROJECT_PAGES)."""

from __future__ import annotations

from django.urls import path

from . import blast_views, code_views, compute_views, dataset_views, run_views, views

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
    path("models/builds/<str:name>/judge/", views.judge, name="build-judge"),
    path("models/builds/<str:name>/push/", views.push, name="build-push"),
    path("models/builds/<str:name>/documents/", blast_views.documents, name="build-documents"),
    path("models/rereads/<int:pk>/", blast_views.reread, name="reread"),
    path("models/rereads/<int:pk>/take-back/", blast_views.take_back, name="reread-take-back"),
    path("models/code/", code_views.code, name="code"),
    path("models/code/<int:pk>/again/", code_views.again, name="code-again"),
    path("models/code/<int:pk>/override/", code_views.override, name="code-override"),
    path("models/datasets/", dataset_views.datasets, name="datasets"),
    path("models/datasets/new/", dataset_views.new, name="dataset-new"),
    path("models/datasets/<int:pk>/", dataset_views.dataset, name="dataset"),
    path("models/datasets/<int:pk>/file.zip", dataset_views.dataset_file, name="dataset-file"),
    path("models/runs/", run_views.runs, name="runs"),
    path("models/runs/new/", run_views.new, name="run-new"),
    path("models/runs/compare/", run_views.compare, name="runs-compare"),
    path("models/runs/<int:pk>/", run_views.run, name="run"),
    path("models/runs/<int:pk>/curves.csv", run_views.curves, name="run-curves"),
    path("models/runs/<int:pk>/act/", run_views.act, name="run-act"),
    path("models/compute/", compute_views.compute, name="compute"),
]
