local annotations = obj.metadata.annotations
if annotations ~= nil then
  annotations["alb.alicloud.dev/paused"] = nil
  -- Argo CD takes a map that became empty for one that was not touched, and nothing would happen.
  if next(annotations) == nil then
    obj.metadata.annotations = nil
  end
end
return obj
