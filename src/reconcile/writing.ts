import type { Step } from '../domain/step.ts';

/** Whether performing the step sends a write to the cloud, or asks it to judge one: what `--read-only` withholds. */
export function writesToCloud(step: Step): boolean {
  switch (step.kind) {
    case 'announce':
    case 'create':
    case 'update':
    case 'destroy':
    case 'adopt':
    case 'precheck':
      return true;
    case 'release':
      return step.untag !== undefined;
    case 'ignore':
    case 'observe':
    case 'pause':
    case 'claim':
    case 'reject':
    case 'halt':
    case 'unread':
    case 'watch':
    case 'prechecked':
    case 'awaitQuota':
    case 'await':
    case 'bind':
    case 'recordId':
    case 'abandon':
    case 'recordLoss':
    case 'settle':
    case 'inSync':
    case 'report':
      return false;
  }
}
