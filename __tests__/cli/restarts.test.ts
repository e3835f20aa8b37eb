import { fatesOver } from '../e2e/restart-load.ts';
import { RestartingEndpoint } from '../e2e/restarting-endpoint.ts';
import { Resources } from '../helpers/proxy.ts';
import { start } from './command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

test.each(['1', '2'])(
  'with -retry-for none of 50 requests a second fails while the only endpoint restarts for 2 s (-workers %s)',
  async (workers) => {
    const endpoint = resources.use(await new RestartingEndpoint().start());
    const command = start('-workers', workers, '-e', endpoint.url, '-retry-for', '5s', '-retry-every', '100ms');
    const fates = await fatesOver(await command.url(), {
      end: () => endpoint.end('SIGTERM'),
      start: () => endpoint.start(),
    });
    expect(fates.filter(({ status }) => status !== 200)).toEqual([]);
    const posts = fates.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ number }) => endpoint.seen.get(number) !== 1)).toEqual([]);
  },
);
