import type { Parser, ReadEntry } from 'tar';
import { dataError, quote } from '../fail.js';
import { ARCHIVE_HINT } from '../source.js';
import { tar } from './tar-package.js';

const BLOCK_BYTES = 512;
/** Bounds what long names and pax headers may make the parser hold in memory. */
const MAX_META_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);

/** A member's header, as far as the data layer looks at it. */
export interface TarEntry {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  /** Where its header starts in the uncompressed archive. */
  readonly offset: number;
}

/** What is done with the members of an archive; every method may throw to stop the walk. */
export interface TarVisitor {
  /** Called at each header, before any content; true takes the content, false skips it. */
  header(entry: TarEntry): boolean;
  content(entry: TarEntry, bytes: Uint8Array): void;
  end(entry: TarEntry): void;
}

/**
 * Walks an uncompressed tar stream with `tar`'s parser in its strict mode. Headers reach the parser block by
 * block and contents in whole slices, so that every error knows its byte and nothing is buffered or copied.
 */
export class TarWalker {
  private readonly parser: Parser;
  private position = 0;
  private bodyLeft = 0;
  private current: TarEntry | undefined;
  private sawEnd = false;

  constructor(private readonly visitor: TarVisitor) {
    const { Parser } = tar();
    this.parser = new Parser({
      strict: true,
      maxMetaEntrySize: MAX_META_BYTES,
      filter: (_path, entry) => this.atHeader(entry as ReadEntry),
      onReadEntry: (entry) => this.atEntry(entry),
    });
    this.parser.on('error', (error) => this.refuse(error));
    this.parser.on('ignoredEntry', (entry: ReadEntry) => this.atIgnored(entry));
    this.parser.on('eof', () => {
      this.sawEnd = true;
    });
  }

  /** Takes the next bytes of the archive. */
  write(chunk: Buffer): void {
    // The parser would take a second layer of gzip for its own, outside of our bounds.
    if (this.position === 0 && chunk[0] === 0x1f)
      this.refuse(new Error('compressed data instead of a tar header'));
    let at = 0;
    while (at < chunk.length && !this.sawEnd) {
      const wanted = this.bodyLeft > 0 ? this.bodyLeft : BLOCK_BYTES - (this.position % BLOCK_BYTES);
      const slice = chunk.subarray(at, at + wanted);
      const inBody = this.bodyLeft > 0;
      this.parser.write(slice);
      at += slice.length;
      this.position += slice.length;
      if (inBody) this.bodyLeft -= slice.length;
    }
    this.checkPadding(chunk.subarray(at));
    this.position += chunk.length - at;
  }

  /** Says that the archive has ended; throws when it ended inside a member or a header. */
  finish(): void {
    if (this.bodyLeft > 0 && this.current !== undefined) {
      const { path, size, offset } = this.current;
      const got = Math.min(size, this.position - offset - BLOCK_BYTES);
      throw dataError(
        `archive: member ${quote(path)} must have ${size} bytes, got ${got} before the archive ended at byte ${this.position}`,
        'the file is cut short: fetch it again',
      );
    }
    if (!this.sawEnd && this.position % BLOCK_BYTES !== 0) this.refuse(new Error('an incomplete tar block'));
    this.parser.end();
  }

  private atHeader(entry: ReadEntry): boolean {
    const { path, type } = entry;
    const size: unknown = entry.header.size;
    const offset = this.position - (this.position % BLOCK_BYTES);
    if (typeof size !== 'number' || !Number.isSafeInteger(size)) {
      throw dataError(
        `archive: size of member ${quote(path)} at byte ${offset} must be a whole number, got ${size}`,
        ARCHIVE_HINT,
      );
    }
    this.current = { path, type, size, offset };
    const taken = this.visitor.header(this.current);
    this.bodyLeft = entry.startBlockSize;
    return taken;
  }

  private atEntry(entry: ReadEntry): void {
    const current = this.current as TarEntry;
    entry.on('data', (bytes) => this.visitor.content(current, bytes));
    entry.on('end', () => this.visitor.end(current));
  }

  private atIgnored(entry: ReadEntry): void {
    if (entry.meta) {
      throw dataError(
        `archive: long name or pax header at byte ${this.position} must have at most ${MAX_META_BYTES} bytes, got ${entry.size}`,
        ARCHIVE_HINT,
      );
    }
    // The filter never saw it: its type is none that tar knows.
    if (this.current?.path !== entry.path || this.bodyLeft !== entry.startBlockSize) {
      throw dataError(
        `archive: member ${quote(entry.path)} at byte ${this.position} must be a file or a folder, got type ${entry.type}`,
        ARCHIVE_HINT,
      );
    }
  }

  private checkPadding(rest: Buffer): void {
    for (let at = 0; at < rest.length; at += ZEROS.length) {
      const part = rest.subarray(at, at + ZEROS.length);
      if (part.equals(ZEROS.subarray(0, part.length))) continue;
      const dirty = this.position + at + part.findIndex((byte) => byte !== 0);
      throw dataError(
        `archive: zeros must follow the end of the archive, got data at byte ${dirty}`,
        ARCHIVE_HINT,
      );
    }
  }

  private refuse(error: Error): never {
    const text = error.message.replace(/^TAR_\w+: /, '');
    throw dataError(
      `archive: tar block at byte ${this.position - (this.position % BLOCK_BYTES)} is not valid, got ${text}`,
      'the file is damaged or no tar archive: fetch it again',
      error,
    );
  }
}
