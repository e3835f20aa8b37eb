import { type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http';
import { BalancingProxyError } from '../errors.ts';
import { messageOf } from '../support/message-of.ts';
import { groupByName, type HeaderList, namesInConnection, stripHopByHop } from './headers.ts';
import { shownValues } from './shown-values.ts';

/** The headers of a request as middleware before us has left them. */
export interface ReceivedHeaders {
  /** All headers, hop-by-hop and pseudo headers included. A header that nobody has touched is as it came, byte for byte. */
  readonly list: HeaderList;
  /** The lower-case names of headers that middleware has changed, added or taken away, which no client can do. */
  readonly changed: ReadonlySet<string>;
  /** The `changed` ones, and those that middleware has taken away and set again to what they were. */
  readonly touched: ReadonlySet<string>;
}

type Shown = Readonly<Record<string, unknown>>;

const nothing: ReadonlySet<string> = new Set();

/**
 * The headers as they came, with every change that middleware has made to `req.headers`: when a login takes away who the client claims
 * to be, and sets who it is, the endpoints are told. How names were written, in which order, and what came twice is read from
 * `req.rawHeaders`; a change of `req.rawHeaders` alone counts for nothing.
 * @throws BalancingProxyError `ERR_BRP_HEADERS` when middleware has set something that cannot be sent.
 */
export function receivedHeaders(req: IncomingMessage): ReceivedHeaders {
  const raw: HeaderList = req.rawHeaders ?? [];
  const shown: Shown = req.headers;
  return isAsItCame(raw, shown) ? { list: raw, changed: nothing, touched: nothing } : withChanges(req, raw, shown);
}

/** The headers that go on to endpoints. A client's `Connection` takes off none that middleware has set, such as who the client is. */
export function endToEndHeaders({ rawHeaders }: IncomingMessage, { list, touched }: ReceivedHeaders): string[] {
  const named = namesInConnection(rawHeaders);
  if (touched.size === 0 || named.size === 0) return stripHopByHop(list, named);
  return stripHopByHop(list, new Set([...named].filter((name) => !touched.has(name))));
}

/**
 * Whether every name has come once, is as it came, and no name was added, as holds for nearly all requests. Node's names are in the
 * order in which they came; any other order costs nothing but the time to look closer.
 */
function isAsItCame(raw: HeaderList, shown: Shown): boolean {
  const names = Object.keys(shown);
  if (names.length * 2 !== raw.length) return false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? '';
    if (shown[name] !== raw[2 * i + 1] || raw[2 * i]?.toLowerCase() !== name) return false;
  }
  return true;
}

function withChanges(req: IncomingMessage, raw: HeaderList, shown: Shown): ReceivedHeaders {
  const wanted = wantedHeaders(shown);
  const different = new Set(wanted.keys());
  const changed = new Set(different);
  const order: string[] = [];
  const isCut = mayBeCut(req);
  for (const { name, values } of groupByName(raw)) {
    const lower = name.toLowerCase();
    const expected = shownValues(req, lower, values);
    const found = wanted.get(lower)?.values ?? [];
    order.push(lower);
    // Node's object of headers cannot hold `__proto__`, so nobody can have taken it away.
    const isHidden = lower === '__proto__' && found.length === 0;
    if (isHidden || areSame(expected, found)) different.delete(lower);
    else different.add(lower);
    if (!different.has(lower) || (isCut && isBeginning(found, expected))) changed.delete(lower);
    else changed.add(lower);
  }
  for (const name of different) checkWanted(wanted.get(name));
  const touched = new Set([...changed, ...outOfOrder([...wanted.keys()], order)]);
  return { list: applied(raw, wanted, different), changed, touched };
}

/** Whether `req.headers` may lack some: older Nodes show at most `maxHeadersCount` headers, or a thousand; newer ones answer 431. */
function mayBeCut({ rawHeaders, socket }: IncomingMessage): boolean {
  const { server } = socket as { readonly server?: { readonly maxHeadersCount?: number | null } };
  return rawHeaders.length > 2 * (server?.maxHeadersCount ?? 1_000);
}

/** Whether the first of several values are shown, as Node shows them when it shows too few headers. */
function isBeginning([found = '']: readonly string[], [all = '']: readonly string[]): boolean {
  return all.startsWith(found) && /^[,;] /.test(all.slice(found.length));
}

/** The names that do not stand where they came, because they were taken away and set again. */
function outOfOrder(names: readonly string[], order: readonly string[]): readonly string[] {
  const places = new Map(order.map((name, index) => [name, index]));
  let last = -1;
  return names.filter((name) => {
    const place = places.get(name) ?? last;
    if (place < last) return true;
    last = place;
    return false;
  });
}

/** A header as `req.headers` wants it to be sent. */
interface Wanted {
  /** The name as it is written there. */
  readonly name: string;
  /** All its values, at least one. */
  readonly values: readonly string[];
}

/** The headers in `req.headers`, by lower-case names. A name in capitals is surely middleware's, and wins over Node's own. */
function wantedHeaders(shown: Shown): ReadonlyMap<string, Wanted> {
  if (Symbol.iterator in shown) throw notAnObject();
  const names = Object.keys(shown);
  const byMiddleware = names.filter((name) => name !== name.toLowerCase());
  const wanted = new Map<string, Wanted>();
  for (const name of [...names, ...byMiddleware]) {
    const values = [shown[name] ?? []].flat().map((value) => sentText(name, value));
    if (values.length > 0) wanted.set(name.toLowerCase(), { name, values });
    else wanted.delete(name.toLowerCase());
  }
  return wanted;
}

function sentText(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw notToBeSent(name, `a value of type ${value === null ? 'null' : typeof value}`);
}

function areSame(values: readonly string[], others: readonly string[] | undefined): boolean {
  return values.length === others?.length && values.every((value, index) => value === others[index]);
}

/** Refuses a header that could end its line and begin another one: middleware may have made it of what a client sent. */
function checkWanted(wanted: Wanted | undefined): void {
  if (!wanted) return;
  const { name, values } = wanted;
  try {
    if (!name.startsWith(':')) validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, value);
  } catch (thrown) {
    throw notToBeSent(name, messageOf(thrown));
  }
}

/** The list with the changes: new values of a header stand where it came first, new headers come last. */
function applied(raw: HeaderList, wanted: ReadonlyMap<string, Wanted>, changed: ReadonlySet<string>): HeaderList {
  const list: string[] = [];
  const left = new Set(changed);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (!changed.has(lower)) list.push(name, raw[i + 1] ?? '');
    else if (left.delete(lower)) for (const value of wanted.get(lower)?.values ?? []) list.push(name, value);
  }
  for (const lower of left) {
    const { name, values } = wanted.get(lower) ?? { name: lower, values: [] };
    for (const value of values) list.push(name, value);
  }
  return list;
}

function notAnObject(): BalancingProxyError {
  const message = '`req.headers` is a Map, Headers or the like: expected an object of names and values';
  return new BalancingProxyError('ERR_BRP_HEADERS', message);
}

function notToBeSent(name: string, why: string): BalancingProxyError {
  const advice =
    'middleware before the proxy has to set strings without control characters, encoded where they are not Latin-1';
  return new BalancingProxyError(
    'ERR_BRP_HEADERS',
    `request header ${JSON.stringify(name)} cannot be sent: ${why}: ${advice}`,
  );
}
