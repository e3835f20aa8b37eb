import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { BalancingProxyError } from '../../src/index.ts';
import { type FakeAnswer, fakeTransport, upstreamRequest } from '../../src/testing/testing.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';

const never = new AbortController().signal;
const one = upstreamRequest('http://one.example', { target: '/path' });

describe('fakeTransport()', () => {
  const send = (answer: FakeAnswer, signal = never) => fakeTransport(answer).send(one, signal);

  test('gives what the test decides', async () => {
    const answer = { status: 404, statusText: 'Gone', headers: ['X-A', '1'], body: 'no', trailers: ['X-T', 't'] };
    const response = await send(() => answer);
    expect(response).toMatchObject({ status: 404, statusText: 'Gone', headers: ['X-A', '1'] });
    expect([await text(response.body), response.trailers()]).toEqual(['no', ['X-T', 't']]);
  });

  test('gives an empty 200 by default', async () => {
    const response = await send(() => ({}));
    expect([response.status, response.headers, await text(response.body)]).toEqual([200, [], '']);
  });

  test.each(['some text', Buffer.from('some text')])('has a body that is no stream whole at once', async (body) => {
    expect((await send(() => ({ body }))).takeWhole?.()?.toString()).toBe('some text');
  });

  test('gives a stream as it comes', async () => {
    const body = new Readable({ read() {} });
    const response = await send(async () => ({ body }));
    expect(response.takeWhole).toBeUndefined();
    body.push('some ');
    body.push('text');
    body.push(null);
    expect(await text(response.body)).toBe('some text');
  });

  test.each<[string, FakeAnswer]>([
    [
      'throws',
      () => {
        throw new BalancingProxyError('ERR_BRP_CONNECT', 'no');
      },
    ],
    ['rejects', () => Promise.reject(new BalancingProxyError('ERR_BRP_CONNECT', 'no'))],
  ])('fails with what the test %s', async (_, answer) => {
    await expect(send(answer)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
  });

  test.each<[string, FakeAnswer]>([
    ['never comes', () => new Promise(() => {})],
    ['comes too late', async () => ({ body: 'late' })],
  ])('ends with the reason of the signal when the answer %s', async (_, answer) => {
    const abort = new AbortController();
    const sending = send(answer, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
  });

  test('asks nothing for a signal that has fired already', async () => {
    const answer = jest.fn<FakeAnswer>();
    await expect(send(answer, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(answer).not.toHaveBeenCalled();
  });

  test('breaks its body off when the signal fires', async () => {
    const abort = new AbortController();
    const { body } = await send(() => ({ body: new Readable({ read() {} }) }), abort.signal);
    abort.abort(new Error('enough'));
    await expect(text(body)).rejects.toThrow('enough');
  });

  test('tells what it was asked, and whether it was closed', async () => {
    const transport = fakeTransport(() => ({}));
    await transport.send(one, never);
    expect([transport.requests, transport.isClosed]).toEqual([[one], false]);
    await transport.close();
    expect(transport.isClosed).toBe(true);
  });
});

describe('a proxy over a fakeTransport()', () => {
  const resources = leakCheckedResources();

  test('races endpoints that exist nowhere', async () => {
    const transport = fakeTransport(({ address, target }) =>
      address.hostname === 'two' ? { body: `two has ${target}` } : { status: 500 },
    );
    const served = await resources.serve({ endpoints: ['http://one', 'http://two'], transport });
    expect((await request(`${served.url}/path`)).text).toBe('two has /path');
    expect(transport.requests.map(({ address }) => address.hostname)).toEqual(['one', 'two']);
  });
});
