import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Config, loadConfig, parseConfig, settingPaths } from '../../../../src/config/index.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-json.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

const FOLDER = path.join(process.cwd(), 'configs');
const SHIPPED = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Record<string, unknown>);
const PATHS = settingPaths();
const VALUES =
  '1 0 -1 0.5 1e999 NaN null true [] {} "" x none all lrt {"kind":"laplace"} ["crop"] [1,2] 1e-9 "\\ud800"'
    .split(' ')
    .concat('', '=', '{', `${'['.repeat(5000)}${']'.repeat(5000)}`);

/** Every number finite, all of it frozen, nothing inherited: what the rest of the program relies on. */
function checkPlain(value: unknown, where: string): void {
  if (typeof value === 'number') check(Number.isFinite(value), `${where} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  check(Object.isFrozen(value), `${where} is not frozen`);
  const prototype = Object.getPrototypeOf(value) as unknown;
  check(
    [Object.prototype, Array.prototype, null].includes(prototype as never),
    `${where} has another prototype`,
  );
  for (const [key, item] of Object.entries(value)) checkPlain(item, `${where}.${key}`);
}

function checkConfig(config: Config): Outcome {
  checkPlain(config, 'config');
  // What a run folder keeps must give the same run again.
  const again = parseConfig(JSON.parse(JSON.stringify(config)), 'again');
  check(JSON.stringify(again) === JSON.stringify(config), 'a resolved config changes when it is read again');
  check(!('polluted' in {}), 'Object.prototype was changed');
  return 'accepted';
}

async function load(text: string, folder: string, overrides: readonly string[]): Promise<Outcome> {
  const file = path.join(folder, 'c.json');
  writeFileSync(file, text);
  try {
    return checkConfig(await loadConfig(file, overrides));
  } catch (error) {
    return refusal(error, ['config', 'usage']);
  }
}

/** Config files: changed structure, odd values, other bytes. */
export const config: Target = {
  name: 'config',
  run(dice, folder) {
    const base = dice.pick(SHIPPED);
    const text = dice.oneIn(10)
      ? mutateBytes(Buffer.from(JSON.stringify(base)), dice).toString('latin1')
      : mutateJson(base, dice);
    return load(text, folder, []);
  },
};

function override(dice: Dice): string {
  const name = dice.pick(PATHS);
  const odd = [
    `${name}.x`,
    name.split('.').reverse().join('.'),
    name.slice(1),
    '__proto__.polluted',
    'constructor.x',
    '',
  ];
  const left = dice.oneIn(5) ? dice.pick(odd) : name;
  const text = `${left}${dice.oneIn(20) ? '' : '='}${dice.oneIn(4) ? dice.oddNumber() : dice.pick(VALUES)}`;
  return dice.oneIn(10) ? mutateBytes(Buffer.from(text), dice).toString('latin1') : text;
}

/** `--set path=value`, several at a time, on shipped configs. */
export const overrides: Target = {
  name: 'overrides',
  run(dice, folder) {
    const texts = Array.from({ length: dice.between(1, 4) }, () => override(dice));
    return load(JSON.stringify(dice.pick(SHIPPED)), folder, texts);
  },
};
