import { createTokenServer, type TokenManner, tokenManners } from '../../demo/stream/token-servers.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { headOf } from '../helpers/timed-events.ts';
import { turns } from '../helpers/turns.ts';

const resources = leakCheckedResources();

async function start(manner: TokenManner): Promise<string> {
  const server = createTokenServer(manner, { firstAfterMs: 1, everyMs: 1, tokens: ['Hello, ', 'world'] });
  return (await resources.listen(server)).url;
}

describe('createTokenServer', () => {
  test.each(tokenManners)('gives the head of a stream of events at once where it is %s', async (manner) => {
    const response = await headOf(await start(manner));
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/event-stream');
    response.destroy();
  });

  test('sends one token after the other where it is slow', async () => {
    const { text } = await request(await start('slow'));
    expect(text).toBe('data: {"token":"Hello, "}\n\ndata: {"token":"world"}\n\ndata: [DONE]\n\n');
  });

  test('sends nothing but an error where it is told so', async () => {
    const { text } = await request(await start('error'));
    expect(text).toMatch(/^event: error\ndata: \{.*\}\n\n$/);
  });

  test('sends nothing more where it is silent', async () => {
    const response = await headOf(await start('silent'));
    let text = '';
    response
      .on('error', () => {})
      .on('data', (chunk) => {
        text += chunk;
      });
    await turns(20);
    expect(text).toBe('');
    response.destroy();
  });

  test('answers POST, too, as those do that have models', async () => {
    const { status } = await request(await start('error'), { method: 'POST', body: '{}' });
    expect(status).toBe(200);
  });
});
