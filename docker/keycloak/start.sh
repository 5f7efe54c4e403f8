#!/usr/bin/env bash
# Starts Keycloak with the realm beside this file, its passwords from files; `start.sh check` says whether it is ready.
set -euo pipefail
if [ "${1:-}" = check ]; then
  exec 3<> /dev/tcp/127.0.0.1/9000
  printf 'GET /health/ready HTTP/1.1\r\nHost: keycloak\r\nConnection: close\r\n\r\n' >&3
  grep -q '200 OK' <&3
  exit
fi
secrets=${SECRETS:-/run/secrets}
KC_BOOTSTRAP_ADMIN_USERNAME=admin
KC_BOOTSTRAP_ADMIN_PASSWORD=$(< "$secrets/keycloak_admin_password")
# The realm file names these two.
SSO_CLIENT_SECRET=$(< "$secrets/sso_client_secret")
PERSON_PASSWORD=$(< "$secrets/keycloak_person_password")
export KC_BOOTSTRAP_ADMIN_USERNAME KC_BOOTSTRAP_ADMIN_PASSWORD SSO_CLIENT_SECRET PERSON_PASSWORD
exec "${KEYCLOAK:-/opt/keycloak/bin/kc.sh}" start --db=dev-file --import-realm
