# Shared by deploy.sh and provision.sh: settings, steps that can be planned instead of done, and plain failures.
# shellcheck shell=bash
DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SETTINGS=${SETTINGS:-$DEPLOY/production.env}
NEEDED=(PROJECT REGION BIGQUERY_LOCATION SQL_INSTANCE ENVIRONMENT PUBLIC_BASE_URL CORS_ALLOWED_ORIGINS OIDC_ISSUER
  OIDC_AUDIENCE VERTEX_LOCATION VERTEX_TUNING_LOCATION MAIL_FROM SMTP_HOST ALERT_EMAIL)
EXIT_CONFIGURATION=78
PLAN=${PLAN:-}

say() { printf 'deploy: %s\n' "$*"; }
fail() { # message [exit code]
  printf 'deploy: %s\n' "$1" >&2
  exit "${2:-1}"
}

# The one option that both scripts take.
read_arguments() {
  local argument
  for argument in "$@"; do
    case $argument in
      --plan) PLAN=1 ;;
      *) fail "unknown option $argument; usage: $0 [--plan]" 2 ;;
    esac
  done
}

# Reads NAME=value lines. The file is data: nothing in it is executed.
read_settings() {
  local line name missing=()
  [ -r "$SETTINGS" ] || fail "$SETTINGS is missing: copy deploy/production.env.example and fill it in" $EXIT_CONFIGURATION
  while IFS= read -r line || [ -n "$line" ]; do
    [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
    [[ $line =~ ^([A-Z_]+)=(.*)$ ]] || fail "$SETTINGS: not NAME=value: ${line%%=*}" $EXIT_CONFIGURATION
    export "${BASH_REMATCH[1]}=${BASH_REMATCH[2]}"
  done <"$SETTINGS"
  export VERTEX_MODEL=${VERTEX_MODEL:-}
  for name in "${NEEDED[@]}"; do [ -n "${!name:-}" ] || missing+=("$name"); done
  [ ${#missing[@]} = 0 ] || fail "these settings are missing in $SETTINGS: ${missing[*]}" $EXIT_CONFIGURATION
  ! grep -q '^PORT=' "$SETTINGS" || fail "PORT must not be set in $SETTINGS: Cloud Run sets it" $EXIT_CONFIGURATION
  export REGISTRY=$REGION-docker.pkg.dev/$PROJECT/cvstomize
}

need_tools() {
  local tool missing=()
  for tool in "$@"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} = 0 ] || fail "these programs are missing: ${missing[*]}" $EXIT_CONFIGURATION
}

# A step that changes something: printed with --plan, done otherwise.
change() {
  if [ -n "$PLAN" ]; then printf '  would run: %s\n' "$*"; else "$@"; fi
}

# Replaces ${NAME} in a specification; a name without a value is an error, never an empty string.
filled() {
  python3 "$DEPLOY/fill.py" "$1"
}
