import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { isFixedHost } from '../../observers/dashboard/own-page.ts';
import { isAmong } from '../flags/kinds/host-names.ts';

/**
 * Names that no public name server gives: a page on the internet cannot have them lead here. Docker and Kubernetes call their services so,
 * such as `proxy` or `proxy.default.svc`.
 */
const privateName = /^[^.]+$|\.(?:local|internal|home\.arpa|svc)$/;

/** A name or an address, and perhaps a port; nothing that `URL` would take for the end of it. */
const authority = /^[^\s/?#@\\]+$/;

/** The answer to a request under a `Host` that is not taken. */
export interface HostProblem {
  /** The status of the response. */
  readonly status: 400 | 421;
  /** The reason, and what to do. */
  readonly line: string;
  /** The name, where there is one; a client may have written anything. */
  readonly name?: string;
}

/**
 * Decides under which names the admin port may be asked. Without that, a page elsewhere whose name was made to lead here (DNS rebinding)
 * could read all that the port tells, because its visitor's browser takes this port for the page's own server.
 */
export class KnownHosts {
  readonly #names: readonly string[];

  /** @param names `-admin-hosts`, and the host of `-admin`. */
  constructor(names: readonly string[]) {
    this.#names = [...names, hostname()].map((name) => name.toLowerCase());
  }

  /** The reason why a request is not answered; undefined when it is. Browsers name the host always, so that no name is no danger. */
  problemWith({ headersDistinct: { host = [] } }: IncomingMessage): HostProblem | undefined {
    const [text, ...others] = host;
    if (text === undefined) return undefined;
    const url = authority.test(text) ? URL.parse(`http://${text}`) : null;
    if (!url || others.length > 0) return { status: 400, line: '400 Bad Request: expected one Host' };
    if (isFixedHost(url) || this.#isKnown(url.hostname.replace(/\.$/, ''))) return undefined;
    const { hostname: name } = url;
    const advice = `add it to -admin-hosts of the command, or ask by an IP address`;
    return { status: 421, line: `421 Misdirected Request: "${name}" is no name of this port; ${advice}`, name };
  }

  #isKnown(name: string): boolean {
    return privateName.test(name) || isAmong(this.#names, name);
  }
}
