#!/bin/sh
# setup.sh run|check|dev      makes .venv hold what the bot needs (run), what its developers need (check), and
# with it the servers and the browser their tests start (dev). Quick when all is there.
# Installs Debian packages only where it may (root, or sudo without a password); else says what to type.
#   PYTHON   the Python to make .venv with (default: the one .venv has, else python3)
set -eu
cd "$(dirname "$0")/.."

WANT=${1:-run}
case $WANT in
    run) FILES="requirements.txt" ;;
    check | dev) FILES="requirements.txt requirements-extras.txt requirements-fleet.txt requirements-dev.txt" ;;
    *) echo "setup.sh: say run, check or dev, not '$WANT'" >&2; exit 2 ;;
esac
PYTHON=${PYTHON:-}
AGAIN=${MAKING:-"sh scripts/setup.sh $WANT"}
OWN=.venv/bin/python
DOVECOT="/usr/sbin/dovecot /usr/lib/dovecot/imap /usr/lib/dovecot/lmtp"
POSTGRES="/usr/lib/postgresql/*/bin/initdb"
VERSION='import sys; print("%d.%d" % sys.version_info[:2])'
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1
unset PIP_TARGET PIP_PREFIX

tell() { echo "$*" >&2; }
stop() { tell "$*"; exit 1; }

# --- is anything to do?

all_there() { for file in "$@"; do [ -e "$file" ] || return 1; done; }
fingerprint() { echo "$("$OWN" -c "$VERSION") $(cat $FILES | sha256sum)"; }
stamped() { [ -x "$OWN" ] && [ "$(cat ".venv/.has-${FILES##* }" 2>/dev/null)" = "$(fingerprint 2>/dev/null)" ]; }
python_asked_for() { [ -z "$PYTHON" ] || [ "$("$OWN" -c "$VERSION" 2>/dev/null)" = "$("$PYTHON" -c "$VERSION" 2>/dev/null)" ]; }
servers_there() { [ "$WANT" != dev ] || all_there $DOVECOT $POSTGRES; }      # unquoted: $POSTGRES is a pattern
has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null; }
browser_settled() { [ "$WANT" != dev ] || has_browser || [ -e .venv/.without-browser ]; }

# --- Debian packages

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    else sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

may_install() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

apt_install() { as_root apt-get -qq -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@" >"$LOG" 2>&1; }

need_leave() {
    command -v apt-get >/dev/null ||
        stop "$AGAIN needs what Debian packages as $*, and this system has no apt-get: install them its own way, then run $AGAIN again."
    may_install ||
        stop "$AGAIN needs $*, which this user may not install: run \`sudo apt-get install --no-install-recommends $*\`, then $AGAIN again."
}

# apt-get fails on a list that is missing (a container) or old (a 404): then it is fetched, and once more.
debian() {
    need_leave "$@"
    tell "Installing $* (Debian) ..."
    apt_install "$@" || { as_root apt-get -qq update >"$LOG" 2>&1 && apt_install "$@"; } ||
        stop "apt-get could not install $* ($(last_error '^E:')): once the network is there, run \`apt-get update && apt-get install --no-install-recommends $*\` as root, then $AGAIN again."
}

last_error() { grep "$1" "$LOG" | tail -n 1 | cut -c 1-200 || true; }

# The tests start a Dovecot and a PostgreSQL of their own; the packages would start, and at each boot, one for the
# whole machine.
POLICY=/usr/sbin/policy-rc.d
foreign_policy() { { [ -e "$POLICY" ] || [ -L "$POLICY" ]; } && ! grep -q "for Guichet" "$POLICY" 2>/dev/null; }
forbid_starting() {
    if foreign_policy; then as_root mv "$POLICY" "$POLICY.guichet"; fi      # ours may be left from a run that was killed
    printf '#!/bin/sh\n# for Guichet, while its set-up installs packages\nexit 101\n' >"$LOG.policy"
    as_root install -m 755 "$LOG.policy" "$POLICY"
}
allow_starting() {
    rm -f "$LOG.policy"
    if [ -e "$POLICY.guichet" ] || [ -L "$POLICY.guichet" ]; then as_root mv -f "$POLICY.guichet" "$POLICY"
    else as_root rm -f "$POLICY"
    fi
}
disable_at_boot() {
    for one in "$@"; do as_root update-rc.d "$one" disable >/dev/null 2>&1 || true; done
}

install_servers() {
    need_leave dovecot-imapd dovecot-lmtpd postgresql
    ours=
    [ -e /usr/sbin/dovecot ] || ours="dovecot"
    all_there $POSTGRES || ours="$ours postgresql"
    trap 'allow_starting; forget_log' EXIT
    forbid_starting
    debian dovecot-imapd dovecot-lmtpd postgresql
    disable_at_boot $ours
    allow_starting
    trap forget_log EXIT
}

# Without a browser all other tests run: what cannot be had is said once, and not tried again before `make clean`.
install_browser() {
    if command -v apt-get >/dev/null && may_install; then
        tell "Installing chromium (Debian), for the tests of the page ..."
        if apt_install chromium || { as_root apt-get -qq update >"$LOG" 2>&1 && apt_install chromium; }; then return; fi
    fi
    tell "There is no chromium, and it could not be installed: the tests of the page in a real browser are skipped (as root: apt-get install --no-install-recommends chromium)."
    : >.venv/.without-browser
}

# --- .venv

# Debian ships venv without the ensurepip that it calls: python3-venv brings it.
find_python() {
    PYTHON=${PYTHON:-python3}
    command -v "$PYTHON" >/dev/null || stop "$AGAIN needs Python 3.11 or later, and there is no $PYTHON: run \`apt-get install python3 python3-venv\` as root, then $AGAIN again."
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "$AGAIN needs Python 3.11 or later, and $PYTHON is $("$PYTHON" -c "$VERSION"): say which to use with \`$AGAIN PYTHON=/path/to/python3\`."
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "$PYTHON still has no venv and ensurepip: install them for it, or say another with \`$AGAIN PYTHON=/path/to/python3\`."
}

make_own_python() {
    find_python
    tell "Making .venv ($("$PYTHON" --version)) ..."
    "$PYTHON" -m venv --clear .venv >"$LOG" 2>&1 ||
        stop "$PYTHON could not make .venv ($(tail -n 1 "$LOG")): run \`$PYTHON -m venv --clear .venv\` to see why, then $AGAIN again."
}

own_python_works() { "$OWN" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && "$OWN" -m pip --version >/dev/null 2>&1; }

stamp() { fingerprint >".venv/.has-${FILES##* }"; }

install_libraries() {
    file=${FILES##* }
    tell "Installing the libraries of $file (a minute, the first time) ..."
    "$OWN" -m pip install --quiet --retries 2 -r "$file" >"$LOG" 2>&1 ||
        stop "The libraries of $file could not be installed ($(last_error '^ERROR')): once the network is there, run \`$OWN -m pip install -r $file\` to see why, or $AGAIN again."
    [ "$WANT" = run ] || (FILES=requirements.txt; stamp)
    stamp
}

# --- the whole

forget_log() { rm -f "$LOG"; }

stamped && python_asked_for && servers_there && browser_settled && exit 0

if command -v flock >/dev/null; then exec 9<. && flock 9; fi       # two at once: the second waits, then finds it done
LOG=$(mktemp)
trap forget_log EXIT
trap 'exit 130' INT TERM HUP

own_python_works && python_asked_for || make_own_python
stamped || install_libraries
servers_there || install_servers
browser_settled || install_browser
tell "Ready."
