import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';
import { parseAllDocuments } from 'yaml';
import type { Access } from '../../src/dev/realkube/kubeconfig.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** Any object of the API, as much of it as tests look at. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of many kinds, and a wrong path fails the assertion.
export type Manifest = Record<string, any> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
};

/** Tells the requests of the tests from those of the operator. */
export const USER_AGENT = 'albsp-tests';

/** Path of a kind's collection below the API root: group and version, plural. */
const PATHS: Readonly<Record<string, string>> = {
  SecurityPolicy: 'apis/alb.alicloud.dev/v1alpha1 securitypolicies',
  ProviderConfig: 'apis/alb.alicloud.dev/v1alpha1 providerconfigs',
  ClusterProviderConfig: 'apis/alb.alicloud.dev/v1alpha1 clusterproviderconfigs',
  Namespace: 'api/v1 namespaces',
  Secret: 'api/v1 secrets',
  Event: 'api/v1 events',
  ServiceAccount: 'api/v1 serviceaccounts',
  ConfigMap: 'api/v1 configmaps',
  Pod: 'api/v1 pods',
  Service: 'api/v1 services',
  Deployment: 'apis/apps/v1 deployments',
  Lease: 'apis/coordination.k8s.io/v1 leases',
  CustomResourceDefinition: 'apis/apiextensions.k8s.io/v1 customresourcedefinitions',
  ClusterRole: 'apis/rbac.authorization.k8s.io/v1 clusterroles',
  ClusterRoleBinding: 'apis/rbac.authorization.k8s.io/v1 clusterrolebindings',
  Role: 'apis/rbac.authorization.k8s.io/v1 roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1 rolebindings',
  TokenRequest: 'apis/authentication.k8s.io/v1 tokenrequests',
  SelfSubjectAccessReview: 'apis/authorization.k8s.io/v1 selfsubjectaccessreviews',
};

/** Which object of a kind; without a namespace one of the whole cluster. */
export interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** An answer that is not 2xx, with what the server said. */
export class ApiRefusal extends Error {
  readonly code: number;
  readonly reason: string;
  /** The causes of a 422: `field` and `message`. */
  readonly causes: readonly {
    readonly field?: string;
    readonly message?: string;
    readonly reason?: string;
  }[];

  constructor(code: number, status: Manifest | undefined, what: string) {
    super(`${what} was answered ${code}: ${status?.message ?? 'no Status'}`);
    this.name = 'ApiRefusal';
    this.code = code;
    this.reason = status?.reason ?? '';
    this.causes = status?.details?.causes ?? [];
  }
}

/** A plain client for tests: JSON over HTTP, as the user of a kubeconfig. Every method throws `ApiRefusal`. */
export class Admin {
  readonly #access: Access;
  readonly #agent: Agent;

  private constructor(access: Access) {
    this.#access = access;
    this.#agent = new Agent({
      allowH2: false,
      connect: access.authority === undefined ? {} : { ca: access.authority },
    });
  }

  /** @throws when the kubeconfig is not one of the tests' own. */
  static async of(kubeconfig: string): Promise<Admin> {
    return new Admin(await readKubeconfig(kubeconfig));
  }

  static with(access: Access): Admin {
    return new Admin(access);
  }

  /** Creates the object; `query` for `?dryRun=All` and the like. */
  create(object: Manifest, query = ''): Promise<Manifest> {
    return this.send('POST', collectionOf(object.kind, object.metadata.namespace) + query, object);
  }

  get(reference: Reference): Promise<Manifest> {
    return this.send('GET', pathOf(reference));
  }

  /** The object, or undefined when there is none. */
  async find(reference: Reference): Promise<Manifest | undefined> {
    try {
      return await this.get(reference);
    } catch (failure) {
      if (failure instanceof ApiRefusal && failure.code === 404) return undefined;
      throw failure;
    }
  }

  /** Replaces the object, or a subresource of it, such as `status`. */
  replace(object: Manifest, subresource = ''): Promise<Manifest> {
    return this.send('PUT', pathOf(referenceOf(object)) + suffix(subresource), object);
  }

  /** A merge patch: null removes. */
  patch(reference: Reference, patch: object, subresource = ''): Promise<Manifest> {
    return this.send('PATCH', pathOf(reference) + suffix(subresource), patch, 'application/merge-patch+json');
  }

  /** Server-side apply, with force. The stand-in does not know it. */
  apply(object: Manifest): Promise<Manifest> {
    const path = `${pathOf(referenceOf(object))}?fieldManager=tests&force=true`;
    return this.send('PATCH', path, object, 'application/apply-patch+yaml');
  }

  delete(reference: Reference): Promise<Manifest> {
    return this.send('DELETE', pathOf(reference));
  }

  /** The items of one namespace, or of all. `query` starts with `?`. */
  async list(kind: string, namespace?: string, query = ''): Promise<readonly Manifest[]> {
    const answer = await this.send('GET', collectionOf(kind, namespace) + query);
    return answer.items;
  }

  /** Any request below the root; `path` starts with `/`. */
  async send(method: string, path: string, body?: object, type = 'application/json'): Promise<Manifest> {
    const { token } = this.#access;
    const answer = await this.#agent.request({
      origin: this.#access.server,
      path,
      method:
        method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE' ? method : 'PATCH',
      headers: {
        accept: 'application/json',
        'user-agent': USER_AGENT,
        ...(body && { 'content-type': type }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.body.text();
    const json = text.startsWith('{') ? JSON.parse(text) : undefined;
    if (answer.statusCode >= 300) throw new ApiRefusal(answer.statusCode, json, `${method} ${path}`);
    return json ?? { apiVersion: 'v1', kind: 'Text', metadata: { name: '' }, text };
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** All documents of a YAML file. */
export async function readManifests(path: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await readFile(path, 'utf8'));
  return documents
    .filter((document) => document.contents !== null)
    .map((document): Manifest => document.toJS());
}

/** Names an object. */
export function referenceOf(object: Manifest): Reference {
  return { kind: object.kind, name: object.metadata.name, namespace: object.metadata.namespace };
}

function pathOf({ kind, name, namespace }: Reference): string {
  return `${collectionOf(kind, namespace)}/${name}`;
}

function collectionOf(kind: string, namespace: string | undefined): string {
  const [prefix, plural] = PATHS[kind]?.split(' ') ?? [];
  if (prefix === undefined)
    throw new Error(`Kind '${kind}' is not in the table of test/environment/admin.ts`);
  return namespace === undefined ? `/${prefix}/${plural}` : `/${prefix}/namespaces/${namespace}/${plural}`;
}

function suffix(subresource: string): string {
  return subresource === '' ? '' : `/${subresource}`;
}
