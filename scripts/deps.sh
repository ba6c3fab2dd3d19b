#!/usr/bin/env bash
# Installs what a stage needs on Debian 12, only if something is missing. Usage: deps.sh build|lint|test|bench ...
set -euo pipefail

build="g++ cmake ninja-build ccache mold pkg-config libuv1-dev node-llhttp libssl-dev liblmdb-dev libflatbuffers-dev
  flatbuffers-compiler libxxhash-dev libsimdjson-dev libcli11-dev libtomlplusplus-dev libargon2-dev libzstd-dev zlib1g-dev libqrcodegen-dev librdkafka-dev libbotan-2-dev libgtest-dev libgmock-dev
  libp11-kit-dev libtss2-dev libmariadb-dev libpq-dev libhiredis-dev libssh-dev libseccomp-dev"
lint="clang-19 clang-format-19 libclang-rt-19-dev lld-19 python3 python3-venv"
# The servers are started by tests, on loopback and over directories of their own (tests/support/throwaway.py).
test="python3 python3-venv nodejs npm golang-go default-jdk-headless maven curl openssl
  mariadb-client-core mariadb-server-core postgresql redis-server openssh-server softhsm2 swtpm age faketime systemd"
bench="nginx-light"

missing=()
for stage in "$@"; do
  for package in ${!stage}; do
    # A toolchain that came from elsewhere (Node, Go, Java) counts: ask for the command before the package.
    case "$package" in
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
      golang-go) command -v go >/dev/null && continue ;;
      default-jdk-headless) command -v javac >/dev/null && continue ;;
      maven) command -v mvn >/dev/null && continue ;;
      python3 | python3-venv) python3 -c 'import venv, ensurepip' 2>/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "installing: ${missing[*]}" >&2
$sudo apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
