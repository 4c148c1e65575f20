/** A string, or a character that opens, closes or separates; the rest of valid JSON is plain values. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first key that stands twice in one object of a JSON text, which JSON.parse would silently overwrite.
 * @param text valid JSON (JSON.parse accepts it)
 */
export function duplicateKey(text: string): string | undefined {
  const seen: (Set<string> | null)[] = [];
  let atKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const keys = seen.at(-1);
    if (token === '{') seen.push(new Set());
    else if (token === '[') seen.push(null);
    else if (token === '}' || token === ']') seen.pop();
    else if (atKey && keys && token.startsWith('"')) {
      const key = JSON.parse(token) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    atKey = token === '{' || token === ',';
  }
  return undefined;
}
