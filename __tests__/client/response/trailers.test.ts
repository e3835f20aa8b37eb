import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { trailersFor } from '../../../src/client/response/trailers.ts';

function responseTo(method: string, status = 200): ServerResponse {
  const res = new ServerResponse(Object.assign(new IncomingMessage(new Socket()), { method }));
  return Object.assign(res, { statusCode: status });
}

describe('trailersFor', () => {
  test('gives the fields as they came', () => {
    const list = ['X-Sum', '1', 'grpc-status', '0', 'x-sum', ' \xe9\t', 'ETag', 'a'];
    expect(trailersFor(responseTo('GET'), list)).toEqual(list);
  });

  test.each([
    ['Content-Length', '5'],
    ['content-encoding', 'gzip'],
    ['Content-Range', 'bytes 0-1/2'],
    ['Content-Type', 'text/html'],
    ['Host', 'h'],
    ['Trailer', 'X-A'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'close'],
    [':status', '200'],
    ['X A', 'b'],
    ['', 'b'],
    ['X-\xe9', 'b'],
    ['X-B', 'a\nb'],
    ['X-B', '\x01'],
    ['X-B', '\u20ac'],
  ])('leaves out %j: %j', (name, value) => {
    expect(trailersFor(responseTo('GET'), ['X-A', '1', name, value, 'X-C', '3'])).toEqual(['X-A', '1', 'X-C', '3']);
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('gives none without a body: %s answered with %i', (method, status) => {
    expect(trailersFor(responseTo(method, status), ['X-A', '1'])).toEqual([]);
  });
});
