/**
 * What is said of an object that is not touched although nothing failed.
 * @module
 */
import type { Reason } from '../reason.ts';
import type { Halt } from '../step.ts';
import { IDENTIFIED, notReady, type Picture, reasonOf, says } from './line.ts';

/** The conditions of a halt. */
export function haltPicture(why: Halt): Picture {
  switch (why.kind) {
    case 'credentials': {
      const reason = reasonOf(why.error);
      const message = says(why.error);
      return notReady(reason, message, {
        CredentialsReady: ['False', reason, message],
        Stalled: ['True', reason, message],
      });
    }
    case 'accountChanged': {
      const message = `The credentials are of account "${why.actual}"; this object is bound to account "${why.expected}"; nothing is done until they match`;
      return notReady('AccountChanged', message, {
        CredentialsReady: ['False', 'AccountChanged', message],
        Stalled: ['True', 'AccountChanged', message],
      });
    }
    case 'regionChanged': {
      const message = `spec.region is "${why.actual}"; this object is bound to region "${why.expected}", which cannot change`;
      return notReady('InvalidSpec', message, {
        Accepted: ['False', 'InvalidSpec', message],
        Stalled: ['True', 'InvalidSpec', message],
      });
    }
    case 'conflict': {
      const message = `More than one policy is claimed for this object: ${why.ids.join(', ')}; delete or untag all but one`;
      return notReady('Conflict', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'Conflict', message],
      });
    }
    case 'ownershipLost': {
      const message = `Policy "${why.id}" does not carry the tags of this object any more; it is not touched`;
      return notReady('OwnershipLost', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'OwnershipLost', message],
      });
    }
    case 'notListed': {
      const message = `Policy "${why.id}" exists, but ListSecurityPolicies does not show it to these credentials`;
      return notReady('NotListed', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'NotListed', message],
      });
    }
    case 'identity':
      return stalled(why.reason, why.message, { CredentialsReady: ['False', why.reason, why.message] });
    case 'otherCluster': {
      const whose = why.id === undefined ? 'The announced create' : `Policy "${why.id}"`;
      const message = `${whose} is of cluster "${why.cluster}" by its tags; start the operator with --accept-cluster-id=${why.cluster} only if that cluster is no more`;
      return stalled('OtherCluster', message, { CredentialsReady: IDENTIFIED });
    }
    case 'observedGone': {
      const message = `Policy "${why.id}" does not exist any more; Observe creates nothing: delete the object, or set managementPolicy to Managed and name another policy`;
      return stalled('ExternallyDeleted', message, { CredentialsReady: IDENTIFIED });
    }
    case 'adoptionTargetNotFound': {
      const message = `spec.adopt names "${why.wanted}", and ListSecurityPolicies shows no such policy in this region to these credentials`;
      return stalled('AdoptionTargetNotFound', message, { CredentialsReady: IDENTIFIED });
    }
    case 'adoptionAmbiguous': {
      const message = `spec.adopt.securityPolicyName "${why.name}" is the name of more than one policy: ${why.ids.join(', ')}; name one by securityPolicyId`;
      return stalled('AdoptionAmbiguous', message, { CredentialsReady: IDENTIFIED });
    }
    case 'adoptionForbidden': {
      const message =
        'spec.adopt is not allowed with these credentials: set adoption to Enabled in the ClusterProviderConfig, or start the operator with --adoption=true for objects without one';
      return stalled('AdoptionNotAllowed', message, { CredentialsReady: IDENTIFIED });
    }
    case 'serviceManaged': {
      const message = `Policy "${why.id}" is managed by another Alibaba Cloud service and cannot be adopted`;
      return stalled('AdoptionNotAllowed', message, { CredentialsReady: IDENTIFIED });
    }
    case 'ownedByAnother':
      return stalled('Conflict', ownerMessage(why), { CredentialsReady: IDENTIFIED });
  }
}

function stalled(reason: Reason, message: string, rest: Picture): Picture {
  return notReady(reason, message, { ...rest, Stalled: ['True', reason, message] });
}

function ownerMessage(why: Extract<Halt, { kind: 'ownedByAnother' }>): string {
  const owner = `object "${why.object}" (UID ${why.uid}) of cluster "${why.cluster}"`;
  const fact = `Policy "${why.id}" carries the tags of ${owner}`;
  switch (why.claim) {
    case 'none':
      return `${fact} and is not touched; if that object is gone, set spec.adopt.previousOwnerUID to its UID`;
    case 'alive':
      return `${fact}, which still exists: delete it with deletionPolicy Retain first`;
    case 'otherCluster':
      return `${fact}: previousOwnerUID holds within one cluster only; if that cluster is no more, start the operator with --accept-cluster-id=${why.cluster}`;
    case 'unknown':
      return `${fact}, and whether that object still exists could not be read; it is tried again`;
  }
}
