import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Follower } from '../../../src/runs/ui/content.js';
import { placeOf } from '../../../src/runs/ui/find-runs.js';
import { serveUi, type UiServer } from '../../../src/runs/ui/server.js';
import { addEpoch, madeUpFolder } from './tracked.js';

const directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-ui-'));
const results = path.join(directory, 'results');

let server: UiServer;
beforeAll(async () => {
  mkdirSync(results);
  server = await serveUi({ runs: [results], port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Asks with the path as it stands, which `fetch` would tidy up. */
function ask(target: string, { method = 'GET', headers = {} as Record<string, string> } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path: target, method, headers };
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode as number, headers: response.headers, body }),
      );
    });
    sent.once('error', reject).end();
  });
}

describe('the server of the live page', () => {
  it('answers to the names of this machine alone', async () => {
    const names = [`127.0.0.1:${server.port}`, `localhost:${server.port}`];
    for (const host of names) expect((await ask('/', { headers: { host } })).status, host).toBe(200);
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', `127.0.0.1:1`]) {
      const { status, body } = await ask('/content', { headers: { host } });
      expect([status, body.includes('<')], host).toEqual([403, false]);
    }
  });

  it.runIf(process.platform === 'linux')('listens on 127.0.0.1 and on no other address', async () => {
    // Also this machine's, and refused there.
    const refused = new Promise<string | undefined>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: server.port }, () => resolve('connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(await refused).toBe('ECONNREFUSED');
  });

  it('gives four addresses, none of them a file', async () => {
    writeFileSync(path.join(directory, 'secret.txt'), 'secret');
    writeFileSync(path.join(results, 'secret.txt'), 'secret');
    for (const target of [
      ...[
        '/secret.txt',
        '/../secret.txt',
        '/..%2fsecret.txt',
        '/%2e%2e/secret.txt',
        '//etc/passwd',
        '/ui.js/',
      ],
      ...[`/${path.join(results, 'secret.txt')}`, '/content/../secret.txt', '/\\..\\secret.txt', '/%00', '*'],
    ]) {
      const { status, body } = await ask(target);
      expect([status, body], target).toEqual([404, 'Nothing is here.']);
    }
    const other = await ask('/content?run=../../secret.txt&run=%00');
    expect([other.status, other.body.includes('secret')]).toEqual([200, false]);
  });

  it('takes GET and HEAD alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask('/content', { method });
      expect([status, headers.allow], method).toEqual([405, 'GET, HEAD']);
    }
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('tells the browser to take nothing from elsewhere and to give nothing to other pages', async () => {
    for (const target of ['/', '/content', '/ui.js', '/ui.css', '/none']) {
      const { headers } = await ask(target);
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'"]),
      );
      expect(policy).toEqual(expect.arrayContaining(["frame-ancestors 'none'", "base-uri 'none'"]));
      expect(policy.join()).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
    const { body } = await ask('/');
    expect(body).not.toMatch(/(?:src|href)="(?!ui\.js"|ui\.css"|data:,"|#)/);
  });

  it('shows runs that appear later, and says when nothing has changed', async () => {
    const before = await ask('/content');
    expect(before.body).toContain('There are no runs here yet');
    const folder = await madeUpFolder(results, 'run');
    const none = await ask('/content', { headers: { 'if-none-match': String(before.headers.etag) } });
    expect(none.status).toBe(200);
    expect(none.body).toContain('stopped, epoch 0 of 3');
    await addEpoch(folder, 1);
    const one = await ask('/content');
    expect(one.body).toContain('<figure id="training-test-accuracy">');
    const again = await ask('/content', { headers: { 'if-none-match': String(one.headers.etag) } });
    expect([again.status, again.body]).toEqual([304, '']);
    const other = await ask('/content?run=');
    expect(other.body).not.toContain('<figure');
  });

  it('shows names as text, and damage in its place', async () => {
    await madeUpFolder(results, 'bad');
    const name = '<img src=x onerror=alert(1)>';
    renameSync(path.join(results, 'bad'), path.join(results, name));
    const folder = await madeUpFolder(results, 'broken');
    writeFileSync(folder.file('metrics.jsonl'), '{"epoch": 1}\n');
    const { status, body } = await ask('/');
    expect(status).toBe(200);
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(body).not.toContain('<img');
    expect(body).toMatch(/metrics\.jsonl:1: &quot;step&quot; must be a finite number/);
    expect(body).toContain('<figure id="training-test-accuracy">');
  });

  it('draws nothing again for pages that show different runs in turns', async () => {
    const follower = new Follower([await placeOf(results)]);
    const one = await follower.content(['run']);
    expect((await follower.content([])).html).not.toBe(one.html);
    expect(await follower.content(['run'])).toBe(one);
  });

  it('refuses a port that is taken', async () => {
    await expect(serveUi({ runs: [results], port: server.port })).rejects.toMatchObject({
      code: 'usage',
      message: `--port ${server.port}: expected a free port of this machine, got one that is taken`,
    });
  });
});
