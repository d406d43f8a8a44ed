#!/usr/bin/env bash
# Fetches the evidence of the operation that operate.sh began, whatever became of it, once:
#   $EVIDENCE_PATH/evidence.json
# A submission that was not accepted has none; last-answer.json says why it was not.
set -euo pipefail

answer="$EVIDENCE_PATH/last-answer.json"
bundle="$EVIDENCE_PATH/evidence.json"
if [[ ! -s $answer ]]; then
  echo "::error title=No evidence::the server answered nothing, so there is no evidence to fetch"
  exit 1
fi

id='import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8")).get("id", ""))'
operation="$(python3 -c "$id" "$answer")"
if [[ -z $operation ]]; then
  echo "The submission was not accepted: there is no operation, and no evidence of one."
  exit
fi

# 6: there is no contact with the server. It may be about to be back.
for pause in 1 2 5 10 20 30 60 0; do
  if [[ -s $bundle ]]; then break; fi
  code=0
  "$RUNNER_TEMP/laneway/bin/laneway" evidence export "--output=$bundle" -- "$operation" || code=$?
  if [[ $code -ne 0 && ($code -ne 6 || $pause -eq 0) ]]; then exit "$code"; fi
  if [[ $code -ne 0 ]]; then sleep "$pause"; fi
done
echo "evidence=$bundle" >>"$GITHUB_OUTPUT"
