{{/* Certificates of a store, in every pod that speaks to it. Takes root, store (name). */}}
{{- define "switchyard.tlsFolder" -}}
/etc/switchyard/{{ . }}
{{- end }}

{{/* What clients mount: the authority, and their own certificate where the store asks for one. */}}
{{- define "switchyard.tlsVolume" -}}
{{- $tls := (get .root.Values.stores .store).tls -}}
- name: {{ .store }}-tls
  secret:
    secretName: {{ $tls.secret }}
    defaultMode: 0440
    items:
      - { key: ca.crt, path: ca.crt }
      {{- if $tls.clientCertificate }}
      - { key: tls.crt, path: tls.crt }
      - { key: tls.key, path: tls.key }
      {{- end }}
{{- end }}

{{- define "switchyard.tlsMount" -}}
- { name: {{ . }}-tls, mountPath: {{ include "switchyard.tlsFolder" . }}, readOnly: true }
{{- end }}

{{/* What the bundled store itself mounts. */}}
{{- define "switchyard.serverTlsVolume" -}}
{{- $values := get .root.Values.stores .store -}}
{{- if $values.tls.clientCertificate }}{{ fail (printf "stores.%s.tls.clientCertificate is for a store of your own" .store) }}{{ end -}}
- name: {{ .store }}-tls
  secret: { secretName: {{ $values.tls.secret }}, defaultMode: 0440 }
{{- end }}

{{/* NATS_CA_PATH and the like; of PostgreSQL they stand in the URL. Takes root, store, prefix. */}}
{{- define "switchyard.tlsEnvironment" -}}
{{- $tls := (get .root.Values.stores .store).tls }}
{{- $folder := include "switchyard.tlsFolder" .store -}}
- { name: {{ .prefix }}_CA_PATH, value: {{ $folder }}/ca.crt }
{{- if $tls.clientCertificate }}
- { name: {{ .prefix }}_CERT_PATH, value: {{ $folder }}/tls.crt }
- { name: {{ .prefix }}_KEY_PATH, value: {{ $folder }}/tls.key }
{{- end }}
{{- end }}
