/** The certificates of a connection, PEM. */
export interface Certificates {
  /** What the server's certificate must be signed by; the system's own when absent. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Where the API server is and who we are to it. */
export interface ClusterConfig {
  /** Scheme, host, port and perhaps a path, without a slash at the end. */
  readonly server: string;
  readonly certificates: Certificates;
  /** Name that the server's certificate must carry, when it is not the host's. */
  readonly serverName?: string;
  /** True: the server's certificate is not checked (`insecure-skip-tls-verify`). */
  readonly insecure?: boolean;
  /** URL of an HTTP proxy to reach the server by. */
  readonly proxy?: string;
  /** Headers on every request (impersonation). */
  readonly headers?: Readonly<Record<string, string>>;
  /** Namespace of the service account or of the context. */
  readonly namespace: string;
  /**
   * The bearer token, from memory while younger than 60 s; `fresh` reads it again.
   * Never rejects: the old token is kept when the source fails.
   */
  token(fresh?: boolean): Promise<string | undefined>;
  /** Reads the certificates again; absent when they cannot change. Never rejects: undefined when the source fails. */
  reread?(): Promise<Certificates | undefined>;
}
