"""The release's archive: the same bytes twice, installed without a network, and by the document, word for word."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from config import VERSION
from tests.operation.documents import blocks
from tests.operation.placing import DEPLOY
from tests.serving import ROOT, environment_for, free_port, wait_until_alive
from tests.serving import end as end_process

pytestmark = [pytest.mark.faults, pytest.mark.long]
PYTHONS = ("3.11", "3.13")


def built(target: Path, wheels: Path) -> Path:
    command = [sys.executable, "-m", "tools.release", str(target), "--wheels", str(wheels)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target / f"wartefrei-{VERSION}.tar.gz"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    return built(folder / "first", folder / "wheels")


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path / f"wartefrei-{VERSION}"


def without_network() -> list[str]:
    """What a command is started by so that it has no network, where this account may do that."""
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    return ["unshare", "-rn"] if tried.returncode == 0 else []


def test_the_same_commit_gives_the_same_archive(archive: Path) -> None:
    again = built(archive.parent.parent / "second", archive.parent.parent / "wheels")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(archive.read_bytes()).digest()


def test_every_pinned_package_is_there_for_both_pythons_and_in_the_list_of_parts(unpacked: Path) -> None:
    pinned = {
        re.sub(r"[-_.]+", "-", line.split("==")[0].split("[")[0]).lower()
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line
    }
    wheels = [file.name for file in (unpacked / "wheels").iterdir()]
    for package in pinned:
        mine = [name for name in wheels if re.sub(r"[-_.]+", "-", name.split("-")[0]).lower() == package]
        for tag in ("cp311", "cp313"):
            assert [name for name in mine if tag in name or "abi3" in name or "py3" in name], (package, tag)
    parts = json.loads((unpacked / "sbom.cdx.json").read_text())
    assert parts["bomFormat"] == "CycloneDX"
    assert pinned <= {re.sub(r"[-_.]+", "-", part["name"]).lower() for part in parts["components"]}
    assert "@kern-ux/native" in {part["name"] for part in parts["components"]}
    assert str(ROOT) not in (unpacked / "sbom.cdx.json").read_text()


def test_a_damaged_archive_installs_nothing(unpacked: Path, tmp_path: Path) -> None:
    (unpacked / "program/wsgi.py").write_text("print('evil')")
    done = subprocess.run([unpacked / "install", tmp_path / "to"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert not (tmp_path / "to").exists()


def python(version: str) -> str | None:
    """A Python of this version, of the machine's or of a pyenv's."""
    for found in (
        shutil.which(f"python{version}"),
        *map(str, Path.home().glob(f".pyenv/versions/{version}*/bin/python3")),
    ):
        works = found and subprocess.run([found, "-c", "import ensurepip"], capture_output=True, check=False)
        if works and works.returncode == 0:
            return found
    return None


@pytest.mark.parametrize("version", PYTHONS)
def test_it_installs_without_a_network_and_answers(unpacked: Path, tmp_path: Path, version: str) -> None:
    chosen = python(version)
    if chosen is None:
        pytest.skip(f"no Python {version} here")
    prefix = tmp_path / "to"
    environment = environment_for(f"sqlite:///{tmp_path / 'db.sqlite3'}", port=free_port(), PYTHON=chosen)
    done = subprocess.run(
        [*without_network(), unpacked / "install", prefix], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    current, log = prefix / "current", tmp_path / "log"
    own = str(current / "venv/bin/python")
    for command in (["db", "upgrade"], ["catalogue", "load", "config/catalogues/schwarmstedt.yaml"]):
        subprocess.run([own, "-m", "flask", "--app", "wsgi", *command], cwd=current, env=environment, check=True)
    with log.open("wb") as output:
        web = subprocess.Popen(
            [own, "-m", "gunicorn", "-c", "config/gunicorn.py", "wsgi:app"],
            cwd=current,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until_alive(f"http://127.0.0.1:{environment['PORT']}/readyz", web, log)
        wait_until_alive(f"http://127.0.0.1:{environment['PORT']}/schwarmstedt/", web, log)
    finally:
        end_process(web)
    again = subprocess.run([unpacked / "install", prefix], env=environment, capture_output=True, text=True, check=False)
    assert "is there already" in again.stderr


def commands_of(document: str) -> str:
    """The document's commands as one script. What starts processes by systemd is done here as the units say."""
    script, web = ["set -eux"], unit_command("wartefrei-web.service")
    for block in blocks(document):
        if block.mark == "by-hand":
            continue
        if block.mark == "asks":
            script.append(f"{block.commands.strip()} --password 'eine lange Losung'")
        elif block.mark == "running":
            script += [STARTING.format(web=web), block.commands.replace("wartefrei doctor", "wartefrei doctor || true")]
        elif "nginx -t" in block.commands:
            script += [CERTIFICATE, block.commands]
        else:
            script.append(block.commands)
    return "\n".join(script)


def unit_command(name: str) -> str:
    return re.search(r"^ExecStart=(.*)$", (DEPLOY / "systemd" / name).read_text(), re.MULTILINE)[1]


NOT_HERE = ("job process", "mail relay", "certificate")  # what doctor rightly misses in the copy
CERTIFICATE = """
install -d /etc/letsencrypt/live/termine.example.de
cd /etc/letsencrypt/live/termine.example.de
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=termine.example.de \\
    -addext subjectAltName=DNS:termine.example.de -keyout privkey.pem -out fullchain.pem 2>/dev/null
"""
STARTING = """
cd /opt/wartefrei/current
(set -a; . /etc/wartefrei/settings.env; exec setpriv --reuid=wartefrei --regid=wartefrei --clear-groups -- {web}) &
nginx
echo '127.0.0.1 termine.example.de' >>/etc/hosts
export CURL_CA_BUNDLE=/etc/letsencrypt/live/termine.example.de/fullchain.pem
for turn in $(seq 60); do curl --silent --output /dev/null http://127.0.0.1:8000/healthz && break; sleep 0.5; done
"""
IN_A_COPY = """
set -eu
ip link set lo up
mount -t overlay overlay -o lowerdir=/,upperdir={upper},workdir={work} {root}
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
rm -rf {root}/etc/nginx/sites-enabled/* {root}/opt/wartefrei {root}/etc/wartefrei
mkdir -p {root}/root {root}/etc/nginx/snippets
cp {archive} {archive}.sha256 {root}/root/
cp {script} {root}/root/typed.sh
exec chroot {root} /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \\
    sh /root/typed.sh
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the document is typed as root, into a copy of the whole machine")
def test_the_installation_document_works_word_for_word(archive: Path, tmp_path: Path) -> None:
    """Typed into an overlay of this machine, without network: nothing of the machine itself is changed."""
    if not Path("/etc/debian_version").exists():
        pytest.skip("no Debian")
    script = tmp_path / "typed.sh"
    script.write_text(commands_of("install-debian.md"))
    places = {name: tmp_path / name for name in ("upper", "work", "root")}
    for place in places.values():
        place.mkdir()
    entering = IN_A_COPY.format(**places, archive=archive, script=script)
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", entering],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert '"status":"ready"' in done.stdout
    told = done.stdout[done.stdout.index('"status":"ready"') :]
    wrong = [line for line in told.splitlines() if line.startswith("wrong") and not any(map(line.count, NOT_HERE))]
    assert wrong == [], wrong


def test_only_what_needs_systemd_the_internet_or_a_person_is_left_to_hands() -> None:
    left = [block.commands for block in blocks("install-debian.md") if block.mark == "by-hand"]
    for commands in left:
        for line in commands.splitlines():
            assert line.split()[0] in {"systemctl", "apt-get", "certbot", "nano", "sudo"}, line
