import { workerData } from 'node:worker_threads';
import { Gpu } from './gpu.js';
import type { Answer, Batch, Opening, WorkerTask } from './protocol.js';

/** The thread of the GPU: runs what the main thread sends, and wakes it when a read is answered. */
const { port, signal } = workerData as WorkerTask;

const messageOf = (error: unknown) => (error as Error)?.message ?? String(error);

function answer(value: Answer): void {
  port.postMessage(value, 'bytes' in value ? [value.bytes] : []);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
}

function open(value: Opening): void {
  port.postMessage(value);
}

async function take(gpu: Gpu, { commands, params, read, end }: Batch): Promise<void> {
  gpu.execute(commands, params);
  if (read) answer(await gpu.read(read).catch((error: unknown) => ({ error: messageOf(error) })));
  if (!end) return;
  // Without this the process would not end.
  gpu.close();
  port.close();
}

try {
  const gpu = await Gpu.open();
  port.on('message', (batch: Batch) => void take(gpu, batch));
  open({ adapter: gpu.adapter });
} catch (error) {
  open({ error: messageOf(error) });
  port.close();
}
