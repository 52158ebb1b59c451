#!/bin/bash
# Brings what the project needs: system packages, a virtual environment, the locked Python packages.
# Each is looked at first, so that a second run costs a moment. Called by `make install`; PYTHON names an interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=.venv
LOCK=requirements/dev.lock
LIST=local/system-packages.txt

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# --- Python ------------------------------------------------------------------------------------------------------
supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
    if command -v "$candidate" >/dev/null && supported "$candidate"; then command -v "$candidate"; return; fi
  done
  fail "Python 3.11 or 3.12 is needed, found $(python3 --version 2>/dev/null || echo none): install python3.11, or name one with make install PYTHON=/path/to/python3.11"
}

# --- System packages ---------------------------------------------------------------------------------------------
installed() { dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

as_root() {
  if [ "$(id -u)" = 0 ]; then echo ""; elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then echo sudo; else return 1; fi
}

install_system_packages() {
  local required useful all have missing=() optional=() package prefix log
  command -v dpkg-query >/dev/null || { say "not a Debian system: if PDFs fail, install Pango, HarfBuzz and the Noto fonts ($LIST)"; return; }
  required=$(awk '$1 == "required" {print $2}' "$LIST"); useful=$(awk '$1 == "useful" {print $2}' "$LIST")
  # one call for all of them: this is the part that every make target pays for
  # shellcheck disable=SC2086  # one word a package
  all=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' $required $useful 2>/dev/null || true)
  have=$(awk '$1 == "ii" {print $2}' <<<"$all")
  for package in $required; do grep -qx "$package" <<<"$have" || missing+=("$package"); done
  for package in $useful; do grep -qx "$package" <<<"$have" || optional+=("$package"); done
  if [ ! -x $VENV/bin/python ] && ! "$1" -c 'import ensurepip' 2>/dev/null; then missing+=(python3-venv); fi
  [ -n "${missing[*]}${optional[*]}" ] || return 0
  if ! prefix=$(as_root); then
    [ -z "${missing[*]}" ] || fail "these system packages are missing and this account may not install them: sudo apt-get install ${missing[*]}"
    [ -e $VENV/.useful-missing ] || say "left out, for tests only: ${optional[*]} (sudo apt-get install ${optional[*]})"
    return 0
  fi
  log=$(mktemp)
  say "installing ${missing[*]} ${optional[*]}"
  export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
  $prefix apt-get update -qq >"$log" 2>&1 || say "apt-get update: $(tail -1 "$log")"
  apt_install() { $prefix apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1; }
  if [ -n "${missing[*]}" ]; then
    apt_install "${missing[@]}" || fail "apt-get install ${missing[*]} failed: $(grep -E '^E:' "$log" | tail -1) (all of it in $log)"
  fi
  for package in "${optional[@]}"; do
    apt_install "$package" || say "left out, for tests only: $package ($(grep -E '^E:' "$log" | tail -1))"
  done
  rm -f "$log"
}

# --- Virtual environment -----------------------------------------------------------------------------------------
stamp() { { cat $LOCK; "$VENV/bin/python" --version; pwd; } 2>/dev/null | sha256sum | cut -c1-64; }

install_python_packages() {
  if ! { [ -x $VENV/bin/python ] && supported $VENV/bin/python; }; then
    say "making $VENV with $("$1" --version)"
    rm -rf $VENV
    "$1" -m venv $VENV || fail "the virtual environment cannot be made with $1: see the line above"
  fi
  if [ "$(cat $VENV/.installed 2>/dev/null)" = "$(stamp)" ]; then return; fi
  [ -x $VENV/bin/uv ] || "$VENV/bin/python" -m pip install -q --disable-pip-version-check uv || fail "uv cannot be installed with pip: see the line above"
  [ -w "${HOME:-/nonexistent}" ] || export UV_CACHE_DIR=$PWD/.venv/.uv-cache
  export UV_LINK_MODE=${UV_LINK_MODE:-copy}
  say "installing the Python packages of $LOCK"
  VIRTUAL_ENV=$PWD/$VENV "$VENV/bin/uv" pip sync -q $LOCK || fail "the Python packages cannot be installed: see the lines above"
  stamp >$VENV/.installed
}

python=$(find_python)
install_system_packages "$python"
install_python_packages "$python"
