import { nearestOf } from '../../src/support/nearest-name.ts';

describe('nearestOf', () => {
  const known = ['endpoints', 'terminalStatuses', 'timeouts', 'tls', 'via'];
  test.each([
    ['endpoint', 'endpoints'],
    ['Endpoints', 'endpoints'],
    ['enpdoints', 'endpoints'],
    ['terminalStatusCodes', 'terminalStatuses'],
    ['timeout', 'timeouts'],
    ['ttls', 'tls'],
    ['vai', 'via'],
  ])('takes %s for a slip of %s', (name, nearest) => {
    expect(nearestOf(name, known)).toBe(nearest);
  });

  test.each(['changeOrigin', 'retries', 'balancer'])('knows no name like %s', (name) => {
    expect(nearestOf(name, known)).toBeUndefined();
  });

  test('knows nothing when nothing is known', () => {
    expect(nearestOf('a', [])).toBeUndefined();
  });
});
