/** The API group of all three kinds. */
export const GROUP = 'alb.alicloud.dev';
/** The only served version. */
export const VERSION = 'v1alpha1';
/** `apiVersion` of an object of this group. */
export const API_VERSION = `${GROUP}/${VERSION}`;
/** Holds a SecurityPolicy until its policy in the cloud is gone or released. */
export const FINALIZER = `${GROUP}/policy`;
/** `"true"`: no cloud write for this object. */
export const PAUSED_ANNOTATION = `${GROUP}/paused`;
/** Any token: asks for a pass now; answered in `status.lastHandledReconcileAt`. */
export const RECONCILE_ANNOTATION = `${GROUP}/reconcile-requested-at`;
/** Tags that mark a policy in the cloud as ours. */
export const OWNER_TAGS = {
  uid: `${GROUP}/uid`,
  cluster: `${GROUP}/cluster`,
  object: `${GROUP}/object`,
} as const;
