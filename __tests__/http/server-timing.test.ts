import { serverTiming } from '../../src/http/server-timing.ts';

describe('serverTiming', () => {
  test('says who answered, after how long, and how many attempts there were', () => {
    expect(serverTiming({ endpoint: 'https://a.example/base', afterMs: 12.345, attempts: 3 })).toBe(
      'brp-endpoint;desc="https://a.example/base";dur=12.3, brp-attempts;desc="3"',
    );
  });

  test.each([
    ['a "b"', 'a \\"b\\"'],
    ['a\\', 'a\\\\'],
    ['a;dur=1, b', 'a;dur=1, b'],
    ['Zürich', 'Zürich'],
  ])('quotes the name %j', (endpoint, desc) => {
    const value = serverTiming({ endpoint, afterMs: 1, attempts: 1 });
    expect(value).toBe(`brp-endpoint;desc="${desc}";dur=1, brp-attempts;desc="1"`);
  });
});
