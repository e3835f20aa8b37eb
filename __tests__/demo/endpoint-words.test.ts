import { describeEndpoint } from '../../demo/endpoint-words.ts';
import type { Paint } from '../../demo/race-lines.ts';
import type { ProxyEvent } from '../../src/index.ts';

const plain: Paint = (_color, text) => text;

describe('describeEndpoint', () => {
  test.each<[ProxyEvent, string]>([
    [
      { type: 'endpoint-ejected', endpoint: 'a', forMs: 1_000, cause: 'unreachable' },
      'a is ejected: it could not be reached several times in a row, so it is left out for 1 s, then tried again',
    ],
    [
      { type: 'endpoint-ejected', endpoint: 'a', forMs: 500, cause: 'failures' },
      'a is ejected: too many of its attempts failed, so it is left out for 0.5 s, then tried again',
    ],
    [{ type: 'endpoint-drained', endpoint: 'a' }, 'a is drained: it is left out until somebody restores it'],
    [{ type: 'endpoint-restored', endpoint: 'a' }, 'a is restored: it is asked like the others again'],
  ])('says what $type means', (event, words) => {
    expect(describeEndpoint(event, plain)).toBe(words);
  });

  test('says nothing of requests', () => {
    const event = { type: 'hedge-denied', requestId: 1, method: 'GET', url: '/' } as const;
    expect(describeEndpoint(event, plain)).toBeUndefined();
  });
});
