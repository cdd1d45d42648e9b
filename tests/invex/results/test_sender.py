"""One request to a receiver, friendly or hostile: it goes where it was judged to go, and ends in time."""

from __future__ import annotations

import datetime
import time

import pytest

from invex.results import sender
from invex.results.addresses import parse

from . import receiver as hostile
from .receiver import receiving, status

LOCAL = ["127.0.0.1"]


@pytest.fixture
def friendly():
    with receiving() as found:
        yield found


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(sender, "ALL_S", 0.5)


def post(url: str, addresses=LOCAL, body=b"{}"):
    return sender.post(parse(url), addresses, {"webhook-id": "msg_1"}, body)


def test_the_request_goes_to_the_address_that_was_judged_and_names_the_host(friendly, monkeypatch):
    real = sender.socket.getaddrinfo

    def lookup(host, *args, **kwargs):
        assert host in LOCAL, "the name is resolved a second time"
        return real(host, *args, **kwargs)  # of digits: nobody is asked

    monkeypatch.setattr(sender.socket, "getaddrinfo", lookup)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    answer = post(friendly.url("erp.example.com"))
    assert (answer.status, answer.text) == (200, "fine")
    (received,) = friendly.received
    assert received.path == "/hook?from=invex"
    assert received.headers["host"] == f"erp.example.com:{friendly.port}"
    assert received.headers["webhook-id"] == "msg_1"


def test_a_redirect_is_an_answer_and_not_followed(friendly):
    with receiving() as other:
        friendly.answer = status(302, b"there", Location=other.url())
        assert post(friendly.url()).status == 302
        assert other.received == []


def test_a_slow_header_ends_at_the_deadline(friendly, quick):
    friendly.answer = hostile.drip_headers
    started = time.monotonic()
    with pytest.raises(sender.NotSent, match="No answer within"):
        post(friendly.url())
    assert time.monotonic() - started < 10, "it would have gone on for ever"


def test_a_slow_body_ends_at_the_deadline_and_the_answer_counts(friendly, quick):
    friendly.answer = hostile.drip_body
    started = time.monotonic()
    assert post(friendly.url()).status == 200
    assert time.monotonic() - started < 10


def test_of_a_huge_answer_only_the_beginning_is_read(friendly):
    friendly.answer = hostile.flood
    answer = post(friendly.url())
    assert (answer.status, answer.text) == (200, "x" * sender.ANSWER_BYTES)


def test_who_hangs_up_or_is_not_there_is_told(friendly):
    friendly.answer = hostile.hang_up
    with pytest.raises(sender.NotSent, match=r"127\.0\.0\.1"):
        post(friendly.url())
    with pytest.raises(sender.NotSent, match="No connection"):
        post("http://127.0.0.1:1024/", ["127.0.0.1"])


def test_the_next_address_is_tried(friendly):
    assert post(friendly.url(), ["127.0.0.2", "127.0.0.1"]).status == 200  # it listens on the second one only


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path, monkeypatch):
        """A certificate of erp.example.com that this machine trusts."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "erp.example.com")])
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("erp.example.com")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / "certificate.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        return path

    def test_the_certificate_is_verified_against_the_name(self, certificate):
        with receiving(certificate) as found:
            assert post(found.url("erp.example.com", "https")).status == 200
            with pytest.raises(sender.NotSent, match="certificate"):
                post(found.url("other.example.com", "https"))
            assert len(found.received) == 1

    def test_one_that_nobody_vouches_for_is_refused(self, certificate, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        with receiving(certificate) as found, pytest.raises(sender.NotSent, match="certificate"):
            post(found.url("erp.example.com", "https"))

    def test_a_slow_answer_below_tls_ends_too(self, certificate, quick):
        with receiving(certificate) as found:
            found.answer = hostile.drip_headers
            with pytest.raises(sender.NotSent, match="No answer within"):
                post(found.url("erp.example.com", "https"))

    def test_who_does_not_speak_tls_is_told(self, friendly, quick):
        with pytest.raises(sender.NotSent):
            post(friendly.url("erp.example.com", "https"))
