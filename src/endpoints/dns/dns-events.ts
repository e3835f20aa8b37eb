/** Tells that DNS gives other addresses for a name among the option `endpoints` than before, or the first ones. */
export interface EndpointsChanged {
  /** Names the event. */
  readonly type: 'endpoints-changed';
  /** The URL of the name without credentials and query; where several items of the list are alike, with `#2` and so on. */
  readonly dns: string;
  /** The names of all endpoints that the name stands for now. */
  readonly endpoints: readonly string[];
  /** The names of those that are new. */
  readonly added: readonly string[];
  /** The names of those that are gone: they get no new requests. */
  readonly removed: readonly string[];
}

/** Tells that DNS no longer answers for a name, or gives no address: the last good answer stays in use. */
export interface DnsFailed {
  /** Names the event. */
  readonly type: 'dns-failed';
  /** The URL of the name, as in {@link EndpointsChanged}. */
  readonly dns: string;
  /** Says why, as in `no address from DNS for api.internal (A): nothing within 3000 ms`. */
  readonly problem: string;
}

/** Tells that DNS answers again for a name. */
export interface DnsRestored {
  /** Names the event. */
  readonly type: 'dns-restored';
  /** The URL of the name, as in {@link EndpointsChanged}. */
  readonly dns: string;
}

/** The events of names. */
export type DnsEvents = EndpointsChanged | DnsFailed | DnsRestored;
