#!/usr/bin/env bash
# Installs the command from the commit that this action is of, into an environment of its own:
#   $RUNNER_TEMP/laneway/bin/laneway
# COMMAND: one that is installed already; it is only put there.
# EVIDENCE_PATH: what an earlier run has left there, on a runner that is used again, goes.
set -euo pipefail

rm -f "$EVIDENCE_PATH/last-answer.json" "$EVIDENCE_PATH/evidence.json"
place="$RUNNER_TEMP/laneway"
if [[ -n ${COMMAND:-} ]]; then
  mkdir -p "$place/bin"
  ln -sf "$(command -v -- "$COMMAND")" "$place/bin/laneway"
  exit
fi

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error title=Laneway::the runner needs Python 3.11 or newer (actions/setup-python)"
  exit 1
fi
python3 -m venv --clear "$place"
# What is never imported need not be compiled.
pip=("$place/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check)
"${pip[@]}" --no-deps --require-hashes -r "$here/requirements.txt"
"${pip[@]}" --no-deps --no-build-isolation "$here/../../.."
