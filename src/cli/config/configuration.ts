import { randomBytes } from 'node:crypto';
import {
  type BalancingProxy,
  BalancingProxyError,
  type BalancingProxyOptions,
  createBalancingProxy,
  type DnsSnapshot,
} from '../../index.ts';
import { CommandError } from '../flags/command-error.ts';
import { labelOf } from '../flags/flag-value.ts';
import type { FlagValues } from '../flags/flags.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import { type Certificate, createTicketKeys, readCertificate, readEndpointTls } from './certificate.ts';
import { readConfigFile } from './config-file.ts';
import { notInFiles } from './not-in-files.ts';
import { flagByOption, optionsOf, overlay, ownDefaults, type RawOptions, replaceOptions } from './proxy-options.ts';
import { createTransport } from './transport.ts';

/** All that the command serves with at one moment, of flags, variables and files. Plain data, so that workers can be told. */
export interface Configuration {
  /** The values of the flags. */
  readonly values: FlagValues;
  /** The options of the library, less the transport; checked. */
  readonly options: BalancingProxyOptions;
  /** The certificate to show to clients; undefined where they speak http. */
  readonly certificate: Certificate | undefined;
  /** The names of the endpoints, in their order; in the place of one that DNS is asked for, words such as `dns http://api:8080 (A, every 30s)`. */
  readonly endpoints: readonly string[];
  /** The names that DNS is asked for, as they are before it was asked. */
  readonly names: readonly DnsSnapshot[];
}

/** The part of a configuration that a check finds out. */
type Checked = Pick<Configuration, 'options' | 'endpoints' | 'names'>;

/**
 * Makes a function that reads the files which the flags name, each time anew, and checks everything. The function throws
 * CommandError with exit code 2 and a line per problem.
 */
export function configurationReader(flags: ParsedFlags): () => Promise<Configuration> {
  const { values } = flags;
  // All workers have the same name before and after a reload, because a request that comes back is recognised by it.
  const via = `balancing-reverse-proxy-${randomBytes(4).toString('hex')}`;
  const ticketKeys = createTicketKeys();
  return async () => {
    const fromFlags = overlay(optionsOf(flags), await readEndpointTls(flags));
    if (values.endpoints === '' && (values.config === '' || flags.given.has('endpoints'))) throw noEndpoints();
    const fromFile = values.config === '' ? {} : await readConfigFile(values.config);
    const asked = overlay(overlay(ownDefaults, fromFile), fromFlags);
    const raw = { ...asked, via: asked.via ?? via };
    return { values, ...(await check(raw, flags)), certificate: await readCertificate(flags, ticketKeys) };
  };
}

/** Makes the proxy of a configuration, with its transport. */
export async function createProxy({
  values,
  options,
}: Pick<Configuration, 'values' | 'options'>): Promise<BalancingProxy> {
  return createBalancingProxy({ ...options, transport: await createTransport(values) });
}

/** Makes a proxy and drops it, because nothing else knows all that may be wrong with options. */
async function check(raw: RawOptions, flags: ParsedFlags): Promise<Checked> {
  const isForCode = ([name]: readonly [string, unknown]): boolean => notInFiles.has(name);
  const entries = Object.entries(raw);
  const options = Object.fromEntries(entries.filter((entry) => !isForCode(entry))) as object as BalancingProxyOptions;
  const problems = entries
    .filter(isForCode)
    .map(([name]) => `${flags.values.config}: option \`${name}\` cannot stand in a file: ${notInFiles.get(name)}`);
  try {
    const proxy = await createProxy({ values: flags.values, options });
    const { names } = proxy;
    const fixed = proxy.endpoints.map(({ name }) => name);
    await proxy.close();
    if (problems.length === 0) return { options, names, endpoints: inPlace(fixed, names) };
  } catch (error) {
    if (!(error instanceof BalancingProxyError)) throw error;
    problems.push(...problemsOf(error).map((problem) => nameOrigin(problem, flags)));
  }
  throw new CommandError(2, ...problems);
}

/** The names of the endpoints that are there without DNS. */
export function fixedEndpoints({ endpoints, names }: Pick<Configuration, 'endpoints' | 'names'>): readonly string[] {
  return endpoints.filter((_, place) => names.every(({ index }) => index !== place));
}

/** Puts words for each name that DNS is asked for between the endpoints, where it stands in the list. */
function inPlace(fixed: readonly string[], names: readonly DnsSnapshot[]): readonly string[] {
  return names.reduce((all, name) => all.toSpliced(name.index, 0, wordsFor(name)), fixed);
}

function wordsFor({ dns, record, refreshMs }: DnsSnapshot): string {
  return `dns ${dns} (${record}, ${refreshMs === Infinity ? 'once' : `every ${formatDuration(refreshMs)}`})`;
}

/** Puts the place of an option into a message about it: the command line, the environment or the file. */
function nameOrigin(message: string, { values, given }: ParsedFlags): string {
  const labelFor = (option: string): string | undefined => {
    const flag = flagByOption.get(option);
    // Without a file, an option that is missing is missing from the command line, such as a key that belongs to a certificate.
    const origin = flag && (given.get(flag) ?? (values.config === '' ? 'flag' : undefined));
    return flag && origin && labelOf(flag, origin);
  };
  const [, option = ''] = /^option `([\w.]+)/.exec(message) ?? [];
  return labelFor(option) === undefined ? `${values.config}: ${message}` : replaceOptions(message, labelFor);
}

/** The problems in an error: the library puts each on a line of its own when there are several. */
function problemsOf({ message }: BalancingProxyError): readonly string[] {
  const lines = message.split('\n');
  return lines.length === 1 ? lines : lines.slice(1).map((line) => line.replace(/^- /, ''));
}

function noEndpoints(): CommandError {
  return new CommandError(2, 'flag -endpoints: expected comma-separated URLs, got nothing');
}
