import { createCertificate } from '../../../shared/certificate.ts';
import { expiryOf, expiryWarning } from '../../../src/cli/config/certificate-expiry.ts';

const dayMs = 86_400_000;
/** Certificates have no milliseconds. */
const nowMs = Date.UTC(2030, 0, 15, 12);

/** A certificate that was made so many days ago and is valid for so many more. */
async function certificateOf(agoDays: number, leftDays: number): Promise<string> {
  const notBeforeDate = new Date(nowMs - agoDays * dayMs);
  const { cert } = await createCertificate('a.example', {
    notBeforeDate,
    notAfterDate: new Date(nowMs + leftDays * dayMs),
  });
  return cert;
}

describe('expiryOf', () => {
  test('gives the end of the first certificate of a file, which is the one that is shown', async () => {
    const [leaf, issuer] = [await certificateOf(1, 30), await certificateOf(1, 3_000)];
    expect(expiryOf(`${leaf}\n${issuer}`)).toBe(nowMs + 30 * dayMs);
  });

  test('gives nothing for what is no certificate', () => {
    expect(expiryOf('hello')).toBeUndefined();
  });
});

describe('expiryWarning', () => {
  test.each([
    [80, 9.5, 'x expires in 9 days, on 2030-01-25T00:00:00.000Z'],
    [80, 1.5, 'x expires in 1 day, on 2030-01-17T00:00:00.000Z'],
    [80, 0.5, 'x expires within a day, on 2030-01-16T00:00:00.000Z'],
    [90, -0.5, 'x expired on 2030-01-15T00:00:00.000Z'],
    // One for six days, which should have been renewed by now.
    [4.5, 1.5, 'x expires in 1 day, on 2030-01-17T00:00:00.000Z'],
  ])('%d days after the start and %d before the end says %j', async (agoDays, leftDays, warning) => {
    expect(expiryWarning(await certificateOf(agoDays, leftDays), 'x', nowMs)).toBe(warning);
  });

  test.each([
    [80, 10.5],
    [1, 365],
    // One for six days, on its second.
    [1, 5],
  ])('%d days after the start and %d before the end says nothing', async (agoDays, leftDays) => {
    expect(expiryWarning(await certificateOf(agoDays, leftDays), 'x', nowMs)).toBeUndefined();
  });
});
