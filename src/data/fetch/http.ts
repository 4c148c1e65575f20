import type { Dispatcher } from 'undici';
import { TransferFailure } from './transfer-failure.js';
import { checkProxies, isLoopback, mayRedirect, redact } from './urls.js';

const MAX_REDIRECTS = 5;

/** Milliseconds until a silent host is given up. */
export interface Timeouts {
  readonly connect: number;
  /** From the request to the answer's headers. */
  readonly headers: number;
  /** Between two pieces of the body. */
  readonly body: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 15_000, headers: 30_000, body: 60_000 };

/** Asks hosts for files: HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured. */
export class HttpClient {
  private opened: Promise<Connections> | undefined;

  /** @throws usage error for a proxy in the environment that is no URL */
  constructor(private readonly timeouts: Timeouts) {
    checkProxies();
  }

  /**
   * Starts a GET and follows redirects, never to a place without TLS (but from this machine to itself).
   * @throws TransferFailure when no answer comes
   */
  async get(
    url: URL,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    let target = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const response = await this.ask(target, { ...headers, ...credentials(url, target) }, signal);
      const location = response.headers.location;
      if (response.statusCode < 300 || response.statusCode >= 400 || typeof location !== 'string')
        return response;
      await response.body.dump();
      const next = URL.canParse(location, target) ? new URL(location, target) : undefined;
      if (next === undefined || !mayRedirect(target, next)) {
        throw new TransferFailure(`a redirect to ${redact(location)}, which is no https URL`, 'final');
      }
      target = next;
    }
    throw new TransferFailure(`more than ${MAX_REDIRECTS} redirects`, 'final');
  }

  /** Drops all connections. */
  async close(): Promise<void> {
    if (this.opened === undefined) return;
    const { direct, proxied } = await this.opened;
    await Promise.all([direct.destroy(), proxied.destroy()]);
  }

  private async ask(
    url: URL,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const bare = new URL(url);
    bare.username = '';
    bare.password = '';
    this.opened ??= open(this.timeouts);
    const { request, direct, proxied } = await this.opened;
    try {
      return await request(bare, {
        dispatcher: isLoopback(url) ? direct : proxied,
        headers,
        signal,
        headersTimeout: this.timeouts.headers,
        bodyTimeout: this.timeouts.body,
      });
    } catch (error) {
      throw TransferFailure.from(error);
    }
  }
}

interface Connections {
  readonly request: typeof import('undici').request;
  readonly direct: Dispatcher;
  readonly proxied: Dispatcher;
}

/** The library is loaded here: most runs download nothing, and it costs a tenth of a second. */
async function open({ connect: timeout }: Timeouts): Promise<Connections> {
  const { Agent, EnvHttpProxyAgent, request } = await import('undici');
  const connect = { timeout };
  return { request, direct: new Agent({ connect }), proxied: new EnvHttpProxyAgent({ connect }) };
}

/** A URL's own user name and password, for its own host only. */
function credentials(from: URL, to: URL): Record<string, string> {
  if (from.origin !== to.origin || from.username === '') return {};
  const pair = `${decodeURIComponent(from.username)}:${decodeURIComponent(from.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
