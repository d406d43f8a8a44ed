#!/usr/bin/env bash
# Submits an operation, or a retry of one, and follows it to its end, whose exit code this has.
# What it does is in the environment (see action.yml), so that no input is ever read as shell.
set -euo pipefail

refuse() {
  echo "::error title=Laneway::$1"
  exit 2
}

is_true() { # NAME VALUE
  case "$2" in
    true) return 0 ;;
    false | "") return 1 ;;
    *) refuse "$1 is neither true nor false" ;;
  esac
}

mkdir -p "$EVIDENCE_PATH"

options=(--wait --github "--reason=$REASON" "--record=$EVIDENCE_PATH/last-answer.json")
if [[ -n $KEY ]]; then options+=("--key=$KEY"); fi
if is_true cancel_on_cancel "$CANCEL_ON_CANCEL"; then options+=(--cancel-on-interrupt); fi

if [[ -n $RETRY_OF ]]; then
  if [[ -n $SUPERSEDES ]]; then refuse "a retry supersedes nothing: give retry_of or supersedes"; fi
  if is_true dry_run "$DRY_RUN"; then refuse "a retry is no dry run: leave retry_of out"; fi
  exec "$RUNNER_TEMP/laneway/bin/laneway" retry "${options[@]}" "--lane=$LANE" -- "$RETRY_OF"
fi

if is_true dry_run "$DRY_RUN"; then options+=(--dry-run); fi
if [[ -n $SUPERSEDES ]]; then options+=("--supersedes=$SUPERSEDES"); fi
if [[ -n $WHEN_BUSY ]]; then options+=("--when-busy=$WHEN_BUSY"); fi
exec "$RUNNER_TEMP/laneway/bin/laneway" submit "${options[@]}" --request=- -- "$PLAN" "$LANE" \
  <<<"$REQUEST"
