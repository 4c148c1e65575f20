import type { ArchiveInfo, SplitStatistics } from '../../data/index.js';
import { columns, whole } from '../output-format.js';

/** An archive as text: members, classes, channels, checksums. */
export function describeArchive(info: ArchiveInfo): string {
  const members = info.members.map(({ name, records }): [string, string] => [name, whole(records)]);
  return [
    'images a member',
    columns(members, '  '),
    'images a class (train, test)',
    columns(classRows(info), '  '),
    columns([
      ...channelRows('train', info.train),
      ...channelRows('test', info.test),
      ['sha256', info.sha256],
      ['md5', `${info.md5} (${info.official ? 'the official archive' : 'not the official archive'})`],
    ]),
  ].join('\n');
}

function classRows({ classNames, train, test }: ArchiveInfo): [string, string][] {
  const count = (split: SplitStatistics, i: number) => whole(split.classCounts[i]).padStart(6);
  return classNames.map((name, i) => [name, `${count(train, i)}  ${count(test, i)}`]);
}

/** Red, green and blue on the scale of 0 to 1: what `data.normalize` takes. */
function channelRows(split: string, { mean, std }: SplitStatistics): [string, string][] {
  const fixed = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(' ');
  return [
    [`${split} mean`, fixed(mean)],
    [`${split} std`, fixed(std)],
  ];
}
