#!/usr/bin/env bash
# Cancels the operation that operate.sh began, where there is one and its plan still allows that.
set -euo pipefail

answer="$EVIDENCE_PATH/last-answer.json"
id='import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8")).get("id", ""))'
operation="$([[ -s $answer ]] && python3 -c "$id" "$answer" || true)"
if [[ -z $operation ]]; then
  echo "There is no operation to cancel."
  exit
fi
reason="the workflow's run was cancelled"
# It may be cancelled already, or past its point of no return: neither is a failure of this step.
"$RUNNER_TEMP/laneway/bin/laneway" cancel "--reason=$reason" -- "$operation" ||
  echo "The operation was not cancelled."
