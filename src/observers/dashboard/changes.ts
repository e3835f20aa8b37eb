import type { ManagedProxy } from '../../events/observed-proxy.ts';
import type { Feed } from './feed.ts';
import { isFromOwnPage } from './own-page.ts';
import { sendLine, type Visit } from './responses.ts';

/** A change that somebody asks for. */
export interface Change {
  /** The name of the endpoint. */
  readonly endpoint: string;
  /** The method of the proxy to call. */
  readonly action: 'drain' | 'restore';
}

/** The change that a path stands for, such as `/endpoints/http%3A%2F%2Fone.example/drain`. */
export function changeAt(path: string): Change | undefined {
  const [, name = '', action] = /^\/endpoints\/([^/]+)\/(drain|restore)$/.exec(path) ?? [];
  if (action !== 'drain' && action !== 'restore') return undefined;
  try {
    return { endpoint: decodeURIComponent(name), action };
  } catch {
    return undefined;
  }
}

/** Makes a change if a page of ours asks for it, and shows it to all viewers at once. */
export function makeChange(
  visit: Visit,
  { source, feed, change }: { readonly source: ManagedProxy; readonly feed: Feed; readonly change: Change },
): void {
  const { endpoint, action } = change;
  const whose = 'only the page itself may do that, opened by https, on localhost or by an IP address';
  if (!isFromOwnPage(visit.req)) sendLine(visit, 403, {}, whose);
  else if (!source[action](endpoint)) sendLine(visit, 404, {}, 'no such endpoint');
  else {
    sendLine(visit, 200, {}, 'done');
    feed.push();
  }
}
