/** @import { Frame } from '../history/frame.ts' */
import { byId, field, setText, setTexts } from './dom.js';
import { formatCount, formatFactor, formatRate, formatRatio } from './format.js';

/**
 * Shows what is said of all requests: the heading, the strategies and the figures.
 * @param {Frame} frame
 */
export function showFigures({ title, clients, hedgesDenied, endpoints }) {
  setText(byId('title'), title);
  byId('title').title = title;
  if (document.title !== title) document.title = title;
  setText(byId('strategy'), strategyText(clients));
  const figures = byId('figures');
  setTexts(figures, {
    perSecond: formatRate(clients.perSecond),
    success: formatRatio(clients.successRatio),
    load: formatFactor(clients.loadMultiplier),
    inFlight: formatCount(endpoints.reduce((total, { inFlight }) => total + inFlight, 0)),
    hedged: formatRatio(clients.hedgedRatio),
    hedgesDenied: formatCount(hedgesDenied),
    resumes: formatCount(clients.totals.resumes),
  });
  field(figures, 'hedges').hidden = !clients.hasHedged && hedgesDenied === 0;
  field(figures, 'resumed').hidden = clients.totals.resumes === 0;
}

/** @param {Frame['clients']} clients */
function strategyText({ strategies }) {
  const [first, ...others] = strategies;
  if (!first) return '';
  if (others.length === 0) return `strategy ${first.strategy}`;
  return `strategies ${strategies.map(({ strategy, ratio }) => `${strategy} ${formatRatio(ratio)}`).join(', ')}`;
}
