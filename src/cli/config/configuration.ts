import { randomBytes } from 'node:crypto';
import {
  type BalancingProxy,
  BalancingProxyError,
  type BalancingProxyOptions,
  createBalancingProxy,
  type DnsSnapshot,
  type Transport,
} from '../../index.ts';
import { CommandError } from '../flags/command-error.ts';
import type { FlagValues } from '../flags/flags.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import { Problems } from '../flags/problems.ts';
import { type Certificate, createTicketKeys, readCertificate, readEndpointTls } from './certificate.ts';
import { type ConfigFile, noFile, readConfigFile } from './config-file.ts';
import { notInFiles } from './not-in-files.ts';
import { misplacedIn, placedProblems } from './option-problems.ts';
import { optionsOf, overlay, ownDefaults, type RawOptions } from './proxy-options.ts';
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
    const problems = new Problems();
    const fromFlags = await problems.of(() => optionsOf(flags));
    const endpointTls = await problems.of(() => readEndpointTls(flags));
    const certificate = await problems.of(() => readCertificate(flags, ticketKeys));
    const transport = await problems.of(() => createTransport(values));
    const file = await problems.of(() => fileOf(flags));
    const checked =
      file &&
      fromFlags &&
      (await problems.of(() => {
        const asked = overlay(overlay(ownDefaults, file.options), overlay(fromFlags, endpointTls ?? {}));
        return check({ ...asked, via: asked.via ?? via }, { flags, file, transport });
      }));
    problems.throwAny();
    return { values, ...(checked as Checked), certificate };
  };
}

/** The file of `-config`. @throws CommandError when it cannot be read, and when there is none although no flag names endpoints. */
async function fileOf({ values, given }: ParsedFlags): Promise<ConfigFile> {
  if (values.endpoints === '' && (values.config === '' || given.has('endpoints'))) throw noEndpoints();
  return values.config === '' ? noFile : readConfigFile(values.config);
}

/** Makes the proxy of a configuration, with its transport. */
export async function createProxy({
  values,
  options,
}: Pick<Configuration, 'values' | 'options'>): Promise<BalancingProxy> {
  return createBalancingProxy({ ...options, transport: await createTransport(values) });
}

interface Given {
  readonly flags: ParsedFlags;
  readonly file: ConfigFile;
  /** Undefined where the one that is asked for cannot be had. */
  readonly transport: Transport | undefined;
}

/** Makes a proxy and drops it, because nothing else knows all that may be wrong with options. */
async function check(raw: RawOptions, { flags, file, transport }: Given): Promise<Checked> {
  const known = Object.entries(raw).filter(([name]) => !notInFiles.has(name));
  const options = Object.fromEntries(known) as object as BalancingProxyOptions;
  const problems = [...misplacedIn(raw, file)];
  try {
    const proxy = createBalancingProxy({ ...options, ...(transport && { transport }) });
    const { names } = proxy;
    const fixed = proxy.endpoints.map(({ name }) => name);
    await proxy.close();
    if (problems.length === 0) return { options, names, endpoints: inPlace(fixed, names) };
  } catch (error) {
    if (!(error instanceof BalancingProxyError)) throw error;
    problems.push(...placedProblems(error, flags, file));
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

function noEndpoints(): CommandError {
  return new CommandError(2, 'flag -endpoints: expected comma-separated URLs, got nothing');
}
