import dns, { type DnsHandler, Packet, type Resource, type Writer } from 'dns2';

/** Records of one name and type: addresses, or the fields of SRV records. */
export type Records = readonly string[] | ReadonlyArray<Readonly<Partial<Resource>>>;

/** A question that was asked, such as `'A api.internal'`. */
export type Question = `${'A' | 'AAAA' | 'SRV'} ${string}`;

/** How a DNS server takes its questions: it answers with its records, with an error code, or not at all. */
export type Manners = 'well' | 'SERVFAIL' | 'NXDOMAIN' | 'silent';

/** A DNS server on a free UDP port of 127.0.0.1 that answers as it is told to at the time. */
export interface TestDns {
  /** As `setServers` of node:dns takes it. */
  readonly server: string;
  readonly questions: readonly Question[];
  /** What it knows; a name that is not here has no records. */
  readonly zone: Map<Question, Records>;
  /** How it takes all questions. */
  manners: Manners;
  /** How it takes single ones. */
  readonly mannersFor: Map<Question, Manners>;
  close(): Promise<void>;
}

const codes = { well: 0, SERVFAIL: 2, NXDOMAIN: 3 };
const typeNames: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };

/** Starts a DNS server. */
export async function startDns(zone: Readonly<Record<Question, Records>> = {}): Promise<TestDns> {
  const questions: Question[] = [];
  const onRequest: DnsHandler = (request, send) => {
    const [{ name, type } = { name: '', type: 0 }] = request.questions;
    const question = `${typeNames[type]} ${name}` as Question;
    questions.push(question);
    const manners = started.mannersFor.get(question) ?? started.manners;
    if (manners === 'silent') return;
    const response = Packet.createResponseFromRequest(request);
    response.header.rcode = codes[manners];
    const records = manners === 'well' ? (started.zone.get(question) ?? []) : [];
    // Longer than any test: whoever caches by it gets stuck.
    const common = { name, type, class: 1, ttl: 3_600 };
    response.answers = records.map((record) => ({
      ...common,
      ...(typeof record === 'string' ? { address: record } : record),
    })) as Resource[];
    void send(bytesOf(response));
  };
  const udp = dns.createUDPServer(onRequest);
  await udp.listen(0, '127.0.0.1');
  const started: TestDns = {
    server: `127.0.0.1:${udp.address().port}`,
    questions,
    zone: new Map(Object.entries(zone)) as TestDns['zone'],
    manners: 'well',
    mannersFor: new Map(),
    close: () => new Promise((resolve) => udp.close(() => resolve())),
  };
  return started;
}

/** The names within SRV records must not be compressed (RFC 2782), which dns2 does; it does not where there is a table. */
function bytesOf(response: Packet): Buffer {
  const toBuffer: (this: Packet, writer: Writer) => Buffer = response.toBuffer;
  return toBuffer.call(response, Object.assign(new Packet.Writer(), { names: 'none' }));
}
