import { Resources } from '../helpers/proxy.ts';
import { startChild } from '../soak/child.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

test.each([
  ['got', ''],
  ['undici', ''],
  ['got', 'http2'],
  ['undici', 'http2'],
])('%s %s keeps no request body while the response is open', async (...settings) => {
  const child = resources.use(await startChild('../e2e/body-memory-process.ts', ...settings));
  expect(child.hello).toEqual({ statuses: Array(5).fill(200), sent: 5, kept: 0 });
});
