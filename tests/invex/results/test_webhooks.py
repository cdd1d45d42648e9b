"""Webhooks from what happens to what arrives: signed, retried, never lost, and given up in the end."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents import services as documents
from invex.documents.filters import DocumentFilter
from invex.documents.models import Document
from invex.extraction import jobs as extraction
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.models import Event
from invex.results import deliveries, exports, jobs, payloads, sender, webhook_queries, webhook_views, webhooks
from invex.results.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from invex.results.states import DeliveryState as S
from invex.results.states import EndpointState
from invex.review import services as review
from tests.invex.world import access_to, document_in_review, label_of, sure_document, template_json, vendor

from .receiver import receiving, status

pytestmark = pytest.mark.django_db
ACME = vendor()
ONE = ACME.document(0)


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture(autouse=True)
def inside(settings, tmp_path):
    """This machine is allowed to receive."""
    settings.WEBHOOK_ALLOW = (ipaddress.ip_network("127.0.0.0/8"),)
    settings.TMP_DIR = tmp_path / "tmp"


@pytest.fixture
def endpoint(access, receiver):
    return webhooks.create_endpoint(access, url=receiver.url(), events=list(payloads.TYPES))


@pytest.fixture(scope="module")
def key_of_document(once) -> int:
    access = access_to("demo", Role.OWNER, name="owner-demo")
    create_template(access, template_json(ACME.name))
    return document_in_review(access, ONE).pk


@pytest.fixture
def send(run_jobs):
    """send(after=seconds) -> do what the scheduler and the worker do, once that time has passed."""

    def go(after: float = 0) -> None:
        if after:
            earlier = datetime.timedelta(seconds=after)
            WebhookDelivery.objects.update(next_attempt_at=F("next_attempt_at") - earlier)
            for name in ("quiet_until", "failing_since"):
                WebhookEndpoint.objects.filter(**{f"{name}__isnull": False}).update(**{name: F(name) - earlier})
        run_jobs("invex.results")
        run_jobs.flush()
        jobs.sweep_webhooks()
        run_jobs("invex.results")

    return go


def verified(receiver, secret, number=-1) -> dict:
    """The message as the reference implementation verifies it."""
    request = receiver.received[number]
    return Webhook(secret).verify(request.body, request.headers)


def confirm(access, document, **fields):
    label = label_of(ONE)
    label["fields"] |= {key: [{"value": value}] for key, value in fields.items()}
    return review.confirm(access, document.pk, label)


class TestMessages:
    def test_an_approval_arrives_signed_and_with_the_result(self, access, endpoint, receiver, document, send):
        confirm(access, document)
        send()
        message = verified(receiver, endpoint.secret)
        assert message["type"] == "document.approved"
        data = message["data"]
        assert (data["project"], data["document"]["id"]) == ("demo", str(document.pk))
        assert data["links"]["result"] == f"/api/v1/documents/{document.pk}/result"
        result = data["result"]
        assert (result["format"], result["state"], result["by"]) == ("invex-prediction/1", "approved", "owner-demo")
        assert result["fields"]["total_amount"][0]["value"] == ONE.label.fields["total_amount"][0].value
        assert "changes" not in data
        row = WebhookDelivery.objects.get()
        assert (row.state, row.attempts) == (S.DELIVERED, 1)
        assert (row.log.get().status, row.log.get().answer) == (200, "fine")
        with pytest.raises(WebhookVerificationError):
            Webhook(webhooks.signing.new_secret()).verify(receiver.received[0].body, receiver.received[0].headers)

    def test_a_correction_is_sent_with_what_changed(self, access, endpoint, receiver, document, send):
        confirm(access, document, invoice_number="1")
        review.reopen(access, document.pk)
        label = label_of(ONE, template=None)
        label["fields"]["invoice_number"] = [{"value": "2"}]
        label["tables"]["line_items"] = label["tables"]["line_items"][:1]
        review.confirm(access, document.pk, label)
        send()
        messages = [verified(receiver, endpoint.secret, n) for n in range(len(receiver.received))]
        assert [m["type"] for m in messages] == ["document.approved", "document.reopened", "document.corrected"]
        assert messages[0]["data"]["result"]["fields"]["invoice_number"][0]["value"] == "1", "as it was then"
        data = messages[2]["data"]
        assert data["result"]["fields"]["invoice_number"][0]["value"] == "2"
        assert data["changes"]["fields"] == {"invoice_number": {"before": ["1"], "after": ["2"]}}
        assert data["changes"]["template"] == {"before": ACME.name, "after": None}
        lines = data["changes"]["tables"]["line_items"]
        assert (len(lines["before"]), len(lines["after"])) == (len(ONE.label.tables["line_items"]), 1)

    def test_approved_again_with_the_same_values_is_told_without_changes(
        self, access, endpoint, receiver, document, send
    ):
        confirm(access, document)
        review.reopen(access, document.pk)
        confirm(access, document)
        send()
        message = verified(receiver, endpoint.secret)
        assert (message["type"], message["data"]["changes"]) == ("document.corrected", {})

    def test_what_invex_approved_itself_and_a_person_corrects(self, access, receiver, monkeypatch, send):
        sure = sure_document(access, monkeypatch, ACME)
        row = webhooks.create_endpoint(access, url=receiver.url(), events=["document.approved", "document.corrected"])
        extraction.extract_document(sure.pk)
        shown = sure.extractions.get().prediction["fields"]["invoice_number"]
        review.reopen(access, sure.pk)
        review.confirm(access, sure.pk, {"template": "Acme", "fields": {"invoice_number": [{"value": "4711"}]}})
        send()
        first, last = (verified(receiver, row.secret, n) for n in range(len(receiver.received)))
        assert (first["type"], first["data"]["result"]["by"]) == ("document.approved", "auto")
        assert first["data"]["result"]["fields"]["invoice_number"] == shown
        assert "changes" not in first["data"]
        assert last["type"] == "document.corrected"
        before = [value["value"] for value in shown]
        assert last["data"]["changes"] == {"fields": {"invoice_number": {"before": before, "after": ["4711"]}}}

    def test_a_lost_wake_up_of_an_automatic_approval_is_made_up_for(
        self, access, receiver, monkeypatch, run_jobs, send
    ):
        sure = sure_document(access, monkeypatch, ACME)
        webhooks.create_endpoint(access, url=receiver.url(), events=["document.approved"])
        extraction.extract_document(sure.pk)
        run_jobs("nothing.of.that.name")
        run_jobs.flush()  # the events are dispatched, their jobs are gone
        Event.objects.filter(subject=str(sure.pk)).update(created_at=F("created_at") - datetime.timedelta(minutes=1))
        WebhookEndpoint.objects.update(announced_until=F("announced_until") - datetime.timedelta(minutes=2))
        send()
        assert [json.loads(r.body)["data"]["document"]["id"] for r in receiver.received] == [str(sure.pk)]

    def test_failures_rejections_and_exports_are_told(self, access, endpoint, receiver, document, send):
        documents.reject(access, document, why="an advertisement")
        other = document_in_review(access, ACME.document(1))
        Document.objects.filter(pk=other.pk).update(state="received")
        other.refresh_from_db()
        documents.fail(other, code="corrupt", message="The file is damaged.")
        row = exports.request(access, format="csv", layout="", chosen=DocumentFilter())
        send()
        messages = {m["type"]: m["data"] for m in (json.loads(r.body) for r in receiver.received)}
        assert messages["document.rejected"]["reason"]["message"] == "an advertisement"
        assert messages["document.failed"]["reason"]["code"] == "corrupt"
        assert messages["export.ready"]["export"] == {
            "id": str(row.pk), "format": "csv", "documents": 2, "state": "ready",
        }  # fmt: skip
        assert messages["export.ready"]["links"]["file"] == f"/api/v1/exports/{row.pk}/file"

    def test_the_reason_is_that_of_then(self, access, endpoint, receiver, receive, document, run_jobs, send, make_pdf):
        """A message that is made late says why it happened, not where the document stands by then."""
        documents.reject(access, document, why="an  advertisement")
        review.reopen(access, document.pk)
        locked, broken = receive(make_pdf(password="sesame")), receive(b"a plain note")
        run_jobs("invex.documents.")
        for row in (locked, broken):
            row.refresh_from_db()
        documents.give_password(access, locked, password="sesame")
        documents.retry(access, broken)
        send()
        reasons = {m["type"]: m["data"].get("reason") for m in (json.loads(r.body) for r in receiver.received)}
        assert reasons["document.rejected"] == {"code": "rejected", "message": "an advertisement"}
        assert reasons["document.needs_password"]["code"] == "encrypted"
        assert reasons["document.failed"]["code"] == "unsupported"
        assert all(reasons[type]["message"] for type in payloads.WITH_REASON)

    def test_only_what_is_asked_for_and_only_from_then_on(self, access, receiver, document, send):
        confirm(access, document)
        row = webhooks.create_endpoint(access, url=receiver.url(), events=["document.corrected"])
        review.reopen(access, document.pk)
        confirm(access, document, invoice_number="2")
        send()
        assert [json.loads(r.body)["type"] for r in receiver.received] == ["document.corrected"]
        assert row.deliveries.count() == 1

    def test_another_projects_webhook_hears_nothing(self, access, other_access, receiver, document, send):
        webhooks.create_endpoint(other_access, url=receiver.url(), events=list(payloads.TYPES))
        confirm(access, document)
        send()
        assert receiver.received == []


class TestNothingIsLost:
    def test_a_lost_job_is_made_up_for(self, access, endpoint, receiver, document, send, run_jobs):
        confirm(access, document)
        run_jobs("nothing.of.that.name")
        run_jobs.flush()  # the events are dispatched, their jobs are gone
        send()
        assert receiver.received == [], "such a young event may still be on its way"
        Event.objects.update(created_at=F("created_at") - datetime.timedelta(minutes=1))
        WebhookEndpoint.objects.update(announced_until=F("announced_until") - datetime.timedelta(minutes=2))
        send()
        assert [json.loads(r.body)["type"] for r in receiver.received] == ["document.approved"]
        WebhookEndpoint.objects.update(announced_until=F("announced_until") - datetime.timedelta(days=2))
        send()
        assert len(receiver.received) == 1
        assert WebhookEndpoint.objects.get().announced_until > timezone.now() - 2 * webhooks.LATE

    def test_told_twice_it_is_one_message(self, access, endpoint, receiver, document, send):
        confirm(access, document)
        assert jobs.announce(document.pk) == 1
        assert jobs.announce(document.pk) == 0
        send()
        send()
        assert len(receiver.received) == 1

    def test_a_worker_that_dies_between_sending_and_noting_it_is_followed_under_the_same_id(
        self, access, endpoint, receiver, document, send, monkeypatch
    ):
        confirm(access, document)
        jobs.announce(document.pk)
        row = WebhookDelivery.objects.get()

        with monkeypatch.context() as patch:
            patch.setattr(deliveries.sender, "post", _then_dies(sender.post))
            with pytest.raises(KeyboardInterrupt):
                jobs.deliver(row.pk)
        assert len(receiver.received) == 1
        send()
        assert len(receiver.received) == 1, "nobody knows yet that the worker is gone"
        WebhookDelivery.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
        send()
        send(after=20)
        first, second = receiver.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == row.message_id
        assert first.body == second.body
        row.refresh_from_db()
        assert row.state == S.DELIVERED
        assert [a.status for a in row.log.all()] == [None, 200]

    def test_a_message_in_hand_is_not_sent_by_another(self, access, endpoint, receiver):
        row = webhooks.ping(access, endpoint)
        WebhookDelivery.objects.update(state=S.SENDING)
        assert jobs.deliver(row.pk) is False
        assert receiver.received == []


def _then_dies(post):
    def send(*args):
        post(*args)
        raise KeyboardInterrupt

    return send


class TestFailures:
    def test_it_is_tried_again_with_growing_pauses_and_the_log_says_so(
        self, access, endpoint, receiver, document, send
    ):
        receiver.answer = status(503, b"down for maintenance")
        confirm(access, document)
        send()
        row = WebhookDelivery.objects.get()
        assert (row.state, row.attempts) == (S.PENDING, 1)
        assert 13 <= (row.next_attempt_at - timezone.now()).total_seconds() <= 17
        send()
        assert len(receiver.received) == 1, "not before its time"
        send(after=17)
        row.refresh_from_db()
        assert 53 <= (row.next_attempt_at - timezone.now()).total_seconds() <= 67
        receiver.answer = status(204, b"")
        send(after=70)
        row.refresh_from_db()
        assert (row.state, row.attempts) == (S.DELIVERED, 3)
        assert [(a.status, a.answer) for a in row.log.all()][:2] == [(503, "down for maintenance")] * 2
        ids = {r.headers["webhook-id"] for r in receiver.received}
        assert len(ids) == 1
        endpoint.refresh_from_db()
        assert (endpoint.failures, endpoint.failing_since, endpoint.quiet_until) == (0, None, None)

    def test_the_pauses_are_about_a_day(self):
        pauses = [deliveries.pause_s(n) for n in range(1, deliveries.ATTEMPTS)]
        assert pauses == sorted(pauses)
        assert 20 * 3600 < sum(pauses) < 26 * 3600
        assert len({deliveries.pause_s(1) for _ in range(10)}) > 1, "jitter"

    def test_after_a_day_it_is_given_up_and_the_endpoint_disabled_with_the_reason(
        self, access, endpoint, receiver, document, send
    ):
        receiver.answer = status(500, b"broken")
        confirm(access, document)
        send()
        for n in range(1, deliveries.ATTEMPTS):
            send(after=max(deliveries.pause_s(n), deliveries.LONGEST_QUIET_S) * 1.3)
        row = WebhookDelivery.objects.get()
        endpoint.refresh_from_db()
        assert (row.state, row.attempts, len(receiver.received)) == (S.FAILED, deliveries.ATTEMPTS, deliveries.ATTEMPTS)
        assert endpoint.state == EndpointState.DISABLED
        assert "The answer was 500" in endpoint.reason
        review.reopen(access, document.pk)
        send(after=10**6)
        assert len(receiver.received) == deliveries.ATTEMPTS

    def test_a_receiver_that_is_gone_is_disabled_at_once(self, access, endpoint, receiver, document, send):
        receiver.answer = status(410)
        confirm(access, document)
        send()
        endpoint.refresh_from_db()
        assert (endpoint.state, "410" in endpoint.reason) == (EndpointState.DISABLED, True)

    @pytest.mark.parametrize("catch_up", [True, False])
    def test_enabled_again_it_catches_up_if_that_is_wanted(self, access, endpoint, receiver, document, send, catch_up):
        webhooks.disable(access.actor, endpoint, why="moving house")
        confirm(access, document)
        send()
        assert receiver.received == []
        Event.objects.update(created_at=F("created_at") - datetime.timedelta(minutes=1))
        WebhookEndpoint.objects.update(announced_until=F("announced_until") - datetime.timedelta(hours=1))
        endpoint.refresh_from_db()
        webhooks.enable(access, endpoint, catch_up=catch_up)
        send()
        assert len(receiver.received) == int(catch_up)

    def test_one_that_fails_is_probed_by_one_message_at_a_time(self, access, endpoint, receiver, document, send):
        receiver.answer = status(500)
        confirm(access, document)
        review.reopen(access, document.pk)
        send()
        assert len(receiver.received) == 1, "the second one waits until the first has shown whether it works"
        receiver.answer = status(200)
        send(after=20)
        send()
        assert {json.loads(r.body)["type"] for r in receiver.received[1:]} == {"document.approved", "document.reopened"}

    def test_a_redirect_is_a_failure_that_says_what_to_do(self, access, endpoint, receiver, send):
        receiver.answer = status(301, Location="http://127.0.0.1:1/")
        webhooks.ping(access, endpoint)
        send()
        assert "final address" in WebhookAttempt.objects.get().problem
        assert WebhookDelivery.objects.get().state == S.FAILED, "a test is not tried again"

    def test_a_new_address_is_tried_at_once(self, access, endpoint, receiver, document, send):
        receiver.answer = status(500)
        confirm(access, document)
        send()
        WebhookDelivery.objects.update(next_attempt_at=timezone.now())
        receiver.answer = status(200)
        send()
        assert len(receiver.received) == 1, "it is left in peace"
        webhooks.change_endpoint(access, endpoint, url=receiver.url(), events=["document.approved"])
        send()
        assert WebhookDelivery.objects.get().state == S.DELIVERED

    def test_it_is_sent_again_by_hand_under_its_id(self, access, endpoint, receiver, send):
        webhooks.ping(access, endpoint)
        send()
        row = WebhookDelivery.objects.get()
        webhooks.resend(access, row)
        with pytest.raises(Conflict):
            webhooks.resend(access, row)
        send()
        assert len({r.headers["webhook-id"] for r in receiver.received}) == 1
        assert (len(receiver.received), row.log.count()) == (2, 2)

    def test_the_log_is_kept_for_thirty_days(self, access, endpoint, send):
        webhooks.ping(access, endpoint)
        send()
        assert jobs.sweep_log() == 0
        WebhookDelivery.objects.update(created_at=timezone.now() - webhook_queries.KEPT_FOR)
        assert jobs.sweep_log() > 0
        assert not WebhookDelivery.objects.exists()


def test_the_example_of_the_documentation_verifies(access, endpoint, receiver, send, settings):
    text = (settings.BASE_DIR / "docs" / "results.md").read_text()
    namespace: dict = {}
    exec(text.split("```python\n")[1].split("```")[0], namespace)
    webhooks.ping(access, endpoint)
    send()
    (request,) = receiver.received
    assert namespace["verified"](endpoint.secret, request.headers, request.body) is True
    assert namespace["verified"](endpoint.secret, request.headers, request.body + b" ") is False
    old = {**request.headers, "webhook-timestamp": "1700000000"}
    assert namespace["verified"](endpoint.secret, old, request.body) is False


class TestSecrets:
    def test_both_sign_while_they_change(self, access, endpoint, receiver, send):
        old = endpoint.secret
        new = webhooks.rotate_secret(access, endpoint)
        webhooks.ping(access, endpoint)
        send()
        assert verified(receiver, old)["type"] == verified(receiver, new)["type"] == "ping"

    def test_of_two_that_are_made_at_once_the_first_is_the_new_one(self, access, endpoint, receiver, send):
        """Both people have the page open; each is shown a secret, or why there is none."""
        old, stale = endpoint.secret, WebhookEndpoint.objects.get()
        new = webhooks.rotate_secret(access, endpoint)
        with pytest.raises(Conflict, match="End that one first") as caught:
            webhooks.rotate_secret(access, stale)
        assert caught.value.code == "two_secrets"
        webhooks.ping(access, stale)
        send()
        assert verified(receiver, old)["type"] == verified(receiver, new)["type"] == "ping"

    def test_the_next_one_is_made_once_the_old_one_has_ended(self, access, endpoint, receiver, send):
        stale = WebhookEndpoint.objects.get()
        second = webhooks.rotate_secret(access, endpoint)
        webhooks.end_old_secret(access, endpoint)
        third = webhooks.rotate_secret(access, stale)
        webhooks.ping(access, endpoint)
        send()
        assert verified(receiver, second)["type"] == verified(receiver, third)["type"] == "ping"

    @pytest.mark.parametrize("end", ["by hand", "by time"])
    def test_the_old_one_ends(self, access, endpoint, receiver, send, end):
        old = endpoint.secret
        new = webhooks.rotate_secret(access, endpoint)
        if end == "by hand":
            webhooks.end_old_secret(access, endpoint)
        else:
            WebhookEndpoint.objects.update(old_secret_until=timezone.now())
        endpoint.refresh_from_db()
        webhooks.ping(access, endpoint)
        send()
        assert verified(receiver, new)
        with pytest.raises(WebhookVerificationError):
            verified(receiver, old)


class TestWhere:
    def test_inside_addresses_are_refused_when_it_is_made(self, access, receiver, settings):
        settings.WEBHOOK_ALLOW = ()
        with pytest.raises(BadInput, match="INVEX_WEBHOOK_ALLOW"):
            webhooks.create_endpoint(access, url=receiver.url(), events=["document.approved"])

    def test_a_name_that_turns_inside_later_is_refused_when_it_is_sent(
        self, access, receiver, settings, monkeypatch, send
    ):
        """DNS rebinding: public when it is set up, this machine when it is used."""
        settings.WEBHOOK_ALLOW = ()
        answers = iter(["1.1.1.1", "127.0.0.1"])
        real = socket.getaddrinfo

        def rebinding(host, port, *args, **kwargs):
            if host != "erp.example.com":
                return real(host, port, *args, **kwargs)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        row = webhooks.create_endpoint(
            access, url=receiver.url("erp.example.com", "https"), events=["document.approved"]
        )
        webhooks.ping(access, row)
        send()
        assert receiver.received == []
        assert "not a public address" in WebhookAttempt.objects.get().problem

    def test_a_name_is_asked_for_once_a_message(self, access, receiver, monkeypatch, send):
        """Rebinding between the look and the connection: there is no second look."""
        asked = []
        real = socket.getaddrinfo

        def counting(host, port, *args, **kwargs):
            if host != "erp.lan":
                return real(host, port, *args, **kwargs)
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", counting)
        row = webhooks.create_endpoint(access, url=receiver.url("erp.lan"), events=["document.approved"])
        asked.clear()
        webhooks.ping(access, row)
        send()
        assert (len(asked), len(receiver.received)) == (1, 1)


class TestPages:
    @pytest.fixture
    def client(self, person):
        client = Client()
        client.force_login(person("owner"))
        return client

    def test_from_the_form_to_the_log(self, client, receiver, send):
        made = client.post("/p/demo/settings/webhooks/", {"url": receiver.url(), "event": ["document.approved"]})
        row = WebhookEndpoint.objects.get()
        assert row.secret in made.content.decode()
        assert made["Cache-Control"] == "no-store"
        address = f"/p/demo/settings/webhooks/{row.pk}/"
        assert row.secret not in client.get(address).content.decode(), "it is shown once"
        sent = client.post(address, {"action": "ping"})
        send()
        page = client.get(sent["Location"]).content.decode()
        assert "Delivered" in page
        assert "&quot;type&quot;: &quot;ping&quot;" in page
        log = client.get("/p/demo/settings/webhooks/log/?state=delivered").content.decode()
        assert sent["Location"] in log
        assert client.post(f"{sent['Location']}resend/").status_code == 302
        send()
        assert len(receiver.received) == 2

    def test_a_form_that_the_browser_sends_again_makes_no_second_webhook(self, client, receiver):
        form = {"url": receiver.url(), "event": ["document.approved"]}
        assert client.post("/p/demo/settings/webhooks/", form).status_code == 200
        again = client.post("/p/demo/settings/webhooks/", form)
        assert again.status_code == 422
        assert "There is a webhook with this address" in again.content.decode()
        assert WebhookEndpoint.objects.count() == 1

    def test_what_is_wrong_is_said_beside_the_form(self, client, access):
        answer = client.post("/p/demo/settings/webhooks/", {"url": "https://10.0.0.1/", "event": ["document.approved"]})
        assert answer.status_code == 422
        assert "INVEX_WEBHOOK_ALLOW" in answer.content.decode()
        answer = client.post("/p/demo/settings/webhooks/", {"url": "https://1.1.1.1/"})
        assert "Choose at least one event" in answer.content.decode()
        assert client.get("/p/demo/settings/webhooks/log/?state=lost").status_code == 422

    def test_every_type_has_a_label(self):
        assert list(webhook_views.LABELS) == list(payloads.TYPES)
