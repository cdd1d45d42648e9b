"""Projects, members, tokens: who may, what is kept, what expires."""

from __future__ import annotations

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from invex.accounts import queries, services
from invex.accounts.auth import NotAuthenticated, token_access
from invex.accounts.models import ApiToken, Membership, User
from invex.accounts.roles import RIGHTS, Right, Role
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from invex.kernel.models import AuditEntry


def test_a_token_opens_its_project_with_its_role(access):
    token, secret = services.create_token(access, name="erp", role="reviewer")
    found = token_access(secret)
    assert (found.project, found.role, str(found.actor)) == (access.project, Role.REVIEWER, "token:erp")
    assert secret.startswith("invex_")
    assert secret not in str(vars(token))
    assert secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("secret", ["", "x", "invex_", "invex_" + "a" * 43, "invex_\ud800", "invex_é"])
def test_what_is_no_token_opens_nothing(db, secret):
    with pytest.raises(NotAuthenticated):
        token_access(secret)


def test_a_revoked_token_opens_nothing(access, other_access):
    token, secret = services.create_token(access, name="erp", role="viewer")
    with pytest.raises(NotFound):
        services.revoke_token(other_access, token)
    services.revoke_token(access, token)
    services.revoke_token(access, token)
    with pytest.raises(NotAuthenticated, match="revoked"):
        token_access(secret)
    assert AuditEntry.objects.filter(action="revoked").count() == 1


def test_an_expired_token_opens_nothing(access):
    _, secret = services.create_token(access, name="erp", role="viewer", expires_in_days=1)
    token_access(secret)
    ApiToken.objects.update(expires_at=timezone.now())
    with pytest.raises(NotAuthenticated, match="expired"):
        token_access(secret)


def test_use_is_noted_at_most_once_a_minute(access, django_assert_num_queries):
    _, secret = services.create_token(access, name="erp", role="viewer")
    with django_assert_num_queries(2):
        token_access(secret)
    with django_assert_num_queries(1):
        token_access(secret)
    ApiToken.objects.update(last_used_at=timezone.now() - datetime.timedelta(minutes=2))
    with django_assert_num_queries(2):
        token_access(secret)


def test_a_token_s_name_is_never_given_twice(access):
    token, _ = services.create_token(access, name="erp", role="viewer")
    services.revoke_token(access, token)
    with pytest.raises(Conflict):
        services.create_token(access, name="erp", role="viewer")


@pytest.mark.parametrize("wrong", [{"role": "king"}, {"name": " "}, {"name": "x" * 65}, {"expires_in_days": 0}])
def test_a_token_that_makes_no_sense(access, wrong):
    with pytest.raises(BadInput):
        services.create_token(access, **{"name": "erp", "role": "viewer", **wrong})


@pytest.mark.parametrize("role", [r for r in Role if Right.ADMIN not in RIGHTS[r]])
def test_only_an_owner_makes_tokens_and_members(access_as, role, person):
    access = access_as(role)
    for forbidden in (
        lambda: services.create_token(access, name="erp", role="viewer"),
        lambda: services.set_member(access, user=person("viewer"), role="owner"),
        lambda: services.remove_member(access, user=person("viewer")),
        lambda: queries.tokens(access),
    ):
        with pytest.raises(NotAllowed):
            forbidden()


def test_members_see_their_projects_and_no_other(person, project, other_project):
    user = person("reviewer")
    assert list(queries.projects_of(user)) == [project]
    assert queries.access_of(user, "demo").role == Role.REVIEWER
    with pytest.raises(NotFound):
        queries.access_of(user, "other")
    with pytest.raises(NotFound):
        queries.access_of(user, "nowhere")


def test_a_superuser_is_an_owner_everywhere(project, other_project):
    root = User.objects.create_superuser("root")
    assert set(queries.projects_of(root)) == {project, other_project}
    assert queries.access_of(root, "other").role == Role.OWNER


def test_a_project_keeps_an_owner(access, person):
    owner, viewer = person("owner"), person("viewer")
    with pytest.raises(Conflict):
        services.remove_member(access, user=owner)
    with pytest.raises(Conflict):
        services.set_member(access, user=owner, role="viewer")
    services.set_member(access, user=viewer, role="owner")
    services.remove_member(access, user=owner)
    assert list(Membership.objects.values_list("user__username", "role")) == [("viewer-demo", "owner")]
    with pytest.raises(NotFound):
        services.remove_member(access, user=owner)


def test_a_project_s_short_name_is_one_of_a_kind(db):
    services.create_project(SYSTEM, slug="a-1", name="A")
    with pytest.raises(Conflict):
        services.create_project(SYSTEM, slug="a-1", name="B")
    with pytest.raises(BadInput):
        services.create_project(SYSTEM, slug="a b", name="B")


def run_token(*args: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("token", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_the_token_alone(project):
    out, err = run_token("--project", "demo", "--role", "reviewer")
    assert token_access(out.strip()).role == Role.REVIEWER
    assert out.count("\n") == 1
    assert "reviewer" in err
    run_token("--project", "demo", "--role", "reviewer")
    assert set(ApiToken.objects.values_list("name", flat=True)) == {"reviewer-1", "reviewer-2"}
    run_token("--project", "demo", "--role", "viewer", "--name", "erp", "--days", "30")
    assert ApiToken.objects.get(name="erp").expires_at is not None


@pytest.mark.parametrize("args", [("--project", "nope", "--role", "viewer"), ("--project", "demo", "--role", "king")])
def test_the_command_says_what_is_wrong(project, args):
    with pytest.raises(CommandError) as caught:
        run_token(*args)
    assert caught.value.returncode == 2
    assert "demo" in str(caught.value) or "viewer" in str(caught.value)


def test_a_cookie_does_not_open_the_interface(client, person):
    client.force_login(person("owner"))
    assert client.get("/api/v1/documents").status_code == 401
