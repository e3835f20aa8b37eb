import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { warningsOf } from '../../src/cli/flags/environment.ts';
import { parseFlags } from '../../src/cli/flags/parse-flags.ts';
import { describeWith } from '../helpers/programs.ts';

const file = path.join(import.meta.dirname, '..', '..', 'demo', 'deploy', 'balancing-reverse-proxy.service');
const unit = readFileSync(file, 'utf8');

/** The values of a setting. */
function valuesOf(setting: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

describe('the systemd unit', () => {
  const assignments = valuesOf('Environment').flatMap((line) => line.split(' '));
  const environment = Object.fromEntries(assignments.map((assignment) => assignment.split('=', 2)));
  const [, ...args] = valuesOf('ExecStart')[0]?.split(/ (?=-)/) ?? [];
  const { values, given } = parseFlags(args.join(' ').split(' '), environment);

  test('sets variables and flags that the command knows', () => {
    expect(warningsOf(environment)).toEqual([]);
    expect([...given.keys()]).toEqual(expect.arrayContaining(['config', 'address', 'admin', 'workers']));
  });

  test('leaves more time to end than the command takes', () => {
    const [seconds = ''] = valuesOf('TimeoutStopSec').map((time) => /^(\d+)s$/.exec(time)?.[1]);
    expect(Number(seconds) * 1_000).toBeGreaterThan(values['shutdown-delay'] + values['shutdown-timeout']);
  });

  test('gives a worker that hangs time to be replaced before all are started anew', () => {
    const [seconds = ''] = valuesOf('WatchdogSec').map((time) => /^(\d+)s$/.exec(time)?.[1]);
    expect(Number(seconds) * 1_000).toBeGreaterThan(2 * values['worker-timeout']);
  });
});

describeWith('systemd-analyze', ['systemd-analyze'], () => {
  test('has nothing to say against the unit', () => {
    const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
  });

  test('finds little that the unit leaves open', () => {
    const args = ['security', '--no-pager', '--offline=true', '--threshold=20', file];
    expect(spawnSync('systemd-analyze', args)).toMatchObject({ status: 0 });
  });
});
