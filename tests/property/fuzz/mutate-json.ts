import type { Dice } from './dice.js';
import { mutateBytes } from './mutate-bytes.js';

/** Keys with a meaning of their own in JavaScript, and keys that look like others. */
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'kind',
  'Kind',
  '',
  '0',
  'length',
  'epohs',
  '\u0000',
];

/** Texts in the place of a JSON value; some are no JSON. */
const VALUES = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '-1',
  '0.5',
  '1e999',
  '-1e999',
  '1e-400',
  '9007199254740993',
  '1E5',
  '""',
  '"0"',
  '"none"',
  '"constant"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"a":{}}',
  '{"kind":"gaussian"}',
  '{"kind":7}',
  '{"toString":1}',
  '{"__proto__":{"polluted":1}}',
  '[1,2,3]',
  '{"length":3}',
  'NaN',
  'Infinity',
  "'x'",
  '01',
  '.5',
  'undefined',
  '',
  '/* */ 1',
];

/** A JSON value as text, each object's keys as pairs, so that keys can stand twice. */
type Node = string | { list: Node[] } | { pairs: [string, Node][] };

function parse(value: unknown): Node {
  if (Array.isArray(value)) return { list: value.map(parse) };
  if (typeof value === 'object' && value !== null)
    return { pairs: Object.entries(value).map(([key, item]) => [JSON.stringify(key), parse(item)]) };
  return JSON.stringify(value);
}

function print(node: Node): string {
  if (typeof node === 'string') return node;
  if ('list' in node) return `[${node.list.map(print).join(',')}]`;
  return `{${node.pairs.map(([key, item]) => `${key}:${print(item)}`).join(',')}}`;
}

/** Objects and arrays that hold something, outermost first. */
function holders(node: Node): Exclude<Node, string>[] {
  if (typeof node === 'string') return [];
  const items = 'list' in node ? node.list : node.pairs.map(([, item]) => item);
  return [...(items.length > 0 ? [node] : []), ...items.flatMap(holders)];
}

/** A value nested so deep that recursion over it may overflow the stack. */
function deep(dice: Dice): string {
  const depth = dice.pick([10, 1000, 5000, 20_000]);
  return dice.oneIn(2)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

function newValue(dice: Dice): Node {
  if (dice.oneIn(40)) return deep(dice);
  if (dice.oneIn(4)) return String(dice.oddNumber());
  return dice.pick(VALUES);
}

function changeList(list: Node[], dice: Dice): void {
  const at = dice.below(list.length);
  const edits = [
    () => list.splice(at, 1),
    () => list.splice(at, 0, list[dice.below(list.length)]),
    () => list.splice(at, 1, newValue(dice)),
  ];
  dice.pick(edits)();
}

function changePairs(pairs: [string, Node][], dice: Dice): void {
  const at = dice.below(pairs.length);
  const [key, item] = pairs[at];
  const other = pairs[dice.below(pairs.length)];
  const edits = [
    () => pairs.splice(at, 1),
    () => pairs.splice(at, 1, [key, newValue(dice)]),
    () => pairs.splice(at, 1, [key, newValue(dice)]),
    () => pairs.splice(at, 1, [key, other[1]]),
    () =>
      pairs.push([
        dice.oneIn(2) ? key : JSON.stringify(dice.pick(KEYS)),
        dice.oneIn(2) ? item : newValue(dice),
      ]),
    () => pairs.splice(at, 1, [other[0], item]),
    () => pairs.splice(at, 1, [JSON.stringify(`${key.slice(1, -2)}x`), item]),
    () => pairs.reverse(),
  ];
  dice.pick(edits)();
}

/** The JSON text of a value after one to four changes of its structure, now and then also of its bytes. */
export function mutateJson(value: unknown, dice: Dice): string {
  const root = parse(value);
  for (let left = dice.between(1, 4); left > 0; left--) {
    const all = holders(root);
    if (all.length === 0) break;
    const holder = dice.pick(all);
    if ('list' in holder) changeList(holder.list, dice);
    else changePairs(holder.pairs, dice);
  }
  const text = print(root);
  return dice.oneIn(6) ? mutateBytes(Buffer.from(text), dice).toString('latin1') : text;
}
