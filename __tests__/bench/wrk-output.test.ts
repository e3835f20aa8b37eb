import { parseWrkOutput } from '../../bench/load/wrk-output.ts';

const output = `Running 1s test @ http://127.0.0.1:8080/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.63ms  612.65us  12.05ms   90.13%
    Req/Sec    19.93k     1.27k   21.09k    90.00%
  Latency Distribution
     50%  731.00us
     75%    1.72ms
     90%    1.11s
     99%    1.20m
  21822 requests in 1.10s, 4.85MB read
Requests/sec:  19838.15
Transfer/sec:      4.41MB
`;

describe('parseWrkOutput', () => {
  test('gives the rate and the percentiles in milliseconds, whatever their units', () => {
    expect(parseWrkOutput(output)).toEqual({ requestsPerSecond: 19_838.15, p50Ms: 0.731, p99Ms: 72_000, failures: 0 });
  });

  test.each([
    { line: '  Socket errors: connect 1, read 2, write 3, timeout 4\n', failures: 10 },
    { line: '  Non-2xx or 3xx responses: 21822\n', failures: 21_822 },
    {
      line: '  Socket errors: connect 0, read 2, write 0, timeout 0\n  Non-2xx or 3xx responses: 5\n',
      failures: 7,
    },
  ])('counts $failures failures', ({ line, failures }) => {
    expect(parseWrkOutput(output.replace('Requests/sec', `${line}Requests/sec`)).failures).toBe(failures);
  });

  test('refuses what is not the output of wrk', () => {
    expect(() => parseWrkOutput('unable to connect')).toThrow(
      "expected the output of wrk --latency, got 'unable to connect'",
    );
  });
});
