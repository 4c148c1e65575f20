import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

interface Locked {
  version: string;
  license?: string;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
};
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const nameOf = (place: string) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
/** Everything that is installed with the package, what its dependencies need included. */
const installed = Object.entries(lock.packages)
  .filter(([place, { dev }]) => place !== '' && !dev)
  .map(([place, facts]) => ({ name: nameOf(place), ...facts }));

/** Licences that ask for no more than their text and names to be kept. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

function isAllowed({ name, license = 'none' }: { name: string; license?: string }): boolean {
  // Binds the files of its own package alone, which stay as they came.
  if (license === 'MPL-2.0') return name.startsWith('@resvg/resvg-js');
  return license
    .replace(/[()]/g, '')
    .split(/ (?:AND|OR) /)
    .every((part) => PERMISSIVE.has(part));
}

describe('what is installed with bayescnn', () => {
  it('has permissive licences, down to the last dependency', () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter((each) => !isAllowed(each)).map(({ name, license }) => [name, license])).toEqual(
      [],
    );
    expect(
      ['GPL-3.0', 'MIT AND GPL-2.0-only', 'MPL-2.0'].map((license) => isAllowed({ name: 'x', license })),
    ).toEqual([false, false, false]);
  });

  it('holds the licence of each package whose code is in the program', () => {
    const folder = path.join(root, 'dist/program');
    const code = readdirSync(folder)
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(path.join(folder, file), 'utf8'))
      .join('\n');
    // The bundler names each module that it puts in.
    const found = code.matchAll(/^ *\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\/.+$/gm);
    const inside = [...new Set(Array.from(found, ([, name]) => name))].sort();
    expect(inside).toEqual(['pbf', 'strip-json-comments', 'zod']);
    const licences = readFileSync(path.join(folder, 'LICENSES.txt'), 'utf8');
    for (const name of inside) {
      expect(licences).toContain(`\n${name} ${lock.packages[`node_modules/${name}`].version}\n`);
      const file = readdirSync(path.join(root, 'node_modules', name)).find((each) => /^licen/i.test(each));
      expect(licences).toContain(read(`node_modules/${name}/${file}`).trim());
    }
  });

  it('has a checksum each, and none is fetched from elsewhere than a registry', () => {
    const odd = installed.filter(
      ({ resolved = 'https://', integrity }) =>
        !resolved.startsWith('https://') || !integrity?.startsWith('sha512-'),
    );
    expect(odd.map(({ name }) => name)).toEqual([]);
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.optionalDependencies }))
      expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
  });

  it('has install steps of optional packages alone', () => {
    const withSteps = installed.filter(({ hasInstallScript }) => hasInstallScript);
    expect(withSteps.map(({ name, optional }) => [name, optional]).sort()).toEqual([
      ['@tensorflow/tfjs-node-gpu', true],
      ['core-js', true],
    ]);
  });

  it('has no peer that npm would install', () => {
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[name].optional).toBe(true);
      expect(installed.map((each) => each.name)).not.toContain(name);
      expect(read('notes/dependencies.md')).toContain(`Optional peer: \`${name}\` ${range.slice(1)} `);
    }
  });

  it('runs nothing of ours at its installation; what a checkout runs then opens no connection', () => {
    const { scripts } = manifest;
    for (const step of ['preinstall', 'install', 'postinstall', 'preprepare', 'postprepare', 'dependencies'])
      expect(scripts[step], step).toBeUndefined();
    expect(scripts.prepare).toBe('npm run build');
    const steps = scripts.build.split(' && ');
    const ours = steps.flatMap((step) => /^node (scripts\/[\w-]+\.mjs)$/.exec(step)?.[1] ?? []);
    expect(steps.filter((step) => !step.startsWith('node '))).toEqual(['tsc -p tsconfig.json']);
    expect(ours).toHaveLength(steps.length - 1);
    for (const script of ours)
      expect(read(script), script).not.toMatch(
        /\bfetch\(|node:(https?2?|net|tls|dgram|dns)\b|undici|curl|wget|npm (install|i|ci)\b|https?:\/\//,
      );
  });
});

describe('notes/dependencies.md', () => {
  const rows = read('notes/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, names, versions, license, size, reason]) => {
      const named = names.split(', ').map((name) => name.replace(/`/g, ''));
      return { named, versions: versions.split(', '), license, size, reason };
    });

  it('lists every runtime dependency, and no other, with its reason', () => {
    expect(rows.flatMap(({ named }) => named).sort()).toEqual(Object.keys(manifest.dependencies).sort());
    for (const { reason, size } of rows) expect([reason.length > 10, /\d/.test(size)]).toEqual([true, true]);
    for (const name of Object.keys(manifest.optionalDependencies))
      expect(read('notes/dependencies.md')).toContain(`Optional: \`${name}\``);
  });

  it('has the versions and licences that are installed', () => {
    for (const { named, versions, license } of rows)
      named.forEach((name, i) => {
        const { version, license: theirs } = lock.packages[`node_modules/${name}`];
        expect([name, versions[i], license]).toEqual([name, version, theirs]);
      });
  });
});

it('npm run sbom lists what is installed, with licences and checksums', () => {
  expect(manifest.scripts.sbom).toBe('node scripts/sbom.mjs');
  const text = execFileSync(process.execPath, ['scripts/sbom.mjs'], { cwd: root, encoding: 'utf8' });
  const bom = JSON.parse(text) as {
    bomFormat: string;
    components: { name: string; version: string; licenses?: object[]; hashes?: object[] }[];
  };
  expect(bom.bomFormat).toBe('CycloneDX');
  const names = (of: { name: string; version: string }[]) =>
    [...new Set(of.map(({ name, version }) => `${name}@${version}`))].sort();
  expect(names(bom.components)).toEqual(names(installed));
  for (const each of bom.components) expect(each).toMatchObject({ licenses: [{}], hashes: [{}] });
  expect(bom.components.map((each) => each.name)).not.toContain('vitest');
});
