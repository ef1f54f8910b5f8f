import type { Context } from './context.ts';
import { hasTags, tagsSeen } from './listing.ts';
import { illegal, type Json, missing, notFound, type Outcome, refused } from './outcome.ts';
import { page, pageRequest } from './page.ts';
import { flag, list, type Parameters, tags, text } from './parameters.ts';
import type { PolicyContent, PolicyRecord } from './policy.ts';
import { checkGroup, checkTags, tagRecord } from './validation.ts';

type Target = { readonly record: PolicyRecord; readonly content: PolicyContent };

function checkType(parameters: Parameters): Outcome | undefined {
  const type = text(parameters, 'ResourceType');
  if (type === undefined) return missing('ResourceType');
  return type.toLowerCase() === 'securitypolicy' ? undefined : illegal('ResourceType', 'securitypolicy');
}

/** All named policies, or the refusal: a call changes every one of them or none. */
function targets({ world }: Context, parameters: Parameters): readonly Target[] | Outcome {
  const ids = list(parameters, 'ResourceId');
  if (ids.length === 0) return missing('ResourceId');
  if (ids.length > 50) return illegal('ResourceId', 'at most 50');
  const found: Target[] = [];
  for (const id of ids) {
    const target = world.find(id);
    if (target === undefined) return notFound(id);
    found.push(target);
  }
  return found;
}

function isOutcome(value: readonly Target[] | Outcome): value is Outcome {
  return 'kind' in value;
}

/** TagResources: sets the value of each key. */
export function tagResources(context: Context, parameters: Parameters): Outcome {
  const wanted = tags(parameters);
  const flaw =
    checkType(parameters) ?? (wanted.length === 0 ? missing('Tag') : undefined) ?? checkTags(wanted);
  if (flaw !== undefined) return flaw;
  const found = targets(context, parameters);
  if (isOutcome(found)) return found;
  const changes = found.map(({ record, content }) => {
    return { record, content: { ...content, tags: { ...content.tags, ...tagRecord(wanted) } } };
  });
  const full = changes.find(
    ({ content }) => Object.keys(content.tags).length > context.options.tagsPerPolicy,
  );
  if (full !== undefined)
    return refused(400, 'QuotaExceeded.TagsNum', `The resource ${full.record.id} has too many tags.`);
  for (const { record, content } of changes) record.revise(context.now, content);
  return { kind: 'done', body: {}, commit: { id: ids(found) } };
}

/** UnTagResources: by key (TagKey), by key and value (Tag), or all. */
export function unTagResources(context: Context, parameters: Parameters): Outcome {
  const flaw = checkType(parameters);
  if (flaw !== undefined) return flaw;
  const keys = list(parameters, 'TagKey');
  const pairs = tags(parameters);
  const all = flag(parameters, 'All');
  if (keys.length === 0 && pairs.length === 0 && !all) return missing('TagKey');
  if (keys.length > 20 || pairs.length > 20) return illegal('TagKey', 'at most 20');
  const found = targets(context, parameters);
  if (isOutcome(found)) return found;
  const goes = (key: string, value: string) =>
    (all && keys.length === 0 && pairs.length === 0) ||
    keys.includes(key) ||
    pairs.some((pair) => pair.key === key && (pair.value === undefined || pair.value === value));
  for (const { record, content } of found) {
    const left = Object.entries(content.tags).filter(([key, value]) => !goes(key, value));
    record.revise(context.now, { ...content, tags: Object.fromEntries(left) });
  }
  return { kind: 'done', body: {}, commit: { id: ids(found) } };
}

function ids(found: readonly Target[]): string {
  return found.map(({ record }) => record.id).join(',');
}

/** ListTagResources: lags like any list. */
export function listTagResources(context: Context, parameters: Parameters): Outcome {
  const flaw = checkType(parameters);
  if (flaw !== undefined) return flaw;
  const wanted = list(parameters, 'ResourceId');
  const asked = tags(parameters);
  if (wanted.length === 0 && asked.length === 0) return missing('ResourceId');
  const request = pageRequest(context, parameters);
  if ('kind' in request) return request;
  const rows: Json[] = [];
  for (const record of context.world.policies.values()) {
    if (wanted.length > 0 && !wanted.includes(record.id)) continue;
    if (record.at(context.now - context.options.listLag) === undefined) continue;
    const held = tagsSeen(context, record);
    if (!hasTags(held, asked)) continue;
    for (const [TagKey, TagValue] of Object.entries(held))
      rows.push({ ResourceId: record.id, ResourceType: 'securitypolicy', TagKey, TagValue });
  }
  const { slice, fields } = page(rows, request);
  return { kind: 'done', body: { ...fields, TagResources: slice } };
}

/** MoveResourceGroup. */
export function moveResourceGroup(context: Context, parameters: Parameters): Outcome {
  const id = text(parameters, 'ResourceId');
  const group = text(parameters, 'NewResourceGroupId');
  const flaw = checkType(parameters);
  if (flaw !== undefined) return flaw;
  if (id === undefined) return missing('ResourceId');
  if (group === undefined) return missing('NewResourceGroupId');
  const target = context.world.find(id);
  if (target === undefined) return notFound(id);
  const refusal = checkGroup(group, context.options);
  if (refusal !== undefined) return refusal;
  target.record.revise(context.now, { ...target.content, resourceGroupId: group });
  return { kind: 'done', body: {}, commit: { id } };
}
