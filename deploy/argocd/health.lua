-- Health of SecurityPolicy, ProviderConfig and ClusterProviderConfig in Argo CD.
-- Follows kstatus (status.observedGeneration, Reconciling, Stalled, Ready), and knows Paused beside it.
-- A deletion never comes here: Argo CD calls it Progressing by itself.
local health = { status = "Progressing", message = "Not looked at yet" }
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  conditions[condition.type] = condition
end
local function holds(type)
  return conditions[type] ~= nil and conditions[type].status == "True"
end
local function is(word, type)
  return { status = word, message = conditions[type].reason .. ": " .. conditions[type].message }
end

-- Before the generation: nothing is looked at while the object is paused.
if holds("Paused") then
  return is("Suspended", "Paused")
end
if status.observedGeneration ~= obj.metadata.generation then
  health.message = "This generation is not looked at yet"
  return health
end
if holds("Stalled") then
  return is("Degraded", "Stalled")
end
if holds("Reconciling") then
  return is("Progressing", "Reconciling")
end
local ready = conditions.Ready
if ready == nil then
  return health
end
if ready.status == "True" and ready.observedGeneration == obj.metadata.generation then
  return is("Healthy", "Ready")
end
return is("Progressing", "Ready")
