{{/* The environment of one service. Takes root, name, service (values merged over defaults), facts (generated). */}}
{{- define "switchyard.environment" -}}
{{- $root := .root }}
{{- $full := include "switchyard.fullname" $root }}
{{- $secret := include "switchyard.secretName" $root }}
{{- $stores := $root.Values.stores }}
{{- $upper := .name | upper | replace "-" "_" }}
- { name: HOST, value: 0.0.0.0 }
- { name: PORT, value: '8080' }
- { name: SWITCHYARD_DATA_DIR, value: /var/lib/switchyard }
{{- if $stores.nats.bundled }}
- name: NATS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: NATS_PASSWORD_{{ $upper }} } }
- name: NATS_URL
  value: {{ if $stores.nats.tls.secret }}tls{{ else }}nats{{ end }}://{{ .name }}:$(NATS_PASSWORD)@{{ $full }}-nats:4222
{{- else }}
- name: NATS_URL
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: NATS_URL_{{ $upper }} } }
{{- if $stores.nats.external.credsSecret }}
- { name: NATS_CREDS_PATH, value: /etc/switchyard/nats-creds/{{ .name }}.creds }
{{- end }}
{{- end }}
{{- if $stores.nats.tls.secret }}
{{ include "switchyard.tlsEnvironment" (dict "root" $root "store" "nats" "prefix" "NATS") }}
{{- end }}
{{- if has "postgres" .facts.stores }}
{{ include "switchyard.databaseUrl" . }}
{{- end }}
{{- if has "redis" .facts.stores }}
{{- if $stores.redis.bundled }}
- name: REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: REDIS_PASSWORD_{{ $upper }} } }
- name: REDIS_URL
  value: {{ if $stores.redis.tls.secret }}rediss{{ else }}redis{{ end }}://{{ .name }}:$(REDIS_PASSWORD)@{{ $full }}-redis:6379/0
{{- else }}
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: REDIS_URL_{{ $upper }} } }
{{- end }}
{{- if $stores.redis.tls.secret }}
{{ include "switchyard.tlsEnvironment" (dict "root" $root "store" "redis" "prefix" "REDIS") }}
{{- end }}
{{- end }}
{{- range $key, $need := .facts.secrets }}
- name: {{ $key }}
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: {{ $key }}{{ if eq $need "optional" }}, optional: true{{ end }} } }
{{- end }}
{{- $own := .service.settings | default dict }}
{{- $shared := $root.Values.settings | default dict }}
{{- $metricsPort := include "switchyard.metricsPort" . | int }}
{{- if and $root.Values.monitoring.serviceMonitor.enabled (not $metricsPort) (not (hasKey $own "INTERNAL_METRICS")) (not (hasKey $shared "INTERNAL_METRICS")) }}
# Prometheus scrapes each pod, inside the cluster.
- { name: INTERNAL_METRICS, value: private }
{{- end }}
{{- range $key := .facts.settings }}
{{- if hasKey $own $key }}
- { name: {{ $key }}, value: {{ include "switchyard.text" (get $own $key) | quote }} }
{{- else if hasKey $shared $key }}
- { name: {{ $key }}, value: {{ include "switchyard.text" (get $shared $key) | quote }} }
{{- end }}
{{- end }}
{{- end }}

{{/* How a service reaches PostgreSQL, as its own role. Takes root and name. */}}
{{- define "switchyard.databaseUrl" -}}
{{- $secret := include "switchyard.secretName" .root }}
{{- $stores := .root.Values.stores }}
{{- $upper := .name | upper | replace "-" "_" }}
{{- if $stores.postgres.bundled }}
{{- $full := include "switchyard.fullname" .root -}}
- name: POSTGRES_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: POSTGRES_PASSWORD_{{ $upper }} } }
- name: DATABASE_URL
  value: postgres://switchyard_{{ .name }}:$(POSTGRES_PASSWORD)@{{ $full }}-{{ if $stores.pgbouncer.enabled }}pgbouncer:6432{{ else }}postgres:5432{{ end }}/switchyard{{ if $stores.postgres.tls.secret }}?sslmode=verify-full&sslrootcert={{ include "switchyard.tlsFolder" "postgres" }}/ca.crt{{ end }}
{{- else -}}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: DATABASE_URL_{{ $upper }} } }
{{- end }}
{{- end }}
