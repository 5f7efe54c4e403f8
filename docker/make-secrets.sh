#!/bin/sh
# Makes the secrets of the Compose file in docker/secrets, a file for each of those who need it. What is there stays; a value of the
# environment (POSTGRES_PASSWORD, JWT_SECRET_KEY, AUTH_ENCRYPTION_SECRET, STATE_SECRET, ALERT_WEBHOOK_URL) is taken over. To change a
# password, a URL or a certificate: remove its files in docker/secrets/made, run this again, then `docker compose up -d`. TLS_NAME is the name that the
# certificate of the edge is for; a certificate of yours goes to docker/secrets/made/edge.crt and edge.key.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets/made

# secret NAME [VALUE]: what is known of that name, else the value, else a new one.
secret() {
  if [ ! -s "secrets/made/$1" ]; then printf '%s' "${2:-$(openssl rand -hex 32)}" > "secrets/made/$1"; fi
  cat "secrets/made/$1"
}

# Containers read the files as users of their own; the folder is closed to others of this host.
give() {
  rm -f "secrets/$1"
  cat > "secrets/$1"
  chmod 444 "secrets/$1"
}

# certificate NAME DAYS NAMES: for that server, of an authority of our own, unless there is one.
certificate() {
  if [ ! -s secrets/made/authority.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=switchyard inside' \
      -keyout secrets/made/authority.key -out secrets/made/authority.crt 2> /dev/null
  fi
  if [ ! -s "secrets/made/$1.key" ] || [ ! -s "secrets/made/$1.crt" ]; then
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" \
      -keyout "secrets/made/$1.key" -out "secrets/made/$1.csr" 2> /dev/null
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" > "secrets/made/$1.ext"
    openssl x509 -req -in "secrets/made/$1.csr" -CA secrets/made/authority.crt -CAkey secrets/made/authority.key \
      -CAcreateserial -days "$2" -extfile "secrets/made/$1.ext" -out "secrets/made/$1.crt" 2> /dev/null
    rm "secrets/made/$1.csr" "secrets/made/$1.ext"
  fi
  give "$1.crt" < "secrets/made/$1.crt"
  give "$1.key" < "secrets/made/$1.key"
}

secret postgres "${POSTGRES_PASSWORD:-}" | give postgres_password
secret jwt_secret_key "${JWT_SECRET_KEY:-}" | give jwt_secret_key
secret auth_encryption_secret "${AUTH_ENCRYPTION_SECRET:-}" | give auth_encryption_secret
secret state_secret "${STATE_SECRET:-}" | give state_secret
secret sso_client_secret "${SSO_KEYCLOAK_CLIENT_SECRET:-}" | give sso_client_secret
secret keycloak_admin_password | give keycloak_admin_password
secret keycloak_person_password | give keycloak_person_password
secret grafana_admin_password | give grafana_admin_password
# Where nobody listens, until there is somebody to tell.
secret alert_webhook_url "${ALERT_WEBHOOK_URL:-http://127.0.0.1:9/}" | give alert_webhook_url
secret redis-monitoring | give redis_monitoring_password
secret postgres-monitoring | give postgres_monitoring_password
printf "\\\\set monitoring_password '%s'\n" "$(secret postgres-monitoring)" | give postgres_monitoring_role.psql

certificate nats 3650 'DNS:nats,DNS:nats-2,DNS:nats-3,DNS:localhost,IP:127.0.0.1'
certificate edge 825 "DNS:${TLS_NAME:-localhost}"
certificate keycloak 825 'DNS:keycloak,DNS:localhost'
give certificate_authority.crt < secrets/made/authority.crt

for service in ingress auth registry tool-invocation metrics; do
  printf 'tls://%s:%s@nats:4222' "$service" "$(secret "nats-$service")" | give "nats_url_$service"
  variable=$(printf '%s' "$service" | tr 'a-z-' 'A-Z_')
  printf 'NATS_PASSWORD_%s: "%s"\n' "$variable" "$(secret "nats-$service")"
done > secrets/nats_passwords
{
  cat secrets/nats_passwords
  printf 'NATS_PASSWORD_CLUSTER: "%s"\n' "$(secret nats-cluster)"
  printf 'NATS_ROUTES: ["nats-route://cluster:%s@nats:6222"]\n' "$(secret nats-cluster)"
} | give nats_passwords.conf
rm secrets/nats_passwords

for service in auth registry metrics; do
  printf 'postgres://switchyard_%s:%s@pgbouncer:6432/switchyard' "$service" "$(secret "postgres-$service")" | give "database_url_$service"
done
for service in auth registry metrics monitoring; do
  printf '"switchyard_%s" "%s"\n' "$service" "$(secret "postgres-$service")"
done | give pgbouncer_users.txt
for service in auth registry metrics; do
  printf "\\\\set %s_password '%s'\n" "$service" "$(secret "postgres-$service")"
done | give postgres_roles.psql

for service in ingress metrics; do
  printf 'redis://%s:%s@redis:6379/0' "$service" "$(secret "redis-$service")" | give "redis_url_$service"
done
# Whoever shows no password may ask whether the server is alive, and no more.
{
  echo 'user default on nopass resetkeys resetchannels -@all +ping'
  printf 'user ingress on >%s ~switchyard:* &switchyard:* +@all -@admin -@dangerous +info\n' "$(secret redis-ingress)"
  printf 'user metrics on >%s ~{switchyard}:queue* +@all -@admin -@dangerous +info\n' "$(secret redis-metrics)"
  printf 'user monitoring on >%s resetkeys resetchannels -@all +ping +info +client|setname +latency|latest +latency|histogram\n' "$(secret redis-monitoring)"
} | give redis_users.acl
