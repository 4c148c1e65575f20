import { main } from '../../src/cli/main.js';
import { FakeIo } from '../unit/cli/fake-io.js';
import { type Finished, type RunOptions, root } from './command.js';

/**
 * Runs `bayescnn` to its end in this process: a process of its own takes a second to load what most tests do not ask about.
 * One call at a time: working directory and cache belong to the process.
 */
export async function runHere(
  args: readonly string[],
  { cache, cwd = root }: Pick<RunOptions, 'cache' | 'cwd'>,
): Promise<Finished> {
  const before = { cwd: process.cwd(), cache: process.env.BAYESCNN_CACHE };
  const io = new FakeIo();
  try {
    process.chdir(cwd);
    process.env.BAYESCNN_CACHE = cache;
    const code = await main(['node', 'bayescnn', ...args], io);
    return { code, stdout: io.out, stderr: io.err };
  } finally {
    process.chdir(before.cwd);
    if (before.cache === undefined) delete process.env.BAYESCNN_CACHE;
    else process.env.BAYESCNN_CACHE = before.cache;
  }
}
