// Prints a bill of materials (CycloneDX, JSON) of all that is installed with the package, from the lock file.
//   node scripts/sbom.mjs > sbom.json
// npm's own --omit=dev also leaves out what the package and a tool of its development both need, and marks it as a tool's.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--offline'];
const text = execFileSync('npm', args, {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
  shell: process.platform === 'win32',
});
const bom = JSON.parse(text);
const { name, packages } = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'));
const nameOf = (place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
const installed = new Set(
  Object.entries(packages)
    .filter(([place, { dev }]) => place !== '' && !dev)
    .map(([place, { version }]) => `${nameOf(place)}@${version}`),
);

bom.components = bom.components
  .filter((component) => installed.has(component['bom-ref']))
  .map(({ properties = [], ...component }) => ({
    ...component,
    // Of the first of several places that a package lies in.
    properties: properties.filter((property) => property.name !== 'cdx:npm:package:development'),
  }));
const kept = new Set(bom.components.map((component) => component['bom-ref']));
const own = bom.metadata.component;
// npm takes the folder's name.
own.name = name;
bom.dependencies = bom.dependencies
  .filter(({ ref }) => kept.has(ref) || ref === own['bom-ref'])
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
