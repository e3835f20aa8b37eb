import type { DnsEvents } from '../../endpoints/dns/dns-events.ts';
import type { ProxyEvent } from '../../events/events.ts';

/** Most names of endpoints in a line: those of a large service would fill pages. */
const mostNames = 8;

/** Whether an event tells of a name that DNS is asked for. */
export function isOfDns(event: ProxyEvent): event is DnsEvents {
  return 'dns' in event;
}

/** Tells what DNS says of a name, which is called `name`. */
export function tellDns(event: DnsEvents, name: string) {
  const { type, ...fields } = event;
  if (event.type === 'dns-restored') return { level: 'info', message: `${name}: DNS answers again`, fields } as const;
  if (event.type === 'dns-failed') {
    const message = `${name}: ${event.problem}; the last good answer, if any, stays in use`;
    return { level: 'warn', message, fields } as const;
  }
  const { endpoints, added, removed } = event;
  const changes = [added.length > 0 && `new: ${listed(added)}`, removed.length > 0 && `gone: ${listed(removed)}`];
  const message = `${name} has ${endpoints.length} ${endpoints.length === 1 ? 'address' : 'addresses'}`;
  return { level: 'info', message: [message, ...changes].filter(Boolean).join('; '), fields } as const;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(', ');
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown;
}
