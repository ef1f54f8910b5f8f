/**
 * The answer to reading one Secret of Kubernetes; never a throw. No `message` holds a value of the Secret.
 * - `ok`: `data` as the API server has it, each value in base64.
 * - `notFound`: there is no such Secret, or no such namespace.
 * - `forbidden`: the operator may not read it.
 * - `unavailable`: no answer that can be believed.
 */
export type SecretAnswer =
  | {
      readonly kind: 'ok';
      readonly data: Readonly<Record<string, string>>;
      readonly resourceVersion: string;
    }
  | { readonly kind: 'notFound'; readonly message: string }
  | { readonly kind: 'forbidden'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string };

/** Names one Secret. */
export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}
