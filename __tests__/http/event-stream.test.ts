import { isEventStream } from '../../src/http/event-stream.ts';

describe('isEventStream', () => {
  test.each([
    'text/event-stream',
    'Text/Event-Stream; charset=utf-8',
    'text/event-stream;charset=utf-8',
    ' text/event-stream ',
    'application/x-ndjson',
    'APPLICATION/X-NDJSON',
    'application/json-seq',
    'multipart/x-mixed-replace; boundary="a;b"',
    'application/grpc',
    'application/grpc+proto',
    'application/gRPC-web-text; charset=utf-8',
  ])('knows %j', (type) => {
    expect(isEventStream(['X-A', 'b', 'CONTENT-type', type])).toBe(true);
  });

  test.each(['no', 'No', ' NO '])('knows `X-Accel-Buffering: %s`', (value) => {
    expect(isEventStream(['Content-Type', 'text/plain', 'x-accel-buffering', value])).toBe(true);
  });

  test.each([
    [],
    ['Content-Type', ''],
    ['Content-Type', 'text/plain; a=text/event-stream'],
    ['Content-Type', 'text/event-stream-of-ours'],
    ['Content-Type', 'multipart/mixed'],
    ['Content-Type', 'x-application/grpc'],
    ['X-Accel-Buffering', 'yes'],
    ['X-Type', 'text/event-stream'],
  ])('takes nothing else for one: %j', (...headers) => {
    expect(isEventStream(headers.flat())).toBe(false);
  });
});
