import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { table } from '../../../src/cli/commands/bench-text.js';
import { describeArchive } from '../../../src/cli/commands/data-text.js';
import { type Diagnosis, describeDiagnosis } from '../../../src/cli/commands/doctor-text.js';
import { overridesOf } from '../../../src/cli/commands/train.js';
import { bytes, columns, duration, percent } from '../../../src/cli/output-format.js';

describe('train overrides', () => {
  it('puts flags after --set, as JSON', () => {
    const overrides = overridesOf({
      set: ['train.epochs=5'],
      name: '007',
      backend: 'cpu',
      threads: 0,
      archive: 'a.tar.gz',
      sha256: '1'.repeat(64),
      subset: 1000,
    });
    expect(overrides).toEqual([
      'train.epochs=5',
      'name="007"',
      'backend.kind="cpu"',
      'backend.threads=0',
      `data.archive=${JSON.stringify(path.resolve('a.tar.gz'))}`,
      `data.sha256="${'1'.repeat(64)}"`,
      'data.subset=1000',
    ]);
  });

  it('overrides nothing that was not given', () => {
    expect(overridesOf({})).toEqual([]);
  });
});

describe('bench table', () => {
  it('lines numbers up', () => {
    const rate = { min: 900.4, median: 12345.6, max: 13000 };
    const rows = [
      { model: 'cnn', batch: 4, threads: 1, images_per_second: rate, repetitions: 5 },
      { model: 'bayes-conv', batch: 128, threads: 2, images_per_second: rate, repetitions: 5 },
    ];
    expect(table(rows)).toBe(
      [
        'model       batch  threads  images/s  lowest  highest  runs',
        'cnn             4        1    12,346     900   13,000     5',
        'bayes-conv    128        2    12,346     900   13,000     5',
      ].join('\n'),
    );
  });
});

describe('doctor', () => {
  const machine = {
    version: '0.1.0',
    node: 'v20.19.0',
    platform: 'linux x64',
    cpu: 'Xeon',
    cores: 1,
    memory_bytes: 8 * 2 ** 30,
    free_memory_bytes: 2 ** 30,
  };

  const diagnosis: Diagnosis = {
    machine,
    cache: {
      directory: '/c',
      archive: '/c/a.tar.gz',
      archive_bytes: null,
      writable: true,
      free_bytes: 2 ** 33,
    },
    results: { folder: '/r', writable: true, free_bytes: null },
    engines: [
      { name: 'simd', available: true, detail: 'works, 2 threads' },
      {
        name: 'tensorflow',
        available: false,
        detail: 'engine tensorflow: not installed',
        remedy: 'npm install it (or not)',
      },
      { name: 'webgpu', available: false, detail: 'no adapter' },
    ],
  };

  it('shows engines with their remedies, and a missing archive', () => {
    expect(describeDiagnosis(diagnosis)).toBe(
      [
        'bayescnn  0.1.0',
        'node      v20.19.0 (linux x64)',
        'cpu       Xeon, 1 core',
        'memory    8.0 GiB, 1.0 GiB free',
        'cache     /c: writable, 8.0 GiB free',
        'CIFAR-10  not downloaded yet (162.2 MiB)',
        '          try: bayescnn data fetch',
        'results   /r: writable',
        'engines',
        '  simd        works, 2 threads',
        '  tensorflow  not available: not installed',
        '              try: npm install it',
        '              (or not)',
        '  webgpu      not available: no adapter',
      ].join('\n'),
    );
  });

  it('says what to do about what is short or closed', () => {
    const short = describeDiagnosis({
      ...diagnosis,
      machine: { ...machine, free_memory_bytes: 2 ** 28 },
      cache: { ...diagnosis.cache, archive_bytes: 170_052_171, free_bytes: 2 ** 20 },
      results: { folder: '/r', writable: false, free_bytes: null },
    });
    expect(short).toContain('256.0 MiB free; little\n          try: close other programs, or use --subset\n');
    expect(short).toContain(
      'cache     /c: writable, 1.0 MiB free; little\n          try: set BAYESCNN_CACHE to another folder\n',
    );
    expect(short).toContain('CIFAR-10  downloaded, 162.2 MiB\n');
    expect(short).toContain(
      'results   /r: cannot be written to\n          try: name another folder with --out\n',
    );
  });
});

describe('formats', () => {
  it.each([
    [0, '0.0 s'],
    [59.94, '59.9 s'],
    [60, '1 min 00 s'],
    [3599.6, '1 h 00 min'],
    [4020, '1 h 07 min'],
    [Number.NaN, '?'],
    [Infinity, '?'],
  ])('duration of %s s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [170_052_171, '162.2 MiB'],
  ])('%i bytes', (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  it('shares and columns', () => {
    expect(percent(0.5469)).toBe('54.69 %');
    expect(
      columns(
        [
          ['a', '1'],
          ['long', '2'],
        ],
        ' ',
      ),
    ).toBe(' a     1\n long  2');
  });
});

describe('data info text', () => {
  it('lists members, classes, channels and checksums', () => {
    const info = {
      file: 'a.tar.gz',
      bytes: 1,
      members: [
        { name: 'data_batch_1.bin', records: 10_000 },
        { name: 'test_batch.bin', records: 1000 },
      ],
      classNames: ['airplane', 'cat'],
      train: {
        records: 10_000,
        classCounts: [5400, 4600],
        mean: [0.4914, 0.4822, 0.4465],
        std: [0.247, 0.2435, 0.2616],
      },
      test: { records: 1000, classCounts: [501, 499], mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
      sha256: 'ab',
      md5: 'cd',
      official: true,
    };
    expect(describeArchive(info)).toBe(
      [
        'images a member',
        '  data_batch_1.bin  10,000',
        '  test_batch.bin    1,000',
        'images a class (train, test)',
        '  airplane   5,400     501',
        '  cat        4,600     499',
        'train mean  0.4914 0.4822 0.4465',
        'train std   0.2470 0.2435 0.2616',
        'test mean   0.5000 0.5000 0.5000',
        'test std    0.2500 0.2500 0.2500',
        'sha256      ab',
        'md5         cd (the official archive)',
      ].join('\n'),
    );
    expect(describeArchive({ ...info, official: false })).toContain('cd (not the official archive)');
  });
});
