import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { root, scratch } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);

const BODY = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * i + (i >> 8)) % 256));
const HALF = BODY.length / 2;
const MD5 = createHash('md5').update(BODY).digest('hex');

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A host that knows ranges; `requests` lists the first byte that each asked for. It sends half of a first request. */
async function host(send: (response: ServerResponse, rest: Buffer, count: number) => void) {
  const requests: number[] = [];
  server = createServer((request: IncomingMessage, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    requests.push(start);
    if (start > 0) response.setHeader('content-range', `bytes ${start}-${BODY.length - 1}/${BODY.length}`);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': BODY.length - start });
    send(response, BODY.subarray(start), requests.length);
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.tar.gz` };
}

/** Another process that fetches the file. */
function fetcher(url: string, cache: string): { child: ChildProcess; finished: Promise<string> } {
  const args = ['tests/cli/fetch-worker.mjs', url, cache, String(BODY.length), MD5];
  const child = spawn(process.execPath, args, { cwd: root });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return { child, finished: new Promise((done) => child.once('close', () => done(text))) };
}

it.each(['kept', 'spoiled'])(
  'SIGKILL in the middle: what came is continued and verified (%s)',
  async (part) => {
    const cache = path.join(directory, part);
    const { url, requests } = await host((response, rest, count) => {
      if (count === 1) response.write(rest.subarray(0, HALF));
      else response.end(rest);
    });
    const { child, finished } = fetcher(url, cache);
    const partFile = path.join(cache, 'file.tar.gz.part');
    await vi.waitFor(() => expect(readFileSync(partFile)).toHaveLength(HALF), {
      timeout: 60_000,
      interval: 20,
    });
    child.kill('SIGKILL');
    await finished;
    expect(readdirSync(cache).sort()).toEqual(['file.tar.gz.lock', 'file.tar.gz.part']);
    if (part === 'spoiled') writeFileSync(partFile, Buffer.alloc(HALF, 7));

    const file = await fetcher(url, cache).finished;
    expect(file).toContain(path.join(cache, 'file.tar.gz'));
    expect(readFileSync(path.join(cache, 'file.tar.gz')).equals(BODY)).toBe(true);
    expect(requests).toEqual(part === 'kept' ? [0, HALF] : [0, HALF, 0]);
    expect(readdirSync(cache).sort()).toEqual(['archives', 'file.tar.gz']);
  },
);

it('processes side by side download once; one that waits says for whom', async () => {
  const cache = path.join(directory, 'shared');
  let rest: (() => void) | undefined;
  const { url, requests } = await host((response, body) => {
    response.write(body.subarray(0, HALF));
    rest = () => response.end(body.subarray(HALF));
  });
  const both = [fetcher(url, cache), fetcher(url, cache)];
  const waiting = new Promise<void>((told) => {
    for (const { child } of both)
      child.stderr?.on(
        'data',
        (chunk) => /waiting for process \d+, which fetches/.test(`${chunk}`) && told(),
      );
  });
  await waiting;
  await vi.waitFor(() => expect(rest).toBeDefined(), 60_000);
  rest?.();
  const texts = await Promise.all(both.map(({ finished }) => finished));
  const pids = both.map(({ child }) => child.pid);
  expect(
    texts.filter((text) => pids.some((pid) => text.includes(`waiting for process ${pid},`))),
  ).toHaveLength(1);
  for (const text of texts) expect(text).toContain(path.join(cache, 'file.tar.gz'));
  expect(requests).toEqual([0]);
});
