import { describe, expect, it } from 'vitest';
import { Output } from '../../../src/cli/output.js';
import type { TrainProgress } from '../../../src/train/reporter.js';
import type { MetricsRow } from '../../../src/train/row.js';
import { FakeIo } from './fake-io.js';

const ROW: MetricsRow = {
  epoch: 1,
  step: 12500,
  seconds: 5.93,
  images_per_second: 8432,
  learning_rate: 0.001,
  train_loss: 2.5,
  train_nll: 1.683,
  train_kl: 0,
  kl_weight: 1,
  train_accuracy: 0.382,
  test_loss: 1.5,
  test_nll: 1.5,
  test_accuracy: 0.461,
  predictive_entropy: 1.2,
  expected_entropy: 1.2,
  mutual_information: 0,
  ece: 0.02,
  brier: 0.6,
  samples: 10,
  eval_seconds: 1,
  validation_nll: null,
  validation_accuracy: null,
};

const PROGRESS: TrainProgress = {
  epoch: 1,
  epochs: 2,
  step: 300,
  steps: 1000,
  loss: 1.234,
  accuracy: 0.5021,
  kl: 0,
  imagesPerSecond: 8432.4,
  etaSeconds: 65,
};

const EPOCH_LINE =
  'epoch 1: train NLL 1.683, train accuracy 38.20 %, test NLL 1.500, test accuracy 46.10 %, ECE 0.020, ' +
  'entropy 1.200, 8,432 images/s, 5.9 s\n';

/** Sends one of everything. */
function talk(output: Output): void {
  output.note('engine simd');
  output.warn('short of memory');
  output.lossPrint({ epoch: 1, batch: 2000, loss: 2.1966 });
  output.epoch(ROW);
  output.result({ accuracy: 0.5 }, 'accuracy 50 %');
  output.close();
}

describe('plain output', () => {
  it('puts results on stdout, notes and warnings on stderr', () => {
    const io = new FakeIo();
    talk(new Output(io));
    expect(io.out).toBe(`[1,  2000] loss: 2.197\n${EPOCH_LINE}accuracy 50 %\n`);
    expect(io.err).toBe('engine simd\nwarning: short of memory\n');
  });

  it('tells a known download once for each tenth', () => {
    const io = new FakeIo();
    const output = new Output(io, { now: () => 0 });
    for (let done = 0; done <= 1000; done++) output.onDownload(done * 1024, 1000 * 1024);
    const lines = io.err.trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('downloading: 100.0 KiB of 1000.0 KiB');
    expect(lines[9]).toBe('downloading: 1000.0 KiB of 1000.0 KiB');
    expect(io.out).toBe('');
  });

  it('starts the tenths anew for a second download', () => {
    const io = new FakeIo();
    const output = new Output(io, { now: () => 0 });
    for (const done of [50, 100, 50, 100]) output.onDownload(done, 100);
    expect(io.err.trimEnd().split('\n')).toHaveLength(4);
  });

  it('tells a download of unknown size once for each 16 MiB, with its rate', () => {
    const io = new FakeIo();
    let time = 0;
    const output = new Output(io, { now: () => time });
    for (let mib = 0; mib <= 40; mib++) {
      time = mib * 500;
      output.onDownload(mib * 2 ** 20, null);
    }
    expect(io.err).toBe('downloading: 16.0 MiB  2.0 MiB/s\ndownloading: 32.0 MiB  2.0 MiB/s\n');
  });

  it('tells decoding once for each quarter', () => {
    const io = new FakeIo();
    const output = new Output(io);
    for (let done = 0; done <= 60; done++) output.onDecode(done, 60);
    expect(io.err).toBe('decoding: 25 %\ndecoding: 50 %\ndecoding: 75 %\ndecoding: 100 %\n');
  });

  it('gives a sign of life each 30 s that nothing else was printed', () => {
    const io = new FakeIo();
    let time = 0;
    const output = new Output(io, { now: () => time });
    output.progress(PROGRESS);
    time = 29_000;
    output.progress(PROGRESS);
    expect(io.err).toBe('');
    time = 30_000;
    output.progress(PROGRESS);
    expect(io.err).toBe(
      'epoch 1/2, step 300/1000: loss 1.234  1 min 05 s left  accuracy 50.2 %  8,432 images/s\n',
    );
    time = 59_000;
    output.lossPrint({ epoch: 1, batch: 1, loss: 1 });
    time = 61_000;
    output.progress(PROGRESS);
    expect(io.err.split('\n')).toHaveLength(2);
    time = 89_000;
    output.evaluating(100, 10_000);
    expect(io.err).toContain('evaluating: 100/10,000\n');
  });

  it('counts the epochs of the run once it knows them', () => {
    const io = new FakeIo();
    const output = new Output(io);
    output.progress(PROGRESS);
    output.epoch(ROW);
    expect(io.out).toMatch(/^epoch 1\/2: /);
  });

  it('leaves out what an epoch did not measure, and adds validation where there is some', () => {
    const io = new FakeIo();
    const skipped = { ...ROW, test_nll: null, test_accuracy: null, ece: null, predictive_entropy: null };
    new Output(io).epoch({ ...skipped, validation_nll: 1.25, validation_accuracy: 0.5 });
    expect(io.out).toBe(
      'epoch 1: train NLL 1.683, train accuracy 38.20 %, validation NLL 1.250, validation accuracy 50.00 %, ' +
        '8,432 images/s, 5.9 s\n',
    );
  });

  it('makes control characters visible', () => {
    const io = new FakeIo();
    const output = new Output(io);
    output.warn('member \u001b[2J\u0007 and\ta tab');
    output.result(null, 'a\u009bb\nc');
    expect(io.err).toBe('warning: member \\x1b[2J\\x07 and\ta tab\n');
    expect(io.out).toBe('a\\x9bb\nc\n');
  });
});

describe('--json', () => {
  it('prints one document on stdout and all else on stderr', () => {
    const io = new FakeIo();
    talk(new Output(io, { json: true }));
    expect(JSON.parse(io.out)).toEqual({ accuracy: 0.5 });
    expect(io.err).toBe(`engine simd\nwarning: short of memory\n[1,  2000] loss: 2.197\n${EPOCH_LINE}`);
  });
});

describe('--quiet', () => {
  it('keeps warnings and the result', () => {
    const io = new FakeIo();
    const output = new Output(io, { quiet: true, now: () => 0 });
    output.onDownload(100, 100);
    output.onDecode(100, 100);
    output.onNote('cached');
    output.progress(PROGRESS);
    output.evaluating(1, 2);
    talk(output);
    expect(io.err).toBe('warning: short of memory\n');
    expect(io.out).toBe('accuracy 50 %\n');
  });

  it('draws no bar on a terminal', () => {
    const io = new FakeIo({}, true);
    const output = new Output(io, { quiet: true });
    output.progress(PROGRESS);
    output.close();
    expect(io.err).toBe('');
  });
});

describe('a terminal', () => {
  it('draws a bar with loss, rate and time left, and wipes it for a line', () => {
    const io = new FakeIo({ NO_COLOR: '1' }, true);
    const output = new Output(io);
    output.progress(PROGRESS);
    expect(io.err).toMatch(/epoch 1\/2 =+-+ 30 % {2}loss 1\.234 {2}1 min 05 s left {2}accuracy 50\.2 %/);
    const before = io.err.length;
    output.lossPrint({ epoch: 1, batch: 2000, loss: 2.1966 });
    // Line wrapping on, back to where the bar started, line wiped: as if it had not been.
    expect(io.err.slice(before)).toBe('\u001b[?7h\u001b8\u001b[1G\u001b[2K');
    expect(io.out).toBe('[1,  2000] loss: 2.197\n');
    const wiped = io.err.length;
    output.progress({ ...PROGRESS, step: 600 });
    expect(io.err.slice(wiped)).toContain(' 60 % ');
    output.close();
  });

  it('replaces the training bar by the evaluation bar and leaves nothing behind', () => {
    const io = new FakeIo({}, true);
    const output = new Output(io);
    output.progress(PROGRESS);
    output.evaluating(2500, 10_000);
    expect(io.err).toMatch(/evaluating =+-+ 25 % {2}2,500\/10,000/);
    output.evaluating(10_000, 10_000);
    const done = io.err.length;
    output.close();
    expect(io.err).toHaveLength(done);
  });

  it('draws a download of known size, and lines for one of unknown size', () => {
    const io = new FakeIo({}, true);
    const output = new Output(io, { now: () => 0 });
    output.onDownload(2 ** 20, 4 * 2 ** 20);
    expect(io.err).toMatch(/downloading =+-+ 25 % {2}1\.0 MiB of 4\.0 MiB/);
    output.close();
    const unknown = new FakeIo({}, true);
    new Output(unknown, { now: () => 0 }).onDownload(17 * 2 ** 20, null);
    expect(unknown.err).toBe('downloading: 17.0 MiB\n');
  });

  it('colours, unless NO_COLOR is set', () => {
    const colour = new FakeIo({}, true);
    new Output(colour).warn('x');
    expect(colour.err).toBe('\u001b[33mwarning:\u001b[0m x\n');
    const plain = new FakeIo({ NO_COLOR: '1' }, true);
    new Output(plain).warn('x');
    expect(plain.err).toBe('warning: x\n');
    const empty = new FakeIo({ NO_COLOR: '' }, true);
    new Output(empty).warn('x');
    expect(empty.err).toContain('\u001b[33m');
  });

  it.each([
    [40, 'epoch 1/2 30 %  loss 1.234'],
    [60, 'epoch 1/2 ===------- 30 %  loss 1.234  1 min 05 s left'],
    [
      110,
      'epoch 1/2 ===------- 30 %  loss 1.234  1 min 05 s left  accuracy 50.2 %  8,432 images/s  KL 1,200',
    ],
    [
      150,
      'epoch 1/2 =======----------------- 30 %  loss 1.234  1 min 05 s left  accuracy 50.2 %  8,432 images/s  KL 1,200  entropy 1.200',
    ],
  ])('fits a terminal of %i columns', (columns, line) => {
    const io = new FakeIo({ NO_COLOR: '1' }, true, columns);
    const output = new Output(io);
    output.epoch(ROW);
    output.progress({ ...PROGRESS, kl: 1200 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor
    expect(io.err.replace(/\u001b(\[[?\d]*[a-zA-Z]|[78])/g, '').trimEnd()).toBe(line);
    output.close();
  });

  it('tells epochs in a table, whose heads come again after other text', () => {
    const io = new FakeIo({ NO_COLOR: '1' }, true, 80);
    const output = new Output(io, { now: () => 0 });
    const bayesian = { ...ROW, train_kl: 211_618 };
    output.progress(PROGRESS);
    output.epoch(bayesian);
    output.epoch({ ...bayesian, epoch: 2, test_nll: null, test_accuracy: null, ece: null });
    output.lossPrint({ epoch: 3, batch: 1, loss: 1 });
    output.epoch({ ...bayesian, epoch: 3, train_accuracy: 1, seconds: 65 });
    output.result(null, 'done');
    expect(io.out.split('\n')).toEqual([
      '           train           test',
      'epoch    NLL   acc %    NLL   acc %    ECE  entropy       KL  images/s    time',
      '  1/2  1.683   38.20  1.500   46.10  0.020    1.200  211,618     8,432   5.9 s',
      '  2/2  1.683   38.20      -       -      -    1.200  211,618     8,432   5.9 s',
      '[3,     1] loss: 1.000',
      // Too long for a row by the time that it took.
      'epoch 3/2: train NLL 1.683, train accuracy 100.00 %, test NLL 1.500,',
      '  test accuracy 46.10 %, ECE 0.020, entropy 1.200, KL 211,618, 8,432 images/s,',
      '  1 min 05 s',
      'done',
      '',
    ]);
  });

  it('adds validation to the table, and sets it apart from the result', () => {
    const io = new FakeIo({ NO_COLOR: '1' }, true, 100);
    const output = new Output(io);
    output.epoch({ ...ROW, validation_nll: 1.25, validation_accuracy: 0.5 });
    output.result(null, 'done');
    expect(io.out.split('\n')).toEqual([
      '           train        validation        test',
      'epoch    NLL   acc %    NLL   acc %    NLL   acc %    ECE  entropy  images/s    time',
      '    1  1.683   38.20  1.250   50.00  1.500   46.10  0.020    1.200     8,432   5.9 s',
      '',
      'done',
      '',
    ]);
  });

  it('tells epochs in lines where a table has no room, broken between figures', () => {
    const io = new FakeIo({ NO_COLOR: '1' }, true, 50);
    new Output(io).epoch(ROW);
    expect(io.out.split('\n')).toEqual([
      'epoch 1: train NLL 1.683, train accuracy 38.20 %,',
      '  test NLL 1.500, test accuracy 46.10 %,',
      '  ECE 0.020, entropy 1.200, 8,432 images/s, 5.9 s',
      '',
    ]);
  });

  it('breaks lines of the result, but neither commands nor rows', () => {
    const io = new FakeIo({}, true, 50);
    const output = new Output(io);
    const row = 'a     b          c           d          e         f    1';
    output.result(
      null,
      [
        'tensorflow  not available: a library that is not installed here',
        `then: \`bayescnn train --config results/quickstart/config.json\``,
        'Nothing is known of the spread over seeds, since each has one run.',
        row,
      ].join('\n'),
    );
    expect(io.out.split('\n')).toEqual([
      'tensorflow  not available: a library that is not',
      '            installed here',
      'then: `bayescnn train --config results/quickstart/config.json`',
      'Nothing is known of the spread over seeds, since',
      '  each has one run.',
      row,
      '',
    ]);
  });

  it('keeps to plain lines with --plain, though colours were forced', () => {
    const io = new FakeIo({ FORCE_COLOR: '1' }, true, 40, true);
    const output = new Output(io, { now: () => 0 });
    output.progress(PROGRESS);
    output.epoch(ROW);
    output.warn('x');
    expect(io.err).toBe('warning: x\n');
    expect(io.out).toBe(EPOCH_LINE.replace('epoch 1:', 'epoch 1/2:'));
  });

  it('colours a file where FORCE_COLOR is set, whatever NO_COLOR says', () => {
    const io = new FakeIo({ FORCE_COLOR: '1', NO_COLOR: '1' });
    new Output(io).warn('x');
    expect(io.err).toBe('\u001b[33mwarning:\u001b[0m x\n');
    const off = new FakeIo({ FORCE_COLOR: '0' }, true);
    new Output(off).warn('x');
    expect(off.err).toBe('warning: x\n');
  });

  it('draws nothing where TERM is dumb', () => {
    const io = new FakeIo({ TERM: 'dumb' }, true);
    const output = new Output(io, { now: () => 0 });
    output.progress(PROGRESS);
    output.warn('x');
    expect(io.err).toBe('warning: x\n');
  });
});
