#!/bin/bash
# Makes what a project needs once: APIs, database, buckets, datasets, secrets, service accounts with least rights, schedules, alarms.
# Every step looks first and changes only what is missing: safe to run again.
#   deploy/provision.sh [--plan]
set -euo pipefail
# shellcheck source=deploy/library.sh
source "$(dirname "$0")/library.sh"

read_arguments "$@"
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
need_tools gcloud bq python3 awk
read_settings
gcloud() { command gcloud --project "$PROJECT" --quiet "$@"; }
exists() { "$@" >/dev/null 2>&1; }

say "services"
change gcloud services enable run.googleapis.com cloudbuild.googleapis.com artifactregistry.googleapis.com \
  sqladmin.googleapis.com secretmanager.googleapis.com storage.googleapis.com bigquery.googleapis.com \
  aiplatform.googleapis.com cloudscheduler.googleapis.com telemetry.googleapis.com monitoring.googleapis.com

say "registry"
exists gcloud artifacts repositories describe cvstomize --location "$REGION" \
  || change gcloud artifacts repositories create cvstomize --location "$REGION" --repository-format docker

say "service accounts"
ACCOUNTS=(api worker eraser migrator pipelines scheduler)
account() { printf 'cvstomize-%s@%s.iam.gserviceaccount.com' "$1" "$PROJECT"; }
for name in "${ACCOUNTS[@]}"; do
  exists gcloud iam service-accounts describe "$(account "$name")" \
    || change gcloud iam service-accounts create "cvstomize-$name" --display-name "CVstomize $name"
done
allow() { # account role
  change gcloud projects add-iam-policy-binding "$PROJECT" --member "serviceAccount:$(account "$1")" --role "$2" \
    --condition None --format none
}
for name in api worker eraser migrator pipelines; do allow "$name" roles/cloudsql.client; done
for name in api pipelines; do allow "$name" roles/aiplatform.user; done
for name in pipelines eraser; do allow "$name" roles/bigquery.jobUser; done
for name in api worker pipelines; do for role in metricsWriter tracesWriter; do allow "$name" "roles/telemetry.$role"; done; done

say "database"
# The version the tests run on, the smallest machine of deploy/usage.yaml; a larger one later is `gcloud sql instances patch --tier`.
INSTANCE=${SQL_INSTANCE##*:}
exists gcloud sql instances describe "$INSTANCE" \
  || change gcloud sql instances create "$INSTANCE" --region "$REGION" --database-version POSTGRES_18 --edition enterprise \
    --tier db-custom-1-3840 --storage-auto-increase --backup-start-time 02:00 --enable-point-in-time-recovery
for name in cvstomize dagster; do
  exists gcloud sql databases describe "$name" --instance "$INSTANCE" \
    || change gcloud sql databases create "$name" --instance "$INSTANCE"
done

say "buckets"
# Soft delete is off: an erased object must be gone, not kept for seven days.
bucket() { # name [life cycle]
  exists gcloud storage buckets describe "gs://$PROJECT-$1" \
    || change gcloud storage buckets create "gs://$PROJECT-$1" --location "$REGION" --uniform-bucket-level-access \
      --public-access-prevention --soft-delete-duration 0
  [ -z "${2:-}" ] || change gcloud storage buckets update "gs://$PROJECT-$1" --lifecycle-file "$DEPLOY/storage/$2.lifecycle.json"
}
bucket resumes resumes
bucket uploads uploads
bucket exports exports
bucket datasets
bucket_access() { # bucket account role
  change gcloud storage buckets add-iam-policy-binding "gs://$PROJECT-$1" --member "serviceAccount:$(account "$2")" \
    --role "$3" --format none
}
for name in resumes uploads; do for who in api worker eraser; do bucket_access "$name" "$who" roles/storage.objectUser; done; done
for name in exports datasets; do for who in pipelines eraser; do bucket_access "$name" "$who" roles/storage.objectUser; done; done

say "datasets"
for layer in raw load staging core marts; do
  exists bq --project_id "$PROJECT" show --dataset "cvstomize_$layer" \
    || change bq --project_id "$PROJECT" --location "$BIGQUERY_LOCATION" mk --dataset --max_time_travel_hours 48 "cvstomize_$layer"
  for who in pipelines eraser; do
    change bq --project_id "$PROJECT" query --use_legacy_sql=false --location "$BIGQUERY_LOCATION" \
      "GRANT \`roles/bigquery.dataEditor\` ON SCHEMA \`$PROJECT.cvstomize_$layer\` TO 'serviceAccount:$(account "$who")'"
  done
done

say "secrets"
secret() { # name accounts…
  local name=$1 who
  shift
  exists gcloud secrets describe "$name" || change gcloud secrets create "$name" --replication-policy automatic
  exists gcloud secrets versions describe latest --secret "$name" \
    || say "give $name its value: gcloud secrets versions add $name --data-file -"
  for who in "$@"; do
    change gcloud secrets add-iam-policy-binding "$name" --member "serviceAccount:$(account "$who")" \
      --role roles/secretmanager.secretAccessor --format none
  done
}
secret cvstomize-database-url api worker eraser
secret cvstomize-eraser-database-url worker eraser
secret cvstomize-migrator-database-url migrator
secret cvstomize-pipeline-database-url pipelines eraser
secret cvstomize-dagster-postgres-url pipelines
secret cvstomize-link-signing-key api worker eraser
secret cvstomize-smtp-user worker
secret cvstomize-smtp-password worker

say "schedules"
schedule() { # job cron
  exists gcloud scheduler jobs describe "cvstomize-$1" --location "$REGION" && return
  change gcloud scheduler jobs create http "cvstomize-$1" --location "$REGION" --schedule "$2" --http-method POST \
    --uri "https://run.googleapis.com/v2/projects/$PROJECT/locations/$REGION/jobs/cvstomize-$1:run" \
    --oauth-service-account-email "$(account scheduler)"
}
allow scheduler roles/run.invoker
schedule work '*/5 * * * *'
schedule erase '20 * * * *'

say "alarms"
found_by_name() { # name, kind of thing
  gcloud "${@:2}" list --filter "displayName=\"$1\"" --format 'value(name)' --limit 1
}
# The address is in the channel's name: another address makes another channel.
channel="CVstomize $ALERT_EMAIL"
make_channel=(gcloud beta monitoring channels create --display-name "$channel" --type email
  --channel-labels "email_address=$ALERT_EMAIL" --format 'value(name)')
ALERT_CHANNEL=$(found_by_name "$channel" beta monitoring channels)
if [ -z "$ALERT_CHANNEL" ]; then
  if [ -n "$PLAN" ]; then change "${make_channel[@]}"; else ALERT_CHANNEL=$("${make_channel[@]}"); fi
fi
export ALERT_CHANNEL=${ALERT_CHANNEL:-(to be made)}
filled "$DEPLOY/alerts.yaml" | awk -v folder="$FOLDER" '/^---$/ {n++; next} {print > (folder "/alarm-" n + 0 ".yaml")}'
for policy in "$FOLDER"/alarm-*.yaml; do
  title=$(sed -n 's/^displayName: "\(.*\)"$/\1/p' "$policy")
  found=$(found_by_name "$title" monitoring policies)
  if [ -n "$found" ]; then
    change gcloud monitoring policies update "$found" --policy-from-file "$policy"
  else
    change gcloud monitoring policies create --policy-from-file "$policy"
  fi
done
if [ -n "$PLAN" ]; then say "planned; nothing was changed"; else say "done"; fi
