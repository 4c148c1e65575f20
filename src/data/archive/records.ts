import { dataError, quote } from '../fail.js';
import { MAX_LABEL, RECORD_BYTES } from '../source.js';

const BLOCK_RECORDS = 512;

/** A member that holds records. */
export interface RecordMember {
  /** Bare name, e.g. `data_batch_1.bin`. */
  readonly name: string;
  readonly records: number;
}

/** Receives a member's records in order. `block` is whole records, valid only during the call. */
export interface RecordVisitor {
  records(member: RecordMember, first: number, block: Uint8Array): void;
}

/** Cuts a member's bytes, which come in slices of any length, into blocks of whole, checked records. */
export class RecordCutter {
  private readonly block = new Uint8Array(BLOCK_RECORDS * RECORD_BYTES);
  private filled = 0;
  private first = 0;

  constructor(private readonly visitor: RecordVisitor) {}

  /** Takes the next bytes of `member`. */
  push(member: RecordMember, bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const slice = bytes.subarray(at, at + this.block.length - this.filled);
      this.block.set(slice, this.filled);
      this.filled += slice.length;
      at += slice.length;
      if (this.filled === this.block.length) this.flush(member);
    }
  }

  /** Hands out the last block of `member`. */
  finish(member: RecordMember): void {
    if (this.filled > 0) this.flush(member);
    this.first = 0;
  }

  private flush(member: RecordMember): void {
    const block = this.block.subarray(0, this.filled);
    this.checkLabels(member, block);
    this.visitor.records(member, this.first, block);
    this.first += this.filled / RECORD_BYTES;
    this.filled = 0;
  }

  private checkLabels(member: RecordMember, block: Uint8Array): void {
    for (let at = 0; at < block.length; at += RECORD_BYTES) {
      if (block[at] > MAX_LABEL) {
        throw dataError(
          `archive: label at byte ${this.first * RECORD_BYTES + at} of member ${quote(member.name)} must be 0 to ${MAX_LABEL}, got ${block[at]}`,
          'the file is damaged, or not CIFAR-10: fetch it again with `bayescnn data fetch`',
        );
      }
    }
  }
}
