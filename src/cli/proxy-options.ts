import {
  type BalancingProxy,
  BalancingProxyError,
  type BalancingProxyOptions,
  createBalancingProxy,
  type Strategy,
} from '../index.ts';
import { CommandError } from './command-error.ts';
import type { FlagName } from './flags.ts';
import type { ParsedFlags } from './parse-flags.ts';
import { createTransport } from './transport.ts';

/** The flag by which the command's user sets an option of the library. */
const flagByOption: Readonly<Record<string, FlagName>> = {
  endpoints: 'endpoints',
  terminalStatuses: 'terminal-responses',
  strategy: 'strategy',
  unsafeMethods: 'unsafe-methods',
  'hedge.delayMs': 'hedge-delay',
  'timeouts.responseMs': 'timeout',
  'timeouts.connectMs': 'connect-timeout',
  'timeouts.idleMs': 'idle-timeout',
  'timeouts.totalMs': 'total-timeout',
  bodyLimitBytes: 'body-limit',
  exposeEndpoint: 'expose-endpoint',
  via: 'via',
  trustForwarded: 'trust-forwarded',
  'tls.rejectUnauthorized': 'insecure',
};

/**
 * The proxy that the flags describe.
 * @throws CommandError with exit code 2 and a line per problem.
 */
export async function createProxy(flags: ParsedFlags): Promise<BalancingProxy> {
  const options = proxyOptions(flags);
  const transport = await createTransport(flags.values);
  try {
    return createBalancingProxy({ ...options, transport });
  } catch (error) {
    if (!(error instanceof BalancingProxyError)) throw error;
    throw new CommandError(2, ...problemsOf(error).map(nameFlags));
  }
}

/** The options of the library for these flags, less the transport. */
function proxyOptions({ values, given }: ParsedFlags): BalancingProxyOptions {
  if (values.endpoints === '') throw new CommandError(2, 'flag -endpoints: expected comma-separated URLs, got nothing');
  return {
    endpoints: values.endpoints.split(',').map((url) => url.trim()),
    terminalStatuses: values['terminal-responses'],
    strategy: strategyOf({ values, given }),
    ...(values['unsafe-methods'] !== 'same' && { unsafeMethods: values['unsafe-methods'] }),
    hedge: { delayMs: values['hedge-delay'] },
    timeouts: {
      responseMs: limitOf(values.timeout),
      connectMs: limitOf(values['connect-timeout']),
      idleMs: limitOf(values['idle-timeout']),
      totalMs: limitOf(values['total-timeout']),
    },
    bodyLimitBytes: values['body-limit'],
    exposeEndpoint: values['expose-endpoint'],
    trustForwarded: values['trust-forwarded'],
    ...(values.via !== '' && { via: values.via }),
    ...(values.insecure && { tls: { rejectUnauthorized: false } }),
  };
}

/** A message of the library in the words of the command: flags where it speaks of options. */
export function nameFlags(message: string): string {
  return message.replaceAll(/(?:option )?`([\w.]+)(?:\[(\d+)\])?`/g, (text, option: string, index?: string) => {
    const flag = flagByOption[option];
    if (flag === undefined) return text;
    return index === undefined ? `flag -${flag}` : `flag -${flag} (endpoint ${index})`;
  });
}

function strategyOf({ values, given }: ParsedFlags): Strategy {
  const byFanout = values.fanout ? 'race' : 'failover';
  if (!given.has('strategy')) return byFanout;
  if (given.has('fanout') && values.strategy !== byFanout) {
    throw new CommandError(
      2,
      `flag -strategy: ${values.strategy} contradicts -fanout=${values.fanout}; give one of them`,
    );
  }
  return values.strategy;
}

/** 0 is no limit, as Go has it; nor can a timer keep more than 24.8 days, and nobody will wait to see the difference. */
function limitOf(ms: number): number {
  return ms === 0 || ms > 2_147_483_647 ? Infinity : ms;
}

/** The library puts a problem on a line of its own when there are several. */
function problemsOf({ message }: BalancingProxyError): readonly string[] {
  const lines = message.split('\n');
  return lines.length === 1 ? lines : lines.slice(1).map((line) => line.replace(/^- /, ''));
}
