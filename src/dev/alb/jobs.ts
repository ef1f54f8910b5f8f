import type { Context } from './context.ts';
import { illegal, type Outcome } from './outcome.ts';
import { page, pageRequest } from './page.ts';
import { list, type Parameters, text } from './parameters.ts';
import type { Job } from './world.ts';

function isAsked(job: Job, parameters: Parameters): boolean {
  const jobIds = list(parameters, 'JobIds');
  const resourceIds = list(parameters, 'ResourceIds');
  const apiName = text(parameters, 'ApiName');
  const begin = Number(text(parameters, 'BeginTime') ?? '0');
  const end = Number(text(parameters, 'EndTime') ?? 'Infinity');
  return (
    (jobIds.length === 0 || jobIds.includes(job.id)) &&
    (resourceIds.length === 0 || resourceIds.includes(job.resourceId)) &&
    (apiName === undefined || apiName === job.apiName) &&
    job.createTime >= begin &&
    job.createTime <= end
  );
}

/** ListAsynJobs: the updates, which alone are documented as asynchronous. */
export function listAsynJobs(context: Context, parameters: Parameters): Outcome {
  if (list(parameters, 'JobIds').length > 10) return illegal('JobIds', 'at most 10');
  if (list(parameters, 'ResourceIds').length > 10) return illegal('ResourceIds', 'at most 10');
  const request = pageRequest(context, parameters);
  if ('kind' in request) return request;
  const type = text(parameters, 'ResourceType') ?? 'securitypolicy';
  const jobs = type === 'securitypolicy' ? context.world.jobs.filter((job) => isAsked(job, parameters)) : [];
  const { slice, fields } = page(jobs, request);
  const Jobs = slice.map((job) => ({
    Id: job.id,
    ApiName: job.apiName,
    OperateType: job.operateType,
    ResourceId: job.resourceId,
    ResourceType: 'securitypolicy',
    Status: context.now < job.doneAt ? 'Processing' : 'Succeeded',
    CreateTime: job.createTime,
    ModifyTime: job.createTime,
    ErrorCode: '',
    ErrorMessage: '',
  }));
  return { kind: 'done', body: { ...fields, Jobs } };
}
