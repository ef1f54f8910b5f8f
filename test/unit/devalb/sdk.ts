import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** Alibaba Cloud's own client; it is CommonJS. */
export const Alb = load('@alicloud/alb20200616') as typeof import('@alicloud/alb20200616');

interface Core {
  readonly $OpenApiUtil: {
    readonly Config: new (
      settings: Readonly<Record<string, unknown>>,
    ) => ConstructorParameters<typeof Alb.default>[0];
  };
}
const { $OpenApiUtil } = load('@alicloud/openapi-core') as Core;

/** The SDK's client for a stand-in at `url`. */
export function sdkClient(
  url: string,
  key: { readonly id: string; readonly secret: string; readonly securityToken?: string },
): InstanceType<typeof Alb.default> {
  return new Alb.default(
    new $OpenApiUtil.Config({
      accessKeyId: key.id,
      accessKeySecret: key.secret,
      ...(key.securityToken === undefined ? {} : { securityToken: key.securityToken }),
      endpoint: new URL(url).host,
      protocol: 'http',
      regionId: 'cn-hangzhou',
    }),
  );
}

/** The `code` of a call that must fail. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
  throw new Error('The call succeeded');
}
