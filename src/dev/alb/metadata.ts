/**
 * The instance metadata service of a node, version 2 (and 1 where the options allow it).
 * @module
 */
import type { Context } from './context.ts';
import { credentialsBody, mintSession } from './identity.ts';

/** A request to the metadata service. Header names are lower-case. */
export interface MetadataRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Its answer. */
export interface MetadataAnswer {
  readonly status: number;
  readonly text: string;
}

const CREDENTIALS = '/latest/meta-data/ram/security-credentials/';
const TOKEN = '/latest/api/token';

/** The name under which faults match a request. */
export function metadataAction(path: string): 'MetadataToken' | 'MetadataCredentials' {
  return path === TOKEN ? 'MetadataToken' : 'MetadataCredentials';
}

/** Serves tokens (60 s to 6 h) and the credentials of the node's role. */
export class Metadata {
  readonly #context: () => Context;
  readonly #tokens = new Map<string, number>();

  constructor(context: () => Context) {
    this.#context = context;
  }

  answer({ method, path, headers }: MetadataRequest): MetadataAnswer {
    const context = this.#context();
    if (path === TOKEN)
      return method === 'PUT' ? this.#token(context, headers) : text(405, 'Method Not Allowed');
    if (method !== 'GET' || !path.startsWith(CREDENTIALS)) return text(404, 'Not Found');
    if (!this.#mayRead(context, headers)) return text(403, 'Forbidden');
    const { nodeRole, sessionLife } = context.options;
    const role = path.slice(CREDENTIALS.length);
    if (nodeRole === '') return text(404, 'Not Found');
    if (role === '') return text(200, nodeRole);
    if (role !== nodeRole) return text(404, 'Not Found');
    const key = mintSession(context, context.world.account, role, sessionLife);
    return text(200, JSON.stringify({ ...credentialsBody(key), Code: 'Success' }));
  }

  #token(context: Context, headers: MetadataRequest['headers']): MetadataAnswer {
    const seconds = Number(headers['x-aliyun-ecs-metadata-token-ttl-seconds']);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 21_600) return text(400, 'Bad Request');
    const token = Buffer.from(String(context.random())).toString('base64url');
    this.#tokens.set(token, context.now + seconds * 1000);
    return text(200, token);
  }

  #mayRead(context: Context, headers: MetadataRequest['headers']): boolean {
    const token = headers['x-aliyun-ecs-metadata-token'];
    if (token === undefined) return context.options.metadataWithoutToken;
    return (this.#tokens.get(token) ?? 0) > context.now;
  }
}

function text(status: number, body: string): MetadataAnswer {
  return { status, text: body };
}
