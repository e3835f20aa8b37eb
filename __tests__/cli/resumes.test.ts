import { contentOf, sha256, startMirror } from '../e2e/mirror.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { isThere, until } from '../helpers/until.ts';
import { start } from './command.ts';
import { metricIn } from './metrics.ts';
import { watch } from './watch.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const content = contentOf(200_000);
const mirror = { content, headers: { ETag: '"one"' } };

/** Starts a command for two endpoints, of which the first breaks off, and has it mend a body. */
async function mend(...flags: readonly string[]) {
  const breaking = await startMirror(resources, { ...mirror, breaksAt: [100_000] });
  const whole = await startMirror(resources, mirror);
  const command = start('-e', `${breaking.url},${whole.url}`, '-strategy', 'failover', ...flags);
  const url = await command.url();
  return {
    command,
    breaking: breaking.url,
    whole: whole.url,
    mend: async () => expect(sha256((await request(`${url}/file`)).body)).toBe(sha256(content)),
  };
}

describe('a resumed body in the log of the command', () => {
  test('is told in words', async () => {
    const { command, breaking, whole, mend: send } = await mend('-log-level', 'debug');
    await send();
    const line = await command.line(/ served in /);
    const [, served = ''] = line.split(' GET /file ');
    expect(served).toMatch(/^served in \S+ by endpoint 0 "\S+": status 200, 200000 bytes \(resumes: 1\); endpoint 0 /);
    expect(served).toContain(`endpoint 0 "${breaking}" broke off at byte `);
    expect(await command.line(/\(resumed\)/)).toContain(`endpoint 1 "${whole}": 206 in `);
  });

  test('is told to machines', async () => {
    const { command, breaking, whole, mend: send } = await mend('-log-format', 'json');
    await send();
    expect(JSON.parse(await command.line(/request-ended/))).toMatchObject({
      level: 'warn',
      status: 200,
      winner: breaking,
      resumes: 1,
      attempts: [
        {
          endpoint: breaking,
          reason: 'first',
          outcome: 'won',
          error: 'ERR_BRP_CONNECTION_LOST',
          brokeOff: { afterMs: expect.any(Number), atByte: expect.any(Number) },
        },
        { endpoint: whole, reason: 'resume', outcome: 'resumed', status: 206 },
      ],
    });
  });
});

test('a resumed body shows in the metrics and on the dashboard of workers', async () => {
  const { command, breaking, whole, mend: send } = await mend('-workers', '2', '-admin', '127.0.0.1:0');
  const admin = await command.adminUrl();
  const viewer = resources.use(await watch(admin));
  await until(() => viewer.frame, isThere);
  await send();
  await until(() => viewer.race, isThere);
  expect(viewer.race).toMatchObject({
    resumes: 1,
    attempts: [
      {
        endpoint: breaking,
        outcome: 'won',
        error: 'ERR_BRP_CONNECTION_LOST',
        brokeOff: { atByte: expect.any(Number) },
      },
      { endpoint: whole, reason: 'resume', outcome: 'resumed' },
    ],
  });
  const { text } = await request(`${admin}/metrics`);
  const count = (outcome: string) => metricIn(text, 'balancing_proxy_resumes_total', { outcome });
  expect([count('resumed'), count('failed')]).toEqual([1, 0]);
  expect(metricIn(text, 'balancing_proxy_attempts_total', { reason: 'resume', outcome: 'resumed' })).toBe(1);
});
