/** @import { Frame } from '../frame.ts' */
import { byId, setTexts } from './dom.js';
import { formatCount, formatFactor, formatRate, formatRatio } from './format.js';

/**
 * Shows the figures of all requests.
 * @param {Frame} frame
 */
export function showFigures({ requests, hedgesDenied, endpoints }) {
  setTexts(byId('figures'), {
    perSecond: formatRate(requests.perSecond),
    success: formatRatio(requests.successRatio),
    load: formatFactor(requests.loadMultiplier),
    inFlight: formatCount(endpoints.reduce((total, { inFlight }) => total + inFlight, 0)),
    hedgesDenied: formatCount(hedgesDenied),
  });
}
