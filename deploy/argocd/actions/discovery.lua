-- Pause where it is not paused, resume where it is; never an answer to --read-only, which no annotation ends.
local annotations = obj.metadata.annotations or {}
local paused = annotations["alb.alicloud.dev/paused"] == "true"
return {
  pause = { disabled = paused, iconClass = "fa fa-fw fa-pause" },
  resume = { disabled = not paused, iconClass = "fa fa-fw fa-play" },
  reconcile = { disabled = paused, iconClass = "fa fa-fw fa-sync" },
}
