/** Deeper than any of our files; recursion over a value of this depth is safe everywhere. */
const MAX_DEPTH = 100;

/** Where a JSON string that begins at `from` ends. @param text valid JSON */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    at = text.indexOf('"', at);
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
  }
}

/** The strings of a JSON text and the characters that open, close or separate; the rest are plain values. */
function* tokens(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    if ('{}[],:'.includes(text[at])) yield text[at];
    if (text[at] !== '"') continue;
    const end = stringEnd(text, at);
    yield text.slice(at, end + 1);
    at = end;
  }
}

/**
 * What JSON.parse silently takes: a key that stands twice in one object, of which it keeps the last, and values
 * nested so deep that reading them overflows the stack.
 * @param text valid JSON (JSON.parse accepts it)
 */
function hiddenProblem(text: string): string | undefined {
  const open: (Set<string> | null)[] = [];
  let atKey = false;
  for (const token of tokens(text)) {
    const keys = open.at(-1);
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (atKey && keys && token.startsWith('"')) {
      const key = JSON.parse(token) as string;
      if (keys.has(key)) return `${quoteJson(key)} twice in one object`;
      keys.add(key);
    }
    if (open.length > MAX_DEPTH) return `values nested deeper than ${MAX_DEPTH}`;
    atKey = token === '{' || token === ',';
  }
  return undefined;
}

/** V8 says where JSON breaks off as a character offset; people count lines. */
function place(text: string, reason: string): string {
  const offset = /position (\d+)/.exec(reason)?.[1];
  if (offset === undefined || /line \d+/.test(reason)) return reason;
  const before = text.slice(0, Number(offset)).split('\n');
  return `${reason} (line ${before.length} column ${(before.at(-1) as string).length + 1})`;
}

/** A text that is no JSON for us; the message reads as what was got. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';
}

/**
 * JSON.parse that also refuses keys that stand twice in one object and values nested deeper than 100.
 * @throws JsonProblem
 */
export function strictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonProblem(place(text, (cause as Error).message), { cause });
  }
  const problem = hiddenProblem(text);
  if (problem !== undefined) throw new JsonProblem(problem);
  return value;
}

/** A JSON value as it may be quoted in a message, cut to a readable length. */
export function quoteJson(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
