{{- define "albsp.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Names of objects; cut so that the longest suffix still fits. */}}
{{- define "albsp.fullname" -}}
{{- $name := include "albsp.name" . }}
{{- $full := printf "%s-%s" .Release.Name $name }}
{{- if contains $name .Release.Name }}{{ $full = .Release.Name }}{{ end }}
{{- default $full .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "albsp.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "albsp.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "albsp.leaseName" -}}
{{- default (include "albsp.fullname" .) .Values.leaderElection.leaseName }}
{{- end }}

{{- /* What finds the Pods; it never changes, since a Deployment's selector can't. */}}
{{- define "albsp.selectorLabels" -}}
app.kubernetes.io/name: {{ include "albsp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "albsp.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/version" (.Chart.AppVersion | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/part-of" "albsp"
  "app.kubernetes.io/managed-by" .Release.Service }}
{{- merge (include "albsp.selectorLabels" . | fromYaml) $own .Values.commonLabels | toYaml }}
{{- end }}

{{- define "albsp.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}
{{- else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The subject of every binding. */}}
{{- define "albsp.subjects" -}}
- kind: ServiceAccount
  name: {{ include "albsp.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- /* What a schema can't say. Included by the Deployment, so that it is judged before anything is applied. */}}
{{- define "albsp.validate" -}}
{{- $regions := list }}
{{- range .Values.extraEnv }}{{ if eq .name "ALIBABA_CLOUD_REGION_ID" }}{{ $regions = append $regions .name }}{{ end }}{{ end }}
{{- if and (not .Values.region) (not $regions) }}
{{- fail "\"region\" is missing: give the region id of the load balancers, for example --set region=cn-hangzhou" }}
{{- end }}
{{- if and .Values.watchNamespaces (not .Values.clusterId) }}
{{- fail "\"clusterId\" is missing: it is required with \"watchNamespaces\", since the UID of kube-system cannot be read then; give a name that no other cluster of the account has" }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (not .Values.leaderElection.enabled) }}
{{- fail (printf "\"replicas\" is %d with \"leaderElection.enabled\" false: without an election there can be one replica only" (int .Values.replicas)) }}
{{- end }}
{{- end }}
