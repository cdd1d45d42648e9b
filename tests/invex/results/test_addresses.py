"""Where webhooks may go: what is not public, however it is written, is refused."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from invex.results.addresses import BadAddress, Target, parse, resolve


@pytest.fixture
def names(monkeypatch):
    """names[host] = [addresses]: what the resolver says."""
    known: dict[str, list[str]] = {}

    def lookup(host, port, **_):
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(0, 0, 0, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return known


def test_an_address_is_taken_apart():
    assert parse("https://ERP.example.com/in?a=1") == Target("https", "erp.example.com", 443, "/in?a=1")
    assert parse("https://münchen.de").host == "xn--mnchen-3ya.de"
    assert parse("https://[2606:4700::1111]:8443/x").host_header == "[2606:4700::1111]:8443"
    assert parse("https://erp.example.com:8443").host_header == "erp.example.com:8443"


@pytest.mark.parametrize(
    "url",
    [
        "", "erp.example.com", "ftp://erp.example.com/", "file:///etc/passwd", "https://", "https:///x",
        "https://ann:pw@erp.example.com/", "https://erp.example.com@127.0.0.1/", "https://@erp.example.com/",
        "https://erp.example.com:22/", "http://erp.example.com:25/", "https://erp.example.com:99999/",
        "https://erp.example.com/#x", "https://erp.example.com/a b", "https://erp.example.com/\r\nHost: x",
        "https://erp.example.com\t/", "https://erp.example.com/ü", "https://erp.example.com?ü", "https://[::1/",
        "https://a..b/", "https://" + "a" * 64 + ".de/", "https://x.de/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_refused(url):
    with pytest.raises(BadAddress):
        parse(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "239.1.2.3", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1",
        "::1", "::", "fe80::1", "fd00::1", "fc00::7", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.7", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1", "2002:a00:7::1", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_what_is_not_public_is_refused(names, address):
    names["erp.example.com"] = [address]
    with pytest.raises(BadAddress, match="INVEX_WEBHOOK_ALLOW"):
        resolve(parse("https://erp.example.com/"), ())


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost", "[::ffff:7f00:1]"])
def test_other_ways_to_write_this_machine_are_refused(host):
    with pytest.raises(BadAddress):
        resolve(parse(f"https://{host}/"), ())


def test_public_addresses_are_reached_and_all_of_them_must_be_public(names):
    names["erp.example.com"] = ["1.1.1.1", "2606:4700::1111", "1.1.1.1"]
    assert resolve(parse("https://erp.example.com/"), ()) == ["1.1.1.1", "2606:4700::1111"]
    names["erp.example.com"].append("10.0.0.7")
    with pytest.raises(BadAddress, match=r"10\.0\.0\.7"):
        resolve(parse("https://erp.example.com/"), ())


def test_plain_http_is_for_allowed_networks(names):
    names["erp.example.com"] = ["1.1.1.1"]
    names["erp.lan"] = ["10.1.2.3"]
    allowed = (ipaddress.ip_network("10.1.0.0/16"),)
    with pytest.raises(BadAddress, match="https only"):
        resolve(parse("http://erp.example.com/"), allowed)
    assert resolve(parse("http://erp.lan/"), allowed) == ["10.1.2.3"]
    names["erp.lan"] = ["::ffff:10.1.2.3"]
    assert resolve(parse("http://erp.lan/"), allowed) == ["::ffff:a01:203"]
    names["erp.lan"] = ["10.2.0.1"]
    with pytest.raises(BadAddress):
        resolve(parse("http://erp.lan/"), allowed)


def test_an_allowed_network_opens_no_way_around_it(names):
    names["erp.lan"] = ["64:ff9b::a01:203"]  # stands for 10.1.2.3 beyond a translator
    assert resolve(parse("https://erp.lan/"), (ipaddress.ip_network("10.1.0.0/16"),)) == ["64:ff9b::a01:203"]
    with pytest.raises(BadAddress):
        resolve(parse("https://erp.lan/"), (ipaddress.ip_network("10.2.0.0/16"),))


def test_a_name_that_nobody_knows_is_told(names):
    with pytest.raises(BadAddress, match="cannot be resolved"):
        resolve(parse("https://nobody.example/"), ())
