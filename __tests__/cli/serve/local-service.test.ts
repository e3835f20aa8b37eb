import { configurationReader } from '../../../src/cli/config/configuration.ts';
import { parseFlags } from '../../../src/cli/flags/parse-flags.ts';
import { startLocally } from '../../../src/cli/serve/local-service.ts';
import { startDns } from '../../helpers/dns-server.ts';
import { Resources } from '../../helpers/proxy.ts';
import { temporaryFile } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

function configurationFor(options: object) {
  const file = temporaryFile(resources, 'brp.json', options);
  return configurationReader(parseFlags(['-config', file, '-shutdown-timeout', '1ms'], {}))();
}

async function serve(options: object) {
  const configuration = await configurationFor({ ...options, via: 'test' });
  const service = await startLocally({ configuration, address: { host: '127.0.0.1', port: 0 }, log: () => {} });
  resources.use({
    async close() {
      await service.refuse();
      await service.finish();
    },
  });
  return service;
}

describe('a service from one process', () => {
  test('has the last configuration in use after several reloads at once, whichever DNS holds up', async () => {
    const dns = resources.use(await startDns());
    dns.manners = 'silent';
    const mute = { dns: 'http://mute.example', servers: [dns.server], timeoutMs: 1_000 };
    const before = { endpoints: ['http://before.example'], via: 'test' };
    const service = await serve(before);
    const configurations = [
      await configurationFor({ endpoints: ['http://stale.example', mute], via: 'test' }),
      await configurationFor(before),
    ];
    await Promise.all(configurations.map((configuration) => service.reload(configuration)));
    expect(service.source.endpoints.map(({ name }) => name)).toEqual(['http://before.example']);
  });
});
