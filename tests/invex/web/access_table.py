"""Who may do what, declared: one row a page or operation of the REST interface and method.

**How to add a row.** A new address fails `test_access_matrix.py` until it has one:

1. Write `Row(NAME, NEEDS)` into PAGES (NAME is the name of the URL) or OPERATIONS (NAME is the operation's id: the name
   of its function). NEEDS is the Right that a role needs, or a Door where no project is asked.
2. Where the address has arguments, name rows of the world in their order: `Row("batch", Right.READ, ("batch",))`. The
   world is MAKERS in `access_world.py`: a new kind of row is one function there, which makes it in the project *demo*,
   with MARKER in what nobody else may read.
3. Where the answer of somebody who may is not 200, say it: `answer=302`. A page that takes another method has a row of
   its own for it: `method="POST"`, with `body=` where one is needed (a form for pages, JSON for operations; strings like
   "$document" become ids of the world; FILE becomes an upload). A page answers 405 to methods that have no row.
4. `elsewhere=`: what the same request answers within another project, where it is not 404 (with arguments, or `$` in the
   body) or the same as `answer` (without). A bulk action takes one row with an own and a forbidden id ("$foreign", of
   a third project).
5. What is done writes an audit row. `audited=False` says of a method other than GET that it changes nothing that lasts.

Each row is then asked as nobody, as the owner of another project (in this project and in their own, with these ids), as
each role, with a token of each role and of the other project: the answers must be the expected ones, and where they
refuse, nothing of MARKER may be in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from invex.accounts.roles import Right
from mlops.memory.base import base_package

FILE = "$file"  # in a body: a small PDF


class Door(Enum):
    """What an address outside of the projects asks for."""

    OPEN = auto()  # nothing
    LOGIN = auto()  # any person


@dataclass(frozen=True, slots=True)
class Row:
    """One request, what it needs, and what it answers to those who may."""

    name: str
    needs: Right | Door
    arguments: tuple[str | int, ...] = ()
    method: str = "GET"  # of pages; an operation has one
    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    answer: int = 200
    elsewhere: int | None = None
    audited: bool = True

    def __str__(self) -> str:
        return " ".join(filter(None, (self.method if self.method != "GET" else "", self.name, self.query)))

    @property
    def names_rows(self) -> bool:
        """Whether the request names rows of the project, which another project does not have."""
        given = " ".join(map(str, (*self.body.values(), self.query))).replace(FILE, "")
        return bool(self.arguments) or "$" in given

    @property
    def answer_elsewhere(self) -> int:
        if self.elsewhere is not None:
            return self.elsewhere
        return 404 if self.names_rows else self.answer


READ, UPLOAD, REVIEW, TEMPLATES, ADMIN = Right.READ, Right.UPLOAD, Right.REVIEW, Right.TEMPLATES, Right.ADMIN
MODELS = Right.MODELS
PROMISE = {"template": "$template", "promised": "5", "audited": "5", "wanted": "on"}
RETRAINING_FORM = {
    **{f"threshold:{kind}": "50" for kind in ("accuracy", "unknown", "labels")},
    "threshold:drift": "0.25", "cooldown_h": "24", "trial_days": "14", "mode": "canary",
}  # fmt: skip
TEMPLATE_FORM = {"name": "Other", "field:0:key": "number", "field:0:type": "id", "field:0:label": "Number"}
COMPUTE_FORM = {"most_load": "50", "gpu_share": "0", "gpu_free_mb": "4096", "gpu_others_mb": "1024"}
DESIGN = '{"name": "Drawn", "fields": [{"label": "Total amount", "type": "amount", "value": "5.00"}]}'
LAYOUT_FORM = {"name": "Ledger", "rows": "documents", "column:0:source": "document.id", "column:0:header": "No."}
WEBHOOK_FORM = {"url": "https://1.1.1.1/", "event": "document.approved"}
WEBHOOK_ACTIONS = {
    "change": 302,
    "ping": 302,
    "rotate": 200,
    "end-old": 302,
    "disable": 302,
    "enable": 302,
    "delete": 302,
}
ACCOUNT = {"username": "newcomer", "password1": "quince-marmalade", "password2": "quince-marmalade"}

PAGES: tuple[Row, ...] = (
    # --- outside of the projects
    Row("home", Door.LOGIN, answer=302),
    Row("login", Door.OPEN),
    Row("login", Door.OPEN, method="POST", body={"username": "nobody", "password": "wrong"}),
    Row("logout", Door.OPEN, method="POST", answer=302),
    Row("account", Door.LOGIN),
    Row("account", Door.LOGIN, method="POST", body={"old_password": "wrong"}, answer=422),
    Row("log-out-everywhere", Door.LOGIN, method="POST", answer=302),
    Row("set-language", Door.OPEN, method="POST", body={"language": "de", "next": "/"}, answer=302),
    Row("invitation", Door.OPEN, ("link",)),
    Row("invitation", Door.OPEN, ("link",), method="POST", body=ACCOUNT, answer=302),
    Row("keys-known", Door.LOGIN, method="POST", answer=204, audited=False),
    Row("project-new", Door.LOGIN, answer=403),  # an administrator's; see tests/invex/accounts/test_projects.py
    Row("project-new", Door.LOGIN, method="POST", body={"name": "New"}, answer=403),
    Row("healthz", Door.OPEN),
    Row("readyz", Door.OPEN, answer=503),  # no worker lives in a test
    Row("metrics", Door.OPEN),
    Row("api:openapi-json", Door.OPEN),
    Row("api:openapi-view", Door.OPEN),
    Row("api:api-root", Door.OPEN, answer=404),  # nothing is there
    # --- the shell
    Row("dashboard", READ),
    Row("dashboard-csv", READ, query="chart=received"),
    Row("inbox", READ),
    Row("inbox-start", REVIEW, answer=302),
    Row("settings", READ, answer=302),
    # --- the monitoring
    Row("monitoring", READ),
    Row("monitoring-work", READ),
    Row("monitoring-drift", READ),
    Row("monitoring-hardware", READ),
    Row("monitoring-file", READ, ("chart",), elsewhere=200),
    Row("monitoring-documents", READ, query="chart=received&curve=received&from=2026-01-01&until=2099-01-01"),
    # --- documents
    Row("batches", READ),
    Row("batches", UPLOAD, method="POST", body={"name": "April"}, answer=302),
    Row("batch", READ, ("batch",)),
    Row("upload", UPLOAD, ("batch",), method="POST", body={"file": FILE}, answer=302),
    Row("documents", READ),
    Row("documents", READ, query="q=other"),
    Row("documents", READ, query="batch=$batch"),
    Row("document", READ, ("document",)),
    Row("document", REVIEW, ("document",), method="POST", body={"action": "approve", "f:number:0": "1"}, answer=302),
    Row("document", REVIEW, ("document",), method="POST", body={"action": "reject"}, answer=302),
    Row("document", REVIEW, ("document",), method="POST", body={"action": "later"}, answer=302),
    Row("document", REVIEW, ("approved",), method="POST", body={"action": "reopen"}, answer=302),
    Row("document-file", READ, ("document",)),
    Row("document-words", READ, ("document", 0)),
    Row("document-next", REVIEW, ("document",), answer=302),
    Row("document-ahead", REVIEW, ("document",)),
    Row("document-read-as", REVIEW, ("document",), answer=422),  # as no template
    Row("document-presence", REVIEW, ("document",), method="POST", body={"key": "k"}, answer=204, audited=False),
    Row("example-decide", REVIEW, ("label",), method="POST", body={"choice": "keep"}, answer=302),
    Row("document-fresh", REVIEW, ("document",), answer=204),
    Row("document-draft", REVIEW, ("document",), method="POST", body={"version": "0"}, audited=False),
    Row("document-meaning", READ, ("document",), query="key=total_amount&text=5"),
    Row("document-region", REVIEW, ("document",), method="POST", body={"page": "0", "box": "[]"}, answer=422),
    Row("document-rows", REVIEW, ("document",), method="POST", body={"table": "nothing", "rows": "[]"}, answer=422),
    Row(
        "documents-bulk",
        REVIEW,
        method="POST",
        body={"action": "approve", "ids": ["$harmless", "$foreign"]},  # its own one is approved
        answer=302,
        elsewhere=302,
    ),
    Row(
        "documents-bulk", REVIEW, method="POST", body={"action": "reread", "ids": "$failed"}, answer=302, elsewhere=302
    ),
    Row("document-learned", READ, ("approved", "label")),
    Row("page-image", READ, ("document", 0)),
    Row("document-retry", UPLOAD, ("failed",), method="POST", answer=302),
    Row("document-password", UPLOAD, ("locked",), method="POST", body={"password": "x"}, answer=302),
    Row("document-pages", READ, ("document",)),
    Row("document-pages", REVIEW, ("document",), method="POST", body={"action": "turn", "turn-0": "90"}, answer=302),
    Row("document-erase", ADMIN, ("document",)),
    Row("document-erase", ADMIN, ("approved",), method="POST", answer=302),
    # --- templates
    Row("templates", READ),
    Row("template-new", TEMPLATES),
    Row("template-new", TEMPLATES, method="POST", body=TEMPLATE_FORM, answer=302),
    Row("template", READ, ("template",)),
    Row("template", TEMPLATES, ("template",), method="POST", body=TEMPLATE_FORM, answer=302),
    Row("template-record", READ, ("template",)),
    Row("template-replay", TEMPLATES, ("template",), method="POST", body=TEMPLATE_FORM, audited=False),
    Row("template-unsaid", READ, ("template",)),
    Row("template-unsaid", REVIEW, ("template",), method="POST", answer=302, audited=False),  # nothing was added to it
    Row("studio-groups", READ),
    Row("studio", TEMPLATES, query="document=$document"),
    Row("studio", TEMPLATES, method="POST", query="document=$document", body={"design": DESIGN}, answer=302),
    Row("studio-others", TEMPLATES, ("document",), answer=204),  # nobody has compared it yet
    Row("studio-try", TEMPLATES, ("document",), method="POST", body={"design": DESIGN}, audited=False),
    Row("studio-meaning", TEMPLATES, ("document",), query="text=5"),
    Row("studio-rows", TEMPLATES, ("document",), method="POST", body={"types": "text", "rows": "[]"}, audited=False),
    Row("template-delete", TEMPLATES, ("template",), method="POST", answer=302),
    # --- master data; any text is a list of one column
    Row("masterdata", READ),
    Row("masterdata", TEMPLATES, method="POST", body={"name": "orders", "file": FILE}, answer=302),
    Row("masterdata-list", READ, ("list",)),
    Row(
        "masterdata-list", TEMPLATES, ("list",), method="POST", body={"file": FILE, "key": ""}, answer=422
    ),  # no column "number"
    Row("masterdata-version", READ, ("list", 1)),
    Row("masterdata-version", READ, ("list", 1), query="download=1"),
    Row("masterdata-delete", TEMPLATES, ("list",), method="POST", answer=302),
    Row("masterdata-suggest", READ, query="template=$template&field=number&q=1"),
    # --- results
    Row("exports", READ),
    Row("exports", READ, query="batch=$batch"),
    Row("exports", READ, method="POST", body={"format": "csv", "layout": ""}),
    Row("export-file", READ, ("export",)),
    Row("export-layouts", READ),
    Row("export-layout-new", TEMPLATES),
    Row("export-layout-new", TEMPLATES, method="POST", body=LAYOUT_FORM, answer=302),
    Row("export-layout", TEMPLATES, ("layout",)),
    Row("export-layout", TEMPLATES, ("layout",), method="POST", body=LAYOUT_FORM, answer=302),
    Row("export-layout-delete", TEMPLATES, ("layout",), method="POST", answer=302),
    # --- models
    Row("models", READ),
    Row("build", READ, ("build",)),
    Row("build-package", READ, ("build",)),
    Row("deployment-file", READ),
    Row("build-register", MODELS, method="POST", body={"file": FILE}, answer=422),  # it is no package
    Row("deploy-file", MODELS, method="POST", body={"file": FILE}, answer=422),  # it is no deployment
    Row("build-deploy", MODELS, ("build",), method="POST", body={"mode": "single"}, answer=302),
    Row("build-override", MODELS, ("refused",), method="POST", body={"why": "needed"}, answer=302),
    Row("build-documents", READ, ("build",)),
    Row(
        "build-documents",
        MODELS,
        ("build",),
        method="POST",
        body={"anew": "$refused", "document": "$document"},
        answer=422,
    ),
    Row("reread", READ, ("reread",)),
    Row(
        "reread-take-back",
        MODELS,
        ("reread",),
        method="POST",
        body={"document": "$document"},
        answer=302,
        audited=False,
    ),
    Row("code", READ),
    Row("code-again", MODELS, ("replay",), method="POST", answer=409),  # it did not fail
    Row("code-override", MODELS, ("replay",), method="POST", body={"why": "needed"}, answer=302),
    Row("build-judge", MODELS, ("build",), method="POST", answer=302),
    Row("build-push", MODELS, ("build",), method="POST", body={"repository": "none"}, answer=422),  # none is configured
    Row("rollback", MODELS, method="POST", body={"revision": "$deployment"}, answer=302),
    Row("datasets", READ),
    Row("dataset-new", MODELS),
    Row("dataset-new", MODELS, method="POST", body={"action": "freeze"}, answer=302, elsewhere=422),
    Row("dataset", READ, ("frozen",)),
    Row("dataset-file", MODELS, ("frozen",)),
    Row("runs", READ),
    Row("runs-compare", READ, query="run=$run&run=$stopped_run"),
    Row("run-new", MODELS),
    Row(
        "run-new",
        MODELS,
        method="POST",
        body={"action": "train", "version": "1.0.0", "dataset": "$frozen"},
        answer=302,
    ),
    Row("run", READ, ("run",)),
    Row("run-curves", READ, ("run",)),
    Row("run-act", MODELS, ("run",), method="POST", body={"action": "yield"}, answer=302),
    Row("compute", READ),
    Row("compute", MODELS, method="POST", body=COMPUTE_FORM, answer=302),
    Row("retraining", READ),
    Row("retraining", MODELS, method="POST", body=RETRAINING_FORM, answer=302),
    Row("retraining-under-way", READ),
    Row("retraining-act", MODELS, method="POST", body={"action": "pause"}, answer=302),
    Row("retraining-act", MODELS, method="POST", body={"action": "continue"}, answer=302, elsewhere=404),
    Row("retraining-act", MODELS, method="POST", body={"action": "stop"}, answer=302, elsewhere=404),
    Row("retraining-evidence", READ, ("trigger",), elsewhere=200),  # of its own documents
    Row("retraining-decision", READ, ("decision",)),
    Row("deployment-decide", MODELS, method="POST", body={"winner": "A"}, answer=302, elsewhere=422),
    # --- settings
    Row("document-policy", ADMIN),
    Row("document-policy", ADMIN, method="POST", body={"identical": "refuse", "days": "30"}, answer=302),
    Row("automation", READ),
    Row("automation", MODELS, method="POST", body=PROMISE, answer=302),
    Row("automation-switch", MODELS, method="POST", body={"turn": "off"}, answer=302),
    Row("members", ADMIN),
    Row("members", ADMIN, method="POST", body={"role": "viewer", "days": "7"}),
    Row("member-role", ADMIN, ("member",), method="POST", body={"role": "author"}, answer=302),
    Row("member-remove", ADMIN, ("member",), method="POST", answer=302),
    Row("invitation-revoke", ADMIN, ("invitation",), method="POST", answer=302),
    Row("audit", ADMIN),
    Row("audit", ADMIN, query="actor=*&subject_type=document&subject=$document", elsewhere=200),
    Row("audit-file", ADMIN),
    Row("tokens", ADMIN),
    Row("tokens", ADMIN, method="POST", body={"name": "new", "role": "viewer", "days": "30"}),
    Row("token-revoke", ADMIN, ("token",), method="POST", answer=302),
    Row("webhooks", ADMIN),
    Row("webhooks", ADMIN, method="POST", body=WEBHOOK_FORM),
    Row("webhook", ADMIN, ("webhook",)),
    *(
        Row(
            "webhook",
            ADMIN,
            ("stopped_webhook" if action == "enable" else "webhook",),
            method="POST",
            body={"action": action, **WEBHOOK_FORM},
            answer=answer,
        )
        for action, answer in WEBHOOK_ACTIONS.items()
    ),
    Row("webhook-log", ADMIN),
    Row("webhook-log", ADMIN, query="endpoint=$webhook"),
    Row("webhook-delivery", ADMIN, ("delivery",)),
    Row("webhook-resend", ADMIN, ("delivery",), method="POST", answer=302),
)

LABELS = {"template": None, "fields": {"number": [{"value": "1"}]}}
TEMPLATE = {"name": "Other", "fields": [{"key": "number", "type": "id"}]}
LIST = {"columns": ["number"], "rows": [["1"]]}

# The build that Invex ships, which every project has; the file names another project elsewhere.
DEPLOYMENT = {
    "format": "invex-deployment/1",
    "project": "demo",
    "bestModels": {"mode": "single", "model": f"{base_package().build}.zip"},
}

OPERATIONS: tuple[Row, ...] = (
    Row("create_batch", UPLOAD, body={"name": "April"}, answer=201),
    Row("list_batches", READ),
    Row("get_batch", READ, ("batch",)),
    Row("upload_document", UPLOAD, ("batch",), body={"file": FILE}, answer=202),
    Row("list_documents", READ),
    Row("list_documents", READ, query="batch=$batch"),
    Row("get_document", READ, ("document",)),
    Row("split_document", REVIEW, ("document",), body={"parts": [[0], [1]]}, answer=422),  # it has one page
    Row("turn_pages", REVIEW, ("document",), body={"turns": {"0": 90}}, answer=202),
    Row("join_documents", REVIEW, ("document",), body={"documents": ["$failed"]}, answer=409),
    Row("erase_document", ADMIN, ("approved",), answer=204),
    Row("get_file", READ, ("document",)),
    Row("get_page_image", READ, ("document", 0)),
    Row("retry_document", UPLOAD, ("failed",), answer=202),
    Row("give_password", UPLOAD, ("locked",), body={"password": "x"}, answer=202),
    Row("reject_document", REVIEW, ("document",), body={"reason": "spam"}),
    Row("get_result", READ, ("document",)),
    Row("put_labels", REVIEW, ("document",), body=LABELS, query="create_template=1"),
    Row("predict", UPLOAD, body={"file": FILE}, answer=503),  # no worker lives in a test
    Row("list_events", READ),
    Row("create_export", READ, body={"format": "csv"}, answer=202),
    Row("list_exports", READ),
    Row("get_export", READ, ("export",)),
    Row("get_export_file", READ, ("export",)),
    Row("list_templates", READ),
    Row("create_template", TEMPLATES, body=TEMPLATE, answer=201),
    Row("get_template", READ, ("template",)),
    Row("update_template", TEMPLATES, ("template",), body={"fields": TEMPLATE["fields"]}),
    Row("delete_template", TEMPLATES, ("template",), answer=204),
    Row("list_lists", READ),
    Row("get_list", READ, ("list",)),
    Row("put_list", TEMPLATES, ("list",), body=LIST, elsewhere=200),  # it makes a list of that name
    Row("delete_list", TEMPLATES, ("list",), answer=204),
    Row("get_rows", READ, ("list",)),
    Row("upsert_rows", TEMPLATES, ("list",), body={"rows": [{"number": "2"}]}),
    Row("delete_row", TEMPLATES, ("list", 1)),
    Row("look_up", READ, ("list",), query="column=number&q=1"),
    Row("list_datasets", READ),
    Row("get_dataset", READ, ("dataset",)),
    Row("list_training_runs", READ),
    Row("get_training_run", READ, ("run",)),
    Row("create_training_run", MODELS, body={"version": "1.0.0", "dataset": "$dataset"}, answer=202),
    Row("yield_training_run", MODELS, ("run",), answer=202),
    Row("resume_training_run", MODELS, ("stopped_run",), answer=202),
    Row("start_training_run_on_cpu", MODELS, ("run",), answer=409),  # it needs no GPU
    Row("cancel_training_run", MODELS, ("run",), answer=202),
    Row("get_retraining", READ),
    Row("put_retraining", MODELS, body={"cooldown_h": 12}),
    Row("start_retraining", MODELS, answer=409, elsewhere=409),  # one is under way; there nothing was confirmed
    Row("continue_retraining", MODELS, answer=202, elsewhere=404),
    Row("stop_retraining", MODELS, answer=202, elsewhere=404),
    Row("list_builds", READ),
    Row("register_build", MODELS, body={"file": FILE}, answer=422),  # it is no package
    Row("get_build", READ, ("build",)),
    Row("get_package", READ, ("build",)),
    Row("judge_build", MODELS, ("build",), body={}, answer=202),
    Row("list_build_documents", READ, ("build",)),
    Row("create_reread", MODELS, body={"read": "1", "anew": "1"}, answer=422, elsewhere=422),  # it read nothing
    Row("get_reread", READ, ("reread",)),
    Row("take_back_documents", MODELS, ("reread",), body={"documents": [1]}, audited=False),  # none was read anew
    Row("get_deployment", READ),
    Row("put_deployment", MODELS, body=DEPLOYMENT, elsewhere=422),
    Row("list_revisions", READ),
    Row("rollback_deployment", MODELS, body={"revision": 1}, elsewhere=404),
)
