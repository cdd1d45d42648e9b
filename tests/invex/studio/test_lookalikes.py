"""Unknown documents that look alike: groups come and go with them."""

from __future__ import annotations

import pytest

from fixtures.generator import Vendor
from invex.accounts.models import Membership, User
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.flow import SWEEPS
from invex.studio import grouping, jobs, queries
from invex.studio.models import Look, LookGroup
from tests.invex.world import access_to, document_in_review

pytestmark = pytest.mark.django_db


def made(access, seed: int, *numbers: int) -> list[Document]:
    vendor = Vendor(seed, kind="invoice", locale="de-DE")
    return [document_in_review(access, vendor.document(number)) for number in numbers]


def members(access) -> list[set[int]]:
    return [{d.pk for d in group.documents} for group in queries.groups(access.project)]


def test_documents_of_one_layout_make_a_group_and_a_newcomer_joins_it() -> None:
    access = access_to("acme", Role.AUTHOR)
    alike, other = made(access, 7, 0, 1), made(access, 8, 0)
    assert grouping.is_behind(access.project.pk)
    assert jobs.group(access.project.pk) == 3
    assert members(access) == [{d.pk for d in alike}]
    assert queries.others(access.project, other[0]) == []
    assert queries.others(access.project, alike[0]) == [alike[1]]
    newcomer = made(access, 7, 2)[0]
    before = LookGroup.objects.get().pk
    jobs.group(access.project.pk)
    assert members(access) == [{d.pk for d in (*alike, newcomer)}]
    assert LookGroup.objects.get().pk == before
    assert not grouping.is_behind(access.project.pk)
    assert jobs.group(access.project.pk) == 0


def test_one_that_was_alone_makes_a_group_with_the_next_of_its_kind() -> None:
    access = access_to("acme", Role.AUTHOR)
    first = made(access, 8, 0)[0]
    jobs.group(access.project.pk)
    assert members(access) == []
    second = made(access, 8, 1)[0]
    jobs.group(access.project.pk)
    assert members(access) == [{first.pk, second.pk}]


def test_of_more_documents_than_are_compared_at_once_each_gets_its_turn(monkeypatch) -> None:
    """A project in which older ones waited for ever was woken for nothing every few seconds."""
    monkeypatch.setattr(grouping, "MOST", 2)
    access = access_to("acme", Role.AUTHOR)
    alike = made(access, 7, 0, 1)
    alone = [made(access, seed, 0)[0] for seed in (8, 9)]
    assert jobs.group(access.project.pk) == 2
    assert Look.objects.filter(document__in=alone, group=None).count() == 2, "the newest come first"
    assert grouping.is_behind(access.project.pk)
    assert jobs.group(access.project.pk) == 2
    assert members(access) == [{d.pk for d in alike}]
    assert not grouping.is_behind(access.project.pk)
    second = made(access, 9, 1)[0]
    assert jobs.group(access.project.pk) == 2  # with the newest that was alone
    assert {alone[1].pk, second.pk} in members(access)


def test_a_group_ends_with_its_documents() -> None:
    access = access_to("acme", Role.AUTHOR)
    first, second = made(access, 7, 0, 1)
    jobs.group(access.project.pk)
    Document.objects.filter(pk=first.pk).update(state=DocumentState.REJECTED)
    assert members(access) == []  # at once, before any job
    first.refresh_from_db()
    assert queries.others(access.project, first) == queries.others(access.project, second) == []
    jobs.group(access.project.pk)
    assert not LookGroup.objects.exists()
    assert list(Look.objects.values_list("document", "group")) == [(second.pk, None)]


def test_the_look_alikes_of_one_document_cost_one_look(django_assert_num_queries) -> None:
    """While a template is drawn they are asked for with every change, in a project with any number of groups."""
    access = access_to("acme", Role.AUTHOR)
    alike = made(access, 7, 0, 1)
    made(access, 8, 0, 1)
    jobs.group(access.project.pk)
    with django_assert_num_queries(1):
        assert queries.others(access.project, alike[0]) == [alike[1]]


def test_the_studio_waits_until_the_others_are_known(client, run_jobs) -> None:
    """Opened right after an upload, it said that no other document looks like this one."""
    access = access_to("acme", Role.AUTHOR)
    client.force_login(User.objects.create(username="ann"))
    Membership.objects.create(project=access.project, user=User.objects.get(username="ann"), role=Role.AUTHOR)
    first, second = made(access, 7, 0, 1)
    part = f"/p/acme/templates/studio/{first.pk}/others/"
    run_jobs.flush()
    page = client.get(f"/p/acme/templates/studio/?document={first.pk}")
    assert "Looking for other documents" in page.text
    assert part in page.text
    assert client.get(part).status_code == 204
    run_jobs("invex.studio")  # the page has woken it
    assert "1 other document looks like this one" in client.get(part).text
    assert f"/templates/studio/{first.pk}/try/" in client.get(part).text
    Document.objects.filter(pk=second.pk).update(state=DocumentState.REJECTED)
    jobs.group(access.project.pk)
    assert "No other waiting document looks like this one" in client.get(part).text


def test_documents_read_as_one_template_look_like_each_other() -> None:
    access = access_to("acme", Role.AUTHOR)
    alike, other = made(access, 7, 0, 1, 2), made(access, 8, 0)
    Document.objects.filter(pk__in=[d.pk for d in (*alike[:2], *other)]).update(template="Acme")
    Document.objects.filter(pk=other[0].pk).update(template="Other")
    first = Document.objects.get(pk=alike[0].pk)
    assert queries.others(access.project, first) == [alike[1]]
    assert not queries.is_being_compared(first)
    assert queries.is_being_compared(alike[2])


def test_projects_are_not_compared_with_each_other() -> None:
    one, other = access_to("acme", Role.AUTHOR), access_to("umbrella", Role.AUTHOR)
    made(one, 7, 0)
    made(other, 7, 1)
    jobs.group(one.project.pk)
    jobs.group(other.project.pk)
    assert not LookGroup.objects.exists()


def test_the_sweeper_wakes_only_projects_that_are_behind(run_jobs) -> None:
    access = access_to("acme", Role.AUTHOR)
    access_to("umbrella", Role.AUTHOR)
    made(access, 7, 0, 1)
    assert "invex.studio.jobs.sweep" in SWEEPS
    run_jobs.flush()
    assert jobs.sweep() == 1
    run_jobs("invex.studio")
    assert len(members(access)) == 1
    run_jobs.flush()
    assert jobs.sweep() == 0
