"""What ``doctor`` can tell of the senders' domains: who may send for them (SPF), what others do then (DMARC), replies.

A name server that says nothing proves nothing: then the domain is "not checked", never "fine".
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration, Resolver

from booking.actions.findings import Finding, note

TIME_LIMIT: Final = 4.0
UNCHECKED: Final = "{}: no name server answered, so SPF, DMARC and MX are not checked."
INVENTED: Final = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local|internal)$")


def system_resolver() -> Resolver | None:
    """Return what this machine asks for names, if it asks anybody."""
    try:
        return Resolver()
    except NoResolverConfiguration:
        return None


def check_domains(senders: Iterable[str], resolver: Resolver | None) -> Iterator[Finding]:
    """Look at each sender's domain."""
    for domain in sorted({sender.rpartition("@")[2].lower() for sender in senders}):
        if INVENTED.search(domain):
            yield note(f"{domain} is a name for examples: not checked; letters from it arrive nowhere.")
            continue
        if resolver is None:
            yield note(UNCHECKED.format(domain))
            continue
        try:
            yield from _domain(domain, resolver)
        except NXDOMAIN:
            yield Finding(
                f"{domain} does not exist, says this machine's DNS: no relay takes letters from it. Correct the sender."
            )
        except DNSException:
            yield note(UNCHECKED.format(domain))


def check_alignment(senders: Iterable[str], returning: str) -> Iterator[Finding]:
    """Say for whom SPF does not help DMARC: it counts where From and envelope have one domain (RFC 7489, 3.1.2)."""
    envelope = returning.rpartition("@")[2].lower()
    for domain in sorted({sender.rpartition("@")[2].lower() for sender in senders}):
        if domain.split(".")[-2:] != envelope.split(".")[-2:]:
            yield note(
                f"Letters of {domain} come back to {envelope}: SPF does not count for their DMARC. Let the relay sign "
                f"them with a DKIM key of {domain}."
            )


def _domain(domain: str, resolver: Resolver) -> Iterator[Finding]:
    policies = [text for text in _texts(domain, resolver) if re.match(r"v=spf1(?: |$)", text)]
    yield from _spf(domain, policies)
    yield from _dmarc(domain, resolver)
    yield from _mx(domain, resolver)


def _spf(domain: str, policies: list[str]) -> Iterator[Finding]:
    if not policies:
        yield Finding(f"{domain} has no SPF record: say in DNS which relay may send for it, or letters end as spam.")
    elif len(policies) > 1:
        yield Finding(f"{domain} has {len(policies)} SPF records: then none counts (RFC 7208). Merge them.")
    elif re.search(r"(?:^| )\+?all$", policies[0]):
        yield Finding(f"{domain}: SPF allows everybody to send (+all). End it with -all or ~all.")
    elif not re.search(r" [-~]all$| redirect=", policies[0]):
        yield note(f"{domain}: SPF does not say what to think of other senders. End it with -all or ~all.")


def _dmarc(domain: str, resolver: Resolver) -> Iterator[Finding]:
    """A domain without a record of its own has that of the one it belongs to (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        found = [text for text in _texts_if_any(f"_dmarc.{'.'.join(labels[start:])}", resolver) if "v=DMARC1" in text]
        if found:
            if re.search(r";\s*p=none\b", found[0]):
                yield note(f"{domain}: DMARC only watches (p=none). When the reports are clean, choose quarantine.")
            return
    yield Finding(f"{domain} has no DMARC record: large providers send its letters to spam. Add one.")


def _mx(domain: str, resolver: Resolver) -> Iterator[Finding]:
    hosts = [str(row.exchange) for row in _rows(domain, "MX", resolver)]
    if hosts == ["."]:
        yield Finding(f"{domain} takes no mail (null MX): replies and bounces to our sender are lost.")
    elif not hosts and not any(_rows(domain, kind, resolver) for kind in ("A", "AAAA")):
        yield Finding(f"{domain} has no MX and no address: replies and bounces to our sender are lost.")


def _texts(name: str, resolver: Resolver) -> list[str]:
    return [b"".join(row.strings).decode(errors="replace") for row in _rows(name, "TXT", resolver)]


def _texts_if_any(name: str, resolver: Resolver) -> list[str]:
    try:
        return _texts(name, resolver)
    except NXDOMAIN:
        return []


def _rows(name: str, kind: str, resolver: Resolver) -> list[Any]:
    try:
        return list(resolver.resolve(name, kind, lifetime=TIME_LIMIT, search=False))
    except NoAnswer:
        return []
