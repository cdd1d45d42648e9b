"""Members, invitations, login and sessions, as people meet them."""

from __future__ import annotations

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.utils import timezone

from invex.accounts import invitations
from invex.accounts.login import client_address
from invex.accounts.models import Invitation, Membership, Project, User
from invex.accounts.roles import Role
from invex.kernel.errors import BadInput, NotFound
from invex.kernel.models import AuditEntry

PASSWORD = "quince-marmalade"
ACCOUNT = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def browser(person) -> Client:
    """The owner's browser."""
    client = Client()
    client.force_login(person(Role.OWNER))
    return client


@pytest.fixture
def ann(person) -> User:
    user = person(Role.VIEWER)
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(password: str, *, name: str = "viewer-demo", address: str = "10.0.0.1", client: Client | None = None):
    sent = {"username": name, "password": password}
    return (client or Client()).post("/login/", sent, REMOTE_ADDR=address)


def test_an_invitation_makes_one_account_and_no_second(browser) -> None:
    page = browser.post("/p/demo/settings/members/", {"role": "author", "note": "Bob", "days": "7"})
    link = page.content.decode().split('readonly value="http://testserver')[1].split('"')[0]
    assert link.split("/")[2] not in str(list(Invitation.objects.values()))
    assert link not in browser.get("/p/demo/settings/members/").content.decode()

    bob = Client()
    for _ in range(2):  # looking changes nothing
        assert b"as Author" in bob.get(link).content
    assert bob.post(link, ACCOUNT).status_code == 302
    assert bob.get("/p/demo/").status_code == 200
    assert Membership.objects.get(user__username="newcomer").role == Role.AUTHOR
    assert AuditEntry.objects.get(action="accepted").detail["invited_by"] == "owner-demo"
    late = Client().post(link, {**ACCOUNT, "username": "late"})
    assert (late.status_code, User.objects.filter(username="late").exists()) == (404, False)


def test_an_invitation_joins_who_is_logged_in_and_leaves_members_as_they_are(access, person, other_project) -> None:
    _, secret = invitations.invite(access, role="viewer", expires_in_days=1)
    owner, stranger = person(Role.OWNER), person(Role.OWNER, other_project)
    client = Client()
    client.force_login(owner)
    client.post(f"/invitation/{secret}/")
    assert Membership.objects.get(user=owner).role == Role.OWNER
    client.force_login(stranger)
    client.post(f"/invitation/{secret}/")
    assert Membership.objects.get(user=stranger, project=access.project).role == Role.VIEWER


@pytest.mark.parametrize("wrong", [{"username": "auto"}, {"username": "OWNER-demo"}, {"password2": "x"},
                                   {"password1": "12345678", "password2": "12345678"}])  # fmt: skip
def test_an_account_that_cannot_be(access, browser, wrong) -> None:
    _, secret = invitations.invite(access, role="viewer", expires_in_days=1)
    answer = Client().post(f"/invitation/{secret}/", {**ACCOUNT, **wrong})
    assert (answer.status_code, User.objects.count()) == (422, 1)
    assert invitations.find(secret).is_open


@pytest.mark.parametrize("ended", [{"revoked_at": timezone.now()}, {"accepted_at": timezone.now()},
                                   {"expires_at": timezone.now() - datetime.timedelta(days=1)}])  # fmt: skip
def test_an_invitation_that_is_over_opens_nothing(access, person, ended) -> None:
    row, secret = invitations.invite(access, role="viewer", expires_in_days=1)
    Invitation.objects.update(**ended)
    assert Client().get(f"/invitation/{secret}/").status_code == 404
    user = User.objects.create(username="late")
    with pytest.raises(NotFound):  # also who had the page open
        invitations.accept(row, user)
    assert not Membership.objects.filter(user=user).exists()


def test_an_invitation_is_withdrawn_by_its_project(access, other_access) -> None:
    row, secret = invitations.invite(access, role="viewer", expires_in_days=1)
    with pytest.raises(NotFound):
        invitations.revoke(other_access, row.pk)
    invitations.revoke(access, row.pk)
    with pytest.raises(NotFound):
        invitations.find(secret)


@pytest.mark.parametrize(
    "wrong", [{"role": "king"}, {"expires_in_days": 0}, {"expires_in_days": 91}, {"note": "x" * 201}]
)
def test_an_invitation_that_makes_no_sense(access, wrong) -> None:
    with pytest.raises(BadInput):
        invitations.invite(access, **{"role": "viewer", "expires_in_days": 7, **wrong})


def test_the_last_owner_stays(browser, person) -> None:
    owner = Membership.objects.get()
    for address, body in (("role", {"role": "viewer"}), ("remove", {})):
        answer = browser.post(f"/p/demo/settings/members/{owner.pk}/{address}/", body)
        assert (answer.status_code, b"only owner" in answer.content) == (409, True)
    viewer = Membership.objects.get(user=person(Role.VIEWER))
    browser.post(f"/p/demo/settings/members/{viewer.pk}/role/", {"role": "owner"})
    left = browser.post(f"/p/demo/settings/members/{owner.pk}/remove/")
    assert left["Location"] == "/"  # the page is no longer theirs
    assert browser.get("/p/demo/").status_code == 404


def test_five_wrong_passwords_lock_that_name_at_that_address_for_a_while(ann, settings) -> None:
    for _ in range(5):
        answer = log_in("wrong")
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert b"Wait 15 minutes" in answer.content
    assert log_in(PASSWORD).status_code == 429  # the right one, too
    assert log_in(PASSWORD, address="10.0.0.2").status_code == 302  # nobody locks out a colleague
    settings.AXES_COOLOFF_TIME = datetime.timedelta(0)
    assert log_in(PASSWORD).status_code == 302


def test_guessing_from_many_addresses_ends_and_locks_nobody_out_of_their_own_browser(ann, settings) -> None:
    own = Client()
    assert log_in(PASSWORD, address="10.0.0.1", client=own).status_code == 302
    forged = Client()
    forged.cookies["invex-known"] = "viewer-demo:1:forged"
    for n in range(settings.LOGIN_FAILURES_BY_NAME):
        answer = log_in("wrong", address=f"10.0.1.{n}")
    assert answer.status_code == 429
    assert log_in(PASSWORD, address="10.0.2.1").status_code == 429
    assert log_in(PASSWORD, address="10.0.2.2", client=forged).status_code == 429
    assert log_in(PASSWORD, name="nobody", address="10.0.2.2").status_code == 200  # another name
    assert log_in(PASSWORD, address="10.0.0.1", client=own).status_code == 302
    settings.AXES_COOLOFF_TIME = datetime.timedelta(0)
    assert log_in(PASSWORD, address="10.0.2.1").status_code == 302


def test_a_right_password_forgets_the_wrong_ones(ann) -> None:
    for _ in range(3):
        for _ in range(4):
            assert log_in("wrong").status_code == 200
        assert log_in(PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "10.0.0.9"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 10.0.0.8", "1.1.1.1"),
        (1, "", "10.0.0.9"),
    ],
)
def test_the_address_that_counts_cannot_be_made_up(proxies, forwarded, expected, settings) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.9")
    assert client_address(request) == expected


def test_the_session_gets_a_new_key_at_login_and_at_a_new_password(ann) -> None:
    here, elsewhere = Client(), Client()
    here.get("/login/")
    log_in(PASSWORD, client=here)
    log_in(PASSWORD, client=elsewhere)
    before = here.cookies["sessionid"].value
    new = {"old_password": PASSWORD, "new_password1": "medlar-jelly", "new_password2": "medlar-jelly"}
    assert here.post("/account/", new).status_code == 302
    assert here.cookies["sessionid"].value != before
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert AuditEntry.objects.filter(action="changed", subject_type="password", actor="viewer-demo").count() == 1


def test_log_out_everywhere_else(ann) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.force_login(ann)
    here.post("/account/log-out-everywhere/")
    assert (here.get("/account/").status_code, elsewhere.get("/account/").status_code) == (200, 302)


def test_an_administrator_makes_a_project_for_somebody(db, person) -> None:
    root, ann = User.objects.create_superuser("root"), person(Role.VIEWER)
    client = Client()
    client.force_login(root)
    made = client.post("/projects/new/", {"name": "Accounts payable", "slug": "", "owner": ann.username})
    assert made["Location"] == "/p/accounts-payable/settings/members/"
    assert Membership.objects.get(project__slug="accounts-payable").user == ann
    again = client.post("/projects/new/", {"name": "Accounts payable", "slug": "", "owner": ""})
    assert (again.status_code, b"already" in again.content) == (409, True)
    nobody = client.post("/projects/new/", {"name": "New", "owner": "nobody"})
    assert (nobody.status_code, Project.objects.filter(slug="new").exists()) == (422, False)


def test_the_command_makes_a_project(db) -> None:
    with pytest.raises(CommandError, match="--owner"):
        call_command("project", "Ledger")
    root = User.objects.create_superuser("root")
    out = io.StringIO()
    call_command("project", "Ledger", stdout=out, stderr=io.StringIO())
    assert out.getvalue() == "ledger\n"
    assert Membership.objects.get(project__slug="ledger").user == root
    for args in (("Ledger",), ("Other", "--owner", "nobody"), ("日本",)):
        with pytest.raises(CommandError) as caught:
            call_command("project", *args, stdout=out, stderr=io.StringIO())
        assert caught.value.returncode == 2
