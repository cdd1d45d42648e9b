"""All addresses: pages of the shell, the REST interface, health."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from invex.accounts import account, members
from invex.accounts import views as accounts
from invex.accounts.login import LoginPage
from invex.api import api
from invex.catalog import views as catalog
from invex.documents import owner_views as documents_of_owner
from invex.documents import page_views
from invex.documents import views as documents
from invex.masterdata import views as masterdata
from invex.operations import views as operations
from invex.results import export_views as exports
from invex.results import webhook_views as webhooks
from invex.review.views import document as review
from invex.review.views import inbox, live, many
from invex.studio import views as studio
from invex.web import audit
from invex.web import views as web

project_pages: list[URLPattern | URLResolver] = [
    path("", web.dashboard, name="dashboard"),
    path("figures.csv", web.dashboard_csv, name="dashboard-csv"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/start/", inbox.start, name="inbox-start"),
    path("batches/", documents.batches, name="batches"),
    path("batches/<int:pk>/", documents.batch, name="batch"),
    path("batches/<int:pk>/upload/", documents.upload, name="upload"),
    path("documents/", documents.documents, name="documents"),
    path("documents/bulk/", many.act, name="documents-bulk"),
    path("documents/<int:pk>/", review.document, name="document"),
    path("documents/<int:pk>/file", documents.file, name="document-file"),
    path("documents/<int:pk>/next/", review.neighbour, name="document-next"),
    path("documents/<int:pk>/ahead/", review.ahead, name="document-ahead"),
    path("documents/<int:pk>/as/", review.read_as, name="document-read-as"),
    path("documents/<int:pk>/presence/", live.presence, name="document-presence"),
    path("documents/<int:pk>/draft/", live.draft, name="document-draft"),
    path("documents/<int:pk>/meaning/", live.meaning_of, name="document-meaning"),
    path("documents/<int:pk>/region/", live.region, name="document-region"),
    path("documents/<int:pk>/rows/", live.rows, name="document-rows"),
    path("documents/<int:pk>/fresh/", live.fresh, name="document-fresh"),
    path("documents/<int:pk>/learned/<int:label>/", live.learned, name="document-learned"),
    path("documents/<int:pk>/words/<int:index>", live.words, name="document-words"),
    path("documents/<int:pk>/pages/<int:index>", documents.page_image, name="page-image"),
    path("documents/<int:pk>/retry/", documents.retry, name="document-retry"),
    path("documents/<int:pk>/password/", documents.password, name="document-password"),
    path("documents/<int:pk>/pages/", page_views.pages, name="document-pages"),
    path("documents/<int:pk>/erase/", documents_of_owner.erase, name="document-erase"),
    path("templates/", catalog.templates, name="templates"),
    path("templates/new/", catalog.new_template, name="template-new"),
    path("templates/groups/", studio.groups, name="studio-groups"),
    path("templates/studio/", studio.studio, name="studio"),
    path("templates/studio/<int:pk>/others/", studio.others, name="studio-others"),
    path("templates/studio/<int:pk>/try/", studio.try_on, name="studio-try"),
    path("templates/studio/<int:pk>/meaning/", studio.meaning, name="studio-meaning"),
    path("templates/studio/<int:pk>/rows/", studio.rows, name="studio-rows"),
    path("templates/by-name/<str:name>/", catalog.template, name="template"),
    path("templates/by-name/<str:name>/record/", studio.template_record, name="template-record"),
    path("templates/by-name/<str:name>/unsaid/", studio.template_unsaid, name="template-unsaid"),
    path("templates/by-name/<str:name>/replay/", studio.replayed, name="template-replay"),
    path("templates/by-name/<str:name>/delete/", catalog.delete_template, name="template-delete"),
    path("master-data/", masterdata.lists, name="masterdata"),
    path("master-data/suggest/", masterdata.suggest, name="masterdata-suggest"),
    path("master-data/lists/<str:name>/", masterdata.master_list, name="masterdata-list"),
    path("master-data/lists/<str:name>/delete/", masterdata.delete, name="masterdata-delete"),
    path("master-data/lists/<str:name>/versions/<int:number>/", masterdata.version, name="masterdata-version"),
    path("exports/", exports.export_list, name="exports"),
    path("exports/<int:pk>/file", exports.export_file, name="export-file"),
    path("exports/layouts/", exports.layout_list, name="export-layouts"),
    path("exports/layouts/new/", exports.new_layout, name="export-layout-new"),
    path("exports/layouts/<int:pk>/", exports.edit_layout, name="export-layout"),
    path("exports/layouts/<int:pk>/delete/", exports.delete_layout, name="export-layout-delete"),
    path("settings/", web.settings, name="settings"),
    path("settings/documents/", documents_of_owner.policy, name="document-policy"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/<int:pk>/role/", members.set_role, name="member-role"),
    path("settings/members/<int:pk>/remove/", members.remove, name="member-remove"),
    path("settings/invitations/<int:pk>/revoke/", members.revoke_invitation, name="invitation-revoke"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/file.csv", audit.audit_file, name="audit-file"),
    path("settings/tokens/", accounts.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", accounts.revoke_token, name="token-revoke"),
    path("settings/webhooks/", webhooks.endpoint_list, name="webhooks"),
    path("settings/webhooks/<int:pk>/", webhooks.endpoint, name="webhook"),
    path("settings/webhooks/log/", webhooks.log, name="webhook-log"),
    path("settings/webhooks/log/<int:pk>/", webhooks.delivery, name="webhook-delivery"),
    path("settings/webhooks/log/<int:pk>/resend/", webhooks.resend, name="webhook-resend"),
]

for _pages in settings.PROJECT_PAGES:
    project_pages += import_string(_pages)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", web.home, name="home"),
    path("login/", LoginPage.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account.account, name="account"),
    path("account/log-out-everywhere/", account.log_out_everywhere, name="log-out-everywhere"),
    path("account/keys-known/", account.keys_known, name="keys-known"),
    path("account/language/", require_POST(set_language), name="set-language"),
    path("invitation/<str:secret>/", account.invitation, name="invitation"),
    path("projects/new/", account.new_project, name="project-new"),
    path("p/<slug:project>/", include(project_pages)),
    path("api/v1/", api.urls),
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
]
