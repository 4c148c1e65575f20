// Adds 1 to the number in a file, again and again, under a lock; what is read is written back later, so that two at
// once would lose one. May kill itself while it holds the lock.
//   node lock-worker.mjs LOCK COUNTER TIMES DIES_AT
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../dist/lock/lock.js';

const [lock, counter, times, diesAt] = process.argv.slice(2);
for (let i = 1; i <= Number(times); i++) {
  await withLock(
    lock,
    async () => {
      const before = Number(readFileSync(counter, 'utf8'));
      await sleep((7 * i + process.pid) % 4);
      writeFileSync(counter, String(before + 1));
      if (i === Number(diesAt)) process.kill(process.pid, 'SIGKILL');
    },
    { times: { poll: 2, beat: 60_000 } },
  );
}
