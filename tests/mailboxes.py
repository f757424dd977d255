"""A real mailbox: Dovecot with a configuration of its own in a folder of its own, and what arrives in it."""

import grp
import os
import pwd
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from imapclient import IMAPClient

from tests.serving import free_port

PROGRAM = "/usr/sbin/dovecot"
NAME, PASSWORD = "rueckmeldungen", "only-the-tests-know-it"
PATIENCE = 20
CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.pem
mail_location = maildir:{home}/mail
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
first_valid_gid = 0
disable_plaintext_auth = no
mail_fsync = never
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {direct}
    ssl = yes
  }}
}}
service auth {{
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Mailbox:
    """Where it listens, and who may read it; ``settings`` are those of an application that does."""

    direct: int
    plain: int
    ca_file: str

    @property
    def settings(self) -> dict[str, object]:
        return {
            "imap_server": "127.0.0.1",
            "imap_port": self.direct,
            "imap_username": NAME,
            "imap_password": PASSWORD,
            "imap_ca_file": self.ca_file,
        }

    @contextmanager
    def opened(self) -> Iterator[IMAPClient]:
        """Look into it as people do."""
        with IMAPClient("127.0.0.1", port=self.plain, ssl=False) as client:
            client.login(NAME, PASSWORD)
            client.select_folder("INBOX")
            yield client

    def receive(self, *messages: bytes) -> None:
        with self.opened() as client:
            for message in messages:
                client.append("INBOX", message)

    def subjects(self) -> list[str]:
        """Return the subjects of what is in it, in order."""
        with self.opened() as client:
            found = client.fetch(client.search(), ["ENVELOPE"]) if client.search() else {}
            return [found[uid][b"ENVELOPE"].subject.decode() for uid in sorted(found)]

    def empty(self) -> None:
        with self.opened() as client:
            client.delete_messages(client.search())
            client.expunge()


@contextmanager
def running() -> Iterator[Mailbox]:
    """Run Dovecot until the block ends, as nobody where root runs the tests, otherwise as whoever does."""
    me = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="wartefrei-imap-") as folder, _serving(Path(folder), me) as mailbox:
        yield mailbox


@contextmanager
def _serving(home: Path, me: pwd.struct_passwd) -> Iterator[Mailbox]:
    authority = trustme.CA()
    pem = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes()
    (home / "server.pem").write_bytes(pem)
    ca_file = home / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    direct, plain = free_port(), free_port()
    group = grp.getgrgid(me.pw_gid).gr_name
    words = {"home": home, "user": me.pw_name, "group": group, "uid": me.pw_uid, "gid": me.pw_gid}
    text = CONFIGURATION.format(**words, password=PASSWORD, direct=direct, plain=plain)
    (home / "dovecot.conf").write_text(text)
    for file in (home, *home.iterdir()):
        os.chown(file, me.pw_uid, me.pw_gid)
    groups = {"user": me.pw_uid, "group": me.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(home / "dovecot.conf")], cwd=home, **groups)
    try:
        _wait_for(plain, process, home)
        yield Mailbox(direct, plain, str(ca_file))
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", home: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            log = home / "dovecot.log"
            assert process.poll() is None, log.read_text() if log.exists() else "Dovecot did not start"
            assert time.monotonic() < give_up
            time.sleep(0.05)
        else:
            return
