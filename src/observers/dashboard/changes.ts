import type { ManagedProxy } from '../../events/observed-proxy.ts';
import type { Feed } from './feed.ts';
import { answer, type Call } from './responses.ts';
import { isFromOwnPage } from './same-origin.ts';

/** What the page asks for. */
export interface Change {
  readonly endpoint: string;
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

/** Makes a change, if it is a page of ours that asks for it, and shows it to everybody at once. */
export function makeChange(
  call: Call,
  { source, feed, change }: { readonly source: ManagedProxy; readonly feed: Feed; readonly change: Change },
): void {
  if (!isFromOwnPage(call.req)) {
    answer(call, 403, {}, 'only the page itself may do that, opened by https, on localhost or by an IP address');
    return;
  }
  const { endpoint, action } = change;
  if (!source[action](endpoint)) {
    answer(call, 404, {}, 'no such endpoint');
    return;
  }
  answer(call, 200, {}, 'done');
  feed.push();
}
