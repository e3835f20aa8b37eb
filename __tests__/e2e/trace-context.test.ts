import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { BalancingProxy } from '../../src/index.ts';
import { traceAttempts } from '../../src/observers/tracing/opentelemetry.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, type RawEndpoint, sendRaw, startRaw } from '../helpers/raw.ts';

const resources = leakCheckedResources();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new BasicTracerProvider());
});
afterAll(() => {
  context.disable();
  propagation.disable();
  trace.disable();
});

const traceparent = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const untouched: ReadonlyArray<[string, readonly string[]]> = [
  ['a whole trace context', [traceparent, 'tracestate: one=1,two=2', 'baggage: user=1;secret, b=%20']],
  ['names in any case and repeated lines', ['TraceParent: 00', 'TRACESTATE: one=1', 'Baggage: a=1', 'tracestate: b=2']],
  ['nonsense', ['traceparent: ', 'tracestate: ,,=', 'baggage: "\xff"']],
  ['no trace context', []],
];

/** The lines of a trace context in what an endpoint got. */
const contextIn = ({ requests }: RawEndpoint) =>
  requests.map(({ headers }) => headers.filter((line) => /^(trace|baggage)/i.test(line)));

describe.each<[string, (proxy: BalancingProxy) => void]>([
  ['by itself', () => {}],
  ['while attempts are traced', (proxy) => void traceAttempts(proxy)],
])('a proxy %s', (_, observe) => {
  test.each(untouched)('forwards %s to every endpoint byte for byte', async (_what, lines) => {
    const bad = await startRaw('HTTP/1.1 500 Bad\r\nContent-Length: 3\r\n\r\nbad');
    const good = await startRaw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    for (const endpoint of [bad, good]) resources.use(endpoint);
    const { url, proxy } = await resources.serve({ endpoints: [bad.url, good.url], strategy: 'failover' });
    observe(proxy);
    const { text } = await sendRaw(url, head('GET / HTTP/1.1', 'Host: x', ...lines, 'Connection: close'));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const endpoint of [bad, good]) expect(contextIn(endpoint)).toEqual([lines]);
  });
});
