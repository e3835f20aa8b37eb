import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Resources, request } from '../helpers/proxy.ts';
import { isThere, until } from '../helpers/until.ts';
import { describeSystemd, Systemd } from './systemd/systemd.ts';

const root = path.join(import.meta.dirname, '..', '..');
const name = 'balancing-reverse-proxy.service';
const unit = readFileSync(path.join(root, 'demo', 'deploy', name), 'utf8');

const resources = new Resources();
afterEach(() => resources.closeAll());

const configFile = '/etc/balancing-reverse-proxy/config.yaml';

/** Where the unit finds this folder and Node: it has a `/tmp` of its own and sees no homes, and this folder may be there. */
const seen = { root: '/run/checkout', node: '/run/node' };

/** The unit of the demo, with what only a test needs: the command of this folder, free ports, and a file for the log. */
function unitWith(...settings: readonly string[]): string {
  const command = `${path.join(seen.node, path.basename(process.execPath))} ${path.join(seen.root, 'src', 'cli', 'main.ts')}`;
  return [
    unit.replaceAll('/usr/bin/env balancing-reverse-proxy', command),
    '[Service]',
    `BindReadOnlyPaths=${root}:${seen.root} ${path.dirname(process.execPath)}:${seen.node}`,
    'Environment=BRP_ADDRESS=127.0.0.1:0 BRP_ADMIN=127.0.0.1:0 BRP_WORKERS=2 BRP_SHUTDOWN_DELAY=0',
    'StandardOutput=append:/run/output',
    'StandardError=append:/run/output',
    ...settings,
  ].join('\n');
}

/** Boots with the unit and starts it. */
async function start(...settings: readonly string[]) {
  const systemd = await Systemd.boot(resources, { [name]: unitWith(...settings) });
  systemd.write(configFile, `endpoints: ['${(await resources.startSaying('hello')).url}']`);
  expect(systemd.ctl('start', name)).toBe('');
  const property = (key: string) => systemd.property(name, key);
  const log = () => systemd.textOf('/run/output');
  /** Asks at the address that the status tells. */
  const ask = async () => {
    const [, address] = /serving on "(\S+)" with 2 workers/.exec(property('StatusText')) ?? [];
    return (await request(`http://${address}`)).text;
  };
  return { systemd, property, log, ask };
}

describeSystemd('the unit for systemd', () => {
  test('serves when it is started, goes on over a reload, and stops in good order', async () => {
    const { systemd, property, log, ask } = await start();
    expect([property('ActiveState'), property('SubState')]).toEqual(['active', 'running']);
    expect(await ask()).toBe('hello');
    const pid = property('MainPID');
    expect(systemd.ctl('reload', name)).toBe('');
    await until(() => /reloaded$/m.test(log()));
    await until(() => property('SubState'), 'running');
    expect(await ask()).toBe('hello');
    expect([property('MainPID'), property('NRestarts')]).toEqual([pid, '0']);
    expect(systemd.ctl('stop', name)).toBe('');
    expect([property('ActiveState'), property('Result')]).toEqual(['inactive', 'success']);
    expect(log()).toMatch(/stopped$/m);
    expect(log()).not.toMatch(/warning/);
  });

  test('tells whoever reloads of a mistake in the file, and goes on', async () => {
    const { systemd, property, log, ask } = await start();
    systemd.write(configFile, 'endpoints: []');
    expect(systemd.ctl('reload', name)).toMatch(/^Job for .* failed/);
    expect(log()).toMatch(/config\.yaml:1:12: option `endpoints`: /);
    expect(property('SubState')).toBe('running');
    expect(await ask()).toBe('hello');
  });

  test('starts a command with a mistake in its file once', async () => {
    const systemd = await Systemd.boot(resources, { [name]: unitWith('RestartSec=0') });
    systemd.write(configFile, 'endpoints: []');
    expect(systemd.ctl('start', name)).toMatch(/^Job for .* failed/);
    const properties = ['ActiveState', 'ExecMainStatus', 'NRestarts'].map((key) => systemd.property(name, key));
    expect(properties).toEqual(['failed', '2', '0']);
  });

  test('has a command that stands still ended, and starts another one', async () => {
    const { systemd, property, ask } = await start('WatchdogSec=2s');
    const pid = property('MainPID');
    systemd.signal(pid, 'STOP');
    await until(() => property('NRestarts'), '1');
    await until(() => property('StatusText') || undefined, isThere);
    await until(() => property('SubState'), 'running');
    expect(property('MainPID')).not.toBe(pid);
    expect(await ask()).toBe('hello');
  });

  test('goes on while a worker that stands still is replaced', async () => {
    const { systemd, property, log, ask } = await start('WatchdogSec=2s', 'Environment=BRP_WORKER_TIMEOUT=1s');
    const [, pid = ''] = /worker 1 is ready \(process (\d+)\)/.exec(log()) ?? [];
    systemd.signal(pid, 'STOP');
    await until(() => /worker 3 is ready/.test(log()));
    expect(await ask()).toBe('hello');
    expect([property('SubState'), property('NRestarts')]).toEqual(['running', '0']);
  });
});
