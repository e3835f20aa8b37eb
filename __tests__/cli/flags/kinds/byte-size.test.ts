import { parseByteSize } from '../../../../src/cli/flags/kinds/byte-size.ts';

describe('parseByteSize', () => {
  test.each([
    ['0', 0],
    ['1048576', 1_048_576],
    ['12B', 12],
    ['512KB', 512_000],
    ['512KiB', 524_288],
    ['10MB', 10_000_000],
    ['10mib', 10_485_760],
    ['1.5MB', 1_500_000],
    ['2 GB', 2_000_000_000],
    ['1GiB', 1_073_741_824],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  test.each(['', '-1', '1.5', 'MB', '1TB', '1e6', '0x10', '9007199254740993'])('refuses %j', (text) => {
    expect(parseByteSize(text)).toBeUndefined();
  });
});
