import { gunzipSync } from 'node:zlib';
import { breakOf } from '../../../bench/whole/answers/faults.ts';
import { bodyOf, forms } from '../../../bench/whole/answers/forms.ts';

describe('bodyOf', () => {
  test.each(Object.entries(forms))('gives every request for %s a body of its own, always the same one', (_, form) => {
    expect(bodyOf(form, 1).equals(bodyOf(form, 1))).toBe(true);
    expect(bodyOf(form, 1).equals(bodyOf(form, 2))).toBe(false);
  });

  test('has the size that is said, once it is unpacked', () => {
    const sizes = Object.values(forms).map((form) => {
      const body = bodyOf(form, 399);
      return form.isGzipped ? gunzipSync(body).length : body.length;
    });
    expect(sizes).toEqual(Object.values(forms).map(({ bytes }) => bytes));
  });
});

describe('breakOf', () => {
  const draws = Array.from({ length: 4_000 }, (_, index) => ({ seed: 1, path: `/${index}`, endpoint: 2, before: 0 }));

  test('breaks off the share that is said, at any place, in both ways', () => {
    const breaks = draws.flatMap((draw) => breakOf(draw, 0.25) ?? []);
    expect(breaks.length / draws.length).toBeCloseTo(0.25, 1);
    expect(breaks.filter(({ how }) => how === 'reset').length / breaks.length).toBeCloseTo(0.5, 1);
    expect(breaks.filter(({ placeRatio }) => placeRatio < 0.5).length / breaks.length).toBeCloseTo(0.5, 1);
  });

  test('draws the same for the same seed, and anew for another endpoint and another time', () => {
    const drawn = (change: object) => draws.map((draw) => breakOf({ ...draw, ...change }, 0.25));
    expect(drawn({})).toEqual(drawn({}));
    for (const change of [{ seed: 2 }, { endpoint: 1 }, { before: 1 }]) expect(drawn(change)).not.toEqual(drawn({}));
  });
});
