/** @import { Frame } from '../history/frame.ts' */
import { byId, field, setTexts } from './dom.js';
import { columnsOf, formatLarge, formatRate, formatRatio, formatTotal } from './format.js';
import { showLatency } from './latency.js';

/**
 * Shows what clients got in the row above those of the endpoints.
 * @param {Frame} frame
 */
export function showClients({ clients, fewestResponses, allowActions }) {
  const row = byId('clients');
  setTexts(row, {
    rate: formatRate(clients.perSecond),
    requests: formatTotal(clients.totals.requests),
    successRatio: formatRatio(clients.successRatio),
    failures: `${formatLarge(clients.totals.failures)} failed`,
  });
  row.querySelector('.activity path')?.setAttribute('d', columnsOf(clients.activity, Math.max(1, ...clients.activity)));
  showLatency(row, clients, fewestResponses);
  field(row, 'actions').hidden = !allowActions;
}
