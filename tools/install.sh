#!/bin/sh
# Usage: ./install [PREFIX]   (default /opt/wartefrei; PYTHON=/usr/bin/python3.13 chooses another Python)
# Installs this release beside others below PREFIX/releases and points PREFIX/current at it. It needs no internet, and
# touches neither the database nor running processes: docs/upgrading.md says what comes next.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-/opt/wartefrei}
python=${PYTHON:-python3}
version=$(cat "$here/VERSION")

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
# A name begins at the 67th character of its line: after 64 of the sum and two spaces.
added=$(cd "$here" && find program wheels ! -type d |
    LC_ALL=C awk 'NR == FNR { packed[substr($0, 67)]; next } !($0 in packed)' SHA256SUMS -)
if [ -n "$added" ]; then
    echo "The archive is not as it was packed, there is more in it. Nothing was installed. What was added:" >&2
    echo "$added" >&2
    exit 1
fi

umask 022
mkdir -p "$prefix/releases"
prefix=$(cd "$prefix" && pwd)
release=$prefix/releases/$version
unfinished=$prefix/releases/.$version.unfinished
exec 9>"$prefix/releases/.lock"
flock --nonblock 9 || {
    echo "Another installation below $prefix is running. Nothing was installed." >&2
    exit 1
}
if [ -e "$unfinished" ]; then # by an installation that was killed
    rm -rf "$release"
elif [ -e "$release" ]; then
    quoted=$(printf '%s' "$release" | sed "s/'/'\\\\''/g")
    echo "$release is there already. To install it again: rm -r '$quoted'" >&2
    exit 1
fi
: >"$unfinished"
undo() {
    rm -rf "$release" "$unfinished"
    if [ -h "$prefix/current.new" ]; then rm "$prefix/current.new"; fi
    echo "The installation failed; what was there before is as it was." >&2
}
trap undo EXIT
mkdir "$release"
cp -R "$here/program/." "$release/"
cp "$here/sbom.cdx.json" "$release/"
"$python" -m venv "$release/venv"
"$release/venv/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --quiet --no-index --no-deps \
    --find-links "$here/wheels" -r "$release/requirements.txt"
"$release/venv/bin/python" -m pip --disable-pip-version-check check
"$release/venv/bin/python" -m compileall -q "$release/booking" "$release/config" "$release/migrations"
rm "$unfinished" # before anything points at the release: it must not be taken for half of one then
ln -sfnT "releases/$version" "$prefix/current.new"
mv -T "$prefix/current.new" "$prefix/current"
trap - EXIT
echo "Wartefrei $version is installed; $prefix/current points at it."
