import { isSwitchAsked, joinableProtocols } from '../../src/http/protocols.ts';

const upgrades = (...values: string[]) => values.flatMap((value) => ['Upgrade', value]);

describe('joinableProtocols', () => {
  test.each<[string[], string[]]>([
    [[], []],
    [['websocket'], ['websocket']],
    [['WebSocket'], ['WebSocket']],
    [['websocket, raw/1.0'], ['websocket', 'raw/1.0']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [[' , a ,, b,'], ['a', 'b']],
    [['h2cx, xh2c, h2-c, https, tlsx'], ['h2cx', 'xh2c', 'h2-c', 'https', 'tlsx']],
    [['h2c'], []],
    [['websocket, h2c'], ['websocket']],
    [['h2c, websocket'], ['websocket']],
    [['websocket,H2C,raw'], ['websocket', 'raw']],
    [['websocket', 'h2c'], ['websocket']],
    [['h2c', 'h2c'], []],
    [['h2c/1, h2, H2/2.0, h2-14, h2c-14, h3, HTTP/2.0, http, TLS/1.0, tls'], []],
    [['"h2c"', '"a, h2c"', 'h2c;q=1', 'h2c x', 'a/b/c', 'h\x00', '/', 'a/'], []],
    [["'h2c'"], ["'h2c'"]],
  ])('of %j are %j', (values, expected) => {
    expect(joinableProtocols(upgrades(...values))).toEqual(expected);
  });

  test('are found in a time that grows with the length of the field', () => {
    const startedAt = performance.now();
    for (const part of ['a', ',', ' ', 'a/', '"', 'h2c,', 'h2-1']) joinableProtocols(upgrades(part.repeat(100_000)));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('a switch', () => {
  test.each<[string[], string[], boolean]>([
    [['websocket'], ['WebSocket'], true],
    [['a, b'], ['b'], true],
    [['a', 'b'], ['a, b'], true],
    [['websocket'], ['h2c'], false],
    [['websocket'], ['websocket, h2c'], false],
    [['websocket'], ['websocket', 'h2c'], false],
    [['websocket'], ['websocket/2'], false],
    [['websocket'], [], false],
    [['websocket'], [''], false],
    [[], ['websocket'], false],
  ])('from %j to %j is one that was asked for: %s', (asked, answered, expected) => {
    expect(isSwitchAsked(upgrades(...asked), upgrades(...answered))).toBe(expected);
  });
});
