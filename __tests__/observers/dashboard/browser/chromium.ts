import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where a Chromium is: what CHROMIUM_PATH says, or the first one of the usual places and playwright's own. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return [...usualPlaces, chromium.executablePath()].find((place) => existsSync(place));
}

/** What works in a container, too, as root and without a graphics card; the browser itself calls nobody. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function startChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags });
}

/** A page, with what should not happen in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, violations of the policy. */
  readonly complaints: string[];
  /** The origins of all requests. */
  readonly origins: ReadonlySet<string>;
}

export interface PageOptions extends BrowserContextOptions {
  /** Makes `page.clock` the clock of the page. */
  readonly hasFakeClock?: boolean;
}

/** Opens a page in a context of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  { hasFakeClock = false, ...options }: PageOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  if (hasFakeClock) await page.clock.install();
  const complaints: string[] = [];
  const origins = new Set<string>();
  // A violation of the policy is an error of the console as well.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  context.on('request', (request) => origins.add(new URL(request.url()).origin));
  await page.goto(url);
  return { page, complaints, origins };
}

/** Keeps a picture of the page for whoever wants to look at it. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = path.join(import.meta.dirname, '../../../../artifacts');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
