-- The cloud is not written to any more, not even for a deletion.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["alb.alicloud.dev/paused"] = "true"
return obj
