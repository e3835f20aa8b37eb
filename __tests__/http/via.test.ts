import { isLoop, viaEntry } from '../../src/http/via.ts';

const pseudonym = 'balancing-reverse-proxy-1234abcd';
const others = (count: number) =>
  Array.from({ length: count }, (_, index) => `1.1 balancing-reverse-proxy-${index}`).join(', ');

describe('isLoop', () => {
  test.each([
    ['its own entry', `1.1 ${pseudonym}`],
    ['an entry of another HTTP version', `HTTP/2 ${pseudonym}`],
    ['an entry with a comment', `1.1 ${pseudonym} (Node)`],
    ['its entry between others', `1.0 fred, 1.1 ${pseudonym}, 1.1 nginx`],
    ['its entry without blanks', `1.0 fred,1.1 ${pseudonym}`],
    ['its entry behind several blanks', `1.0 fred, 1.1   ${pseudonym}`],
    ['six proxies of this kind', others(6)],
  ])('sees a loop in %s', (_, via) => {
    expect(isLoop(via, pseudonym)).toBe(true);
  });

  test.each([
    ['no Via', undefined],
    ['an empty Via', ''],
    ['nonsense', ',, ,'],
    ['other proxies', '1.1 nginx, 1.0 fred (squid), 2 cloudfront.net:443 (CloudFront)'],
    ['twenty proxies of other kinds', Array(20).fill('1.1 nginx').join(', ')],
    ['five proxies of this kind', others(5)],
    ['a pseudonym that only begins alike', `1.1 ${pseudonym}0`],
    ['its name as a version', `${pseudonym} nginx`],
  ])('sees none in %s', (_, via) => {
    expect(isLoop(via, pseudonym)).toBe(false);
  });

  test('knows a pseudonym of any kind', () => {
    expect(isLoop('1.1 fleet', 'fleet')).toBe(true);
  });

  test('sees the entry that was made for it', () => {
    expect(isLoop(viaEntry('1.1', pseudonym), pseudonym)).toBe(true);
  });
});

describe('viaEntry', () => {
  test.each([
    ['1.0', '1.0 me'],
    ['1.1', '1.1 me'],
    ['2.0', '2.0 me'],
  ])('begins with the version of the request that came in: %s', (version, entry) => {
    expect(viaEntry(version, 'me')).toBe(entry);
  });
});
