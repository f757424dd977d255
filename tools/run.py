"""``make run``: the whole service on this machine, from the database to a mailbox, until Ctrl-C.

Every setting of the service may come from the environment; what is missing is made up here, and only here: a secret
key kept in instance/, a sample homepage that embeds the booking, and, unless MAIL_SERVER says where letters go, a
mailbox that shows them.
"""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
CATALOGUE = "config/catalogues/schwarmstedt.yaml"
DEMO_LOGINS = ("empfang", "telefon", "leitung", "admin")  # made by tools/demo, one for each role
PASSWORD = "staff_password"  # noqa: S105 - a file in instance/, of every demo login
DEMO = "--demo"  # fills the schedule with invented people
PATIENCE = 60  # seconds until the service must answer
LAST_WORDS = 10  # seconds that a process may take to end

sys.path.insert(0, str(ROOT))

from config import settings  # noqa: E402 - its folder was not on the path before


@dataclass
class Processes:
    """The processes that run together: when one of them ends, all do."""

    environment: dict[str, str]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        self.running[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,  # Ctrl-C reaches only us; we pass it on in order
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - this program has one thread only
        )

    def ended(self) -> str | None:
        """Return the name of a process that ended by itself, if one did. Raises _Stopped for a wish that got lost."""
        if _Stopped.is_wished:
            raise _Stopped
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def end(self) -> None:
        """End them in the opposite order: who is still sending a letter finds the mailbox open."""
        for process in reversed(self.running.values()):
            process.terminate()
            try:
                process.wait(LAST_WORDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # its workers too
                process.wait()


def main() -> int:
    os.umask(0o077)  # names and addresses will lie in instance/: they are nobody else's business
    environment = dict(os.environ)
    INSTANCE.mkdir(exist_ok=True)
    if not environment.get("SECRET_KEY", "").strip():
        environment["SECRET_KEY"] = _kept_secret("secret_key", 48)
    ports = _free_ports(environment)
    mailbox, homepage = _invented_mailbox(environment, ports), _sample_homepage(environment, ports)
    try:
        chosen = settings.load(environment)
    except settings.WrongSettings as wrong:
        return _refuse(*wrong.sentences)
    environment["PORT"] = str(chosen.port)
    if not _is_free(chosen.port):
        return _refuse(
            f"Port {chosen.port} is taken: choose another one, for example make run PORT={chosen.port + 10}."
        )
    return _run(Processes(environment), chosen, mailbox=mailbox, homepage=homepage)


def _run(
    processes: Processes, chosen: settings.Settings, *, mailbox: "Mailbox | None", homepage: "Homepage | None"
) -> int:
    # Under nohup a hang-up is ignored and stays so.
    wishes = [name for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if _is_heard(name)]
    for name in wishes:
        signal.signal(name, _stop)
    try:
        _prepare_database(processes, chosen)
        if mailbox:
            processes.start("the mailbox", "-m", "tools.mailbox", *mailbox.arguments())
        if homepage:
            processes.start("the sample homepage", "-m", "tools.homepage", *homepage.arguments(chosen.base_url))
        processes.start("the web process", "-m", "gunicorn", "-c", "config/gunicorn.py", "wsgi:app")
        processes.start("the job process", "-m", "flask", "--app", "wsgi", "jobs")
        _wait_until_ready(processes, chosen)
        _tell(chosen, mailbox, homepage)
        while not (ended := processes.ended()):
            time.sleep(0.2)
        return _refuse(f"{ended[0].upper()}{ended[1:]} has ended; its last lines above say why. Everything is stopped.")
    except _Stopped:
        print("\nWartefrei is being stopped …", flush=True)
        return 0
    finally:
        for name in wishes:
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them behind
        processes.end()


@dataclass(frozen=True)
class Mailbox:
    """Where the mailbox listens, on the loopback interface only."""

    page_port: int
    smtp_port: int

    def arguments(self) -> tuple[str, ...]:
        folder = str(INSTANCE / "mailbox")
        return ("--page-port", str(self.page_port), "--smtp-port", str(self.smtp_port), "--folder", folder)


@dataclass(frozen=True)
class Homepage:
    """Where the sample homepage listens, on the loopback interface only."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def arguments(self, booking: str) -> tuple[str, ...]:
        return ("--port", str(self.port), "--booking", booking)


def _free_ports(environment: dict[str, str]) -> list[int]:
    """Return free neighbours of the service's port."""
    text = environment.get("PORT", "").strip() or str(settings.Settings.port)
    if not (text.isascii() and text.isdigit()):
        return []  # settings.load will say so
    return [port for port in range(int(text) + 1, min(int(text) + 50, 65536)) if _is_free(port)]


def _sample_homepage(environment: dict[str, str], ports: list[int]) -> Homepage | None:
    """Choose a port and let that origin embed, beside those that the catalogue and the environment name."""
    if not ports:
        return None
    homepage = Homepage(ports.pop(0))
    others = environment.get("EMBEDDING_ORIGINS", "").strip()
    environment["EMBEDDING_ORIGINS"] = f"{others},{homepage.origin}" if others else homepage.origin
    return homepage


def _invented_mailbox(environment: dict[str, str], ports: list[int]) -> Mailbox | None:
    """Choose two ports and direct the letters there, unless MAIL_SERVER says where they go."""
    if environment.get("MAIL_SERVER", "").strip() or len(ports) < 2:  # noqa: PLR2004 - the page and the SMTP server
        return None
    mailbox = Mailbox(page_port=ports.pop(0), smtp_port=ports.pop(0))
    for name in [name for name in environment if name.startswith("MAIL_") and name != "MAIL_DEFAULT_SENDER"]:
        del environment[name]  # a password or certificate for another relay
    environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mailbox.smtp_port)}
    if not environment.get("MAIL_DEFAULT_SENDER", "").strip():
        environment["MAIL_DEFAULT_SENDER"] = "Wartefrei <termine@wartefrei.example>"
    return mailbox


def _kept_secret(name: str, size: int) -> str:
    """Return a secret of this checkout, made at its first use: links in mails stay valid across restarts."""
    file = INSTANCE / name
    if not file.exists() or not file.read_text().strip():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(size))
    return file.read_text().strip()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _prepare_database(processes: Processes, chosen: settings.Settings) -> None:
    """Migrate and load the catalogue; a database of this checkout, and no other, also gets logins and a schedule.

    Logins once, when it is new; with ``--demo`` what is missing of both, each time.
    """
    own = Path(chosen.database_url.removeprefix("sqlite:///"))
    is_own, is_new = own.parent == INSTANCE, not own.exists()
    _once(processes, "-m", "flask", "--app", "wsgi", "db", "upgrade")
    _once(processes, "-m", "flask", "--app", "wsgi", "catalogue", "load", CATALOGUE)
    if is_own and (is_new or DEMO in sys.argv[1:]):
        _kept_secret(PASSWORD, 12)
        logins_only = () if DEMO in sys.argv[1:] else ("--logins-only",)
        _once(processes, "-m", "tools.demo", str(INSTANCE / PASSWORD), *logins_only)


def _once(processes: Processes, *command: str) -> None:
    """Run one program of ours. Its last line is enough when all is well; otherwise every line is needed."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=processes.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\npython {' '.join(command[:6])} failed; the lines above say why.")
    print("".join(done.stdout.splitlines(keepends=True)[-1:]), end="", flush=True)


def _wait_until_ready(processes: Processes, chosen: settings.Settings) -> None:
    give_up = time.monotonic() + PATIENCE
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past the machine's proxy, if it has one
    while time.monotonic() < give_up:
        if ended := processes.ended():
            sys.exit(f"{ended[0].upper()}{ended[1:]} ended while starting; its last lines above say why.")
        with contextlib.suppress(OSError):
            directly.open(f"http://127.0.0.1:{chosen.port}/readyz", timeout=5).close()
            return
        time.sleep(0.1)
    sys.exit(f"The service did not become ready within {PATIENCE} seconds.")


def _tell(chosen: settings.Settings, mailbox: Mailbox | None, homepage: Homepage | None) -> None:
    base = chosen.base_url
    letters = f"http://localhost:{mailbox.page_port}/" if mailbox else f"sent by {chosen.mail_server}"
    print(
        f"\n  Wartefrei is running.\n"
        f"\n  Book an appointment   {base}/"
        f"{_told_homepage(homepage)}"
        f"\n  Mailbox               {letters}"
        f"\n  Staff                 {base}/staff/"
        f"{_told_logins()}"
        f"\n  API reference         {base}/api/v1/docs"
        f"\n\n  Ctrl-C ends it.\n",
        flush=True,
    )


def _told_homepage(homepage: Homepage | None) -> str:
    return f"\n  Sample homepage       {homepage.origin}/ (as a frame: {homepage.origin}/rahmen)" if homepage else ""


def _told_logins() -> str:
    file = INSTANCE / PASSWORD
    return f"\n    demo logins         {', '.join(DEMO_LOGINS)}; password: {file.read_text()}" if file.exists() else ""


def _refuse(*sentences: str) -> int:
    print("\n".join(sentences), file=sys.stderr, flush=True)
    return 1


def _is_heard(name: signal.Signals) -> bool:
    return name is not signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN


class _Stopped(Exception):  # noqa: N818 - a wish, not an error
    """Somebody pressed Ctrl-C or ended this program."""

    is_wished = False


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    _Stopped.is_wished = True  # Python swallows what is raised while it forks
    raise _Stopped


def _die_with_parent() -> None:
    """Ask the kernel to end this child when its parent is killed and cannot do it."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
