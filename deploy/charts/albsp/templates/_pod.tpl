{{- /* Flags that say who and where the operator is; `run` and `doctor` share them. As a JSON list under `args`. */}}
{{- define "albsp.commonArgs" -}}
{{- $v := .Values }}
{{- $kinds := dict "environment" "environment" "rrsa" "rrsa" "ecsRamRole" "ecs-ram-role" "none" "none" }}
{{- $args := list (printf "--credentials=%s" (get $kinds $v.credentials.mode)) (printf "--network=%s" $v.network) }}
{{- with $v.region }}{{ $args = append $args (printf "--region=%s" .) }}{{ end }}
{{- range $v.watchNamespaces }}{{ $args = append $args (printf "--namespace=%s" .) }}{{ end }}
{{- with $v.clusterId }}{{ $args = append $args (printf "--cluster-id=%s" .) }}{{ end }}
{{- with $v.endpoints.alb }}{{ $args = append $args (printf "--alb-endpoint=%s" .) }}{{ end }}
{{- with $v.endpoints.sts }}{{ $args = append $args (printf "--sts-endpoint=%s" .) }}{{ end }}
{{- with $v.endpoints.metadata }}{{ $args = append $args (printf "--metadata-endpoint=%s" .) }}{{ end }}
{{- dict "args" $args | toJson }}
{{- end }}

{{- define "albsp.runArgs" -}}
{{- $v := .Values }}
{{- $args := concat (list "run") (include "albsp.commonArgs" . | fromJson).args }}
{{- with $v.selector }}{{ $args = append $args (printf "--selector=%s" .) }}{{ end }}
{{- with $v.acceptClusterId }}{{ $args = append $args (printf "--accept-cluster-id=%s" .) }}{{ end }}
{{- if not $v.adoption }}{{ $args = append $args "--adoption=false" }}{{ end }}
{{- if $v.readOnly }}{{ $args = append $args "--read-only=true" }}{{ end }}
{{- $args = append $args (printf "--resync=%s" $v.resync) }}
{{- $args = append $args (printf "--workers=%d" (int $v.workers)) }}
{{- $args = append $args (printf "--visibility-window=%s" $v.visibilityWindow) }}
{{- $args = append $args (printf "--leader-elect=%t" $v.leaderElection.enabled) }}
{{- if $v.leaderElection.enabled }}
{{- $args = append $args (printf "--lease-name=%s" (include "albsp.leaseName" .)) }}
{{- $args = append $args (printf "--lease-duration=%s" $v.leaderElection.leaseDuration) }}
{{- $args = append $args (printf "--renew-deadline=%s" $v.leaderElection.renewDeadline) }}
{{- $args = append $args (printf "--retry-period=%s" $v.leaderElection.retryPeriod) }}
{{- end }}
{{- $args = append $args "--listen=:8080" }}
{{- $args = append $args (printf "--log-level=%s" $v.log.level) }}
{{- $args = append $args (printf "--log-format=%s" $v.log.format) }}
{{- concat $args $v.extraArgs | toYaml }}
{{- end }}

{{- define "albsp.env" -}}
{{- with .Values.credentials }}
{{- if eq .mode "environment" }}
- name: ALIBABA_CLOUD_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .environment.existingSecret }}
      key: {{ .environment.keys.accessKeyId }}
- name: ALIBABA_CLOUD_ACCESS_KEY_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ .environment.existingSecret }}
      key: {{ .environment.keys.accessKeySecret }}
- name: ALIBABA_CLOUD_SECURITY_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .environment.existingSecret }}
      key: {{ .environment.keys.securityToken }}
      optional: true
{{- else if and (eq .mode "rrsa") (eq .rrsa.tokenSource "projected") }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ .rrsa.roleArn | quote }}
- name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN
  value: {{ .rrsa.oidcProviderArn | quote }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "albsp.volumeMounts" -}}
{{- if include "albsp.projectsToken" . }}
- name: rrsa-token
  mountPath: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "albsp.volumes" -}}
{{- if include "albsp.projectsToken" . }}
- name: rrsa-token
  projected:
    sources:
      - serviceAccountToken:
          audience: sts.aliyuncs.com
          expirationSeconds: {{ int .Values.credentials.rrsa.tokenExpirationSeconds }}
          path: token
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "albsp.projectsToken" -}}
{{- with .Values.credentials }}
{{- if eq .mode "rrsa" }}{{ if eq .rrsa.tokenSource "projected" }}true{{ end }}
{{- else if .rrsa.mountToken }}true{{ end }}
{{- end }}
{{- end }}

{{- /* Without the chart's version: a new chart with the same Pods restarts none. */}}
{{- define "albsp.podLabels" -}}
{{- $own := omit (include "albsp.labels" . | fromYaml) "helm.sh/chart" }}
{{- with .Values.credentials }}
{{- if and (eq .mode "rrsa") (eq .rrsa.tokenSource "webhook") }}
{{- $_ := set $own "pod-identity.alibabacloud.com/injection" "on" }}
{{- end }}
{{- end }}
{{- merge $own .Values.podLabels | toYaml }}
{{- end }}

{{- /* What the operator's Pod and the Pod of `helm test` have in common. */}}
{{- define "albsp.podSpec" -}}
serviceAccountName: {{ include "albsp.serviceAccountName" . }}
automountServiceAccountToken: true
# A Service called albsp would put ALBSP_PORT and the like into the environment, which the program takes for flags that it does not know.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "albsp.volumes" . }}
volumes:
  {{- . | trim | nindent 2 }}
{{- end }}
{{- end }}

{{- define "albsp.containerSpec" -}}
image: {{ include "albsp.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- with include "albsp.env" . }}
env:
  {{- . | trim | nindent 2 }}
{{- end }}
{{- with include "albsp.volumeMounts" . }}
volumeMounts:
  {{- . | trim | nindent 2 }}
{{- end }}
{{- end }}
