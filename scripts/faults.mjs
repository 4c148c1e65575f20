// Makes one call on a file fail, or kills the process in the middle of it. Loaded before the program:
//   FAULT='{"call":"write","file":"last[.]safetensors","nth":2,"do":"EIO"}' node --import ./scripts/faults.mjs bin/bayescnn.js ...
// call: write (of a whole file), sync, rename, append, mkdir, or writeSync (the decoded images)
// file: a regular expression on the path (of rename: the new one); nth: which such call, from 1
// do: kill, hang, pause (of a write, 5 seconds), or a system's error code; half of what was to be written is written first
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

const fault = process.env.FAULT === undefined ? undefined : JSON.parse(process.env.FAULT);
if (fault !== undefined && isMainThread) install();

function install() {
  const pattern = new RegExp(fault.file);
  let seen = 0;
  const due = (call, file) => fault.call === call && pattern.test(String(file)) && ++seen === fault.nth;

  /** Never returns. */
  async function strikeLater(call, file) {
    if (fault.do === 'hang') await new Promise(() => setInterval(() => {}, 1000));
    strike(call, file);
  }

  /** The same where nothing can be awaited. */
  function strike(call, file) {
    if (fault.do === 'kill') process.kill(process.pid, 'SIGKILL');
    // SIGKILL may take a moment to arrive.
    while (fault.do === 'kill') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    const error = new Error(`${fault.do}: injected into ${call} of '${file}'`);
    throw Object.assign(error, { code: fault.do, syscall: call, path: String(file) });
  }

  const half = (data) =>
    typeof data === 'string' ? data.slice(0, data.length / 2) : data.subarray(0, data.length / 2);

  const { open, rename, appendFile, mkdir } = fsp;
  fsp.open = async (file, ...rest) => {
    const handle = await open(file, ...rest);
    const { writeFile, sync } = handle;
    handle.writeFile = async (data, ...options) => {
      if (!due('write', file)) return writeFile.call(handle, data, ...options);
      if (fault.do === 'pause') {
        await sleep(5000);
        return writeFile.call(handle, data, ...options);
      }
      await writeFile.call(handle, half(data), ...options);
      return strikeLater('write', file);
    };
    handle.sync = async () => (due('sync', file) ? strike('fsync', file) : sync.call(handle));
    return handle;
  };
  fsp.rename = async (from, to) => (due('rename', to) ? strike('rename', to) : rename(from, to));
  fsp.mkdir = async (file, ...rest) => (due('mkdir', file) ? strike('mkdir', file) : mkdir(file, ...rest));
  fsp.appendFile = async (file, data, ...rest) => {
    if (!due('append', file)) return appendFile(file, data, ...rest);
    await appendFile(file, half(data), ...rest);
    return strike('write', file);
  };
  const { writeSync } = fs;
  fs.writeSync = (fd, bytes, ...rest) => {
    if (due('writeSync', '')) strike('write', fd);
    return writeSync(fd, bytes, ...rest);
  };
  syncBuiltinESMExports();
}
