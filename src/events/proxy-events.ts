import { type Channel, channel } from 'node:diagnostics_channel';
import { Subscribers } from '../support/subscribers.ts';
import type { ChannelMessage, Observer, ProxyEvent } from './events.ts';

type EventType = ProxyEvent['type'];

/** The channels, for tools that follow every proxy of a process without knowing any. */
const channels: Readonly<Record<EventType, Channel>> = {
  'request-started': channel('balancing-reverse-proxy:request-started'),
  'attempt-started': channel('balancing-reverse-proxy:attempt-started'),
  'attempt-ended': channel('balancing-reverse-proxy:attempt-ended'),
  'hedge-denied': channel('balancing-reverse-proxy:hedge-denied'),
  'response-started': channel('balancing-reverse-proxy:response-started'),
  'request-ended': channel('balancing-reverse-proxy:request-ended'),
  'endpoint-ejected': channel('balancing-reverse-proxy:endpoint-ejected'),
  'endpoint-drained': channel('balancing-reverse-proxy:endpoint-drained'),
  'endpoint-restored': channel('balancing-reverse-proxy:endpoint-restored'),
  'endpoints-changed': channel('balancing-reverse-proxy:endpoints-changed'),
  'dns-failed': channel('balancing-reverse-proxy:dns-failed'),
  'dns-restored': channel('balancing-reverse-proxy:dns-restored'),
};

const eventTypes = Object.keys(channels) as readonly EventType[];

/** The reports of one proxy to its observers. Callers ask `isHeard` first, because no event is built that nobody hears. */
export class Events {
  readonly #observers = Object.fromEntries(eventTypes.map((type) => [type, new Subscribers<ProxyEvent>()])) as Readonly<
    Record<EventType, Subscribers<ProxyEvent>>
  >;
  #proxy: object = this;

  /** Names the proxy that reports, for the subscribers of channels. */
  reportAs(proxy: object): void {
    this.#proxy = proxy;
  }

  /** Whether anybody hears events of this type. */
  isHeard(type: EventType): boolean {
    return this.#observers[type].size > 0 || channels[type].hasSubscribers;
  }

  /** Reports events of these types, by default all, to an observer from now on. @returns the function that ends it. */
  subscribe(observer: Observer, types: readonly EventType[] = eventTypes): () => void {
    const ends = types.map((type) => this.#observers[type].subscribe(observer));
    return () => {
      for (const end of ends) end();
    };
  }

  /** Gives an event to all who hear it. An observer that throws harms nobody. */
  emit(event: ProxyEvent): void {
    // The channel is looked up first, because an observer that writes into the event must not break the request.
    const { [event.type]: heard } = channels;
    this.#observers[event.type].tell(event);
    if (heard.hasSubscribers) heard.publish({ proxy: this.#proxy, event } satisfies ChannelMessage);
  }
}
