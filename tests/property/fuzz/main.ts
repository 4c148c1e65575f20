import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { campaign, type Report } from './campaign.js';
import { TARGETS } from './targets.js';

/** Seconds after which a case counts as hung, and the most memory that a target may take. */
const HANG_SECONDS = 60;
const MAX_RSS = 1.5 * 2 ** 30;

interface Order {
  target: string;
  seed: number;
  first: number;
  cases: number;
  /** [1] the case that runs, so that a hung one can be named from outside. */
  current: SharedArrayBuffer;
}

/** Runs one target in a thread of its own: a case that never returns, or takes all memory, ends nothing but it. */
function inThread(order: Omit<Order, 'current'>): Promise<Report> {
  const current = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { ...order, current: current.buffer },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  return new Promise((resolve, reject) => {
    let [last, since] = [-1, Date.now()];
    const stop = (what: string) => {
      void worker.terminate();
      reject(new Error(`${order.target}: ${what} in case ${Atomics.load(current, 0)} of seed ${order.seed}`));
    };
    const watch = setInterval(() => {
      const index = Atomics.load(current, 0);
      if (index !== last) [last, since] = [index, Date.now()];
      else if (Date.now() - since > HANG_SECONDS * 1000) stop(`no end after ${HANG_SECONDS} s`);
      const rss = process.memoryUsage.rss();
      if (rss > MAX_RSS) stop(`${Math.round(rss / 2 ** 20)} MiB of memory`);
    }, 50);
    worker.once('message', resolve);
    worker.once('error', (error) => stop(`the thread ended by ${error}`));
    worker.once('exit', () => clearInterval(watch));
  });
}

function print({ target, seed, cases, accepted, failures, seconds, slowest }: Report): void {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${target.padEnd(14)} ${cases} cases, ${accepted} accepted, ${failures.length} failures, ` +
      `${seconds.toFixed(0)} s, slowest ${(slowest * 1000).toFixed(0)} ms, peak of the process ${peak} MiB`,
  );
  for (const { index, message } of failures) {
    console.log(`  case ${index}: ${message.replaceAll('\n', '\n    ')}`);
    console.log(
      `  again: node scripts/fuzz.mjs --target ${target} --seed ${seed} --first ${index} --cases 1`,
    );
  }
}

const USAGE = `usage: node scripts/fuzz.mjs [--target NAME]... [--cases N=2000] [--seed N=1] [--first N=0]
targets: ${TARGETS.map(({ name }) => name).join(', ')}`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      cases: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      first: { type: 'string', default: '0' },
    },
  });
  const names = values.target ?? TARGETS.map(({ name }) => name);
  const [cases, seed, first] = [values.cases, values.seed, values.first].map(Number);
  const known = names.every((name) => TARGETS.some((target) => target.name === name));
  if (!known || ![cases, seed, first].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  for (const target of names) {
    const report = await inThread({ target, seed, first, cases }).catch((error: Error) => error);
    if (report instanceof Error) console.log(report.message);
    else print(report);
    if (report instanceof Error || report.failures.length > 0) process.exitCode = 1;
  }
}

async function work({ target, seed, first, cases, current }: Order): Promise<void> {
  const progress = new Int32Array(current);
  const plan = { target: TARGETS.find(({ name }) => name === target)!, seed, first, cases };
  parentPort?.postMessage(
    await campaign({ ...plan, onCase: (index) => void Atomics.store(progress, 0, index) }),
  );
}

await (isMainThread ? main() : work(workerData as Order));
