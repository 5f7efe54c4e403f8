{{- define "switchyard.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains "switchyard" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name (default "switchyard" .Values.nameOverride) | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "switchyard.selector" -}}
app.kubernetes.io/name: switchyard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "switchyard.labels" -}}
{{ include "switchyard.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* repository@digest, or repository:tag */}}
{{- define "switchyard.image" -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "switchyard.secretName" -}}
{{- default (include "switchyard.fullname" .) .Values.secrets.existingSecret }}
{{- end }}

{{- define "switchyard.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "switchyard.fullname" .) .Values.serviceAccount.name }}
{{- else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{/* What is true of every service and where the services come from, in one place: `generated/services.yaml`. */}}
{{- define "switchyard.topology" -}}
{{ .Files.Get "generated/services.yaml" }}
{{- end }}

{{/* A value as the text of an environment variable: YAML numbers arrive as floats, lists are comma-separated. */}}
{{- define "switchyard.text" -}}
{{- if kindIs "slice" . }}{{ join "," . }}
{{- else if and (kindIs "float64" .) (eq (float64 (int64 .)) .) }}{{ int64 . }}
{{- else }}{{ . }}{{ end }}
{{- end }}

{{/* The port of one service for its metrics alone, or 0. Takes root and name. */}}
{{- define "switchyard.metricsPort" -}}
{{- $own := (get .root.Values.services .name | default dict).settings | default dict }}
{{- $settings := ternary $own (.root.Values.settings | default dict) (hasKey $own "METRICS_PORT") }}
{{- $port := int (get $settings "METRICS_PORT" | default 0) }}
{{- if eq $port 8080 }}{{ fail (printf "METRICS_PORT of %s is the port that it serves requests on" .name) }}{{ end }}
{{- $port }}
{{- end }}

{{- define "switchyard.podSecurity" -}}
runAsNonRoot: true
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "switchyard.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "switchyard.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "switchyard.selector" $ | nindent 6 }}
{{- end }}
{{- end }}

{{/* A component as the peer of a network policy. */}}
{{- define "switchyard.peer" -}}
podSelector:
  matchLabels: {{- include "switchyard.selector" . | nindent 4 }}
{{- end }}

{{/* The way out to a store, in a network policy. Takes root and store. */}}
{{- define "switchyard.toStore" -}}
{{- $stores := .root.Values.stores }}
{{- $values := get $stores .store }}
{{- $target := .store }}
{{- if and (eq .store "postgres") $stores.pgbouncer.enabled }}{{ $target = "pgbouncer" }}{{ end }}
{{- if $values.bundled -}}
- ports:
    - { protocol: TCP, port: {{ $target }} }
  to:
    - {{- include "switchyard.peer" (dict "root" .root "component" $target) | nindent 6 }}
{{- else -}}
- ports:
    - { protocol: TCP, port: {{ $values.external.port }} }
  {{- with $values.external.cidrs }}
  to:
    {{- range . }}
    - ipBlock: { cidr: {{ . }} }
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The services that have a role in PostgreSQL, comma-separated. */}}
{{- define "switchyard.roles" -}}
{{- $roles := list }}
{{- range $name, $facts := (include "switchyard.topology" . | fromYaml).services }}
{{- if has "postgres" $facts.stores }}{{ $roles = append $roles $name }}{{ end }}
{{- end }}
{{- join "," $roles }}
{{- end }}
