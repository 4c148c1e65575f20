import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { WebSocket } from 'undici';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A Chromium in PATH. */
export const chromium = (process.env.PATH ?? '')
  .split(path.delimiter)
  .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
  .find((file) => existsSync(file));

type Message = {
  id?: number;
  method?: string;
  params?: object;
  result?: unknown;
  error?: { message: string };
};

/** A page in a headless Chromium, by its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
export class Page {
  /** Addresses that were asked for. */
  readonly requests: string[] = [];
  /** What the browser complained of. */
  readonly errors: string[] = [];
  private readonly waiting = new Map<number, (message: Message) => void>();
  private id = 0;

  private constructor(
    private readonly browser: ChildProcess,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener('message', ({ data }) => this.hear(JSON.parse(String(data)) as Message));
  }

  /** Starts the browser. @param profile a folder for it */
  static async start(profile: string): Promise<Page> {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--remote-debugging-port=0',
    ];
    const browser = spawn(chromium as string, [...flags, `--user-data-dir=${profile}`, 'about:blank']);
    const port = await new Promise<string>((resolve, reject) => {
      let text = '';
      browser.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const [, found] = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
      browser.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${text}`)));
    });
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl as string);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    const page = new Page(browser, socket);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await page.call(`${domain}.enable`);
    return page;
  }

  async open(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
  }

  resize(width: number): Promise<unknown> {
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    return this.call('Emulation.setDeviceMetricsOverride', size);
  }

  /** The value of an expression in the page. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  }

  /** What axe-core finds that keeps people out, on light or on dark ground: the rule and where it is broken. */
  async barriers(ground: 'light' | 'dark'): Promise<unknown[]> {
    await this.call('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: ground }],
    });
    await this.value(`${axe.source}; 0`);
    return this.value(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
    );
  }

  /** Waits until an expression is true; the test's own limit ends it. */
  async until(expression: string): Promise<void> {
    while (!(await this.value<boolean>(`Boolean(${expression})`)))
      await new Promise((resolve) => setTimeout(resolve, 100));
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.browser.once('exit', resolve));
    this.browser.kill();
    await gone;
  }

  private call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(error.message)) : resolve(result),
      );
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  private hear(message: Message): void {
    if (message.id !== undefined) {
      this.waiting.get(message.id)?.(message);
      return;
    }
    const params = message.params as {
      request?: { url: string };
      entry?: { level: string; text: string };
      exceptionDetails?: { text: string };
    };
    if (message.method === 'Network.requestWillBeSent') this.requests.push(params.request?.url as string);
    if (message.method === 'Log.entryAdded' && params.entry?.level === 'error')
      this.errors.push(params.entry.text);
    if (message.method === 'Runtime.exceptionThrown')
      this.errors.push(params.exceptionDetails?.text as string);
  }
}
