import { createWaitingProxy } from '../../examples/restarting-server.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const order = { method: 'POST', body: 'order' };

describe('the recipe of a server that restarts', () => {
  test('has a write wait for the server, which gets it once', async () => {
    const { port, close } = await resources.start(answering(200, 'before'));
    await close();
    const { url, events } = await resources.serveCreated(createWaitingProxy(`http://127.0.0.1:${port}`));
    const answer = request(url, order);
    await until(() => events.filter(({ type }) => type === 'attempt-ended').length >= 2);
    const restarted = await resources.start(answering(200, 'back'), { port });
    expect(await answer).toMatchObject({ status: 200, text: 'back' });
    expect(restarted.asked()).toBe(1);
  });

  test('does not send a write again that the server may have seen', async () => {
    const dying = await resources.start((req) => void req.once('data', () => req.socket.destroy()));
    const { url } = await resources.serveCreated(createWaitingProxy(dying.url));
    expect((await request(url, order)).status).toBe(502);
    expect(dying.asked()).toBe(1);
  });

  test('gives 502 when nobody has come back after 5 seconds', async () => {
    // Port 1 stays free: another one could be given to the server of another test within the 5 seconds.
    const { url, events } = await resources.serveCreated(createWaitingProxy('http://127.0.0.1:1'));
    expect((await request(url)).status).toBe(502);
    // The last round is in vain when the next one, a quarter of a second later at most, would come after the 5 seconds.
    const [durationMs] = events.flatMap((event) => (event.type === 'request-ended' ? event.durationMs : []));
    expect(durationMs).toBeGreaterThan(4_750);
  });
});
