import type { Browser, Page } from 'playwright-core';
import {
  createDashboard,
  type DashboardOptions,
  type ManagedProxy,
} from '../../../../src/observers/dashboard/dashboard.ts';
import { endCommands } from '../../../demo/start-command.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { startHttp } from '../../../helpers/servers.ts';
import { findChromium, openPage, type PageOptions, startChromium, type WatchedPage } from './chromium.ts';

/** The page of the dashboard in a real browser. */

const executablePath = findChromium();
const howToGetIt = 'no Chromium found: install it, or set CHROMIUM_PATH to one';
if (!executablePath && !process.env.CI) console.warn(`the page of the dashboard is not tested: ${howToGetIt}`);
export const describeInBrowser = executablePath || process.env.CI ? describe : describe.skip;

let browser: Browser;
export const resources = new Resources();
const pages: WatchedPage[] = [];

beforeAll(async () => {
  if (executablePath) browser = await startChromium(executablePath);
  else if (process.env.CI) throw new Error(howToGetIt);
}, 60_000);
afterAll(() => browser?.close());

afterEach(async () => {
  for (const { page } of pages.splice(0)) await page.context().close();
  await resources.closeAll();
  await endCommands();
});

export async function open(url: string, options?: PageOptions): Promise<WatchedPage> {
  const opened = await openPage(browser, url, options);
  pages.push(opened);
  await hasText(opened.page, '#connection', /^live$/);
  return opened;
}

/** Serves the dashboard of a source on node:http. */
export async function serve(source: ManagedProxy, options?: DashboardOptions) {
  const server = await startHttp(createDashboard(source, options));
  return resources.use(server);
}

/** Resolves when an element's text matches. */
export async function hasText(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await page.waitForFunction(
    ([css, source]) => new RegExp(source).test(document.querySelector(css)?.textContent ?? ''),
    [selector, pattern.source] as const,
  );
}
