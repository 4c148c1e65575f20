import { afterEach, describe, expect, it } from 'vitest';
import { Peer } from '../../../src/runs/bench/peer.js';
import { fakePython } from './fake-python.js';

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** The path of a stand-in for Python; its content is valid until the test ends. */
function python(body?: string): string {
  const fake = fakePython(body);
  removals.push(fake.remove);
  return fake.python;
}

const setting = { model: 'cnn', batch: 4, threads: 2 };
const startsThen = (then: string) => `console.log('{"ready": true, "python": "3", "torch": "2"}');\n${then}`;

// Windows starts no script by its first line.
describe.skipIf(process.platform === 'win32')('the PyTorch peer', () => {
  it('says its versions and measures what it is asked for', async () => {
    const { peer, versions } = await Peer.start({ python: python() });
    expect(versions).toEqual({ python: '3.11.0', torch: '2.0.0+fake', device: 'CPU' });
    expect(await peer.measure(setting, 0.5)).toBe(2004);
    expect(await peer.measure({ ...setting, batch: 128 }, 0.5)).toBe(2128);
    peer.close();
  });

  it('is given the images to measure on', async () => {
    const script = python(`console.log(JSON.stringify({ python: '3', torch: words.join(' ') }))`);
    const { versions } = await Peer.start({ python: script, data: 'some folder' });
    expect(versions.torch).toBe('serve --data some folder');
  });

  it('computes on the GPU that is asked for, and names it', async () => {
    const { peer, versions } = await Peer.start({ python: python(), device: 'cuda' });
    expect(versions.device).toBe('Fake GPU');
    peer.close();
    const silent = python(startsThen('setInterval(() => {}, 1000);'));
    const other = await Peer.start({ python: silent });
    expect(other.versions.device).toBe('CPU');
    other.peer.close();
    await expect(Peer.start({ python: silent, device: 'cuda' })).rejects.toThrow(
      'the peer must answer, got an answer that names no device',
    );
  });

  it('without a GPU says so', async () => {
    const script = python(`console.error('No CUDA device for torch 2.0.0+cpu'); process.exit(1);`);
    await expect(Peer.start({ python: script, device: 'cuda' })).rejects.toMatchObject({
      code: 'usage',
      message: '--device: expected a CUDA device that torch can use, got torch 2.0.0+cpu without one',
      hint: expect.stringContaining('--device cpu'),
    });
  });

  it('needs a Python that is there', async () => {
    const start = Peer.start({ python: '/no/such/python' });
    await expect(start).rejects.toMatchObject({
      code: 'usage',
      message: '--vs-pytorch: expected a Python that starts, got /no/such/python (ENOENT)',
    });
  });

  it('needs torch, and says how to get it', async () => {
    const script = python(
      `console.error("Traceback ...\\nModuleNotFoundError: No module named 'torch'"); process.exit(1);`,
    );
    await expect(Peer.start({ python: script })).rejects.toMatchObject({
      code: 'usage',
      hint: `${script} -m pip install torch`,
    });
  });

  it.each([
    ['ends', `console.error('RuntimeError: out of memory');process.exit(1);`, 'out of memory'],
    ['prints something else', `console.log('hello'); setInterval(() => {}, 1000);`, 'no JSON: hello'],
    [
      'answers without a rate',
      `console.log('{}'); setInterval(() => {}, 1000);`,
      'without images_per_second',
    ],
  ])('that %s is an error, not a figure', async (_name, then, message) => {
    const { peer } = await Peer.start({ python: python(startsThen(then)) });
    await expect(peer.measure(setting, 0.5)).rejects.toThrow(message);
    peer.close();
  });

  it('ends with the command', async () => {
    const controller = new AbortController();
    const { peer } = await Peer.start({ python: python(), signal: controller.signal });
    controller.abort(new Error('stopped on request'));
    await expect(peer.measure(setting, 0.5)).rejects.toThrow('stopped on request');
  });
});
