"""A keeper of certificates and a front door in memory, which a test can put into any state and let fail."""

from domain.certificates.ports import CertificateState, DnsRecord, KeptCertificate
from domain.errors import Undelivered


class MemoryCertificates:
    """Implements `CertificateStore`; never keeps a key, but `keys_seen` says how many came by."""

    def __init__(self) -> None:
        self.kept: dict[str, CertificateState] = {}
        self.algorithms: dict[str, str] = {}
        self.kept_at: dict[str, int] = {}
        self.in_use: set[str] = set()
        self.requested: dict[str, str] = {}
        self.keys_seen = 0
        self.trouble: Exception | None = None
        self.now = 0
        self._number = 0

    def keep(self, bundle, domain, replaces=None):
        self._reach()
        self.keys_seen += 1
        reference = replaces if replaces in self.kept else self._new()
        self.kept[reference] = CertificateState("issued", pem=bundle.certificate + bundle.chain)
        self.algorithms[reference] = bundle.key_algorithm
        self.kept_at[reference] = self.now
        return reference

    def request(self, domain, attempt):
        self._reach()
        reference = self._new()
        record = DnsRecord("CNAME", f"_proof.{domain}", "_proof.acm-validations.aws")
        self.kept[reference] = CertificateState("pending", validation=(record,))
        self.requested[reference] = domain
        self.kept_at[reference] = self.now
        return reference

    def look(self, reference):
        self._reach()
        return self.kept.get(reference)

    def delete(self, reference):
        self._reach()
        if reference in self.in_use:
            raise Undelivered("The certificate is still in use.")
        self.kept.pop(reference, None)

    def list_kept(self):
        self._reach()
        return [KeptCertificate(reference, self.kept_at[reference]) for reference in self.kept]

    def issue(self, reference, pem):
        """Let a requested certificate be issued."""
        self.kept[reference] = self.kept[reference]._replace(state="issued", pem=pem)

    def _new(self):
        self._number += 1
        return f"ref-{self._number}"

    def _reach(self):
        if self.trouble:
            raise self.trouble


class MemoryFront:
    """Implements `DomainFront`; what it serves, by domain."""

    def __init__(self, certificates: MemoryCertificates) -> None:
        self.served: dict[str, str] = {}
        self.shares_listener = False
        self.trouble: Exception | None = None
        self.before_serve = None
        """Runs once, inside the next `serve`, before anything happens."""
        self._certificates = certificates

    def serve(self, domain, certificate, former=()):
        hook, self.before_serve = self.before_serve, None
        if hook:
            hook()
        if self.trouble:
            raise self.trouble
        self.served[domain] = certificate
        self._certificates.in_use = set(self.served.values())
        return DnsRecord("CNAME", domain, f"d-{len(domain)}.execute-api.example")

    def stop(self, domain, certificates=()):
        if self.trouble:
            raise self.trouble
        self.served.pop(domain, None)
        self._certificates.in_use = set(self.served.values())


class MemoryZone:
    """Implements `DnsZone` for one zone."""

    def __init__(self, zone: str) -> None:
        self.records: dict[str, DnsRecord] = {}
        self._zone = zone

    def lends(self, domain):
        label = domain.removesuffix(f".{self._zone}")
        return self.covers(domain) and "." not in label and domain not in self.records

    def covers(self, domain):
        return domain == self._zone or domain.endswith(f".{self._zone}")

    def set(self, record):
        return self.records.setdefault(record.name, record) == record

    def remove(self, record):
        if self.records.get(record.name) == record:
            del self.records[record.name]
