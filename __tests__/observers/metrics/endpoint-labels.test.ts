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

  const hourMs = 3_600_000;

  /** Labels of 256 endpoints, of which these are there an hour later, and the others are gone. */
  function full(there: readonly string[]) {
    const labels = new EndpointLabels(() => {});
    const first = names.slice(0, 256);
    for (const name of first) labels.of(name);
    labels.makeRoomFor(first, 0);
    labels.makeRoomFor(there, hourMs - 1);
    return labels;
  }

  test('give up as many labels of endpoints that are gone as new ones need', () => {
    const labels = full(names.slice(10, 256));
    expect(labels.of('new').endpoint).toBe('other');
    const there = [...names.slice(10, 256), 'new', 'newer'];
    expect(labels.makeRoomFor(there, hourMs)).toEqual(new Set(['endpoint 0', 'endpoint 1']));
    expect([labels.of('new').endpoint, labels.of('newer').endpoint]).toEqual(['new', 'newer']);
    expect([labels.of('endpoint 2').endpoint, labels.of('endpoint 0').endpoint]).toEqual(['endpoint 2', 'other']);
    expect(labels.makeRoomFor(there, 2 * hourMs)).toEqual(new Set());
  });

  test('begin with the endpoint that is gone longest', () => {
    const labels = full(names.slice(0, 255));
    labels.makeRoomFor(names.slice(1, 255), 2 * hourMs);
    const there = names.slice(10, 255);
    expect(labels.makeRoomFor([...there, 'new'], 4 * hourMs)).toEqual(new Set(['endpoint 255']));
    labels.of('new');
    expect(labels.makeRoomFor([...there, 'new', 'newer'], 4 * hourMs)).toEqual(new Set(['endpoint 0']));
  });

  test('give up no label of an endpoint that is there, or has been in the last hour', () => {
    const labels = full(names.slice(10, 256));
    expect(labels.makeRoomFor([...names.slice(0, 256), 'new'], 5 * hourMs)).toEqual(new Set());
    expect(labels.makeRoomFor([...names.slice(1, 256), 'new'], 6 * hourMs - 1)).toEqual(new Set());
    expect(labels.of('new').endpoint).toBe('other');
  });

  test('give up no label without need', () => {
    const labels = new EndpointLabels(() => {});
    labels.of('one');
    labels.makeRoomFor(['one'], 0);
    expect(labels.makeRoomFor(['two'], 100 * hourMs)).toEqual(new Set());
  });

  test('give up a label that no scrape has seen in use an hour after the first one', () => {
    const labels = new EndpointLabels(() => {});
    for (const name of names.slice(0, 256)) labels.of(name);
    expect(labels.makeRoomFor(['new'], 5 * hourMs)).toEqual(new Set());
    expect(labels.makeRoomFor(['new'], 6 * hourMs)).toEqual(new Set(['endpoint 0']));
  });

  test('tell of every label once', () => {
    const told: EndpointLabel[] = [];
    const labels = new EndpointLabels((label) => told.push(label));
    for (const name of [...names, ...names]) labels.of(name);
    expect(told).toHaveLength(257);
    expect(new Set(told.map(({ endpoint }) => endpoint)).size).toBe(257);
  });
});
