#!/bin/sh
# Makes the secrets of the Compose file in docker/secrets, a file for each of those who need it. What is there stays; a value of the
# environment (POSTGRES_PASSWORD, JWT_SECRET_KEY, AUTH_ENCRYPTION_SECRET, STATE_SECRET) is taken over. To change a password: remove
# its file in docker/secrets/made, run this again, then `docker compose up -d`.
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

secret postgres "${POSTGRES_PASSWORD:-}" | give postgres_password
secret jwt_secret_key "${JWT_SECRET_KEY:-}" | give jwt_secret_key
secret auth_encryption_secret "${AUTH_ENCRYPTION_SECRET:-}" | give auth_encryption_secret
secret state_secret "${STATE_SECRET:-}" | give state_secret

for service in ingress auth registry tool-invocation metrics; do
  printf 'nats://%s:%s@nats:4222' "$service" "$(secret "nats-$service")" | give "nats_url_$service"
  variable=$(printf '%s' "$service" | tr 'a-z-' 'A-Z_')
  printf 'NATS_PASSWORD_%s: "%s"\n' "$variable" "$(secret "nats-$service")"
done | give nats_passwords.conf

for service in auth registry metrics; do
  printf 'postgres://switchyard_%s:%s@pgbouncer:6432/switchyard' "$service" "$(secret "postgres-$service")" | give "database_url_$service"
done
for service in auth registry metrics; do
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
} | give redis_users.acl
