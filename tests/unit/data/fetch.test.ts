import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FetchOptions, fetchSource } from '../../../src/data/fetch/official.js';
import { downloadUrl, mayRedirect, mirrorsFromEnvironment, redact } from '../../../src/data/fetch/urls.js';
import { fetchOfficial, OFFICIAL_SOURCE } from '../../../src/data/index.js';
import { failureOf, filesIn, temporaryFolder } from './support.js';

const BODY = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i + (i >> 8)) % 256));
const SOURCE = {
  name: 'file.tar.gz',
  url: 'https://official.invalid/file.tar.gz',
  bytes: BODY.length,
  md5: createHash('md5').update(BODY).digest('hex'),
};
const QUICK = {
  retry: { attempts: 3, delay: 5, patience: 1000 },
  timeouts: { connect: 1000, headers: 300, body: 300 },
};

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;
const servers: Server[] = [];

/** A host on this machine; `requests` lists the Range header of each request. */
async function host(handler: Handler) {
  const requests: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers.range);
    handler(request, response, requests.length);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port, requests, server };
}

afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A well-behaved host that knows ranges. */
const serve: Handler = (request, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > 0) response.setHeader('content-range', `bytes ${start}-${BODY.length - 1}/${BODY.length}`);
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': BODY.length - start });
  response.end(BODY.subarray(start));
};

/** Sends `length` bytes of what was asked for and then breaks off. */
const breakAfter =
  (length: number): Handler =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start > 0) response.setHeader('content-range', `bytes ${start}-${BODY.length - 1}/${BODY.length}`);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': BODY.length - start });
    response.write(BODY.subarray(start, start + length), () => setTimeout(() => response.destroy(), 20));
  };

function options(
  mirrors: readonly string[],
  change: Partial<FetchOptions> = {},
): FetchOptions & { cacheDir: string } {
  return { cacheDir: temporaryFolder(), mirrors, ...QUICK, ...change };
}

/** Nothing under the final name, no lock; a part file only where `part` says so. */
function expectNothing(cacheDir: string, part = false): void {
  expect(filesIn(cacheDir)).toEqual(part ? ['file.tar.gz.part'] : []);
}

describe('fetchSource', () => {
  it('downloads, verifies, reports progress and asks no host a second time', async () => {
    const good = await host(serve);
    const seen: [number, number | null][] = [];
    const request = options([good.url], { events: { onDownload: (...at) => seen.push(at) } });
    const file = await fetchSource(SOURCE, request);
    expect(file).toBe(path.join(request.cacheDir, 'file.tar.gz'));
    expect(readFileSync(file).equals(BODY)).toBe(true);
    expect(seen.at(-1)).toEqual([BODY.length, BODY.length]);
    expect(await fetchSource(SOURCE, request)).toBe(file);
    expect(good.requests).toEqual([undefined]);
    expect(filesIn(request.cacheDir).filter((name) => !name.startsWith('archives'))).toEqual(['file.tar.gz']);
  });

  it('fetches a damaged file again', async () => {
    const good = await host(serve);
    const notes: string[] = [];
    const request = options([good.url], { events: { onNote: (note) => notes.push(note) } });
    for (const damage of [BODY.subarray(1), Buffer.alloc(BODY.length)]) {
      writeFileSync(path.join(request.cacheDir, 'file.tar.gz'), damage);
      expect(readFileSync(await fetchSource(SOURCE, request)).equals(BODY)).toBe(true);
    }
    expect(notes.filter((note) => note.includes('fetching it again'))).toHaveLength(2);
  });

  it('continues after each break instead of starting over', async () => {
    const flaky = await host((request, response, count) =>
      (count < 6 ? breakAfter(50_000) : serve)(request, response, count),
    );
    const file = await fetchSource(SOURCE, options([flaky.url]));
    expect(readFileSync(file).equals(BODY)).toBe(true);
    expect(flaky.requests).toHaveLength(6);
    expect(flaky.requests.slice(1).every((range) => /^bytes=\d{5,}-$/.test(range ?? ''))).toBe(true);
  });

  it('keeps what came for the next start, and verifies the whole', async () => {
    const broken = await host((request, response, count) => {
      if (count === 1) breakAfter(100_000)(request, response, count);
      else response.writeHead(404).end();
    });
    const request = options([broken.url]);
    expect((await failureOf(() => fetchSource(SOURCE, request))).exitCode).toBe(3);
    expectNothing(request.cacheDir, true);
    const good = await host(serve);
    const file = await fetchSource(SOURCE, { ...request, mirrors: [good.url] });
    expect(readFileSync(file).equals(BODY)).toBe(true);
    expect(good.requests).toEqual(['bytes=100000-']);
  });

  it('starts over when the part was wrong, too long, or another file', async () => {
    for (const part of [
      Buffer.alloc(1000, 7),
      Buffer.alloc(BODY.length, 7),
      Buffer.alloc(BODY.length + 1, 7),
    ]) {
      const good = await host(serve);
      const request = options([good.url]);
      writeFileSync(path.join(request.cacheDir, 'file.tar.gz.part'), part);
      expect(readFileSync(await fetchSource(SOURCE, request)).equals(BODY)).toBe(true);
      expect(good.requests.at(-1)).toBeUndefined();
    }
  });

  it.each<[string, Handler]>([
    ['ignores the range', (_request, response) => response.writeHead(200).end(BODY)],
    [
      'sends another range',
      (request, response, count) => {
        if (count > 1) return serve(request, response, count);
        response
          .writeHead(206, { 'content-range': `bytes 5-${BODY.length - 1}/${BODY.length}` })
          .end(BODY.subarray(5));
      },
    ],
    [
      'sends no Content-Range',
      (request, response, count) => {
        if (count > 1) return serve(request, response, count);
        response.writeHead(206).end(BODY.subarray(1000));
      },
    ],
    [
      'answers 416',
      (request, response, count) => {
        if (count > 1) return serve(request, response, count);
        response.writeHead(416).end();
      },
    ],
  ])('is right with a host that %s', async (_name, handler) => {
    const odd = await host(handler);
    const request = options([odd.url]);
    writeFileSync(path.join(request.cacheDir, 'file.tar.gz.part'), BODY.subarray(0, 1000));
    expect(readFileSync(await fetchSource(SOURCE, request)).equals(BODY)).toBe(true);
  });

  it('goes on after 503 and 429', async () => {
    const busy = await host((request, response, count) => {
      if (count < 3) response.writeHead([503, 429][count - 1]).end();
      else serve(request, response, count);
    });
    expect(readFileSync(await fetchSource(SOURCE, options([busy.url]))).equals(BODY)).toBe(true);
  });

  it('downloads once for two callers side by side', async () => {
    const good = await host((request, response, count) =>
      setTimeout(() => serve(request, response, count), 50),
    );
    const notes: string[] = [];
    const request = options([good.url], { events: { onNote: (note) => notes.push(note) } });
    await Promise.all([fetchSource(SOURCE, request), fetchSource(SOURCE, request)]);
    expect(good.requests).toHaveLength(1);
    expect(notes).toEqual([`download: waiting for process ${process.pid}, which fetches file.tar.gz`]);
  });
});

describe('a host that fails', () => {
  it.each<[string, Handler, RegExp, number, boolean]>([
    ['stalls before the headers', () => {}, /[Hh]eaders [Tt]imeout/, 2, true],
    [
      'stalls in the body',
      (_request, response) => {
        response.writeHead(200, { 'content-length': BODY.length });
        response.write(BODY.subarray(0, 1000));
      },
      /[Bb]ody [Tt]imeout/,
      2,
      true,
    ],
    [
      'resets the connection',
      (request) => void request.socket.resetAndDestroy(),
      /ECONNRESET|other side closed|UND_ERR_SOCKET/,
      2,
      true,
    ],
    ['answers 500', (_request, response) => void response.writeHead(500).end(), /HTTP 500/, 2, true],
    ['answers 404', (_request, response) => void response.writeHead(404).end(), /HTTP 404/, 1, true],
    [
      'sends a web page',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html', 'content-length': 9 })
          .end('<html>hi!'.slice(0, 9)),
      /9 bytes of text\/html instead of 300000/,
      1,
      true,
    ],
    [
      'sends other bytes of that length',
      (_request, response) => void response.writeHead(200).end(Buffer.alloc(BODY.length)),
      /a file with md5 [0-9a-f]{32} instead of/,
      1,
      false,
    ],
    [
      'sends too much',
      (_request, response) => void response.writeHead(200).end(Buffer.concat([BODY, BODY])),
      /more than 300000 bytes/,
      1,
      true,
    ],
    [
      'ends too early',
      (_request, response) => void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
      /an end after 0 of 300000 bytes/,
      2,
      true,
    ],
    [
      'sends a web page in pieces',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end('<html>Please log in</html>');
      },
      /a web page \(text\/html\) instead of the file/,
      1,
      true,
    ],
    [
      'promises more than it sends',
      (request) => {
        request.socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n`);
        request.socket.end(BODY.subarray(0, 1000));
      },
      /other side closed|UND_ERR_SOCKET/,
      2,
      true,
    ],
    [
      'sends more than it promises, and other bytes',
      (request) => {
        request.socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n`);
        request.socket.end(Buffer.alloc(BODY.length + 1000));
      },
      /md5/,
      1,
      false,
    ],
    [
      'promises another length',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 2 ** 40 });
        response.write(BODY.subarray(0, 1000));
      },
      /1099511627776 bytes of unknown type instead of 300000/,
      1,
      true,
    ],
    [
      'asks to be left alone for an hour',
      (_request, response) => void response.writeHead(503, { 'retry-after': '3600' }).end(),
      /HTTP 503, to be asked again in 3600 s/,
      1,
      true,
    ],
  ])('%s: one data error, nothing half-written', async (_name, handler, got, requests, part) => {
    const bad = await host(handler);
    const request = options([bad.url], { retry: { attempts: 2, delay: 5, patience: 1000 } });
    const error = await failureOf(() => fetchSource(SOURCE, request));
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(got);
    expect(error.message).toContain(`${bad.url}file.tar.gz`);
    expect(error.hint).toMatch(/HTTPS_PROXY.*BAYESCNN_MIRROR.*--archive/);
    expect(bad.requests).toHaveLength(requests);
    expectNothing(request.cacheDir, part);
  });

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 1900).toUTCString()],
  ])('that says in %s when to come again is asked no earlier', async (_kind, after) => {
    const times: number[] = [];
    const busy = await host((request, response, count) => {
      times.push(performance.now());
      if (count > 1) serve(request, response, count);
      else response.writeHead(503, { 'retry-after': after() }).end();
    });
    const retry = { attempts: 2, delay: 5, patience: 60_000 };
    const file = await fetchSource(SOURCE, options([busy.url], { retry }));
    expect(readFileSync(file).equals(BODY)).toBe(true);
    // A date has whole seconds: up to one of the 1.9 may be lost.
    expect(times[1] - times[0]).toBeGreaterThan(800);
  });

  it('with a web page or too little leaves nothing that the next start would continue', async () => {
    for (const type of ['text/html', 'application/gzip']) {
      const portal = await host((_request, response) => {
        response.writeHead(200, { 'content-type': type }).write('<html>');
        setTimeout(() => response.end('Please log in</html>'), 20);
      });
      const request = options([portal.url]);
      await failureOf(() => fetchSource(SOURCE, request));
      expect(readFileSync(path.join(request.cacheDir, 'file.tar.gz.part'))).toHaveLength(0);
      const good = await host(serve);
      const file = await fetchSource(SOURCE, { ...request, mirrors: [good.url] });
      expect(readFileSync(file).equals(BODY)).toBe(true);
      expect(good.requests).toEqual([undefined]);
    }
  });

  it.each(['file:///etc/passwd', 'ftp://example.org/x', 'http://example.org/x', 'https://', '//u:secret@/'])(
    'may not redirect to %s',
    async (location) => {
      const sly = await host((_request, response) => void response.writeHead(302, { location }).end());
      const request = options([sly.url]);
      const error = await failureOf(() => fetchSource(SOURCE, request));
      expect(error.message).toMatch(/a redirect to .*, which is no https URL/);
      expect(error.message).not.toContain('secret');
      expectNothing(request.cacheDir, true);
    },
  );

  it('is followed by the next mirror; when all fail, each is named', async () => {
    const missing = await host((_request, response) => void response.writeHead(404).end());
    const gone = await host(serve);
    await new Promise((done) => gone.server.close(done));
    const good = await host(serve);
    expect(existsSync(await fetchSource(SOURCE, options([missing.url, gone.url, good.url])))).toBe(true);
    const error = await failureOf(() => fetchSource(SOURCE, options([missing.url, gone.url])));
    expect(error.message).toContain('HTTP 404');
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).toContain('one of 2 hosts');
  });

  it('may not redirect to plain http elsewhere, nor for ever', async () => {
    const plain = await host(
      (_request, response) =>
        void response.writeHead(302, { location: 'http://u:secret@example.org/x' }).end(),
    );
    const error = await failureOf(() => fetchSource(SOURCE, options([plain.url])));
    expect(error.message).toMatch(/a redirect to http:\/\/\*\*\*@example.org/);
    expect(error.message).not.toContain('secret');
    const loop = await host(
      (request, response) => void response.writeHead(302, { location: request.url }).end(),
    );
    expect((await failureOf(() => fetchSource(SOURCE, options([loop.url])))).message).toContain(
      'more than 5 redirects',
    );
  });

  it('may redirect to another allowed place, which gets no credentials of the first', async () => {
    const seen: (string | undefined)[] = [];
    const good = await host((request, response, count) => {
      seen.push(request.headers.authorization);
      serve(request, response, count);
    });
    const from = await host((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `${good.url}else` }).end();
    });
    await fetchSource(SOURCE, options([from.url.replace('//', '//ada:p%40ss@')]));
    expect(seen).toEqual([`Basic ${Buffer.from('ada:p@ss').toString('base64')}`, undefined]);
  });

  it('can be interrupted while it sends, while we wait and while another process holds the lock', async () => {
    const stalled = await host(
      (_request, response) => void response.writeHead(200).write(BODY.subarray(0, 1000)),
    );
    const busy = await host((_request, response) => void response.writeHead(503).end());
    const long = {
      retry: { attempts: 3, delay: 60_000, patience: 60_000 },
      timeouts: { connect: 1000, headers: 60_000, body: 60_000 },
    };
    for (const url of [stalled.url, busy.url]) {
      const request = options([url], { ...long, signal: AbortSignal.timeout(100) });
      expect((await failureOf(() => fetchSource(SOURCE, request))).exitCode).toBe(130);
      expect(filesIn(request.cacheDir)).toEqual(['file.tar.gz.part']);
    }
    const request = options([busy.url], { signal: AbortSignal.timeout(100) });
    writeFileSync(path.join(request.cacheDir, 'file.tar.gz.lock'), '1\n');
    expect((await failureOf(() => fetchSource(SOURCE, request))).exitCode).toBe(130);
    expect(existsSync(path.join(request.cacheDir, 'file.tar.gz.lock'))).toBe(true);
  });
});

describe('a proxy', () => {
  it('is asked for https hosts, with its credentials, which no message shows', async () => {
    const asked: [string | undefined, string | undefined][] = [];
    const proxy = await host(() => {});
    proxy.server.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push([request.url, request.headers['proxy-authorization']]);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    vi.stubEnv('https_proxy', `http://ada:s3cret@127.0.0.1:${proxy.port}`);
    vi.stubEnv('HTTPS_PROXY', `http://ada:s3cret@127.0.0.1:${proxy.port}`);
    vi.stubEnv('no_proxy', '');
    vi.stubEnv('NO_PROXY', '');
    const error = await failureOf(() =>
      fetchSource(SOURCE, options(['https://archive.invalid/file.tar.gz'])),
    );
    expect(asked[0]).toEqual([
      'archive.invalid:443',
      `Basic ${Buffer.from('ada:s3cret').toString('base64')}`,
    ]);
    expect(error.message).toContain('403');
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('s3cret');
  });

  it('that is not there gives a data error without its credentials', async () => {
    const gone = await host(() => {});
    await new Promise((done) => gone.server.close(done));
    expect(
      await new Promise((done) => connect(gone.port, '127.0.0.1').on('error', () => done('closed'))),
    ).toBe('closed');
    vi.stubEnv('https_proxy', `http://ada:s3cret@127.0.0.1:${gone.port}`);
    vi.stubEnv('HTTPS_PROXY', `http://ada:s3cret@127.0.0.1:${gone.port}`);
    vi.stubEnv('no_proxy', '');
    vi.stubEnv('NO_PROXY', '');
    const error = await failureOf(() =>
      fetchSource(SOURCE, options(['https://archive.invalid/file.tar.gz'])),
    );
    expect([error.exitCode, error.message]).toEqual([3, expect.stringContaining('ECONNREFUSED')]);
    expect(error.message).not.toContain('s3cret');
  });

  it.each([
    'proxy.example:3128',
    'ada:s3cret@proxy.example:3128',
    'http://ada:s3/cret@proxy.example:3128',
    'http://ada:s3cret%@proxy.example:3128',
    'socks5://ada:s3cret@proxy.example:1080',
    'http://',
  ])('that is no URL is a usage error that does not show it: %s', async (proxy) => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy']) vi.stubEnv(name, '');
    vi.stubEnv('HTTPS_PROXY', proxy);
    const request = options(['https://archive.invalid/file.tar.gz']);
    const error = await failureOf(() => fetchSource(SOURCE, request));
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/^download: HTTPS_PROXY must be a URL such as http:/);
    expect(`${error.message} ${error.hint}`).not.toMatch(/ada|s3|cret/);
    expectNothing(request.cacheDir);
  });

  it('is never asked for hosts on this machine', async () => {
    const good = await host(serve);
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'])
      vi.stubEnv(name, 'http://127.0.0.1:9');
    expect(existsSync(await fetchSource(SOURCE, options([good.url])))).toBe(true);
  });
});

describe('fetchOfficial', () => {
  it('asks for the official file name and refuses a file of another length', async () => {
    const paths: (string | undefined)[] = [];
    const wrong = await host((request, response, count) => {
      paths.push(request.url);
      serve(request, response, count);
    });
    const error = await failureOf(() => fetchOfficial(options([`${wrong.url}pub/`])));
    expect(paths).toEqual(['/pub/cifar-10-binary.tar.gz']);
    expect(error.message).toContain(`instead of ${OFFICIAL_SOURCE.bytes}`);
  });

  it('reads mirrors from BAYESCNN_MIRROR', () => {
    expect(mirrorsFromEnvironment({})).toEqual([]);
    expect(mirrorsFromEnvironment({ BAYESCNN_MIRROR: 'https://a/x, https://b/ ,' })).toEqual([
      'https://a/x',
      'https://b/',
    ]);
  });

  it('refuses a cache that cannot be used', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'taken'), '');
    const error = await failureOf(() =>
      fetchSource(SOURCE, options([], { cacheDir: path.join(folder, 'taken') })),
    );
    expect(error.exitCode).toBe(3);
    mkdirSync(path.join(folder, 'file.tar.gz'));
    expect((await failureOf(() => fetchSource(SOURCE, options([], { cacheDir: folder })))).exitCode).toBe(3);
  });
});

describe('downloadUrl', () => {
  it('allows https, and http on this machine only', async () => {
    for (const url of ['https://a.org/x', 'http://localhost:1/x', 'http://127.0.0.1/x', 'http://[::1]:8/x']) {
      expect(downloadUrl(url, 'f').href).toBe(new URL(url).href);
    }
    for (const url of [
      'http://a.org/x',
      'http://localhost.evil.org/',
      'ftp://a.org/',
      'file:///etc/passwd',
      'a.org',
      '',
    ]) {
      expect((await failureOf(() => downloadUrl(url, 'f'))).exitCode, url).toBe(2);
    }
    expect(downloadUrl('https://a.org/pub/', 'f').href).toBe('https://a.org/pub/f');
  });

  it('shows no password and no query', async () => {
    expect(redact('see https://u:p@a.org/x?token=1 and //q@b')).toBe(
      'see https://***@a.org/x?*** and //***@b',
    );
    expect((await failureOf(() => downloadUrl('http://u:p@a.org/x', 'f'))).message).not.toContain('u:p');
  });

  it.each([
    ['u:pw@a.org', '***@a.org'],
    ['got "u:pw@a.org:80"', 'got "***@a.org:80"'],
    ['u:p@w@a.org/x', '***@a.org/x'],
    ['http://u:p/w@a.org/x', 'http://***@a.org/x'],
    ['(https://u:p@w@a.org/x),https://q:r@b', '(https://***@a.org/x),https://***@b'],
    ['https://a.org/pkg@1/x, a@b', 'https://a.org/pkg@1/x, a@b'],
    ['http://[::1]:80/ 12:30', 'http://[::1]:80/ 12:30'],
  ])('shows no password of %s', (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it('sends on from TLS to TLS only, and to this machine from this machine only', () => {
    const may = (from: string, to: string) => mayRedirect(new URL(from), new URL(to));
    expect(may('https://a.org/', 'https://b.org/')).toBe(true);
    expect(may('http://localhost/', 'https://b.org/')).toBe(true);
    expect(may('http://localhost/', 'http://127.0.0.1:8/')).toBe(true);
    expect(may('https://a.org/', 'http://a.org/')).toBe(false);
    expect(may('https://a.org/', 'http://127.0.0.1:8/')).toBe(false);
    expect(may('http://localhost/', 'file:///x')).toBe(false);
    expect(may('http://localhost/', 'http://a.org/')).toBe(false);
  });

  it('allows http elsewhere where that is asked for, but never from TLS, and no other scheme', async () => {
    vi.stubEnv('BAYESCNN_ALLOW_HTTP', '1');
    const may = (from: string, to: string) => mayRedirect(new URL(from), new URL(to));
    expect(downloadUrl('http://a.org/x', 'f').href).toBe('http://a.org/x');
    expect(may('http://a.org/', 'http://b.org/')).toBe(true);
    expect(may('https://a.org/', 'http://b.org/')).toBe(false);
    expect(may('http://a.org/', 'http://127.0.0.1/')).toBe(false);
    for (const url of ['ftp://a.org/x', 'file:///etc/passwd'])
      expect((await failureOf(() => downloadUrl(url, 'f'))).exitCode, url).toBe(2);
  });
});
