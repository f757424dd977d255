#!/bin/sh
# Usage: ./install [PREFIX]   (default /opt/wartefrei; PYTHON=/usr/bin/python3.13 chooses another Python)
# Installs this release beside others below PREFIX/releases and points PREFIX/current at it. It needs no internet, and
# touches neither the database nor running processes: docs/upgrading.md says what comes next.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-/opt/wartefrei}
python=${PYTHON:-python3}
version=$(cat "$here/VERSION")
release=$prefix/releases/$version

"$python" -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 13)})' || {
    echo "This archive holds packages for Python 3.11 and 3.13; $python is another one. PYTHON=… chooses." >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "Python's venv is missing; please type: apt-get install python3-venv" >&2
    exit 1
}
(cd "$here" && sha256sum --quiet --check SHA256SUMS) || {
    echo "The archive is damaged: a file is not what was packed. Nothing was installed." >&2
    exit 1
}
if [ -e "$release" ]; then
    echo "$release is there already. To install it again: rm -r $release" >&2
    exit 1
fi

umask 022
mkdir -p "$release"
trap 'rm -rf "$release"; echo "The installation failed; what was there before is as it was." >&2' EXIT
cp -R "$here/program/." "$release/"
cp "$here/sbom.cdx.json" "$release/"
"$python" -m venv "$release/venv"
"$release/venv/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --quiet --no-index --no-deps \
    --find-links "$here/wheels" -r "$release/requirements.txt"
"$release/venv/bin/python" -m pip --disable-pip-version-check check
"$release/venv/bin/python" -m compileall -q "$release/booking" "$release/config" "$release/migrations"
trap - EXIT
ln -sfn "releases/$version" "$prefix/current.new"
mv -T "$prefix/current.new" "$prefix/current"
echo "Wartefrei $version is installed; $prefix/current points at it."
