import { isLoop, viaEntry } from '../../src/http/via.ts';

const pseudonym = 'balancing-reverse-proxy-1234abcd';
const others = (count: number) =>
  Array.from({ length: count }, (_, index) => `1.1 balancing-reverse-proxy-${index}`).join(', ');

describe('isLoop', () => {
  test.each([
    ['its own entry', ['Via', `1.1 ${pseudonym}`]],
    ['an entry of another HTTP version', ['via', `HTTP/2 ${pseudonym}`]],
    ['an entry with a comment', ['VIA', `1.1 ${pseudonym} (Node)`]],
    ['its entry between others', ['Via', `1.0 fred, 1.1 ${pseudonym}, 1.1 nginx`]],
    ['its entry without blanks', ['Via', `1.0 fred,1.1 ${pseudonym}`]],
    ['its entry in a second header', ['Via', '1.0 fred', 'Via', `1.1   ${pseudonym}`]],
    ['six proxies of this kind', ['Via', others(6)]],
    ['six of them over several headers', ['Via', others(3), 'Via', others(3)]],
  ])('sees a loop in %s', (_, headers) => {
    expect(isLoop(headers, pseudonym)).toBe(true);
  });

  test.each([
    ['no Via', ['Host', pseudonym]],
    ['an empty Via', ['Via', '']],
    ['nonsense', ['Via', ',, ,']],
    ['other proxies', ['Via', '1.1 nginx, 1.0 fred (squid), 2 cloudfront.net:443 (CloudFront)']],
    ['twenty proxies of other kinds', ['Via', Array(20).fill('1.1 nginx').join(', ')]],
    ['five proxies of this kind', ['Via', others(5)]],
    ['a pseudonym that only begins alike', ['Via', `1.1 ${pseudonym}0`]],
    ['its name as a version', ['Via', `${pseudonym} nginx`]],
    ['its name in another header', ['X-Via', `1.1 ${pseudonym}`]],
  ])('sees none in %s', (_, headers) => {
    expect(isLoop(headers, pseudonym)).toBe(false);
  });

  test('knows a pseudonym of any kind', () => {
    expect(isLoop(['Via', '1.1 fleet'], 'fleet')).toBe(true);
  });

  test('sees the entry that was made for it', () => {
    expect(isLoop(['Via', viaEntry('1.1', pseudonym)], pseudonym)).toBe(true);
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
