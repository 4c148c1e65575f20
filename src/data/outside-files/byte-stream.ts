/** Bytes that come in pieces of any length, taken in pieces of a wanted one. */
export class ByteStream {
  private piece: Uint8Array = new Uint8Array(0);
  private readonly pieces: AsyncIterator<Uint8Array>;
  private taken = 0;

  /** @param ended the error for a stream that is too short, by how many bytes it had */
  constructor(
    source: AsyncIterable<Uint8Array>,
    private readonly ended: (bytes: number) => Error,
  ) {
    this.pieces = source[Symbol.asyncIterator]();
  }

  /** The next `bytes` bytes. */
  async take(bytes: number): Promise<Buffer> {
    const out = Buffer.alloc(bytes);
    for (let done = 0; done < bytes; ) {
      if (this.piece.length === 0) this.piece = await this.next();
      const part = this.piece.subarray(0, bytes - done);
      out.set(part, done);
      done += part.length;
      this.taken += part.length;
      this.piece = this.piece.subarray(part.length);
    }
    return out;
  }

  /** Reads what is left to its end, where a compressed stream has its checksum. */
  async drain(): Promise<void> {
    for (let done: boolean | undefined = false; !done; ) ({ done } = await this.pieces.next());
  }

  private async next(): Promise<Uint8Array> {
    const { value, done } = await this.pieces.next();
    if (done) throw this.ended(this.taken);
    return value;
  }
}
