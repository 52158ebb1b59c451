#!/bin/bash
# Deploys the commit that is checked out: build, check the migrations, migrate, deploy without traffic, smoke test,
# move the traffic, and return to the last good revision by itself when something answers wrongly. Safe to run again.
#   deploy/deploy.sh --plan     say what would be done; nothing is changed
#   deploy/deploy.sh            do it; settings come from deploy/production.env
set -euo pipefail
# shellcheck source=deploy/library.sh
source "$(dirname "$0")/library.sh"

read_arguments "$@"

SERVICE=cvstomize-api
FILLED=$(mktemp -d)
trap 'rm -rf "$FILLED"' EXIT

need_tools gcloud git curl python3
read_settings
[ -z "$(git status --porcelain)" ] || fail "there are uncommitted changes: what is deployed must be a commit"
RELEASE=$(git rev-parse --short=12 HEAD)
export RELEASE
gcloud() { command gcloud --project "$PROJECT" --quiet "$@"; }
run() { gcloud run "$@" --region "$REGION"; }

specification() { # kind file
  local target
  target=$FILLED/$(basename "$2")
  filled "$2" >"$target"
  change run "$1" replace "$target"
}

execute() { # job
  change run jobs execute "$1" --wait
}

smoke() { # address
  local path
  for path in /health /health/ready /openapi.json; do
    change curl --fail --silent --show-error --max-time 20 --retry 3 --retry-connrefused --output /dev/null "$1$path" \
      || { say "$1$path does not answer as it should"; return 1; }
  done
}

say "release $RELEASE to $PROJECT in $REGION"

say "1/6 build"
for image in api pipelines; do
  if gcloud artifacts docker images describe "$REGISTRY/$image:$RELEASE" >/dev/null 2>&1; then
    say "image $image:$RELEASE is there already"
  else
    change gcloud builds submit --config "$DEPLOY/images/build.yaml" \
      --substitutions "_IMAGE=$REGISTRY/$image:$RELEASE,_DOCKERFILE=deploy/images/$image.Dockerfile" "$DEPLOY/.."
  fi
done

say "2/6 check the migrations"
specification jobs "$DEPLOY/cloud-run/migrate-check.job.yaml"
execute cvstomize-migrate-check \
  || fail "the migrations would be refused: nothing was changed; read the job's log, it names the statement to run" 20

say "3/6 migrate"
specification jobs "$DEPLOY/cloud-run/migrate.job.yaml"
execute cvstomize-migrate || fail "the migration failed and was rolled back: the service still runs the old release" 40

say "4/6 deploy without traffic"
previous=$(run services describe $SERVICE --format 'value(status.latestReadyRevisionName)' 2>/dev/null || true)
new=$SERVICE-$RELEASE
# The specification names who gets the traffic: without that, replacing a service sends all of it to the new revision.
export SERVING_REVISION=${previous:-$new} NEW_REVISION=$new
specification services "$DEPLOY/cloud-run/api.service.yaml"
for job in work erase; do specification jobs "$DEPLOY/cloud-run/$job.job.yaml"; done

say "5/6 smoke test"
address=$(run services describe $SERVICE --format 'value(status.url)' 2>/dev/null || true)
address=${address:-https://$SERVICE.example}
return_to_previous() {
  if [ -n "$previous" ] && [ "$previous" != "$new" ]; then
    change run services update-traffic $SERVICE --to-revisions "$previous=100"
    fail "$1: traffic is back on $previous" 50
  fi
  fail "$1: there is no earlier revision to return to" 50
}
smoke "${address/https:\/\//https://candidate---}" || return_to_previous "the candidate fails its smoke test"
change run services update-traffic $SERVICE --to-revisions "$new=100" || return_to_previous "the traffic could not be moved"
smoke "$address" || return_to_previous "the new revision fails under its own address"

say "6/6 pipelines"
specification services "$DEPLOY/cloud-run/dagster.service.yaml"
if [ -n "$PLAN" ]; then say "planned; nothing was changed"; else say "$new serves $PUBLIC_BASE_URL"; fi
