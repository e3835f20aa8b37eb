import { type EndpointLabel, EndpointLabels } from '../../../src/observers/metrics/endpoint-labels.ts';

describe('EndpointLabels', () => {
  const names = Array.from({ length: 300 }, (_, index) => `endpoint ${index}`);

  test('give an endpoint the same label each time', () => {
    const labels = new EndpointLabels(() => {});
    expect(labels.of('one')).toEqual({ endpoint: 'one' });
    expect(labels.of('one')).toBe(labels.of('one'));
  });

  test('give the first 256 endpoints a label each, and one to all others', () => {
    const labels = new EndpointLabels(() => {});
    const given = names.map((name) => labels.of(name).endpoint);
    expect(given.slice(0, 256)).toEqual(names.slice(0, 256));
    expect(new Set(given.slice(256))).toEqual(new Set(['other']));
    expect(labels.of('endpoint 0').endpoint).toBe('endpoint 0');
    expect(labels.of('other')).toBe(labels.of('endpoint 299'));
  });

  test('tell of every label once', () => {
    const told: EndpointLabel[] = [];
    const labels = new EndpointLabels((label) => told.push(label));
    for (const name of [...names, ...names]) labels.of(name);
    expect(told).toHaveLength(257);
    expect(new Set(told.map(({ endpoint }) => endpoint)).size).toBe(257);
  });
});
