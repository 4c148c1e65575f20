import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { type Numbers, softmax } from '../metrics/index.js';
import { writeError } from './atomic-write.js';
import { npyHeader } from './npy.js';

const PROBABILITIES = 'probabilities.npy';

/**
 * A folder that an evaluation is exported to. It is filled under a temporary name beside its place and renamed
 * when it is whole, so that it is there as a whole or not at all. Probabilities go to disk batch by batch.
 */
export class ExportFolder {
  private file: number | undefined;
  private start = 0;
  private samples = 0;
  private done = 0;

  private constructor(
    /** Where the folder will be. */
    readonly path: string,
    private readonly temporary: string,
    private readonly images: number,
    private readonly classes: number,
  ) {}

  /**
   * @param images that will be evaluated
   * @throws BayescnnError 'usage' when something is there already, 'failure' when it cannot be written
   */
  static async create(folder: string, images: number, classes: number): Promise<ExportFolder> {
    await requireFree(folder);
    const target = path.resolve(folder);
    const unique = `${process.pid}-${randomBytes(4).toString('hex')}`;
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${unique}.tmp`);
    await mkdir(temporary, { recursive: true }).catch((cause) => {
      throw writeError(target, cause);
    });
    return new ExportFolder(target, temporary, images, classes);
  }

  /**
   * Writes a batch's probabilities into probabilities.npy, float32 [samples, images, classes].
   * @param logits [samples] of flat [B * classes]
   * @throws BayescnnError 'failure' when they cannot be written
   */
  addBatch(logits: readonly Numbers[]): void {
    try {
      this.file ??= this.begin(logits.length);
      const size = this.classes * Float32Array.BYTES_PER_ELEMENT;
      logits.forEach((sample, s) => {
        const bytes = new Uint8Array(Float32Array.from(softmax(sample, this.classes)).buffer);
        const at = this.start + (s * this.images + this.done) * size;
        writeAll(this.file as number, bytes, at);
      });
      this.done += logits[0].length / this.classes;
    } catch (cause) {
      if (cause instanceof BayescnnError) throw cause;
      throw writeError(path.join(this.path, PROBABILITIES), cause);
    }
  }

  private begin(samples: number): number {
    const file = openSync(path.join(this.temporary, PROBABILITIES), 'wx');
    this.samples = samples;
    const header = npyHeader('Float32Array', [samples, this.images, this.classes]);
    writeAll(file, header, 0);
    this.start = header.length;
    return file;
  }

  /**
   * Adds the other files and gives the folder its name.
   * @throws BayescnnError 'usage' when something has taken the name meanwhile, 'failure' when it cannot be written
   */
  async finish(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    if (this.done !== this.images) {
      const what = `needs ${this.images} images of ${this.samples} samples, got ${this.done}`;
      throw new BayescnnError('failure', `${this.path}: ${what}`);
    }
    try {
      this.close();
      for (const [name, content] of Object.entries(files))
        await writeFile(path.join(this.temporary, name), content, { flag: 'wx' });
      await requireFree(this.path);
      await rename(this.temporary, this.path);
    } catch (cause) {
      if (cause instanceof BayescnnError) throw cause;
      throw writeError(this.path, cause);
    }
  }

  /** Removes what is not finished; does nothing after `finish`. */
  async discard(): Promise<void> {
    this.close();
    await rm(this.temporary, { recursive: true, force: true });
  }

  private close(): void {
    if (this.file === undefined) return;
    const file = this.file;
    this.file = undefined;
    fsyncSync(file);
    closeSync(file);
  }
}

/** @throws BayescnnError 'usage' when something is at the place of an export already */
export async function requireFree(folder: string, option = '--export'): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return;
  const what = found.isDirectory() ? 'a folder' : 'a file';
  throw new BayescnnError('usage', `${option} ${folder}: expected a new folder, got ${what} that exists`, {
    hint: 'nothing is overwritten: name another, or remove it first',
  });
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
