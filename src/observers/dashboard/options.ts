import { trueOrFalse, valueThat } from '../../support/parser/kinds.ts';
import { type OptionTable, objectOf, option } from '../../support/parser/option.ts';
import { defaultTitle } from './middleware.ts';

/** How `createDashboard()` shows a proxy. */
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

/** The options of `createDashboard()`. */
export const dashboardOptions = {
  title: option(heading, defaultTitle, 'Heading of the page and of its tab, such as the name of the service'),
  allowActions: option(trueOrFalse, false, 'Let the page drain and restore endpoints'),
} satisfies OptionTable<DashboardOptions>;

/** Reads the options. @throws InvalidOptions naming every problem. */
export const parseDashboardOptions = objectOf(dashboardOptions);
