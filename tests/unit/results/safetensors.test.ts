import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BayescnnError } from '../../../src/errors.js';
import { readSafetensors, type Tensor, writeSafetensors } from '../../../src/results/index.js';
import { DTYPES, type Dtype } from '../../../src/results/safetensors-types.js';

const f32 = (shape: number[], values: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

const sample = (): Record<string, Tensor> => ({
  b: f32([2, 2], [1, -0, Number.NaN, 4]),
  a: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) },
  10: { dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
  scalar: { dtype: 'I32', shape: [], data: Int32Array.of(-7) },
  none: f32([0, 5], []),
});

const bytesOf = ({ data }: Tensor): number[] => [
  ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
];

function failure(bytes: Uint8Array, options?: { checksum: 'optional' }): string {
  try {
    readSafetensors(bytes, 'x.safetensors', options);
  } catch (error) {
    expect(error).toBeInstanceOf(BayescnnError);
    expect((error as BayescnnError).code).toBe('data');
    expect((error as BayescnnError).message).toMatch(/^x\.safetensors: .*got /s);
    return (error as BayescnnError).message;
  }
  throw new Error('read without an error');
}

/** A file of another writer: any header, any data, no checksums. */
function foreign(header: unknown, dataBytes: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, Buffer.alloc(dataBytes)]);
}

describe('the file', () => {
  it('is laid out as the format says', () => {
    const bytes = Buffer.from(writeSafetensors(sample(), { hello: 'wörld' }));
    const size = Number(bytes.readBigUInt64LE(0));
    expect(size % 8).toBe(0);
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + size));
    const data = bytes.subarray(8 + size);
    expect(header['10']).toEqual({ dtype: 'I64', shape: [1], data_offsets: [0, 8] });
    expect(header.b).toEqual({ dtype: 'F32', shape: [2, 2], data_offsets: [8, 24] });
    expect(header.none).toEqual({ dtype: 'F32', shape: [0, 5], data_offsets: [24, 24] });
    expect(header.scalar).toEqual({ dtype: 'I32', shape: [], data_offsets: [24, 28] });
    expect(header.a).toEqual({ dtype: 'U8', shape: [3], data_offsets: [28, 31] });
    expect(header.__metadata__.hello).toBe('wörld');
    expect(header.__metadata__.sha256).toBe(createHash('sha256').update(data).digest('hex'));
    expect(data.readFloatLE(8)).toBe(1);
    expect(data.length).toBe(31);
  });

  it('has the same bytes whatever the order of its input', () => {
    const reversed = Object.fromEntries(Object.entries(sample()).reverse());
    expect(writeSafetensors(reversed, { b: '1', a: '2' })).toEqual(
      writeSafetensors(sample(), { a: '2', b: '1' }),
    );
  });

  it('takes views into larger buffers', () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { tensors } = readSafetensors(writeSafetensors({ w: { dtype: 'F32', shape: [2], data } }), 'x');
    expect([...tensors.w.data]).toEqual([1, 2]);
  });

  it('may lie anywhere in a buffer, and its tensors are copies', () => {
    const bytes = writeSafetensors(sample());
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const { tensors } = readSafetensors(shifted, 'x');
    shifted.fill(0);
    expect(bytesOf(tensors.b)).toEqual(bytesOf(sample().b));
  });
});

describe('the writer', () => {
  it.each<[string, Record<string, Tensor>, Record<string, string>]>([
    ['must hold as many elements, got 1', { w: f32([2], [1]) }, {}],
    ['must hold as many elements', { w: f32([-1], []) }, {}],
    ['another name', { __metadata__: f32([1], [1]) }, {}],
    [
      'must hold I32 data, got Float32Array',
      { w: { ...f32([1], [1]), dtype: 'I32' } as unknown as Tensor },
      {},
    ],
    ['adds "sha256"', {}, { sha256: 'x' }],
    ['must be a string, got number', {}, { epoch: 3 as unknown as string }],
  ])('refuses: %s', (message, tensors, metadata) => {
    expect(() => writeSafetensors(tensors, metadata)).toThrow(BayescnnError);
    expect(() => writeSafetensors(tensors, metadata)).toThrow(message);
  });
});

const tensor = fc
  .tuple(fc.constantFrom(...(Object.keys(DTYPES) as Dtype[])), fc.array(fc.nat(3), { maxLength: 4 }))
  .chain(([dtype, shape]) => {
    const bytes = shape.reduce((a, b) => a * b, 1) * DTYPES[dtype].BYTES_PER_ELEMENT;
    return fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((content) => ({ dtype, shape, data: new DTYPES[dtype](content.slice().buffer) }) as Tensor);
  });
const names = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__');

describe('a round trip', () => {
  it('keeps every bit of tensors and metadata', () => {
    const metadata = fc.dictionary(
      names.filter((name) => !name.includes('sha256')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.dictionary(names, tensor), metadata, (tensors, extra) => {
        const read = readSafetensors(writeSafetensors(tensors, extra), 'x');
        expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
          expect(read.tensors[name]).toMatchObject({ dtype, shape });
          expect(bytesOf(read.tensors[name])).toEqual(bytesOf({ dtype, shape, data } as Tensor));
        }
        const { sha256: _, header_sha256: __, ...rest } = read.metadata;
        expect(Object.entries(rest).sort()).toEqual(Object.entries(extra).sort());
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

describe('the reader', () => {
  it('never loads a changed file, and fails with a BayescnnError alone (2,000 mutations)', () => {
    const original = writeSafetensors(sample(), { counters: '{"epoch":3}', format: 'pt' });
    const position = fc.nat(original.length - 1);
    const mutation = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), at: position, byte: fc.nat(255) }),
      fc.record({ kind: fc.constant('set' as const), at: fc.nat(15), byte: fc.nat(255) }),
      fc.record({ kind: fc.constant('cut' as const), at: position, byte: fc.integer({ min: 1, max: 16 }) }),
      fc.record({ kind: fc.constant('insert' as const), at: position, byte: fc.nat(255) }),
    );
    let changed = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let bytes = [...original];
        for (const { kind, at, byte } of mutations) {
          if (kind === 'set' && at < bytes.length) bytes[at] = byte;
          else if (kind === 'cut') bytes = [...bytes.slice(0, at), ...bytes.slice(at + byte)];
          else if (kind === 'insert') bytes.splice(at, 0, byte);
        }
        const file = Uint8Array.from(bytes);
        if (Buffer.compare(file, original) === 0) return;
        changed++;
        failure(file);
      }),
      { seed: 13, numRuns: 2000 },
    );
    expect(changed).toBeGreaterThan(1900);
  });

  it('finds every flip of a single bit', () => {
    const original = writeSafetensors({ w: f32([2], [1, 2]) }, { a: 'b' });
    for (let bit = 0; bit < original.length * 8; bit++) {
      const bytes = original.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      failure(bytes);
    }
  });

  it('takes files without checksums only when told so', () => {
    const bytes = foreign({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4);
    expect(failure(bytes)).toContain('metadata must hold "sha256"');
    const { tensors, metadata } = readSafetensors(bytes, 'x', { checksum: 'optional' });
    expect([...tensors.w.data]).toEqual([0]);
    expect(metadata).toEqual({});
  });

  it('verifies checksums that are there even when they are optional', () => {
    const bytes = writeSafetensors({ w: f32([1], [1]) });
    bytes[bytes.length - 1] ^= 1;
    expect(failure(bytes, { checksum: 'optional' })).toContain('the data must have sha256');
  });

  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  it.each<[string, unknown, number]>([
    ['expected 4 bytes of data, got 5', { w: entry }, 5],
    ['expected 4 bytes of data, got 3', { w: entry }, 3],
    ['(a gap)', { w: { ...entry, data_offsets: [4, 8] } }, 8],
    ['(an overlap)', { v: entry, w: { ...entry, shape: [2], data_offsets: [0, 8] } }, 8],
    ['must have a dtype of', { w: { ...entry, dtype: 'F8' } }, 4],
    ['must have a dtype of', { w: { ...entry, dtype: 'constructor' } }, 4],
    ['must have a shape', { w: { ...entry, shape: [1.5] } }, 4],
    ['must have a shape', { w: { ...entry, shape: [2 ** 30, 2 ** 30] } }, 4],
    ['must have a shape', { w: { ...entry, shape: '1' } }, 4],
    ['two data_offsets', { w: { ...entry, data_offsets: [0] } }, 4],
    ['two data_offsets', { w: { ...entry, data_offsets: [-4, 0] } }, 4],
    ['as far apart', { w: { ...entry, data_offsets: [4, 0] } }, 4],
    ['as far apart', { w: { ...entry, shape: [3] } }, 4],
    ['dtype, shape and data_offsets alone, got "x"', { w: { ...entry, x: 1 } }, 4],
    ['must be an object, got 3', { w: 3 }, 0],
    ['"__metadata__" must be an object', { __metadata__: [] }, 0],
    ['must be a string, got 3', { __metadata__: { epoch: 3 } }, 0],
    [
      'got "\\"w\\"" twice'.replaceAll('\\"', ''),
      `{"w":${JSON.stringify(entry)},"\\u0077":${JSON.stringify(entry)}}`,
      4,
    ],
    ['the header must be JSON', '{"w"', 0],
    ['the header must be an object', '[]', 0],
    ['the header must be an object', ' {}', 0],
  ])('says %s', (message, header, dataBytes) => {
    expect(failure(foreign(header, dataBytes), { checksum: 'optional' })).toContain(message);
  });

  it('limits the size of the header', () => {
    const bytes = new Uint8Array(64).fill(255, 0, 8);
    expect(failure(bytes)).toContain("the header's size must be 2 to 56 bytes, got 18446744073709551615");
    expect(failure(new Uint8Array(7))).toContain('at least 8 bytes, got 7');
    expect(failure(new Uint8Array(8))).toContain('got 0');
  });

  it('wants UTF-8', () => {
    const bytes = foreign('{"ab":1}', 0);
    bytes[10] = 0xff;
    expect(failure(bytes)).toContain('UTF-8');
  });
});
