import { farAddress, Link, type LinkManners } from './net/link.ts';
import { kill, Namespace } from './net/namespace.ts';
import { type NodeProgram, startNode } from './net/node-program.ts';
import type { Http2Server, ServerPlace } from './servers/http2-server.ts';
import { startOrigin } from './servers/node.ts';
import { createSite, type Site } from './servers/site.ts';
import type { ClientOrder, ClientReport } from './traffic/client-process.ts';
import type { ProxySettings } from './traffic/proxy-process.ts';

/** Two networks: clients and proxies are in the near one, endpoints in the far one. */
export class World {
  readonly near: Namespace;
  readonly far: Namespace;
  /** Undefined where both are the same. */
  readonly link: Link | undefined;
  readonly site: Site;

  private constructor(parts: Pick<World, 'near' | 'far' | 'link' | 'site'>) {
    this.near = parts.near;
    this.far = parts.far;
    this.link = parts.link;
    this.site = parts.site;
  }

  /** @param manners those of the link; without them all is in one network. */
  static async create(manners?: LinkManners): Promise<World> {
    const far = await Namespace.create();
    const near = manners ? await Namespace.create() : far;
    const link = manners && (await Link.between(near, far));
    if (manners) link?.set(manners);
    const world = new World({ near, far, link, site: await createSite() });
    await startOrigin(far);
    return world;
  }

  /** Starts a server of the far side and gives its URL. */
  async serve(server: Http2Server): Promise<string> {
    const host = this.link ? farAddress : '127.0.0.1';
    const place: ServerPlace = { namespace: this.far, site: this.site, host };
    return `https://${host}:${await server.start(place)}`;
  }

  startProxy(settings: ProxySettings): Promise<NodeProgram> {
    return startNode(this.near, 'traffic/proxy-process.ts', settings);
  }

  /** Has a client send its requests through a proxy, and stops both. */
  async drive(settings: ProxySettings, order: Omit<ClientOrder, 'url'>): Promise<ClientReport> {
    const proxy = await this.startProxy(settings);
    const client = await startNode(this.near, 'traffic/client-process.ts', {});
    const report = await client.ask({ ...order, url: proxy.hello });
    await Promise.all([kill(proxy.child), kill(client.child)]);
    return report as ClientReport;
  }

  async close(): Promise<void> {
    await Promise.all([this.near.close(), this.far.close()]);
    this.site.close();
  }
}
