import { describe, expect, it } from 'vitest';
import { JsonProblem, quoteJson, strictJson } from '../../src/strict-json.js';

describe('strictJson', () => {
  it.each([
    '1',
    '"a\\\\"',
    '{"a":[{"b":1},{"b":2}],"c":{"a":"{\\"a\\":1,\\"a\\":2}"}}',
    '[]',
    ' {"a" : "," , "b":"\\"" } ',
  ])('reads %s as JSON.parse does', (text) => {
    expect(strictJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"a":1, "a":2}', '"a" twice in one object'],
    ['{"a":1,"\\u0061":2}', '"a" twice in one object'],
    ['[{"x":{"a":[],"b":"}","a":0}}]', '"a" twice in one object'],
    ['{"":1,"":1}', '"" twice in one object'],
    [`${'['.repeat(101)}${']'.repeat(101)}`, 'values nested deeper than 100'],
    [`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 'values nested deeper than 100'],
  ])('refuses %.40s', (text, message) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(() => strictJson(text)).toThrow(new JsonProblem(message));
  });

  it('says in which line the text breaks off', () => {
    expect(() => strictJson('{\n "a": 1,\n}')).toThrow(/line 3 column 1/);
  });

  it('takes a string of megabytes, and depth up to the limit', () => {
    const long = JSON.stringify({ a: 'x\\"'.repeat(2e6) });
    expect(strictJson(long)).toEqual(JSON.parse(long));
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
    expect(JSON.stringify(strictJson(deep))).toBe(deep);
  });
});

it('quotes any value, cut short', () => {
  expect(['a', 1, null, undefined, { toString: 1 }, 'x'.repeat(99)].map(quoteJson)).toEqual([
    '"a"',
    '1',
    'null',
    'nothing',
    '{"toString":1}',
    `"${'x'.repeat(56)}...`,
  ]);
});
