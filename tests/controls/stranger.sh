#!/usr/bin/env bash
# stranger.sh [DIR] [OPTIONS OF TABLE2]: the path of docs/start.md from an empty machine; prints what each part took.
# For example: tests/controls/stranger.sh /tmp/stranger --data digits. DIR must not be there.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-$(mktemp -du)}; shift || true
mkdir "$dir"
mkdir "$dir/home"
export HOME=$dir/home PATH=$dir/venv/bin:$PATH
unset PYTHONPATH AMVERIFY_DATA AMVERIFY_PUBLISHED AMVERIFY_CACHE
TIMEFORMAT='%R s wall, %U s CPU'

part() { # NAME STATUS COMMAND...: its output goes to DIR/NAME.log
    local name=$1 expected=$2 status=0; shift 2
    echo -n "$name: "
    time "$@" >"$dir/$name.log" 2>&1 || status=$?
    [ "$status" = "$expected" ] || { echo "status $status, not $expected:"; tail -5 "$dir/$name.log"; exit 1; }
}
program() { # FILE.md: its first Python program
    awk '/^```$/ && on {exit} on {print} /^```python$/ {on=1}' "$1"
}
installed() { python3 -m venv "$dir/venv" && pip install -q -c constraints.txt '.[testing]' pytest; }
published() {
    python -m repro published template tiam mine.toml
    printf '\n[[series]]\ntable = "Table 2"\ndataset = "digits"\nmethod = "tiam"\nquantity = "test_accuracy"\nsettings = {}\nsweeps = [200]\nvalues = [0.95]\nheadline = true\n' >>mine.toml
    python -m repro published check mine.toml
    AMVERIFY_PUBLISHED=mine.toml python -m repro table2 --data digits --method tiam --seeds 0 --no-download
}

git clone -q "$source" "$dir/amverify"
cd "$dir/amverify"
git log -1 --format='commit %h'; uptime
part install 0 installed
mkdir "$dir/own"
for page in start estimators samt; do program "docs/$page.md" >"$dir/own/$page.py"; done
cat >"$dir/own/test_own.py" <<'END'
import amverify as amv
from amverify.testing import assert_holds


def test_lengths_of_steps():
    assert_holds(amv.load_trace("run.trace"), "step2[k] <= n*lr**2*1.001", n=10, lr=0.01)
END
cd "$dir/own"
part doctor 0 amverify doctor
part audit 0 python start.py
part claim 1 amverify audit run.trace --claim 'value[k] <= value[k-1]'
part falsify 1 amverify falsify --claim 'value[k] <= value[k-1]' --method heavy_ball --parameter eta=0.1/L --parameter beta=0.9
part guard 0 pytest -q
part estimator 0 python estimators.py
part samt 0 python samt.py
part published 0 published
part table2 0 python -m repro table2 --no-download "$@"
uptime
