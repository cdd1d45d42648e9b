"""The world of the access matrix: people and tokens of every role, and one of each kind of row in the project *demo*."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone
from PIL import Image

from fixtures.generator import Vendor
from invex.accounts import invitations
from invex.accounts import services as accounts
from invex.accounts.access import Access
from invex.accounts.models import ApiToken, Membership, Project, User
from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents.filters import DocumentFilter
from invex.documents.models import Batch, Document, PageImage
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.extraction.pipeline import APPROVAL_OFF
from invex.kernel.actor import Actor
from invex.kernel.blobs import store
from invex.masterdata import services
from invex.masterdata.csv_file import Table
from invex.results import exports, webhooks
from invex.results.layout_services import save_layout
from invex.results.layouts import Column, Layout
from invex.results.models import Export, WebhookDelivery, WebhookEndpoint
from invex.review.models import ConfirmedLabel
from invex.review.services import confirm
from mlops.datasets.manifest import Manifest
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import DatasetState
from mlops.deployment.models import CodeReplay, Reread
from mlops.monitoring.models import DriftReading, FieldJudgement, HardwareSample, Judgement, Observation
from mlops.monitoring.stability import category_shift
from mlops.registry.models import Build
from mlops.registry.services import judge
from mlops.retraining.models import Circle, Decision
from mlops.retraining.states import Kind, Outcome, Step
from mlops.training.models import TrainingRun
from tests.invex.world import document_in_review, label_of
from tests.mlops.factory import build, deploy, passed

MARKER = "MARKER"  # in the names of everything in demo: who may not see it, must not find it in any answer
STRANGER = "stranger"
PDF = b"%PDF-1.4\n%%EOF\n"


def _draw(document: Document) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP")
    PageImage.objects.create(document=document, index=0, width_px=8, height_px=8, blob=store().put(out.getvalue()))


def _document(access: Access) -> int:
    synthetic = Vendor(7, kind="invoice", locale="en-US").document(0)
    document = document_in_review(access, synthetic)
    _draw(document)
    Batch.objects.filter(pk=document.batch_id).update(name=f"{MARKER} batch")
    Document.objects.filter(pk=document.pk).update(sha256=store().put(PDF), name=f"{MARKER}.pdf")
    return document.pk


def _approved(access: Access) -> int:
    synthetic = Vendor(7, kind="invoice", locale="en-US").document(1)
    document = document_in_review(access, synthetic)
    confirm(access, document.pk, label_of(synthetic), may_create_template=True)
    return document.pk


def _label(access: Access) -> int:
    return int(ConfirmedLabel.objects.filter(document__project=access.project).values_list("pk", flat=True)[0])


def _document_that_is(state: DocumentState) -> Callable[[Access], int]:
    def make(access: Access) -> int:
        first = Document.objects.filter(project=access.project).earliest("pk")
        return Document.objects.create(
            project=access.project,
            batch=first.batch,
            name=f"{MARKER} {state}.pdf",
            sha256=first.sha256,
            size=len(PDF),
            uploaded_by="ann",
            state=state,
            page_count=1,
        ).pk

    return make


def _batch(access: Access) -> int:
    return Document.objects.filter(project=access.project).earliest("pk").batch_id


def _template(access: Access) -> str:
    # Its name is in addresses, which an answer may repeat; so the marker is in a label.
    create_template(access, {"name": "Acme", "fields": [{"key": "number", "type": "id", "label": MARKER}]})
    return "Acme"


def _token(access: Access) -> int:
    return accounts.create_token(access, name=f"{MARKER} erp", role=Role.VIEWER)[0].pk


def _list(access: Access) -> str:
    services.replace(access, "suppliers", Table(("number", "name"), (("1", MARKER),)))
    return "suppliers"


def _export(access: Access) -> int:
    row = exports.request(access, format="csv", layout="", chosen=DocumentFilter())
    ready = {"state": "ready", "blob": store().put(MARKER.encode()), "layout": f"{MARKER} layout"}
    Export.objects.filter(pk=row.pk).update(**ready)
    return row.pk


def _layout(access: Access) -> int:
    columns = (Column("document.id", MARKER, "id"),)
    return save_layout(access, name=f"{MARKER} layout", template="", layout=Layout(columns)).pk


def _dataset(access: Access) -> str:
    named = f"{MARKER} {access.project.slug}"
    manifest = Manifest(({"key": named, "type": "text", "label": named},), (), (), ())
    blob = store().put(manifest.to_bytes())
    DatasetVersion.objects.create(
        project=access.project, name=named, hash=blob, blob=blob, state=DatasetState.FROZEN, made_by="ann"
    )
    return blob


def _frozen(access: Access) -> int:
    return DatasetVersion.objects.get(project=access.project).pk


def _harmless(access: Access) -> int:
    """A document that may be approved in bulk."""
    document = document_in_review(access, Vendor(7, kind="invoice", locale="en-US").document(2))
    _draw(document)
    harmless = {"code": APPROVAL_OFF, "message": "", "field": ""}
    Extraction.objects.filter(document=document).update(reasons=[harmless])
    Document.objects.filter(pk=document.pk).update(reason_code=APPROVAL_OFF, name=f"{MARKER} harmless.pdf")
    return document.pk


def _foreign(access: Access) -> int:
    """The same in a project that nobody of this world sees."""
    third = Project.objects.create(slug="third", name="Third")
    return _harmless(Access(access.actor, third, Role.OWNER))


def _webhook(access: Access) -> int:
    url = f"https://1.1.1.1/{MARKER}"  # a public address: nothing is resolved, and nothing sent
    return webhooks.create_endpoint(access, url=url, events=["document.approved"]).pk


def _stopped_webhook(access: Access) -> int:
    row = webhooks.create_endpoint(access, url="https://1.1.1.1/stopped", events=["document.approved"])
    webhooks.disable(access.actor, row, why=MARKER)
    return row.pk


def _delivery(access: Access) -> int:
    row = webhooks.ping(access, WebhookEndpoint.objects.filter(project=access.project).earliest("pk"))
    WebhookDelivery.objects.filter(pk=row.pk).update(state="failed", body=f'{{"data": "{MARKER}"}}')
    return row.pk


def _build(access: Access) -> str:
    return passed(build(access, 1)).name


def _refused(access: Access) -> str:
    row = build(access, 2)
    judge(access.actor, row, passed=False, report={"why": MARKER})
    return row.name


def _deployment(access: Access) -> int:
    """An A/B test is live; the first deployment is what one may go back to."""
    deploy(access, build(access, 3), build(access, 4), mode="A/B", share={"A": 0.5, "B": 0.5}, why=MARKER)
    return 1


def _member(access: Access) -> int:
    user = User.objects.create(username=f"{MARKER}-member")
    return accounts.set_member(access, user=user, role=Role.VIEWER).pk


def _invitation(access: Access) -> int:
    return invitations.invite(access, role=Role.VIEWER, note=MARKER, expires_in_days=7)[0].pk


def _link(access: Access) -> str:
    return invitations.invite(access, role=Role.VIEWER, expires_in_days=7)[1]


def _run(access: Access) -> int:
    dataset = DatasetVersion.objects.get(project=access.project)
    return TrainingRun.objects.create(
        project=access.project, dataset=dataset, version="1.0.0", base="b", code="c", reason=MARKER, made_by="ann"
    ).pk


def _stopped_run(access: Access) -> int:
    pk = _run(access)
    TrainingRun.objects.filter(pk=pk).update(state="yielded")
    return pk


def _replay(access: Access) -> int:
    """A change of the code that the gate refused."""
    return CodeReplay.objects.create(
        project=access.project, build=Build.objects.filter(project=access.project).earliest("pk"), code="c",
        dataset=DatasetVersion.objects.filter(project=access.project).earliest("pk"), state="refused", reason=MARKER,
    ).pk  # fmt: skip


def _reread(access: Access) -> int:
    first, second = Build.objects.filter(project=access.project).order_by("pk")[:2]
    return Reread.objects.create(
        project=access.project, read=first, anew=second, state="failed", reason=MARKER, made_by="ann"
    ).pk


def _decision(access: Access) -> int:
    """Why a retraining waits for a person to freeze its dataset."""
    row = Decision.objects.create(
        project=access.project, outcome=Outcome.FIRED, trigger=Kind.UNKNOWN, figure=0.5, threshold=0.2, evidence=1,
        documents=[Document.objects.filter(project=access.project).earliest("pk").pk], why=MARKER, made_by="ann",
    )  # fmt: skip
    Circle.objects.create(project=access.project, decision=row, waits_for=Step.FREEZE, reason=MARKER)
    return row.pk


# name -> makes the row in the project of the access and returns what stands for it in an address; in this order.
def _chart(access: Access) -> str:
    """The name of a chart that has something to show."""
    document = Document.objects.filter(project=access.project).earliest("pk")
    today = timezone.localdate()
    observed = {"project": access.project, "day": today, "template": MARKER, "build": MARKER}
    Observation.objects.create(
        **observed, document=document, at=timezone.now(), hour=9, pages=1, words=100, ocr_share=0.0,
        template_confidence=0.9, confidence=0.9, absent=0.0, kinds={"date": 1}, seconds=0.1,
    )  # fmt: skip
    judged = Judgement.objects.create(
        **observed, document=document, probability=1.0, is_audit=True, template_right=True, asked=2, corrected=1
    )
    FieldJudgement.objects.create(
        judgement=judged, project=access.project, day=today, template=MARKER, probability=1.0, field=MARKER,
        is_right=False,
    )  # fmt: skip
    shifts = [category_shift([MARKER] * 60, ["unknown"] * 60), category_shift(["known"] * 60, ["known"] * 60)]
    moved = [
        {**asdict(one), "name": name, "counts": True}
        for name, one in zip(("template", "is_known"), shifts, strict=True)
    ]
    detail = {
        "days": 7, "reference": "before", "reference_count": 60, "current_count": 60,
        "test": {"auc": 0.9, "accuracy": 0.8, "p": 0.01}, "moved": moved,
    }  # fmt: skip
    DriftReading.objects.create(project=access.project, kind="input", day=today, figure=shifts[0].size, detail=detail)
    HardwareSample.objects.get_or_create(
        host="invex", cpu=50.0, memory=50.0, disk=50.0, read_rate=1e6, write_rate=1e6, gpus=[]
    )
    return "accuracy"


MAKERS: dict[str, Callable[[Access], int | str]] = {
    "document": _document,
    "approved": _approved,
    "label": _label,
    "harmless": _harmless,
    "foreign": _foreign,
    "chart": _chart,
    "failed": _document_that_is(DocumentState.FAILED),
    "locked": _document_that_is(DocumentState.NEEDS_PASSWORD),
    "batch": _batch,
    "template": _template,
    "token": _token,
    "build": _build,
    "refused": _refused,
    "deployment": _deployment,
    "list": _list,
    "export": _export,
    "layout": _layout,
    "dataset": _dataset,
    "frozen": _frozen,
    "run": _run,
    "stopped_run": _stopped_run,
    "replay": _replay,
    "reread": _reread,
    "decision": _decision,
    "trigger": lambda access: "unknown",
    "webhook": _webhook,
    "stopped_webhook": _stopped_webhook,
    "delivery": _delivery,
    "member": _member,
    "invitation": _invitation,
    "link": _link,
}


@dataclass(frozen=True, slots=True)
class World:
    """ids: rows of demo by the name of their maker. people: their session cookies; tokens: secrets; both by who."""

    ids: dict[str, int | str]
    people: dict[str, str]
    tokens: dict[str, str]
    handler: ClientHandler = field(default_factory=lambda: ClientHandler(enforce_csrf_checks=False))  # with middleware

    def browser(self, who: str | None) -> Client:
        """A browser in which that person is logged in, or nobody."""
        client = Client()
        client.handler = self.handler
        if who is not None:
            client.cookies["sessionid"] = self.people[who]
        return client

    def program(self, who: str) -> Client:
        """A program with that token."""
        client = Client(headers={"Authorization": f"Bearer {self.tokens[who]}"})
        client.handler = self.handler
        return client


def make_world(slug: str = "demo") -> World:
    """Return a new world: members of the project `slug` called by their roles, and the owner of another project."""
    demo = Project.objects.create(slug=slug, name=slug.title())
    other = Project.objects.create(slug="other", name="Other")
    access = Access(Actor("user", "ann"), demo, Role.OWNER)
    people, tokens = {}, {}
    for who, project in {**dict.fromkeys(Role.values, demo), STRANGER: other}.items():
        role = Role.OWNER if who == STRANGER else who
        user = User.objects.create(username=who)
        Membership.objects.create(project=project, user=user, role=role)
        client = Client()
        client.force_login(user)
        people[who] = client.cookies["sessionid"].value
        home = Access(Actor("user", who), project, Role.OWNER)
        tokens[who] = accounts.create_token(home, name=f"of {who}", role=role)[1]
    ApiToken.objects.update(created_by="ann")
    ids = {name: make(access) for name, make in MAKERS.items()}
    return World(ids=ids, people=people, tokens=tokens)
