import { readFileSync } from 'node:fs';
import path from 'node:path';
import { circlesIn } from './circles.ts';
import { folderOf, house, isIn, isLoose, mayImport } from './house.ts';
import { type Import, root, sourcesUnder } from './sources.ts';

const sources = ['src', 'shared', 'demo', 'examples', 'bench'].flatMap(sourcesUnder);
const imports = sources.flatMap((source) => source.imports);
const ofOurs = imports.filter(({ isOurs }) => isOurs);
const ofPackage = imports.filter(({ from }) => isIn('src/')(from));

const shown = (found: readonly Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

describe('the imports', () => {
  test('are found', () => {
    expect(shown(imports)).toEqual(
      expect.arrayContaining([
        'src/proxy/proxied-request.ts -> src/race/race.ts',
        'src/index.ts -> src/events/events.ts',
        'src/options/options.ts -> src/race/strategies/strategies.ts',
        'src/endpoints/state/endpoint.ts -> src/race/delay.ts',
        'src/transports/got.ts -> got',
        'src/client/request/body.ts -> node:http',
        'demo/demo.ts -> src/index.ts',
        'bench/peers/rows/rows.ts -> bench/peers/rows/by-hand/node-pipe.ts',
      ]),
    );
  });

  test('lead where the house lets them', () => {
    expect(shown(ofOurs.filter(({ from, to }) => !mayImport(from, to)))).toEqual([]);
  });

  test('of files go round in no circle, types included', () => {
    expect(circlesIn(ofOurs)).toEqual([]);
  });

  test('of folders go round in no circle, types included', () => {
    const edges = ofOurs.map(({ from, to }) => ({ from: folderOf(from), to: folderOf(to) }));
    expect(circlesIn(edges.filter(({ from, to }) => from !== to))).toEqual([]);
  });

  test('of observers are types only, but for what is their own', () => {
    const isForeign = (to: string) =>
      isIn('src/')(to) &&
      !isIn('src/observers/', 'src/support/', 'src/http/', 'src/errors.ts', 'src/endpoints/state/snapshot.ts')(to);
    const values = imports.filter(({ from, to, isType }) => isIn('src/observers/')(from) && isForeign(to) && !isType);
    expect(shown(values)).toEqual([]);
  });

  test.each([
    ['got', 'src/transports/got.ts'],
    ['undici', 'src/transports/undici.ts'],
    ['@opentelemetry/api', 'src/observers/tracing/opentelemetry.ts', 'src/observers/tracing/options.ts'],
    [
      'prom-client',
      'src/observers/metrics/metrics.ts',
      'src/observers/metrics/instruments.ts',
      'src/cli/metrics/process-metrics.ts',
    ],
    ['yaml', 'src/cli/config/yaml-syntax.ts'],
    ['http-proxy', ''],
    ['express', ''],
  ])('of the package name %s in no other file than %j', (name, ...places) => {
    const isOf = (to: string) => to === name || to.startsWith(`${name}/`);
    expect(shown(ofPackage.filter(({ from, to }) => isOf(to) && !places.includes(from)))).toEqual([]);
  });

  test('of the package name no other package that is not a dependency', () => {
    const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const installed = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    const isKnown = (to: string) => to.startsWith('node:') || to.startsWith('src/') || installed.has(to);
    expect(shown(ofPackage.filter(({ to }) => !isKnown(to)))).toEqual([]);
  });
});

describe('the house', () => {
  const files = sources.map((source) => source.path);

  test('has a room for every file', () => {
    expect(files.filter(isLoose)).toEqual([]);
  });

  test('has no room that is empty', () => {
    expect(house.filter(({ name }) => !files.some(isIn(name))).map(({ name }) => name)).toEqual([]);
  });

  test('keeps no file beside the rooms of the bench that package.json does not start', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const started = Object.values<string>(scripts).join('\n');
    const beside = files.filter((file) => path.posix.dirname(file) === 'bench');
    expect(beside.filter((file) => !started.includes(`node ${file}`))).toEqual([]);
  });
});
