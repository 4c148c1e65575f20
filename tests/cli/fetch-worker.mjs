// Fetches a file into a cache, and prints its path: node fetch-worker.mjs URL CACHE BYTES MD5
import { fetchSource } from '../../dist/data/fetch/official.js';

const [url, cacheDir, bytes, md5] = process.argv.slice(2);
const events = { onNote: (note) => process.stderr.write(`${note}\n`) };
const source = { name: 'file.tar.gz', url, bytes: Number(bytes), md5 };
process.stdout.write(await fetchSource(source, { cacheDir, mirrors: [url], events }));
