import '../../support/refuse-old-node.ts';
import type { ManagedProxy } from '../../events/observed-proxy.ts';
import { trueOrFalse, valueThat } from '../../support/parser/kinds.ts';
import { type OptionTable, objectOf, option } from '../../support/parser/option.ts';
import { parseOrThrow } from '../../support/parser/problems.ts';
import { OwnChronicle } from './chronicle.ts';
import { createMiddleware, type Dashboard, defaultTitle } from './middleware.ts';

export type { ManagedProxy } from '../../events/observed-proxy.ts';
export type { Dashboard } from './middleware.ts';

/** How {@link createDashboard} shows a proxy. */
export interface DashboardOptions {
  /**
   * Heading of the page and of its tab, such as the name of the service.
   * @default 'balancing-reverse-proxy'
   */
  readonly title?: string | undefined;
  /**
   * Let the page drain and restore endpoints. Whoever can open the page can do so: put it behind your authentication. Such requests
   * are taken from the page itself only, opened by https, on localhost or by an IP address.
   * @default false
   */
  readonly allowActions?: boolean | undefined;
}

/** The most characters of a heading. */
const maxTitle = 100;

const heading = valueThat<string>(
  (value) => typeof value === 'string' && value.trim() !== '' && value.length <= maxTitle,
  `a text of 1 to ${maxTitle} characters`,
  { type: 'string', minLength: 1 },
);

/** The options of {@link createDashboard}. */
export const dashboardOptions = {
  title: option(heading, defaultTitle, 'Heading of the page and of its tab, such as the name of the service'),
  allowActions: option(trueOrFalse, false, 'Let the page drain and restore endpoints'),
} satisfies OptionTable<DashboardOptions>;

const parseOptions = objectOf(dashboardOptions);

/**
 * Makes a middleware that serves a page which shows live what a proxy does: the state of every endpoint, what clients got, and the last
 * races. As long as nobody watches, the proxy is observed for the ends of requests alone. The files of the page are read once, here.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists all that is wrong with the options.
 */
export function createDashboard(source: ManagedProxy, options: DashboardOptions = {}): Dashboard {
  const { title, allowActions } = parseOrThrow(parseOptions, options);
  return createMiddleware({ source, chronicle: new OwnChronicle(source), title: () => title, allowActions });
}
