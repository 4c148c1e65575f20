import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BayescnnError } from '../../errors.js';
import { LIVE_CSS, LIVE_JS, livePage } from '../../report/index.js';
import { packageVersion } from '../../results/index.js';
import { Follower } from './content.js';
import { placeOf } from './find-runs.js';

export interface UiRequest {
  /** Run folders, and folders of them. */
  runs: readonly string[];
  /** 0: any free one. */
  port: number;
}

/** A page that is served. */
export interface UiServer {
  url: string;
  port: number;
  close(): Promise<void>;
}

/** This machine alone: no other one can reach it. */
const ADDRESS = '127.0.0.1';

/** What every answer tells the browser: take nothing from elsewhere, show it nowhere else, give it to no other page. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
} as const;

/** An answer. */
interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
  readonly etag?: string;
}

/**
 * Serves a page that follows runs, to this machine alone.
 * @throws BayescnnError 'usage' for what is no run or folder, and for a port that is taken or not allowed
 */
export async function serveUi({ runs, port }: UiRequest): Promise<UiServer> {
  const places = [];
  for (const run of runs) places.push(await placeOf(run));
  const follower = new Follower(places);
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    void answer(request, own, follower)
      .catch((error): Answer => ({ status: 500, body: String((error as Error).message) }))
      .then((given) => send(response, request, given));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portError(port, cause)));
    server.listen(port, ADDRESS, resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://${ADDRESS}:${own}/`,
    port: own,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portError(port: number, cause: NodeJS.ErrnoException): BayescnnError {
  const got = cause.code === 'EADDRINUSE' ? 'one that is taken' : String(cause.code);
  return new BayescnnError('usage', `--port ${port}: expected a free port of this machine, got ${got}`, {
    hint: 'name another, or none for any free one',
    cause,
  });
}

/** Paths are compared with these four and never looked up in a folder. */
async function answer(request: IncomingMessage, port: number, follower: Follower): Promise<Answer> {
  // A page from elsewhere whose name was made to mean this machine (DNS rebinding) still sends that name.
  if (![`${ADDRESS}:${port}`, `localhost:${port}`].includes(request.headers.host ?? ''))
    return { status: 403, body: `This page is at http://${ADDRESS}:${port}/ alone.` };
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'GET alone.' };
  const [path, query] = (request.url ?? '').split('?', 2);
  const asked = new URLSearchParams(query).getAll('run');
  const content = () => follower.content(asked.length === 0 ? null : asked);
  if (path === '/ui.css') return { status: 200, type: 'text/css', body: LIVE_CSS };
  if (path === '/ui.js') return { status: 200, type: 'text/javascript', body: LIVE_JS };
  if (path === '/')
    return { status: 200, type: 'text/html', body: livePage((await content()).html, packageVersion()) };
  if (path !== '/content') return { status: 404, body: 'Nothing is here.' };
  const { html, etag } = await content();
  if (request.headers['if-none-match'] === etag) return { status: 304, etag };
  return { status: 200, type: 'text/html', body: html, etag };
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  { status, type, body, etag }: Answer,
): void {
  response.writeHead(status, {
    ...HEADERS,
    ...(body !== undefined && { 'Content-Type': `${type ?? 'text/plain'}; charset=utf-8` }),
    ...(etag !== undefined && { ETag: etag }),
    ...(status === 405 && { Allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
